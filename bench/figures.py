"""How long figures take at a country's size: `python -m bench.figures --rows 100000`.

Every question is asked as the API asks it, without the network, and stands beside a plain `count(*)` of the complaints
in the same run: the ratio means something on a busy machine where milliseconds do not.
"""

import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import anyio
import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import create_engine, func, select

from bench.lives import fill_lives
from complaints.catalogue import load_reference
from complaints.classifiers import Trained, register
from complaints.figures.asking import FigureFilter, FigureGrouping, FigureQuestion, Period
from complaints.figures.cases import CasesPart, cases_of
from complaints.figures.table import ask
from complaints.knowledge import Knowledge
from complaints.policy import ANYONE, SYSTEM, Actor
from complaints.reader import Reader, Window, read_page
from complaints.work import Allowances
from models import Complaint
from models.schema import upgrade
from rules.deadlines import local_date
from rules.vocabulary import Role
from server.database import driver_url
from server.embedded import EmbeddedPostgres
from server.keys import vault_keys
from server.runtime import Runtime, open_runtime
from server.settings import Settings

NATIONAL = Actor(Role.NATIONAL_ADMIN)
USUAL = (
    "RECEIVED",
    "VERIFIED",
    "DONE",
    "BACKLOG",
    "VERIFICATION_ON_TIME",
    "RESPONSE_ON_TIME",
    "COMPLETION_DAYS_MEDIAN",
)
AGES = tuple(f"BACKLOG_{part}_DAYS" for part in ("0_TO_3", "4_TO_5", "6_TO_14", "15_TO_60", "OVER_60"))
BY = FigureGrouping


def questions(today: date, admin: Actor) -> Mapping[str, tuple[Actor, FigureQuestion]]:
    """What people ask: desks look at themselves, the nation looks at all."""
    month, year = Period(today - timedelta(days=30), today), Period(today - timedelta(days=365), today)
    seed, ever = Period(today - timedelta(days=218), today), Period(today - timedelta(days=2_800), today)
    seeds = FigureFilter(is_in_seed=True)
    first = today.replace(day=1)
    whole = Period((first - timedelta(days=1)).replace(day=1), first)
    return {
        "the seed's table: 13 agencies, 7 months": (NATIONAL, FigureQuestion(("DONE",), seed, (BY.AGENCY,), seeds)),
        "all figures of 13 agencies, 7 months": (NATIONAL, FigureQuestion((), seed, (BY.AGENCY,), seeds)),
        "nation, month, all figures": (NATIONAL, FigureQuestion((), month)),
        "nation, month, all figures, with the month before": (NATIONAL, FigureQuestion((), month, compares=True)),
        "nation, month by agency, usual figures": (NATIONAL, FigureQuestion(USUAL, month, (BY.AGENCY,))),
        "ranking of agencies, month": (
            NATIONAL,
            FigureQuestion(("RESPONSE_ON_TIME",), month, (BY.AGENCY,), order_by="RESPONSE_ON_TIME"),
        ),
        "nation, year by agency, usual figures": (NATIONAL, FigureQuestion(USUAL, year, (BY.AGENCY,))),
        "nation, year by month, all figures": (NATIONAL, FigureQuestion((), year, (BY.MONTH,))),
        "trend: nation, year by week, received and done": (
            NATIONAL,
            FigureQuestion(("RECEIVED", "DONE"), year, (BY.WEEK,)),
        ),
        "heat map: province and topic, year, received": (
            NATIONAL,
            FigureQuestion(("RECEIVED",), year, (BY.REGION, BY.CATEGORY)),
        ),
        "backlog by age and agency, now": (NATIONAL, FigureQuestion(AGES, month, (BY.AGENCY,))),
        "nation, ever, usual figures": (NATIONAL, FigureQuestion(USUAL, ever)),
        "nation, ever by agency, all figures": (NATIONAL, FigureQuestion((), ever, (BY.AGENCY,))),
        "own agency by unit, month, all figures": (admin, FigureQuestion((), month, (BY.UNIT,))),
        "own agency by month, year, all figures": (admin, FigureQuestion((), year, (BY.MONTH,))),
        "public: a month by agency": (ANYONE, FigureQuestion((), whole, (BY.AGENCY,))),
    }


