"""How long a search takes beside a page of a queue: `python -m bench.search --rows 1000000 --folder DIRECTORY`.

Both run interleaved against the same database, so the ratio means something on a busy machine where milliseconds do
not. Words are drawn as complaints use them: common ones often, rare ones now and then.
"""

import json
import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import anyio
import typer

from bench.finding_fill import EVERYDAY, Words, filled, opened, spread
from complaints import reading
from complaints.finding.jobs import count_words
from complaints.finding.query import read_query
from complaints.finding.search import Scope, Search, count, find
from complaints.policy import ANYONE, Actor
from complaints.reader import Reader, Window, read_page
from complaints.reading import QueueFilter, QueueOrder
from rules.vocabulary import Role, Status
from server.runtime import Runtime

NATIONAL = Actor(Role.NATIONAL_ADMIN)


def question(words: Words, draw: random.Random) -> str:
    """One to three words, every second time the most common ones of all."""
    if draw.random() < 0.5:
        return " ".join(draw.sample(EVERYDAY[:12], draw.choice([1, 2, 2])))
    return " ".join(draw.sample(words.body(draw), draw.choice([1, 2, 2, 3])))


async def measure(url: str, folder: Path, rounds: int) -> Mapping[str, Mapping[str, float]]:
    """Milliseconds of each kind of search and of what it is compared with."""
    draw, words = random.Random(5), Words.made()  # noqa: S311 - the same questions every time
    took: dict[str, list[float]] = {}
    async with opened(url, folder) as runtime:
        await count_words(runtime.workshop)
        knowledge = await runtime.knowledge.current(runtime.workshop.clock())
        offices = sorted((row.code, row.id) for row in knowledge.agency_rows.values() if row.level != "UNIT")
        large, small = (Actor(Role.AGENCY_ADMIN, agency_id=offices[place][1]) for place in (0, 30))
        searchers: Mapping[str, tuple[Actor, Scope, QueueFilter]] = {
            "national desk": (NATIONAL, Scope.DESK, QueueFilter()),
            "national desk, being processed": (NATIONAL, Scope.DESK, QueueFilter(statuses=(Status.IN_PROGRESS,))),
            "national desk, one city": (NATIONAL, Scope.DESK, QueueFilter(region_code="33.74")),
            "large agency": (large, Scope.DESK, QueueFilter()),
            "small agency": (small, Scope.DESK, QueueFilter()),
            "public": (ANYONE, Scope.PUBLIC, QueueFilter()),
        }
        for _ in range(rounds):
            text = question(words, draw)
            listing = reading.queue(NATIONAL, QueueFilter(), QueueOrder.NEWEST, knowledge)
            took.setdefault("a queue page", []).append(
                await timed(runtime, partial(read_page, listing=listing, window=Window(20)))
            )
            for name, (actor, scope, wanted) in searchers.items():
                asked = Search(actor, scope, read_query(text), wanted, knowledge, 1_000, runtime.workshop.clock())
                took.setdefault(name, []).append(await timed(runtime, partial(find, search=asked, window=Window(20))))
                took.setdefault(f"{name}, count", []).append(
                    await timed(runtime, partial(count, search=asked, ceiling=5_000))
                )
    base = spread(took["a queue page"])["p50_ms"]
    return {
        name: (found := spread(times)) | {"ratio": round(found["p50_ms"] / base, 1)} for name, times in took.items()
    }


async def timed(runtime: Runtime, work: Callable[[Reader], Awaitable[Any]]) -> float:
    """Milliseconds of one read, its connection included."""
    reader = Reader(runtime.database.read)
    started = time.perf_counter()
    await work(reader)
    elapsed = (time.perf_counter() - started) * 1000
    await reader.close()
    return elapsed


def run(
    rows: Annotated[int, typer.Option(help="Complaints in the database.")] = 1_000_000,
    rounds: Annotated[int, typer.Option(help="Questions asked of each kind.")] = 200,
    folder: Annotated[Path | None, typer.Option(help="Keeps the database for the next time.")] = None,
) -> None:
    """Fill a database of its own, and ask."""
    with ExitStack() as stack:
        kept = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="salur-search-")))
        url = stack.enter_context(filled(kept, rows))
        print(json.dumps(anyio.run(measure, url, kept, rounds), indent=1))


if __name__ == "__main__":
    typer.run(run)
