"""The worker's part of files to take away: writing them page by page, and removing them after some days."""

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio.to_thread
import procrastinate
import structlog
from procrastinate.jobs import Status
from sqlalchemy import case, select, text

from complaints.figures.cases import cases_of
from complaints.figures.exporting import WRITE_EXPORT, ExportFolder
from complaints.figures.questions import question_of
from complaints.figures.sheets import Cell, Sheet, open_sheet
from complaints.figures.table import ask, words_of
from complaints.knowledge import Knowledge
from complaints.policy import SYSTEM, Actor, is_handler
from complaints.reader import Listing, Reader, Window, count, cursor_of, read_page
from complaints.work import Workshop
from models import Complaint, ComplaintText, ExportRequest, Person, new_id
from rules.figure_table import FIGURES, GENERAL_ID
from rules.places import full_name
from rules.vocabulary import ExportKind, JobState

log = structlog.get_logger()

# Rows read and written at a time: enough to keep the disk busy, too few to be felt in memory.
PAGE = 1_000
# What kills its worker so often will do so again.
MOST_ATTEMPTS = 3

CASE_COLUMNS = (
    "Kode", "Status", "Jenis", "Klasifikasi", "Kanal", "Judul", "Kategori", "Instansi", "Unit", "Wilayah",
    "Disampaikan", "Diverifikasi", "Diteruskan", "Dijawab", "Ditutup", "Dikembalikan (kali)", "Penilaian", "Teratasi",
)  # fmt: skip

_LEFT = text(
    "not exists (select from procrastinate_jobs job where job.task_name = :task and job.status in ('todo', 'doing')"
    " and job.args ->> 'export_id' = export_request.id::text)"
).bindparams(task=WRITE_EXPORT)


@dataclass(frozen=True, slots=True)
class ExportDesk:
    """What writing needs."""

    workshop: Workshop
    folder: ExportFolder
    open_reader: Callable[[], Reader]


class TooManyRows(Exception):
    """More than a file may hold."""


def add_figure_jobs(app: procrastinate.App, desk: ExportDesk) -> None:
    """Register the jobs with the queue's app."""

    patient = procrastinate.RetryStrategy(max_attempts=MOST_ATTEMPTS, wait=10)

    @app.task(name=WRITE_EXPORT, lock="figures.export", retry=patient)
    async def _write_export(export_id: str) -> None:
        await write_export(desk, UUID(export_id))

    @app.periodic(cron="* * * * *")
    @app.task(name="figures.mend", queueing_lock="figures.mend")
    async def _mend(timestamp: int) -> None:
        del timestamp
        await mend_exports(app, desk)

    @app.periodic(cron="41 19 * * *")
    @app.task(name="figures.tidy", queueing_lock="figures.tidy")
    async def _tidy(timestamp: int) -> None:
        del timestamp
        await tidy(desk)


async def write_export(desk: ExportDesk, export_id: UUID) -> None:
    """Write one file whole or not at all; begun again, it is written from the start. Done is done."""
    async with desk.workshop.work(SYSTEM) as work:
        row = await work.session.get_one(ExportRequest, export_id, with_for_update=True)
        if row.state not in (JobState.QUEUED, JobState.RUNNING):
            return
        person = await work.session.get_one(Person, row.requested_by_id)
        if not person.is_active or person.role is not row.actor_role:
            # Somebody who lost the right meanwhile gets no file.
            row.state, row.failure, row.finished_at = JobState.FAILED, "NO_LONGER_ALLOWED", work.now
            return
        row.state, row.rows = JobState.RUNNING, 0
        knowledge = work.knowledge
    actor = Actor(row.actor_role, id=row.requested_by_id, agency_id=row.actor_agency_id, unit_id=row.actor_unit_id)
    reader = desk.open_reader()
    target = desk.folder.file(row.id, row.format)
    # A name of its own: a worker that was given up too early may still be writing.
    unfinished = target.with_name(f"{row.id}.{new_id().hex}.writing")
    await anyio.to_thread.run_sync(lambda: target.parent.mkdir(parents=True, exist_ok=True, mode=0o700))
    await anyio.to_thread.run_sync(_remove_unfinished, desk.folder, row.id)
    try:
        await _write_export_file(desk, row, actor, reader, unfinished, knowledge)
    except TooManyRows:
        await _finish_export(desk, export_id, None, "TOO_MANY_ROWS")
    else:
        await anyio.to_thread.run_sync(unfinished.replace, target)
        await _finish_export(desk, export_id, target, None)
    finally:
        await reader.close()
        await anyio.to_thread.run_sync(lambda: unfinished.unlink(missing_ok=True))


