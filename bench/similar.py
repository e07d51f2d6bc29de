"""How well, and how fast, copies of a complaint are found again.

`python -m bench.similar quality --data FILE` plants noisy copies of complaints that you have and looks for them;
`python -m bench.similar speed --rows 1000000` times look-ups. Nothing of the data leaves the temporary database.
"""

import json
import random
import statistics
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated
from uuid import UUID

import anyio
import psycopg
import typer
from sqlalchemy import select

from bench.finding_fill import Words, complaint_id, filled, opened, spread
from complaints.finding.jobs import count_words
from complaints.finding.search import Scope
from complaints.finding.similar import draft, similar
from complaints.finding.vectors import METHOD, vector_of
from complaints.policy import ANYONE, Actor
from complaints.reader import Reader
from ml.dataset import load
from models import Complaint, ComplaintText
from rules.vocabulary import Role
from server.runtime import Runtime

app = typer.Typer(add_completion=False, help=__doc__)

NATIONAL = Actor(Role.NATIONAL_ADMIN)
# What people write for these words in a hurry, and fat fingers besides.
SHORT = {
    "yang": "yg", "tidak": "gak", "jalan": "jln", "dengan": "dgn", "untuk": "utk", "sudah": "udah", "belum": "blm",
    "karena": "krn", "saya": "sy", "dari": "dr", "pada": "pd", "orang": "org", "dalam": "dlm", "sekarang": "skrg",
}  # fmt: skip


def copied(text: str, draw: random.Random) -> str:
    """The same complaint told by a neighbour: a part of its sentences, words left out, shortened and mistyped."""
    sentences = [part for part in text.replace("\n", ". ").split(".") if part.strip()]
    draw.shuffle(sentences)
    words = " . ".join(sentences).split()
    kept = [word for word in words if draw.random() > 0.2][: max(8, int(len(words) * 0.7))]
    return "Mohon bantuannya. " + " ".join(_mistyped(SHORT.get(word.lower(), word), draw) for word in kept)


def _mistyped(word: str, draw: random.Random) -> str:
    if len(word) < 5 or draw.random() > 0.08:
        return word
    place = draw.randrange(1, len(word) - 1)
    return word[:place] + word[place + 1 :] if draw.random() < 0.5 else word[:place] + word[place] + word[place:]


@app.command()
def quality(
    data: Annotated[list[Path], typer.Option(help="CSV or JSONL files of complaints, as `salur import` reads them.")],
    rows: Annotated[int, typer.Option(help="How many of them to put in.")] = 8_000,
    copies: Annotated[int, typer.Option(help="How many to copy and look for.")] = 400,
) -> None:
    """Recall of planted copies, and what unrelated texts score."""
    draw = random.Random(3)  # noqa: S311 - the same sample every time
    texts = [example.text for example in load(data).examples if len(example.text) >= 80]
    draw.shuffle(texts)
    held_out, texts = texts[:copies], texts[copies : copies + rows]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="salur-similar-")))
        url = stack.enter_context(filled(folder, 0))
        _put(url, texts)
        print(json.dumps(anyio.run(_quality, url, folder, texts, held_out, copies), indent=1))


def _put(url: str, texts: Sequence[str]) -> None:
    at = datetime.now(UTC) - timedelta(days=100)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        with connection.cursor().copy(
            "copy complaint (id, tracking_code, status, version, report_type, urgency, channel, is_anonymous,"
            " is_secret, tags, hops, submitted_at, changed_at, closed_by_silence) from stdin"
        ) as copy:
            for number in range(len(texts)):
                moment = at + timedelta(minutes=number)
                copy.write_row(
                    (complaint_id(number), f"B-{number}", "UNVERIFIED", 1, "COMPLAINT", "NORMAL", "WEB", False,
                     False, [], 0, moment, moment, False)
                )  # fmt: skip
        with connection.cursor().copy("copy complaint_words (complaint_id, words, keys, method) from stdin") as copy:
            for number, text in enumerate(texts):
                copy.write_row((complaint_id(number), vector_of(None, text, None, at), ["s:UNVERIFIED"], METHOD))
        connection.execute("vacuum analyze")


