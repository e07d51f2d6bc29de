"""A million complaints with words as unevenly spread as real ones, written by COPY in minutes."""

import os
import random
import time
from bisect import bisect
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from statistics import median, quantiles
from uuid import UUID

import psycopg
from rich.console import Console

from bench.processes import run_salur
from complaints.finding.vectors import METHOD, vector_of
from rules.places import region
from server.embedded import EmbeddedPostgres
from server.keys import vault_keys
from server.runtime import Runtime, open_runtime
from server.settings import Settings

# The words that everybody writes about; the others are made of syllables, as many as real complaints have.
# fmt: off
EVERYDAY = [
    "jalan", "rusak", "lampu", "mati", "air", "warga", "petugas", "sampah", "parah", "hujan", "banjir", "kantor",
    "bayar", "desa", "kota", "rumah", "sekolah", "anak", "kendaraan", "malam", "pagi", "bulan", "tahun", "kabel",
    "listrik", "tiang", "lubang", "macet", "pasar", "jembatan", "drainase", "puskesmas", "dokter", "antre", "surat",
    "kartu", "bantuan", "sosial", "pupuk", "guru", "siswa", "bus", "halte", "parkir", "trotoar", "pohon", "tumbang",
    "got", "bau",
]
SYLLABLES = [
    "ba", "bo", "cu", "da", "de", "fi", "ga", "gu", "ha", "jo", "ka", "ko", "la", "li", "ma", "mo", "na", "ni", "pa",
    "po", "ra", "ru", "sa", "so", "ta", "te", "wa", "wo", "ya", "yu",
]
# fmt: on
VOCABULARY, TOPICS, PLACES = 40_000, 300, 20_000
START = datetime(2017, 1, 1, tzinfo=UTC)
AGENCIES = 40


@dataclass(frozen=True, slots=True)
class Words:
    """Draws the words of complaints: some everybody's, some of one topic, one or two of a place."""

    vocabulary: Sequence[str]
    weights: Sequence[float]

    @classmethod
    def made(cls) -> "Words":
        """The same words every time."""
        made = [*EVERYDAY, *(_word(number) for number in range(VOCABULARY - len(EVERYDAY)))]
        return cls(made, list(accumulate(1 / (rank + 5) for rank in range(VOCABULARY))))

    def body(self, draw: random.Random) -> list[str]:
        """About forty words."""
        topic, place = draw.randrange(TOPICS), draw.randrange(PLACES)
        words = [self._one(draw) for _ in range(draw.randrange(12, 30))]
        words += [
            self.vocabulary[200 + topic * 60 + int(60 * draw.random() ** 2)] for _ in range(draw.randrange(8, 20))
        ]
        words += [f"{_word(place)}{_word(place * 7 % 90)}"] * 2
        draw.shuffle(words)
        return words

    def _one(self, draw: random.Random) -> str:
        return self.vocabulary[min(bisect(self.weights, draw.random() * self.weights[-1]), VOCABULARY - 1)]