async def measure(runtime: Runtime, rounds: int) -> tuple[int, dict[str, list[float]]]:
    """Rows, and the milliseconds of every question, interleaved with plain counts."""
    now = runtime.workshop.clock()
    knowledge = await runtime.knowledge.current(now)
    reader, allowed = Reader(runtime.database.read), Allowances()
    largest = await _largest(reader)
    admin = Actor(Role.AGENCY_ADMIN, agency_id=largest)
    asked = questions(local_date(now) + timedelta(days=1), admin)
    times: dict[str, list[float]] = {name: [] for name in ("plain count(*)", *asked, "page of cases behind a share")}
    rows = 0
    for _ in range(rounds + 2):
        for name, (actor, question) in asked.items():
            started = time.perf_counter()
            await ask(reader, actor, question, knowledge, now, allowed)
            times[name].append((time.perf_counter() - started) * 1000)
            await reader.close()
        started = time.perf_counter()
        found = await reader.one(select(func.count()).select_from(Complaint))
        times["plain count(*)"].append((time.perf_counter() - started) * 1000)
        rows = 0 if found is None else found[0]
        started = time.perf_counter()
        await _page(reader, asked, knowledge, allowed)
        times["page of cases behind a share"].append((time.perf_counter() - started) * 1000)
        await reader.close()
    # The first two rounds warm caches and prepared statements.
    return rows, {name: found_times[2:] for name, found_times in times.items()}


async def _largest(reader: Reader) -> object:
    counted = func.count()
    statement = select(Complaint.agency_id).where(Complaint.agency_id.is_not(None)).group_by(Complaint.agency_id)
    found = await reader.one(statement.order_by(counted.desc()).limit(1))
    return None if found is None else found[0]


async def _page(
    reader: Reader, asked: Mapping[str, tuple[Actor, FigureQuestion]], knowledge: Knowledge, allowed: Allowances
) -> None:
    actor, question = asked["ranking of agencies, month"]
    now = allowed and question.period.ends_at
    await read_page(reader, cases_of(actor, question, CasesPart.MISSES, knowledge, now, allowed), Window(50))


async def _begin(settings: Settings) -> None:
    """Schema, reference data, and a version that suggestions can come from; it answers nothing, so none is trained."""
    engine = create_engine(driver_url(settings.url()))
    with engine.connect() as connection:
        upgrade(connection)
    engine.dispose()
    async with open_runtime(settings, settings.url(), vault_keys(settings)) as runtime:
        now = runtime.workshop.clock()
        async with runtime.database.sessions() as session, session.begin():
            await load_reference(session, now)
        async with runtime.workshop.work(SYSTEM) as work:
            await register(work, Trained("bench", "0" * 64, {}))


@contextmanager
def a_country(rows: int, folder: Path | None) -> Iterator[Settings]:
    """A running database with as many lives of complaints; in `folder` it is kept, and filled once."""
    with ExitStack() as stack:
        place = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="salur-bench-")))
        place.chmod(0o755)
        server = stack.enter_context(EmbeddedPostgres(place / "data", state_dir=place / "state"))
        settings = Settings(database_url=server.url(), data_dir=place / "data")
        if not (place / "filled").exists():
            anyio.run(_begin, settings)
            fill_lives(server.url(), rows)
            (place / "filled").touch()
        yield settings


def run(
    rows: Annotated[int, typer.Option(help="Complaints in the database.")] = 100_000,
    rounds: Annotated[int, typer.Option(help="How often each question is asked.")] = 20,
    folder: Annotated[Path | None, typer.Option(help="Where the database is kept; default: a temporary one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
) -> None:
    """Fill a database of its own, and ask."""
    with a_country(rows, folder) as settings:

        async def go() -> tuple[int, dict[str, list[float]]]:
            async with open_runtime(settings, settings.url(), vault_keys(settings)) as runtime:
                return await measure(runtime, rounds)

        counted, times = anyio.run(go)
    plain = statistics.median(times["plain count(*)"])
    found = {
        name: {
            "p50_ms": statistics.median(all_ms),
            "p95_ms": sorted(all_ms)[int(0.95 * (len(all_ms) - 1))],
            "ratio": statistics.median(all_ms) / plain,
        }
        for name, all_ms in times.items()
    }
    if as_json:
        print(json.dumps({"rows": counted, "figures": found}))
        return
    table = Table("", "p50 ms", "p95 ms", "x plain count(*)", title=f"{counted:,} complaints")
    for name, one in found.items():
        table.add_row(name, f"{one['p50_ms']:.1f}", f"{one['p95_ms']:.1f}", f"{one['ratio']:.1f}")
    Console(width=140).print(table)


if __name__ == "__main__":
    typer.run(run)
