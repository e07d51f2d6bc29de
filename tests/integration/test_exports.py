"""Files to take away: what is in them, what never is, who may fetch them and how often."""

import csv
import zipfile
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from starlette.applications import Starlette

from complaints.figures import jobs as export_jobs
from complaints.figures.asking import FigureGrouping, FigureQuestion, Period
from complaints.figures.cases import CasesPart
from complaints.figures.exporting import ExportFolder, open_export, request_export
from complaints.figures.jobs import CASE_COLUMNS, MOST_ATTEMPTS, ExportDesk, mend_exports, tidy, write_export
from complaints.figures.sheets import XlsxSheet
from complaints.policy import SYSTEM, Actor
from complaints.reader import Reader
from complaints.refusals import Invalid, NotAllowed, NotFound
from complaints.vault import Contact
from complaints.verify import Verdict, verify
from complaints.work import Allowances
from graph.wording_figures import EXPORT_FAILURES
from models import AccessEvent, ExportRequest, Person
from rules.vocabulary import Action, ExportFormat, ExportKind, JobState, Role, Status
from server.downloads import download_routes
from server.runtime import Runtime
from tests.integration.given import Jobs, Rows
from tests.support import NATIONAL, ActorOf, Clock, Complaints, WorkAs

APRIL = Period(date(2026, 4, 1), date(2026, 5, 1))
RECEIVED = FigureQuestion(("RECEIVED",), APRIL)

Written = Callable[[Actor, ExportKind, ExportFormat, FigureQuestion], Awaitable[ExportRequest]]


@pytest.fixture
def desk(runtime: Runtime) -> ExportDesk:
    """What the worker writes with."""
    folder = ExportFolder(runtime.settings.export_dir)
    return ExportDesk(runtime.workshop, folder, lambda: Reader(runtime.database.read))


@pytest.fixture
def written(desk: ExportDesk, work_as: WorkAs) -> Written:
    """A file, asked for and written."""

    async def make(
        actor: Actor, kind: ExportKind, format_: ExportFormat, question: FigureQuestion = RECEIVED
    ) -> ExportRequest:
        async with work_as(actor) as work:
            row = await request_export(work, kind, format_, question, CasesPart.COUNTED)
        await write_export(desk, row.id)
        async with work_as(SYSTEM) as work:
            return await work.session.get_one(ExportRequest, row.id)

    return make


@pytest.fixture
def fetch(runtime: Runtime) -> Callable[[str], Awaitable[httpx.Response]]:
    """A ticket, brought to the server's route."""
    app = Starlette(routes=download_routes())
    app.state.runtime = runtime

    async def get(ticket: str) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://salur") as client:
            return await client.get(f"/exports/{ticket}")

    return get