def _word(number: int) -> str:
    size = len(SYLLABLES)
    return (
        SYLLABLES[number % size]
        + SYLLABLES[number // size % size]
        + SYLLABLES[(number // size**2 + 3) % size]
        + (SYLLABLES[number // size**3 % size] if number >= size**3 else "")
    )


@contextmanager
def filled(folder: Path, rows: int) -> Iterator[str]:
    """The URL of a database with `rows` complaints; one that `folder` holds already is used again."""
    folder.mkdir(exist_ok=True, parents=True)
    folder.chmod(0o755)
    is_filled = folder / f"filled-{rows}"
    with EmbeddedPostgres(folder / "data", state_dir=folder / "state") as server:
        if not is_filled.exists():
            started = time.perf_counter()
            environment = os.environ | {"DATABASE_URL": server.url(), "SALUR_DATA_DIR": str(folder / "salur")}
            for command in (["db", "upgrade"], ["seed"]):
                run_salur(environment, *command)
            fill(server.url(), rows)
            is_filled.touch()
            Console(stderr=True).print(f"filled in {time.perf_counter() - started:.0f} s")
        yield server.url()


def opened(url: str, folder: Path) -> AbstractAsyncContextManager[Runtime]:
    """Everything a process is made of, on that database."""
    settings = Settings(database_url=url, data_dir=folder / "salur")
    return open_runtime(settings, url, vault_keys(settings))


def spread(times: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile in milliseconds."""
    return {"p50_ms": round(median(times), 1), "p95_ms": round(quantiles(times, n=20)[-1], 1)}


def complaint_id(number: int) -> UUID:
    """The id of a complaint of the fill; later ones are larger."""
    return UUID(int=(number << 80) | (7 << 76) | (2 << 62))


def fill(url: str, rows: int, seed: int = 1) -> None:
    """Add `rows` complaints to a migrated, seeded database; the newest was filed an hour before now."""
    draw, words = random.Random(seed), Words.made()  # noqa: S311 - the same fill every time
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        agencies = [row[0] for row in connection.execute("select id from agency where level <> 'UNIT' order by code")]
        categories = [row[0] for row in connection.execute("select id from category where level = 2 order by code")]
        regions = [f"33.{number:02}" for number in range(1, 77) if region(f"33.{number:02}") is not None]
        for index in ("ix_complaint_words_all", "ix_complaint_words_public"):
            connection.execute(f"drop index {index}")
        newest = datetime.now(UTC) - timedelta(hours=1)
        step = (newest - START) / max(rows, 1)
        for first in range(0, rows, 50_000):
            made = list(
                _rows(draw, words, range(first, min(rows, first + 50_000)), START, step, agencies, categories, regions)
            )
            _write(connection, made)
        connection.execute("set maintenance_work_mem = '1GB'")
        connection.execute(
            "create index ix_complaint_words_all on complaint_words using gin (words, keys)"
            " with (gin_pending_list_limit = 256)"
        )
        connection.execute(
            "create index ix_complaint_words_public on complaint_words using gin (public_words, keys)"
            " with (gin_pending_list_limit = 256) where public_words is not null"
        )
        connection.execute("vacuum analyze")


def _rows(
    draw: random.Random,
    words: Words,
    numbers: range,
    start: datetime,
    step: timedelta,
    agencies: Sequence[UUID],
    categories: Sequence[UUID],
    regions: Sequence[str],
) -> Iterator[tuple[tuple[object, ...], tuple[object, ...], tuple[object, ...]]]:
    for number in numbers:
        row_id, at = complaint_id(number), start + number * step
        body = words.body(draw)
        text, title = " ".join(body), " ".join(body[:5])
        age = (START + (numbers[-1] + 1) * step - at).days
        status = (
            draw.choice(["UNVERIFIED", "DISPATCHED", "IN_PROGRESS"]) if draw.random() < 0.05 or age < 1 else "CLOSED"
        )
        agency = agencies[int(min(AGENCIES, len(agencies)) * draw.random() ** 3)]
        category, place = draw.choice(categories), draw.choice(regions)
        sent = status != "UNVERIFIED"
        is_secret = number % 20 == 0
        vector = vector_of(title, text, None, at)
        keys = [f"s:{status}", f"p:{agency}", f"a:{agency}", f"c:{category}", "u:NORMAL", "h:WEB", "r:33", f"r:{place}"]
        yield (
            (row_id, f"BENCH-{number}", status, 3, "COMPLAINT", "ORDINARY", "NORMAL", "WEB", False, is_secret, [],
             category, agency, 0, place, at, at if sent else None, at if sent else None, at, False),
            (row_id, text, title, title if sent else None, text if sent else None),
            (row_id, vector, vector if sent and not is_secret else None, keys, METHOD),
        )  # fmt: skip


def _write(
    connection: psycopg.Connection, made: Sequence[tuple[tuple[object, ...], tuple[object, ...], tuple[object, ...]]]
) -> None:
    targets = (
        "complaint (id, tracking_code, status, version, report_type, classification, urgency, channel, is_anonymous,"
        " is_secret, tags, category_id, agency_id, hops, region_code, submitted_at, dispatched_at, published_at,"
        " changed_at, closed_by_silence)",
        "complaint_text (complaint_id, original_body, title, public_title, public_body)",
        "complaint_words (complaint_id, words, public_words, keys, method)",
    )
    for number, target in enumerate(targets):
        with connection.cursor().copy(f"copy {target} from stdin") as copy:
            for row in made:
                copy.write_row(row[number])