async def _quality(
    url: str, folder: Path, texts: Sequence[str], held_out: Sequence[str], copies: int
) -> dict[str, object]:
    draw = random.Random(4)  # noqa: S311 - the same copies every time
    async with opened(url, folder) as runtime:
        await count_words(runtime.workshop)
        places: list[int | None] = []
        scores: list[float] = []
        for number in draw.sample(range(len(texts)), copies):
            found = await _look(runtime, copied(texts[number], draw))
            ids = [row_id for row_id, _ in found]
            places.append(ids.index(complaint_id(number)) if complaint_id(number) in ids else None)
            scores.append(dict(found).get(complaint_id(number), 0.0))
        strangers = [max((score for _, score in await _look(runtime, text)), default=0.0) for text in held_out]
    by_threshold = {
        limit: {
            "recall": _share(score >= limit for score in scores),
            "strangers_with_a_hit": _share(score >= limit for score in strangers),
        }
        for limit in (0.3, 0.4, 0.5, 0.6, 0.7)
    }
    return {
        "rows": len(texts),
        "recall_at_1": _share(place == 0 for place in places),
        "recall_at_5": _share(place is not None for place in places),
        "score_of_copies_p5": statistics.quantiles(scores, n=20)[0],
        "score_of_strangers_p95": statistics.quantiles(strangers, n=20)[-1],
        "by_threshold": by_threshold,
    }


async def _look(runtime: Runtime, text: str) -> list[tuple[UUID, float]]:
    reader = Reader(runtime.database.read)
    now = runtime.workshop.clock()
    knowledge = await runtime.knowledge.current(now)
    subject = draft(text, now, None, None)
    found = await similar(reader, NATIONAL, subject, knowledge, scopes=(Scope.DESK,), days=180, most=5)
    await reader.close()
    return [(likeness.complaint_id, likeness.score) for likeness in found]


def _share(answers: Iterable[bool]) -> float:
    given = list(answers)
    return round(sum(given) / len(given), 3)


@app.command()
def speed(
    rows: Annotated[int, typer.Option(help="Complaints in the database.")] = 1_000_000,
    rounds: Annotated[int, typer.Option(help="Look-ups of each kind.")] = 200,
    folder: Annotated[Path | None, typer.Option(help="Keeps the database for the next time.")] = None,
) -> None:
    """Milliseconds of one look-up, for a citizen who writes and for a clerk who opens a case."""
    with ExitStack() as stack:
        kept = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="salur-similar-")))
        url = stack.enter_context(filled(kept, rows))
        print(json.dumps(anyio.run(_speed, url, kept, rounds), indent=1))


async def _speed(url: str, folder: Path, rounds: int) -> dict[str, dict[str, float]]:
    draw, words = random.Random(5), Words.made()  # noqa: S311 - the same questions every time
    took: dict[str, list[float]] = {}
    async with opened(url, folder) as runtime:
        await count_words(runtime.workshop)
        knowledge = await runtime.knowledge.current(runtime.workshop.clock())
        agency = min(knowledge.agency_rows.values(), key=lambda row: (row.level == "UNIT", row.code))
        readers = {
            "draft, published": (ANYONE, (Scope.PUBLIC,)),
            "case, national desk": (NATIONAL, (Scope.DESK,)),
            "case, agency desk and published": (Actor(Role.AGENCY_ADMIN, agency_id=agency.id), tuple(Scope)[:2]),
        }
        for _ in range(rounds):
            text = " ".join(words.body(draw))
            for name, (actor, scopes) in readers.items():
                reader = Reader(runtime.database.read)
                started = time.perf_counter()
                now = runtime.workshop.clock()
                subject = draft(text, now, "33.74", None)
                await similar(reader, actor, subject, knowledge, scopes=scopes, days=180, most=5)
                took.setdefault(name, []).append((time.perf_counter() - started) * 1000)
                await reader.close()
        recall = await _recall(runtime, draw, rounds)
    return {name: spread(times) for name, times in took.items()} | {"planted copies": recall}


async def _recall(runtime: Runtime, draw: random.Random, copies: int) -> dict[str, float]:
    """Whether complaints of the last months are found again by what a neighbour would write."""
    since = runtime.workshop.clock() - timedelta(days=150)
    async with runtime.database.read.connect() as connection:
        statement = (
            select(ComplaintText.complaint_id, ComplaintText.original_body)
            .join(Complaint, Complaint.id == ComplaintText.complaint_id)
            .where(Complaint.submitted_at >= since)
            .order_by(Complaint.id)
            .limit(10_000)
        )
        rows = (await connection.execute(statement)).all()
    found = 0
    for row in draw.sample(rows, copies):
        found += row.complaint_id in [row_id for row_id, _ in await _look(runtime, copied(row.original_body, draw))]
    return {"recall_at_5": found / copies}


if __name__ == "__main__":
    app()
