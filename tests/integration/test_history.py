"""Decided complaints of another system: read by its own columns, told before they come in, masked when they do."""

from collections.abc import Awaitable, Iterable, Sequence
from datetime import date
from typing import Protocol

import pytest

from complaints.learning.history import HistoryReport, Layout, RowProblem, UnknownLabel, import_history
from complaints.policy import SYSTEM, Actor
from complaints.refusals import Invalid, NotAllowed, NotSignedIn, Problem, Refusal
from ml.dataset import MAX_TEXT
from models import HistoryExample
from rules.vocabulary import Role
from tests.integration.given import Rows, State
from tests.support import MONDAY, ActorOf, WorkAs

HEADER = "Nomor,Isi Laporan,Judul,Topik,Sub Topik,OPD,Jenis,Tempat,Tanggal"
LAYOUT = Layout(
    {
        "id": "Nomor",
        "text": "Isi Laporan",
        "title": "Judul",
        "category_main": "Topik",
        "category": "Sub Topik",
        "agency": "OPD",
        "report_type": "Jenis",
        "place": "Tempat",
        "date": "Tanggal",
    }
)
SMALL = Layout({"text": "isi", "category": "topik"})


class BringIn(Protocol):
    """Imports lines of CSV as the command line does."""

    def __call__(
        self, lines: Iterable[str], layout: Layout = ..., *, source: str = ..., dry_run: bool = ...
    ) -> Awaitable[HistoryReport]: ...


@pytest.fixture
def bring_in(work_as: WorkAs) -> BringIn:
    async def run(
        lines: Iterable[str], layout: Layout = SMALL, *, source: str = "kota", dry_run: bool = False
    ) -> HistoryReport:
        async with work_as(SYSTEM) as work:
            return await import_history(work, source, lines, layout, dry_run=dry_run)

    return run


async def test_columns_are_read_as_the_mapping_says(work_as: WorkAs, an_actor: ActorOf, rows: Rows) -> None:
    analyst = await an_actor(Role.DATA_STAFF)
    lines = [
        f"{HEADER}\n",
        'K-1,"Jalan, berlubang",Jalan Rusak,PUPR,infrastruktur  JALAN,Dinas Pekerjaan Umum,Pengaduan,'
        "Kec. Semarang Tengah,2025-03-01T09:00:00\n",
        "K-2,Air mati,,ESDM,,PLN,,,\n",
    ]

    async with work_as(analyst) as work:
        report = await import_history(work, " kota ", lines, LAYOUT, dry_run=False)

    assert (report.rows, report.usable, report.added, report.known, report.problem_count) == (2, 2, 2, 0, 0)
    assert (report.problems, report.unknown) == ([], [])
    assert report.labels == {
        "category": {"ESDM": 1, "PUPR.INFRASTRUKTUR_JALAN": 1},
        "agency": {"PEMDA.PU": 1, "PLN": 1},
        "report_type": {"COMPLAINT": 1},
    }
    first, second = await rows(HistoryExample)
    assert (first.source, first.external_id, first.body, first.title) == (
        "kota", "K-1", "Jalan, berlubang", "Jalan Rusak",
    )  # fmt: skip
    assert (first.category, first.agency, first.report_type) == ("PUPR.INFRASTRUKTUR_JALAN", "PEMDA.PU", "COMPLAINT")
    assert (first.place, first.decided_on) == ("Kec. Semarang Tengah", date(2025, 3, 1))
    assert (first.imported_by_id, first.imported_at) == (analyst.id, MONDAY)
    assert (second.title, second.category, second.agency, second.report_type, second.place, second.decided_on) == (
        None, "ESDM", "PLN", None, None, None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("main", "fine", "code"),
    [
        ("TIK", "", "TIK"),
        ("", "ESDM.LISTRIK.PEMADAMAN_LISTRIK", "ESDM.LISTRIK.PEMADAMAN_LISTRIK"),
        ("", "pemadaman listrik", "ESDM.LISTRIK.PEMADAMAN_LISTRIK"),
        ("TIK", "tidak ada yang begini", "TIK"),
        ("tidak ada", "Pemadaman Listrik", "ESDM.LISTRIK.PEMADAMAN_LISTRIK"),
        # The same name stands below two topics: the main one says which.
        ("CORONA", "Pelayanan Kesehatan", "CORONA.PELAYANAN_KESEHATAN"),
        ("KESEHATAN", "Pelayanan Kesehatan", "KESEHATAN.PELAYANAN_KESEHATAN"),
        ("TIK", "Pelayanan Kesehatan", "TIK"),
        # A main topic and something below another one: the main topic is meant.
        ("", "Kesehatan", "KESEHATAN"),
        ("TIK", "Pemadaman Listrik", "ESDM.LISTRIK.PEMADAMAN_LISTRIK"),
        ("", "Telekomunikasi Kota", "TIK"),
        ("", "LISTRIK PADAM", "ESDM.LISTRIK"),
    ],
)
async def test_a_category_is_found_by_code_name_or_as_was_said(
    main: str, fine: str, code: str, bring_in: BringIn
) -> None:
    said = {"telekomunikasi kota": "TIK", "Listrik  Padam": "listrik"}
    layout = Layout({"text": "isi", "category_main": "topik", "category": "sub"}, said)

    report = await bring_in(["isi,topik,sub\n", f"Laporan warga,{main},{fine}\n"], layout, dry_run=True)

    assert report.labels == {"category": {code: 1}}


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("PLN", "PLN"),
        ("PEMDA.LH", "PEMDA.LH"),
        ("dinas  lingkungan hidup", "PEMDA.LH"),
        ("KOTA_SEMARANG.DPU", "PEMDA.PU"),
        ("Dinas PU Kota Semarang", "PEMDA.PU"),
        ("Kementerian Kesehatan", "KEMENKES"),
        ("KEMENKES.NAKES", "KEMENKES"),
        ("OPD Listrik", "PLN"),
    ],
)
async def test_an_agency_becomes_what_the_classifier_learns(label: str, code: str, bring_in: BringIn) -> None:
    layout = Layout({"text": "isi", "agency": "opd"}, {"OPD Listrik": "PLN"})

    report = await bring_in(["isi,opd\n", f"Laporan warga,{label}\n"], layout, dry_run=True)

    assert report.labels == {"agency": {code: 1}}