def lines_of(path: Path) -> list[list[str]]:
    """What a CSV file holds."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


async def test_cases_are_written_for_whoever_asked_and_nobody_elses(
    a_complaint: Complaints, an_actor: ActorOf, written: Written, desk: ExportDesk
) -> None:
    own = await a_complaint(Status.CLOSED, agency="PLN")
    await a_complaint(Status.CLOSED, agency="KOTA_SEMARANG")
    admin = await an_actor(Role.AGENCY_ADMIN, "PLN")

    row = await written(admin, ExportKind.CASES, ExportFormat.CSV, RECEIVED)

    header, *cases = lines_of(desk.folder.file(row.id, row.format))
    assert tuple(header) == CASE_COLUMNS
    assert [case[0] for case in cases] == [own.tracking_code]
    assert (row.state, row.rows, row.rows_expected) == (JobState.DONE, 1, 1)


@pytest.mark.parametrize("format_", list(ExportFormat))
async def test_no_file_names_the_reporter_or_runs_what_somebody_typed(
    format_: ExportFormat,
    a_complaint: Complaints,
    an_actor: ActorOf,
    written: Written,
    desk: ExportDesk,
    work_as: WorkAs,
) -> None:
    contact = Contact("Sari Rahasia", "sari@contoh.id", "081234567890")
    complaint = await a_complaint(contact=contact)
    ids = a_complaint.knowledge
    verdict = Verdict("=HYPERLINK(1)", ids.category_ids["ESDM.LISTRIK"], ids.agency_ids["PLN"])
    async with work_as(NATIONAL) as work:
        await verify(work, complaint.id, verdict, seen_version=complaint.version)
    national = await an_actor(Role.NATIONAL_ADMIN)

    row = await written(national, ExportKind.CASES, format_, RECEIVED)

    file = desk.folder.file(row.id, row.format)
    if format_ is ExportFormat.CSV:
        text = file.read_text(encoding="utf-8-sig")
    else:
        with zipfile.ZipFile(file) as book:
            text = "".join(book.read(name).decode() for name in book.namelist())
        assert "<f>" not in text
    assert "'=HYPERLINK(1)" in text
    assert all(word not in text for word in ("Sari", "contoh.id", "081234567890"))


async def test_a_table_is_written_with_its_definitions(
    a_complaint: Complaints, an_actor: ActorOf, written: Written, desk: ExportDesk
) -> None:
    await a_complaint(Status.CLOSED, agency="PLN")
    national = await an_actor(Role.NATIONAL_ADMIN)
    question = FigureQuestion(("DONE", "VERIFICATION_DAYS_MEDIAN"), APRIL, (FigureGrouping.AGENCY,))

    row = await written(national, ExportKind.FIGURES, ExportFormat.CSV, question)

    lines = lines_of(desk.folder.file(row.id, row.format))
    assert lines[1] == ["PLN", "PT PLN (Persero)", "1.0", "1", "0.0", "1"]
    assert lines[2] == ["", "Jumlah", "1.0", "1", "0.0", "1"]
    assert ["Definisi"] in lines
    assert [line[0] for line in lines[-2:]] == ["DONE", "VERIFICATION_DAYS_MEDIAN"]


async def test_a_ticket_opens_the_file_once_and_not_for_long(
    a_complaint: Complaints,
    an_actor: ActorOf,
    written: Written,
    work_as: WorkAs,
    fetch: Callable[[str], Awaitable[httpx.Response]],
    clock: Clock,
    rows: Rows,
) -> None:
    await a_complaint()
    national = await an_actor(Role.NATIONAL_ADMIN)
    row = await written(national, ExportKind.CASES, ExportFormat.CSV, RECEIVED)

    async with work_as(national) as work:
        older = await open_export(work, row.id)
    async with work_as(national) as work:
        ticket = await open_export(work, row.id)
    answers = [await fetch(older), await fetch(ticket), await fetch(ticket)]
    async with work_as(national) as work:
        late = await open_export(work, row.id)
    clock.forward(seconds=Allowances().export_ticket_seconds)
    answers.append(await fetch(late))

    assert [answer.status_code for answer in answers] == [404, 200, 404, 404]
    assert answers[1].headers["content-disposition"].startswith("attachment")
    assert answers[1].content.decode("utf-8-sig").startswith("Kode,Status")
    noted = [event for event in await rows(AccessEvent) if event.kind.startswith("EXPORT")]
    assert [(event.kind, event.person_id) for event in noted] == [
        ("EXPORT_REQUESTED", national.id),
        ("EXPORT_FETCHED", national.id),
    ]


async def test_somebody_elses_file_is_not_there(an_actor: ActorOf, written: Written, work_as: WorkAs) -> None:
    row = await written(await an_actor(Role.NATIONAL_ADMIN), ExportKind.CASES, ExportFormat.CSV, RECEIVED)
    other = await an_actor(Role.OVERSEER)

    with pytest.raises(NotFound):
        async with work_as(other) as work:
            await open_export(work, row.id)


@pytest.mark.parametrize("role", [Role.PUBLIC, Role.REPORTER, Role.CHANNEL_OFFICER, Role.DATA_STAFF, Role.SERVICE])
async def test_who_has_no_figures_of_an_own_desk_gets_no_file(role: Role, work_as: WorkAs, jobs: Jobs) -> None:
    with pytest.raises(Exception, match=r"figures:export|REQUIRED"):
        async with work_as(Actor(role)) as work:
            await request_export(work, ExportKind.CASES, ExportFormat.CSV, RECEIVED, CasesPart.COUNTED)

    assert await jobs() == []


async def test_an_actor_without_an_account_gets_no_file(work_as: WorkAs) -> None:
    with pytest.raises(NotAllowed) as refusal:
        async with work_as(NATIONAL) as work:
            await request_export(work, ExportKind.CASES, ExportFormat.CSV, RECEIVED, CasesPart.COUNTED)

    assert refusal.value.action is Action.EXPORT_FIGURES


async def test_cases_are_of_exactly_one_figure(an_actor: ActorOf, work_as: WorkAs) -> None:
    national, question = await an_actor(Role.NATIONAL_ADMIN), FigureQuestion(("DONE", "RECEIVED"), APRIL)

    with pytest.raises(Invalid, match="figures: ONE_FIGURE"):
        async with work_as(national) as work:
            await request_export(work, ExportKind.CASES, ExportFormat.CSV, question, CasesPart.COUNTED)


async def test_who_lost_the_right_meanwhile_gets_no_file(
    an_actor: ActorOf, work_as: WorkAs, desk: ExportDesk, rows: Rows
) -> None:
    admin = await an_actor(Role.AGENCY_ADMIN, "PLN")
    async with work_as(admin) as work:
        row = await request_export(work, ExportKind.CASES, ExportFormat.CSV, RECEIVED, CasesPart.COUNTED)
    async with work_as(SYSTEM) as work:
        (await work.session.get_one(Person, admin.id)).is_active = False

    await write_export(desk, row.id)

    (after,) = await rows(ExportRequest)
    assert (after.state, after.failure) == (JobState.FAILED, "NO_LONGER_ALLOWED")
    assert not desk.folder.file(row.id, row.format).exists()


async def test_more_rows_than_a_file_may_hold_leave_none(
    a_complaint: Complaints, an_actor: ActorOf, runtime: Runtime, written: Written, desk: ExportDesk
) -> None:
    for _ in range(3):
        await a_complaint()
    runtime.workshop.allowances = Allowances(export_rows_max=2)

    row = await written(await an_actor(Role.NATIONAL_ADMIN), ExportKind.CASES, ExportFormat.CSV, RECEIVED)

    assert (row.state, row.failure) == (JobState.FAILED, "TOO_MANY_ROWS")
    assert list(desk.folder.path.iterdir()) == []


async def test_pages_are_written_as_they_are_read(
    a_complaint: Complaints, an_actor: ActorOf, written: Written, desk: ExportDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    complaints = [await a_complaint() for _ in range(5)]
    monkeypatch.setattr(export_jobs, "PAGE", 2)

    row = await written(await an_actor(Role.NATIONAL_ADMIN), ExportKind.CASES, ExportFormat.CSV, RECEIVED)

    codes = [line[0] for line in lines_of(desk.folder.file(row.id, row.format))[1:]]
    assert sorted(codes) == sorted(complaint.tracking_code for complaint in complaints)
    assert row.rows == 5


def test_a_workbook_keeps_no_rows_in_memory(tmp_path: Path) -> None:
    sheet = XlsxSheet(tmp_path / "besar.xlsx", "Salur")
    rows: Sequence[Sequence[str | int]] = [["teks", number] for number in range(500)]

    sheet.append(rows)

    # The library's own table of rows: with constant memory it holds the row being written and no other.
    assert len(sheet._sheet.table) <= 1
    assert len(sheet._book.str_table.string_table) == 0
    sheet.close()


async def test_files_are_removed_after_some_days_and_what_was_asked_stays(
    an_actor: ActorOf, written: Written, desk: ExportDesk, clock: Clock, work_as: WorkAs
) -> None:
    national = await an_actor(Role.NATIONAL_ADMIN)
    row = await written(national, ExportKind.CASES, ExportFormat.CSV, RECEIVED)
    clock.forward(days=Allowances().export_days, seconds=1)

    removed = [await tidy(desk), await tidy(desk)]

    assert removed == [1, 0]
    assert not desk.folder.file(row.id, row.format).exists()
    with pytest.raises(Invalid, match="id: EXPORT_NOT_THERE"):
        async with work_as(national) as work:
            await open_export(work, row.id)


async def test_written_again_it_is_the_same_file(
    a_complaint: Complaints, an_actor: ActorOf, written: Written, desk: ExportDesk
) -> None:
    await a_complaint()
    row = await written(await an_actor(Role.NATIONAL_ADMIN), ExportKind.CASES, ExportFormat.CSV, RECEIVED)
    before = desk.folder.file(row.id, row.format).read_bytes()

    await write_export(desk, row.id)

    assert desk.folder.file(row.id, row.format).read_bytes() == before


@pytest.mark.parametrize(
    ("attempts", "job", "state", "failure", "left"),
    [
        (MOST_ATTEMPTS - 1, "todo", JobState.RUNNING, None, 1),
        (MOST_ATTEMPTS, "failed", JobState.FAILED, "NOT_WRITTEN", 0),
    ],
)
async def test_a_file_that_lost_its_worker_is_taken_up_again_a_few_times(
    attempts: int,
    job: str,
    state: JobState,
    failure: str | None,
    left: int,
    an_actor: ActorOf,
    work_as: WorkAs,
    desk: ExportDesk,
    runtime: Runtime,
    rows: Rows,
) -> None:
    dead = text("update procrastinate_jobs set status = 'doing', attempts = :attempts, worker_id = null")
    async with work_as(await an_actor(Role.NATIONAL_ADMIN)) as work:
        row = await request_export(work, ExportKind.CASES, ExportFormat.CSV, RECEIVED, CasesPart.COUNTED)
        row.state = JobState.RUNNING
        await work.session.execute(dead, {"attempts": attempts})
    desk.folder.path.mkdir()
    (desk.folder.path / f"{row.id}.dead.writing").touch()

    await mend_exports(runtime.jobs, desk)

    (after,) = await rows(ExportRequest)
    async with work_as(SYSTEM) as work:
        status = await work.session.scalar(text("select status::text from procrastinate_jobs"))
    assert (status, after.state, after.failure) == (job, state, failure)
    assert len(list(desk.folder.path.iterdir())) == left
    assert failure is None or failure in EXPORT_FAILURES


async def test_a_file_whose_worker_died_is_written_and_nothing_else_is_left(
    a_complaint: Complaints, an_actor: ActorOf, desk: ExportDesk, work_as: WorkAs
) -> None:
    await a_complaint()
    national = await an_actor(Role.NATIONAL_ADMIN)
    async with work_as(national) as work:
        row = await request_export(work, ExportKind.CASES, ExportFormat.CSV, RECEIVED, CasesPart.COUNTED)
        row.state = JobState.RUNNING
    desk.folder.path.mkdir()
    (desk.folder.path / f"{row.id}.dead.writing").write_text("Kode,Sta")

    await write_export(desk, row.id)

    assert [file.name for file in desk.folder.path.iterdir()] == [f"{row.id}.csv"]