async def _write_export_file(
    desk: ExportDesk, row: ExportRequest, actor: Actor, reader: Reader, path: Path, knowledge: Knowledge
) -> None:
    now = desk.workshop.clock()
    sheet: Sheet = await anyio.to_thread.run_sync(lambda: open_sheet(path, row.format, "Salur"))
    try:
        if row.kind is ExportKind.FIGURES:
            await _write_figures(desk, row, actor, reader, sheet, knowledge)
            return
        question, part = question_of(row.question)
        listing = cases_of(actor, question, part, knowledge, now, desk.workshop.allowances)
        most = desk.workshop.allowances.export_rows_max
        expected = await count(reader, listing, most + 1)
        if expected > most:
            raise TooManyRows
        await _tell_progress(desk, row.id, 0, expected)
        await anyio.to_thread.run_sync(sheet.append, [CASE_COLUMNS])
        written = 0
        async for page in _case_pages(reader, _with_title(listing, actor)):
            await anyio.to_thread.run_sync(sheet.append, [_case_cells(knowledge, one) for one in page])
            written += len(page)
            await _tell_progress(desk, row.id, written, expected)
    finally:
        await anyio.to_thread.run_sync(sheet.close)


async def _write_figures(
    desk: ExportDesk, row: ExportRequest, actor: Actor, reader: Reader, sheet: Sheet, knowledge: Knowledge
) -> None:
    question, _ = question_of(row.question)
    now, allowed = desk.workshop.clock(), desk.workshop.allowances
    answer = await ask(reader, actor, question, knowledge, now, allowed)
    asked = [FIGURES[code] for code in answer.question.figures]
    header: list[Cell] = [f"{group} {part}" for group in question.group_by for part in ("kode", "nama")]
    for figure in asked:
        header += [figure.name_id, f"{figure.name_id}: kasus"]
        header += [f"{figure.name_id}: periode sebelumnya"] if question.compares else []
    lines: list[list[Cell]] = [header]
    for line in [*answer.lines, *([answer.total] if answer.total else [])]:
        cells: list[Cell] = ["", "Jumlah"] * len(question.group_by) if line is answer.total else []
        for group, part in zip(question.group_by, line.key, strict=False):
            cells += words_of(knowledge, group, part)
        for cell in line.cells:
            cells += [cell.now.value, cell.now.cases]
            cells += [None if cell.before is None else cell.before.value] if question.compares else []
        lines.append(cells)
    await anyio.to_thread.run_sync(sheet.append, lines)
    await anyio.to_thread.run_sync(sheet.begin, "Definisi")
    written = [[figure.code, figure.name_id, figure.definition_id, figure.counted_id] for figure in asked]
    await anyio.to_thread.run_sync(sheet.append, [[GENERAL_ID], *written])
    await _tell_progress(desk, row.id, len(lines) - 1, len(lines) - 1)


def _with_title(listing: Listing, actor: Actor) -> Listing:
    """Handlers read the title, everybody else the one that is published."""
    title = case((is_handler(actor), ComplaintText.title), else_=ComplaintText.public_title).label("title")
    joined = listing.statement.join(ComplaintText, ComplaintText.complaint_id == Complaint.id)
    return Listing(joined.add_columns(title), listing.order)


async def _case_pages(reader: Reader, listing: Listing) -> AsyncIterator[Sequence[Any]]:
    """All rows, a page at a time, of one moment."""
    cursor: str | None = None
    while True:
        page = await read_page(reader, listing, Window(PAGE, cursor))
        if page.rows:
            yield page.rows
        if not page.has_next:
            return
        cursor = cursor_of(page.rows[-1])