async def test_a_local_government_without_an_office_teaches_no_agency(bring_in: BringIn) -> None:
    layout = Layout({"text": "isi", "agency": "opd", "category": "topik"})

    report = await bring_in(["isi,opd,topik\n", "Laporan warga,KOTA_SEMARANG,TIK\n"], layout, dry_run=True)

    assert report.labels == {"category": {"TIK": 1}}
    assert [(unknown.field, unknown.label) for unknown in report.unknown] == [("agency", "KOTA_SEMARANG")]


async def test_unknown_labels_are_counted_the_most_frequent_first(bring_in: BringIn) -> None:
    lines = ["isi,topik,opd\n"]
    lines += ["Laporan warga,Pemadaman Listrk,PLN\n"] * 3
    lines += ["Laporan warga,Pelayanan Kesehatan,PLN\n", "Laporan warga,qqqq,Dinas Perhubungn\n"]

    report = await bring_in(lines, Layout({"text": "isi", "category": "topik", "agency": "opd"}), dry_run=True)

    assert report.unknown == [
        UnknownLabel("category", "Pemadaman Listrk", 3, "pemadaman listrik"),
        # Two categories have this name.
        UnknownLabel("category", "Pelayanan Kesehatan", 1, "pelayanan kesehatan"),
        UnknownLabel("category", "qqqq", 1, None),
        UnknownLabel("agency", "Dinas Perhubungn", 1, "dinas perhubungan"),
    ]
    assert (report.rows, report.usable) == (5, 4)


