"""Bringing in many complaints at once: each once, whatever happens on the way."""

import csv
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest

from complaints import importing
from complaints.importing import Importer, Rejected, Tally
from complaints.suggest import Advice, Question
from models import Complaint, ComplaintText, RouteDecision, Suggestion
from rules.vocabulary import Channel, ReportType
from server.runtime import Runtime
from tests.integration.given import AdviceOf, Jobs, Parrot, Rows, State, sure
from tests.support import MONDAY, EventsOf

ROW = {"id": "1", "text": "Air PDAM keruh sejak kemarin", "source": "kota"}


@dataclass
class Import:
    """A run of the importer, and everything it told."""

    tally: Tally
    rejected: Sequence[Rejected]
    expected: Sequence[int]
    done: int


ImportFile = Callable[[Path], Awaitable[Import]]


class BringIn(Protocol):
    """Imports rows as a JSONL file."""

    async def __call__(self, *rows: Mapping[str, object]) -> Import: ...


@pytest.fixture
def import_file(runtime: Runtime) -> ImportFile:
    async def advise(questions: Sequence[Question]) -> Sequence[Advice]:
        return runtime.adviser.advise_now(questions)

    async def run(path: Path) -> Import:
        rejected: list[Rejected] = []
        expected: list[int] = []
        done: list[int] = []
        importer = Importer(
            runtime.workshop, advise=advise, reject=rejected.append, expect=expected.append, progress=done.append
        )
        await importer.bring_in(path)
        return Import(importer.tally, rejected, expected, sum(done))

    return run


@pytest.fixture
def bring_in(import_file: ImportFile, tmp_path: Path) -> BringIn:
    async def run(*rows: Mapping[str, object]) -> Import:
        path = tmp_path / "laporan.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return await import_file(path)

    return run


@pytest.fixture
async def advice(runtime: Runtime, an_advice: AdviceOf) -> Advice:
    """What the serving version answers to everything."""
    answer = await an_advice(agency=sure("KEMENKES"))
    runtime.adviser.adopt(Parrot("v1", answer.suggestion), answer.version_id)
    return answer


async def test_a_row_becomes_a_complaint_with_advice_and_a_route(
    bring_in: BringIn, advice: Advice, rows: Rows, events_of: EventsOf, jobs: Jobs
) -> None:
    row = ROW | {
        "title": "Air Keruh",
        "location": "Kota Semarang",
        "date": "2020-08-07",
        "report_type": "Permintaan Informasi",
    }

    told = await bring_in(row)

    (complaint,) = await rows(Complaint)
    (text,) = await rows(ComplaintText)
    (suggestion,) = await rows(Suggestion)
    assert told == Import(Tally(added=1), rejected=[], expected=[1], done=1)
    assert (text.original_body, text.original_title, text.place) == (ROW["text"], "Air Keruh", "Kota Semarang")
    assert (complaint.channel, complaint.report_type, complaint.region_code) == (
        Channel.API,
        ReportType.INFORMATION_REQUEST,
        "33.74",
    )
    # The clocks start when offices open on the day it carries, in Jakarta.
    assert complaint.submitted_at == datetime(2020, 8, 7, 1, tzinfo=UTC)
    assert complaint.due_at == datetime(2020, 8, 12, 16, 59, 59, tzinfo=UTC)
    assert suggestion.classifier_version_id == advice.version_id
    assert [event.kind for event in await events_of(complaint)] == ["Submitted", "Suggested", "Routed"]
    assert await jobs() == []


async def test_the_same_file_again_adds_nothing(bring_in: BringIn, state: State) -> None:
    other = ROW | {"id": "2"}
    await bring_in(ROW, other)
    before = await state()

    told = await bring_in(ROW, other)

    assert told.tally == Tally(known=2)
    assert await state() == before