def _case_cells(knowledge: Knowledge, row: Any) -> list[Cell]:
    """What the file says of a case: nothing about who filed it."""
    agency, unit = knowledge.agency_rows.get(row.agency_id), knowledge.agency_rows.get(row.unit_id)
    category = knowledge.category_codes.get(row.category_id)
    return [
        row.tracking_code,
        row.status.value,
        row.report_type.value,
        None if row.classification is None else row.classification.value,
        row.channel.value,
        row.title,
        None if category is None else knowledge.called.get(category, category),
        None if agency is None else agency.name,
        None if unit is None else unit.name,
        None if row.region_code is None else full_name(row.region_code) or row.region_code,
        row.submitted_at,
        row.verified_at,
        row.dispatched_at,
        row.responded_at,
        row.closed_at,
        row.hops,
        row.rating,
        row.is_solved,
    ]


async def _tell_progress(desk: ExportDesk, export_id: UUID, written: int, expected: int) -> None:
    async with desk.workshop.work(SYSTEM) as work:
        row = await work.session.get_one(ExportRequest, export_id)
        row.rows, row.rows_expected = written, expected


async def _finish_export(desk: ExportDesk, export_id: UUID, file: Path | None, failure: str | None) -> None:
    digest = None if file is None else await anyio.to_thread.run_sync(_digest_of_file, file)
    size = None if file is None else (await anyio.to_thread.run_sync(file.stat)).st_size
    async with desk.workshop.work(SYSTEM) as work:
        row = await work.session.get_one(ExportRequest, export_id, with_for_update=True)
        row.state = JobState.DONE if failure is None else JobState.FAILED
        row.failure, row.sha256, row.size_bytes, row.finished_at = failure, digest, size, work.now
    log.info("export.finished", export_id=str(export_id), failure=failure)


def _digest_of_file(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _remove_unfinished(folder: ExportFolder, export_id: UUID) -> None:
    """What a worker that died left lying; one that lives after all finds nothing to give a name to."""
    _remove_files(list(folder.path.glob(f"{export_id}.*.writing")))


def _remove_files(files: Sequence[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)


async def mend_exports(app: procrastinate.App, desk: ExportDesk) -> int:
    """Take up again the files whose worker died: the next file waits for the lock that such a job holds.

    Fails those that nobody writes any more; gives how many.
    """
    for job in await app.job_manager.get_stalled_jobs(task_name=WRITE_EXPORT):
        if job.id is None:
            continue
        log.warning("figures.job_stalled", job=job.id, attempts=job.attempts)
        if job.attempts >= MOST_ATTEMPTS:
            await app.job_manager.finish_job_by_id_async(job.id, Status.FAILED, delete_job=False)
        else:
            await app.job_manager.retry_job(job)
    async with desk.workshop.work(SYSTEM) as work:
        unfinished = ExportRequest.state.in_([JobState.QUEUED, JobState.RUNNING])
        left = list(await work.session.scalars(select(ExportRequest.id).where(unfinished, _LEFT)))
    for export_id in left:
        await anyio.to_thread.run_sync(_remove_unfinished, desk.folder, export_id)
        await _finish_export(desk, export_id, None, "NOT_WRITTEN")
    return len(left)


async def tidy(desk: ExportDesk) -> int:
    """Remove files that lay long enough; gives how many. The row stays, it is part of what was asked."""
    async with desk.workshop.work(SYSTEM) as work:
        old = work.now - timedelta(days=work.allowances.export_days)
        statement = select(ExportRequest).where(ExportRequest.finished_at < old, ExportRequest.removed_at.is_(None))
        rows = list(await work.session.scalars(statement))
        for row in rows:
            row.removed_at, row.ticket_digest, row.ticket_expires_at = work.now, None, None
        files = [desk.folder.file(row.id, row.format) for row in rows]
        await anyio.to_thread.run_sync(_remove_files, files)
    return len(files)