async def test_rows_that_stay_out_are_named_with_the_reason(bring_in: BringIn, rows: Rows) -> None:
    layout = Layout({"id": "id", "text": "isi", "category": "topik", "date": "hari"})
    lines = [
        "id,isi,topik,hari\n",
        "1, ,TIK,\n",
        "2,Laporan,tidak ada,\n",
        "3,Laporan,TIK,01/03/2025\n",
        "4,Laporan,TIK\n",
        "5,Laporan,TIK,,lebih\n",
        "\n",
        f"{'6' * 201},Laporan,TIK,\n",
        f"7,{'x' * (MAX_TEXT + 1)},TIK,\n",
        f"8,{'x' * (5 * MAX_TEXT + 1)},TIK,\n",
        "9,Laporan,TIK,2025-03-01\n",
        "\n",
    ]

    report = await bring_in(lines, layout)

    assert report.problems == [
        RowProblem(2, "NO_TEXT"),
        RowProblem(3, "NO_KNOWN_LABEL"),
        RowProblem(4, "BAD_DATE"),
        RowProblem(5, "BROKEN_ROW"),
        RowProblem(6, "BROKEN_ROW"),
        RowProblem(8, "BROKEN_ROW"),
        RowProblem(9, "TEXT_TOO_LONG"),
        RowProblem(10, "BROKEN_ROW"),
    ]
    assert (report.rows, report.usable, report.problem_count, report.added) == (9, 1, 8, 1)
    assert [row.external_id for row in await rows(HistoryExample)] == ["9"]


async def test_many_problems_are_counted_and_few_shown(bring_in: BringIn) -> None:
    report = await bring_in(["isi,topik\n", *[",TIK\n"] * 120])

    assert (len(report.problems), report.problem_count, report.rows) == (50, 120, 120)


async def test_a_dry_run_says_the_same_and_writes_nothing(bring_in: BringIn, state: State) -> None:
    lines = ["isi,topik\n", "Laporan satu,TIK\n", ",TIK\n", "Laporan dua,tidak ada\n"]
    before = await state()

    tried = await bring_in(lines, dry_run=True)
    after = await state()
    done = await bring_in(lines)

    assert after == before
    assert (tried.added, tried.known, done.added, done.known) == (0, 0, 1, 0)
    assert (tried.rows, tried.usable, tried.problems, tried.unknown, tried.labels) == (
        done.rows, done.usable, done.problems, done.unknown, done.labels,
    )  # fmt: skip


async def test_a_second_import_adds_only_what_is_new(bring_in: BringIn, rows: Rows) -> None:
    layout = Layout({"id": "id", "text": "isi", "category": "topik"})
    await bring_in(["id,isi,topik\n", "1,Pertama,TIK\n", "2,Kedua,TIK\n"], layout)

    again = await bring_in(["id,isi,topik\n", "2,Kedua lain,TIK\n", "3,Ketiga,TIK\n", "3,Ketiga lain,TIK\n"], layout)
    other = await bring_in(["id,isi,topik\n", "2,Milik desa,TIK\n"], layout, source="desa")

    assert (again.rows, again.usable, again.added, again.known) == (3, 2, 1, 1)
    assert (other.added, other.known) == (1, 0)
    assert sorted((row.source, row.external_id, row.body) for row in await rows(HistoryExample)) == [
        ("desa", "2", "Milik desa"),
        ("kota", "1", "Pertama"),
        ("kota", "2", "Kedua"),
        ("kota", "3", "Ketiga lain"),
    ]


async def test_rows_without_an_id_are_known_by_their_number(bring_in: BringIn, rows: Rows) -> None:
    lines = ["isi,topik\n", "Satu,TIK\n", "\n", "Dua,TIK\n"]

    await bring_in(lines)
    again = await bring_in(lines)

    assert (again.added, again.known) == (0, 2)
    assert [row.external_id for row in await rows(HistoryExample)] == ["2", "4"]


async def test_more_rows_than_one_batch_come_in(bring_in: BringIn, rows: Rows) -> None:
    report = await bring_in(["isi,topik\n", *(f"Laporan {number},TIK\n" for number in range(450))])

    assert (report.usable, report.added) == (450, 450)
    assert {row.body for row in await rows(HistoryExample)} == {f"Laporan {number}" for number in range(450)}