async def test_an_interrupted_import_goes_on_where_it_was(
    bring_in: BringIn, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)
    texts = [ROW | {"id": str(number)} for number in range(7)]
    await bring_in(*texts[:3])  # as far as it came: one full batch and a part of the next

    told = await bring_in(*texts)

    assert told.tally == Tally(added=4, known=3)
    assert len(await rows(Complaint)) == 7


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5])
async def test_every_row_comes_in_whatever_the_size_of_the_file(
    count: int, bring_in: BringIn, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)

    told = await bring_in(*(ROW | {"id": str(number)} for number in range(count)))

    assert told.tally == Tally(added=count)
    assert len(await rows(RouteDecision)) == count


async def test_rows_that_cannot_be_taken_are_told_and_the_others_come_in(bring_in: BringIn, rows: Rows) -> None:
    told = await bring_in(
        ROW | {"id": "pendek", "text": "pendek"},
        {"id": "kosong", "text": " "},
        ROW | {"id": "judul", "title": "Air\x01 keruh"},
        ROW | {"id": "kendali", "text": "Air PDAM keruh\x01 sejak kemarin"},
        ROW | {"id": "baik"},
    )

    assert told.tally == Tally(added=1, rejected=4)
    assert set(told.rejected) == {
        Rejected("laporan.jsonl", "2", "no text"),
        Rejected("laporan.jsonl", "pendek", "text: TOO_SHORT"),
        Rejected("laporan.jsonl", "judul", "title: CONTROL_CHARACTER"),
        Rejected("laporan.jsonl", "kendali", "text: CONTROL_CHARACTER"),
    }
    assert len(await rows(Complaint)) == 1


async def test_an_id_twice_in_a_batch_is_one_complaint_and_the_first_counts(bring_in: BringIn, rows: Rows) -> None:
    told = await bring_in(ROW, ROW | {"text": "Lampu jalan mati di depan sekolah"}, ROW | {"id": "2"})

    assert told.tally == Tally(added=2, known=1)
    assert sorted(text.original_body for text in await rows(ComplaintText)) == [ROW["text"], ROW["text"]]


async def test_an_id_twice_in_a_file_is_one_complaint_also_across_batches(
    bring_in: BringIn, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)

    told = await bring_in(*(ROW | {"id": number} for number in "12314121"))

    assert told == Import(Tally(added=4, known=4), rejected=[], expected=[8], done=8)
    assert len(await rows(Complaint)) == 4


async def test_one_id_of_two_sources_is_two_complaints(bring_in: BringIn, rows: Rows) -> None:
    told = await bring_in(ROW, ROW | {"source": "provinsi"}, {"id": "1", "text": ROW["text"]})

    assert told.tally == Tally(added=3)
    assert len(await rows(Complaint)) == 3


@pytest.mark.parametrize(
    ("date", "submitted_at"),
    [
        ("2020-08-07T23:59:00", datetime(2020, 8, 7, 1, tzinfo=UTC)),
        ("2031-01-01", MONDAY),
        ("kemarin", MONDAY),
        (None, MONDAY),
    ],
    ids=["with a time", "in the future", "unreadable", "missing"],
)
async def test_a_date_is_the_day_it_was_filed_else_today(
    date: str | None, submitted_at: datetime, bring_in: BringIn, rows: Rows
) -> None:
    await bring_in(ROW | {"date": date})

    assert [complaint.submitted_at for complaint in await rows(Complaint)] == [submitted_at]


async def test_without_a_classifier_they_come_in_all_the_same(bring_in: BringIn, rows: Rows) -> None:
    told = await bring_in(ROW)

    assert told.tally == Tally(added=1)
    assert await rows(Suggestion) == []


async def test_a_csv_file_is_read_as_well(import_file: ImportFile, tmp_path: Path, rows: Rows) -> None:
    path = tmp_path / "laporan.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["id", "text"], ["7", "Jalan rusak,\nmohon diperbaiki"], ["8"]])

    told = await import_file(path)

    assert told == Import(
        Tally(added=1, rejected=1),
        rejected=[Rejected("laporan.csv", "4", "1 cells under 2 column names")],
        expected=[1],
        done=1,
    )
    assert [text.original_body for text in await rows(ComplaintText)] == ["Jalan rusak,\nmohon diperbaiki"]
