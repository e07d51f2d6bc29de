"""Nothing stays behind that nobody will ask for, and nothing goes that somebody will; at whatever moment it is cut."""

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from complaints.files.keeping import remove_attachment
from complaints.files.links import Variant, object_key
from complaints.files.processing import process_file
from complaints.files.store import LocalStore, StorageDown
from complaints.files.tidying import Tidied, mend_file_jobs, tidy_files
from complaints.files.uploads import discard_upload
from complaints.policy import ANYONE, SYSTEM
from models import Attachment, Upload
from rules.vocabulary import AttachmentState, Status
from server.runtime import Runtime
from tests.file_samples import PDF, photo
from tests.integration.given import Jobs, Rows
from tests.support import MONDAY, NATIONAL, Bring, Clock, Complaints, WorkAs


@pytest.fixture
def store(runtime: Runtime) -> LocalStore:
    assert isinstance(runtime.files.store, LocalStore)
    return runtime.files.store


@pytest.fixture
def folder(runtime: Runtime) -> Path:
    return runtime.settings.file_dir


def age(folder: Path, when: datetime) -> None:
    """Every file was last written at this moment."""
    for path in folder.rglob("*"):
        if path.is_file():
            os.utime(path, (when.timestamp(), when.timestamp()))


async def keys(store: LocalStore) -> list[str]:
    return sorted([stored.key async for batch in store.listed() for stored in batch])


async def test_uploads_that_nobody_attached_go_with_their_bytes_a_while_after_their_time(
    bring: Bring, runtime: Runtime, store: LocalStore, folder: Path, rows: Rows, work_as: WorkAs, clock: Clock
) -> None:
    forgotten, thrown_away = await bring(PDF), await bring(PDF)
    async with work_as(ANYONE) as work:
        await discard_upload(work, thrown_away.secret)
    age(folder, MONDAY)
    at_once = await tidy_files(runtime.workshop, runtime.files)

    clock.forward(hours=2)
    soon = await tidy_files(runtime.workshop, runtime.files)
    kept = [row.secret_hash for row in await rows(Upload)]
    clock.forward(days=1)
    later = await tidy_files(runtime.workshop, runtime.files)

    assert (at_once, soon, later) == (Tidied(0, 0), Tidied(1, 0), Tidied(1, 0))
    assert (len(kept), await rows(Upload), await keys(store)) == (1, [], [])
    assert forgotten.secret != thrown_away.secret


async def test_files_that_somebody_will_ask_for_stay(
    a_complaint: Complaints, bring: Bring, runtime: Runtime, store: LocalStore, folder: Path, rows: Rows, clock: Clock
) -> None:
    await a_complaint(attachments=(await bring(photo()), await bring(PDF)))
    ready, pending = await rows(Attachment)
    await process_file(runtime.workshop, runtime.files, ready.id)
    waiting = await bring(PDF)
    age(folder, MONDAY)
    clock.forward(hours=12)
    before = await keys(store)

    done = await tidy_files(runtime.workshop, runtime.files)

    assert (done, await keys(store), len(before)) == (Tidied(0, 0), before, 5)
    assert waiting.size == len(PDF)
    assert pending.storage_key in before


async def test_what_has_no_row_or_a_row_without_bytes_goes(
    a_complaint: Complaints,
    bring: Bring,
    runtime: Runtime,
    store: LocalStore,
    folder: Path,
    rows: Rows,
    work_as: WorkAs,
    clock: Clock,
) -> None:
    await a_complaint(Status.DISPATCHED, attachments=(await bring(photo()), await bring(photo()[:3_000])))
    removed, refused = await rows(Attachment)
    for row in (removed, refused):
        await process_file(runtime.workshop, runtime.files, row.id)
    async with work_as(NATIONAL) as work:
        await remove_attachment(work, removed.id, "Salah unggah.")
    # The erasing of both was cut off, a file was half received, and one has a row that never was.
    for key in (object_key(refused.id, Variant.FILE), "arriving/0123", "incoming/0123", "objects/aa/00aa/file"):
        await store.write(key, PDF, "application/pdf")
    (folder / "Catatan.txt").write_text("bukan milik kami")
    (folder / "objects" / "Thumbs.db").write_text("bukan pula")
    age(folder, MONDAY - timedelta(minutes=30))
    too_young = await tidy_files(runtime.workshop, runtime.files)
    clock.forward(hours=1)

    done = await tidy_files(runtime.workshop, runtime.files)

    assert (too_young, done) == (Tidied(0, 0), Tidied(0, 7))
    assert await keys(store) == ["Catatan.txt", "objects/Thumbs.db"]


class Stubborn(LocalStore):
    """A folder that lets some files go and then does not answer."""

    def __init__(self, folder: Path, good: int) -> None:
        super().__init__(folder)
        self.left = good

    async def remove(self, key: str) -> None:
        self.left -= 1
        if self.left < 0:
            raise StorageDown
        await super().remove(key)


@pytest.mark.parametrize("good", [0, 1, 2, 3])
async def test_clean_up_that_was_cut_off_is_ended_by_the_next_one(
    good: int, bring: Bring, runtime: Runtime, store: LocalStore, folder: Path, rows: Rows, clock: Clock
) -> None:
    for _ in range(4):
        await bring(PDF)
    age(folder, MONDAY)
    clock.forward(days=2)
    broken = type(runtime.files)(Stubborn(folder, good), runtime.files.links, runtime.files.limits)

    with pytest.raises(StorageDown):
        await tidy_files(runtime.workshop, broken)
    between = len(await rows(Upload))
    done = await tidy_files(runtime.workshop, runtime.files)

    assert (between, done, await rows(Upload), await keys(store)) == (4, Tidied(4, 0), [], [])


async def test_file_whose_job_was_lost_gets_another_and_no_third(
    a_complaint: Complaints, bring: Bring, runtime: Runtime, work_as: WorkAs, jobs: Jobs, rows: Rows
) -> None:
    await a_complaint(attachments=(await bring(PDF),))
    async with work_as(SYSTEM) as work:
        await work.session.execute(text("update procrastinate_jobs set status = 'failed'"))

    found = [await mend_file_jobs(runtime.jobs, runtime.workshop) for _ in range(2)]

    (row,) = await rows(Attachment)
    asked = [arguments for name, arguments in await jobs() if name == "files.process"]
    assert (found, asked) == ([1, 0], [{"attachment_id": str(row.id)}] * 2)


async def test_job_whose_worker_died_is_given_up_for_a_new_one(
    a_complaint: Complaints, bring: Bring, runtime: Runtime, work_as: WorkAs, rows: Rows
) -> None:
    await a_complaint(attachments=(await bring(PDF),))
    async with work_as(SYSTEM) as work:
        await work.session.execute(
            text(
                "with dead as (insert into procrastinate_workers (last_heartbeat)"
                " values (now() - interval '1 hour') returning id)"
                " update procrastinate_jobs set status = 'doing', worker_id = dead.id from dead"
                " where task_name = 'files.process'"
            )
        )

    found = await mend_file_jobs(runtime.jobs, runtime.workshop)
    await runtime.jobs.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False)

    (row,) = await rows(Attachment)
    assert (found, row.state) == (1, AttachmentState.READY)


async def test_nothing_to_mend_is_nothing_done(
    a_complaint: Complaints, bring: Bring, runtime: Runtime, rows: Rows
) -> None:
    await a_complaint(attachments=(await bring(PDF),))
    (row,) = await rows(Attachment)
    await process_file(runtime.workshop, runtime.files, row.id)

    assert await mend_file_jobs(runtime.jobs, runtime.workshop) == 0