async def test_personal_data_is_masked_before_it_is_stored(bring_in: BringIn, rows: Rows) -> None:
    layout = Layout({"text": "isi", "title": "judul", "place": "tempat", "category": "topik"})
    number = "081234567890"

    await bring_in(
        ["isi,judul,tempat,topik\n", f"Telepon {number} ya,Hubungi {number},Rumah a.b@contoh.id,TIK\n"], layout
    )

    (row,) = await rows(HistoryExample)
    assert (row.body, row.title, row.place) == ("Telepon <TELEPON> ya", "Hubungi <TELEPON>", "Rumah <SUREL>")


async def test_a_nul_byte_is_left_out(bring_in: BringIn, rows: Rows) -> None:
    await bring_in(["isi,topik\n", "Jalan\x00 rusak,T\x00IK\n", "\x00,TIK\n"])

    assert [(row.body, row.category) for row in await rows(HistoryExample)] == [("Jalan rusak", "TIK")]


async def test_an_open_quote_costs_the_rows_it_swallows_and_no_more(bring_in: BringIn) -> None:
    swallowed = [f'"{"x" * 1_000}\n'] + [f"{'y' * 1_000},TIK\n"] * 2_000

    report = await bring_in(["isi,topik\n", "Satu,TIK\n", *swallowed], dry_run=True)

    # The quote ends where the field grew beyond a megabyte; what comes behind is read again.
    assert report.problems[0] == RowProblem(3, "BROKEN_ROW")
    assert report.usable > 900


@pytest.mark.parametrize(
    ("columns", "problems"),
    [
        (
            {"isi": "isi", "text": "tiada"},
            (
                Problem(
                    "columns",
                    "UNKNOWN_CODE",
                    {"allowed": "id, text, title, category_main, category, agency, report_type, place, date"},
                ),
                Problem("columns", "UNKNOWN_COLUMN", {"column": "tiada", "allowed": "isi, topik"}),
            ),
        ),
        ({"category": "topik"}, (Problem("columns", "MISSING_FIELD", {"missing": "text"}),)),
        (
            {"text": "isi"},
            (Problem("columns", "MISSING_FIELD", {"missing": "category / category_main / agency / report_type"}),),
        ),
    ],
    ids=["unknown", "no text", "no label"],
)
async def test_a_mapping_names_what_is_there_and_enough_of_it(
    columns: dict[str, str], problems: Sequence[Problem], bring_in: BringIn, state: State
) -> None:
    before = await state()

    with pytest.raises(Invalid) as refusal:
        await bring_in(["isi,topik\n", "Laporan,TIK\n"], Layout(columns))

    assert refusal.value.problems == problems
    assert await state() == before


async def test_an_empty_file_has_no_columns(bring_in: BringIn) -> None:
    with pytest.raises(Invalid) as refusal:
        await bring_in([])

    assert refusal.value.problems == (
        Problem("columns", "UNKNOWN_COLUMN", {"column": "isi", "allowed": ""}),
        Problem("columns", "UNKNOWN_COLUMN", {"column": "topik", "allowed": ""}),
    )


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (" ", Problem("source", "REQUIRED", {"min": 1, "length": 0})),
        ("x" * 41, Problem("source", "TOO_LONG", {"max": 40, "length": 41})),
        ("a\x00b", Problem("source", "CONTROL_CHARACTER")),
    ],
)
async def test_a_source_has_a_name(source: str, problem: Problem, bring_in: BringIn, state: State) -> None:
    before = await state()

    with pytest.raises(Invalid) as refusal:
        await bring_in(["isi,topik\n", "Laporan,TIK\n"], source=source)

    assert refusal.value.problems == (problem,)
    assert await state() == before


@pytest.mark.parametrize(
    ("actor", "refusal"),
    [(Actor(Role.PUBLIC), NotSignedIn), (Actor(Role.NATIONAL_ADMIN), NotAllowed), (Actor(Role.OVERSEER), NotAllowed)],
)
@pytest.mark.parametrize("dry_run", [True, False])
async def test_only_data_staff_import(
    actor: Actor, refusal: type[Refusal], dry_run: bool, work_as: WorkAs, state: State
) -> None:
    before = await state()

    with pytest.raises(refusal):
        async with work_as(actor) as work:
            await import_history(work, "kota", ["isi,topik\n", "Laporan,TIK\n"], SMALL, dry_run=dry_run)

    assert await state() == before
