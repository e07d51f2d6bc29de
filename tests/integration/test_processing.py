"""What is brought becomes what is shown, or is refused: by its content, after the scanner, and never half."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from sqlalchemy import update

from complaints.files.desk import FileLimits, Files
from complaints.files.keeping import remove_attachment
from complaints.files.links import Variant, object_key
from complaints.files.processing import process_file
from complaints.files.scanning import ClamAv, ScannerDown
from complaints.files.store import LocalStore, StorageDown
from complaints.files.uploads import Brought
from complaints.follow_up import follow_up
from complaints.policy import ANYONE, SYSTEM
from complaints.submit import Draft, submit
from models import Attachment, Complaint
from rules.vocabulary import AttachmentState, Audience, FileRefusal, Status
from server.runtime import Runtime
from tests.clamd import clamd
from tests.file_samples import EICAR, HTML, MP4, PDF, PLACE, WEBM, archive, bomb, has_place, image, photo
from tests.integration.given import Again, Rows
from tests.support import MONDAY, NATIONAL, Bring, Complaints, EventsOf, WorkAs

TEXT = "Jalan di depan pasar rusak parah"


@pytest.fixture
def local(runtime: Runtime) -> LocalStore:
    assert isinstance(runtime.files.store, LocalStore)
    return runtime.files.store


async def stored(store: LocalStore) -> list[str]:
    return sorted(one.key for batch in [found async for found in store.listed()] for one in batch)


# A report with one file, and the file's row.
Filed = Callable[[Brought], Awaitable[Attachment]]
# The row as it is after processing.
Processed = Callable[[Attachment], Coroutine[None, None, Attachment]]


@pytest.fixture
def filed(runtime: Runtime, rows: Rows) -> Filed:
    async def make(brought: Brought) -> Attachment:
        receipt = await submit(runtime.workshop, ANYONE, Draft(TEXT, attachments=(brought,)), None, None)
        (row,) = await rows(Attachment, Attachment.complaint_id == receipt.complaint.id)
        return row

    return make


@pytest.fixture
def processed(runtime: Runtime, rows: Rows) -> Processed:
    async def make(row: Attachment) -> Attachment:
        await process_file(runtime.workshop, runtime.files, row.id)
        (after,) = await rows(Attachment, Attachment.id == row.id)
        return after

    return make


async def test_photo_is_kept_without_its_place_in_three_sizes(
    bring: Bring, filed: Filed, processed: Processed, local: LocalStore, again: Again, rows: Rows
) -> None:
    taken = photo((2_000, 1_000))

    row = await processed(await filed(await bring(taken, "IMG_1.JPG")))

    assert (row.state, row.file_name, row.media_type) == (AttachmentState.READY, "IMG_1.jpg", "image/jpeg")
    assert (row.width, row.height, row.original_size_bytes) == (2_000, 1_000, len(taken))
    assert row.thumbnails == [
        {"variant": "small", "width": 320, "height": 160},
        {"variant": "large", "width": 1280, "height": 640},
    ]
    assert await stored(local) == sorted(object_key(row.id, variant) for variant in Variant)
    contents = [await local.read(object_key(row.id, variant)) for variant in Variant]
    assert not any(content is None or has_place(content) for content in contents)
    (complaint,) = await rows(Complaint)
    assert (complaint.latitude, complaint.longitude) == (None, None)


async def test_place_goes_to_the_report_when_the_reporter_wishes_it_and_never_into_the_picture(
    bring: Bring, filed: Filed, processed: Processed, local: LocalStore, rows: Rows, events_of: EventsOf
) -> None:
    row = await processed(await filed(await bring(photo(), place=True)))

    (complaint,) = await rows(Complaint)
    assert (complaint.latitude, complaint.longitude) == PLACE
    assert [event.kind for event in await events_of(complaint)][-1] == "PlaceTaken"
    content = await local.read(object_key(row.id, Variant.FILE))
    assert content is not None
    assert not has_place(content)


async def test_place_that_the_reporter_gave_stands_above_the_cameras(
    bring: Bring, runtime: Runtime, rows: Rows
) -> None:
    brought = await bring(photo(), place=True)
    draft = Draft(TEXT, attachments=(brought,), latitude=-7.0, longitude=110.0)
    await submit(runtime.workshop, ANYONE, draft, None, None)
    (row,) = await rows(Attachment)

    await process_file(runtime.workshop, runtime.files, row.id)

    (complaint,) = await rows(Complaint)
    assert (complaint.latitude, complaint.longitude) == (-7.0, 110.0)


@pytest.mark.parametrize(
    ("content", "media_type"), [(PDF, "application/pdf"), (MP4, "video/mp4"), (WEBM, "video/webm")]
)
async def test_document_and_film_are_kept_as_they_are(
    content: bytes, media_type: str, bring: Bring, filed: Filed, processed: Processed, local: LocalStore
) -> None:
    row = await processed(await filed(await bring(content, "bukti.jpg")))

    assert (row.state, row.media_type, row.thumbnails) == (AttachmentState.READY, media_type, [])
    assert await local.read(object_key(row.id, Variant.FILE)) == content


@pytest.mark.parametrize("tail", [HTML, archive(), PDF])
async def test_what_hides_behind_a_picture_is_gone(
    tail: bytes, bring: Bring, filed: Filed, processed: Processed, local: LocalStore
) -> None:
    row = await processed(await filed(await bring(image("PNG") + tail)))

    content = await local.read(object_key(row.id, Variant.FILE))
    assert content is not None
    assert (row.state, tail in content) == (AttachmentState.READY, False)


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (bomb(30_000), FileRefusal.PIXELS),
        (photo()[:3_000], FileRefusal.BROKEN),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), FileRefusal.BROKEN),
    ],
    ids=["bomb", "cut off", "only a beginning"],
)
async def test_file_that_cannot_be_kept_is_refused_its_bytes_go_and_the_reporter_is_told(
    content: bytes,
    refusal: FileRefusal,
    bring: Bring,
    filed: Filed,
    processed: Processed,
    local: LocalStore,
    rows: Rows,
    events_of: EventsOf,
) -> None:
    row = await processed(await filed(await bring(content)))

    assert (row.state, row.refusal, row.storage_key) == (AttachmentState.REFUSED, refusal, None)
    assert await stored(local) == []
    (complaint,) = await rows(Complaint)
    told = (await events_of(complaint))[-1]
    assert (told.kind, told.audience, told.data) == (
        "FileRefused", Audience.PARTIES, {"attachment_id": str(row.id), "reason": refusal},
    )  # fmt: skip


async def test_kind_that_nobody_could_look_at_before_is_refused_later(
    bring: Bring, filed: Filed, processed: Processed
) -> None:
    brought = await bring(archive(), "foto.jpg")

    row = await processed(await filed(Brought(brought.secret, is_known=False)))

    assert row.refusal is FileRefusal.TYPE


async def test_service_that_took_more_than_is_allowed_does_not_help(
    bring: Bring, filed: Filed, processed: Processed, local: LocalStore
) -> None:
    brought = await bring(PDF)
    row = await filed(brought)
    await local.write(str(row.storage_key), PDF + bytes(5 * 1024 * 1024), "application/pdf")

    assert (await processed(row)).refusal is FileRefusal.SIZE


async def test_file_that_never_arrived_is_refused_as_lost(
    bring: Bring, filed: Filed, processed: Processed, local: LocalStore
) -> None:
    row = await filed(await bring(PDF))
    await local.remove(str(row.storage_key))

    assert (await processed(row)).refusal is FileRefusal.LOST


async def test_refused_file_of_a_handler_is_told_to_handlers_alone(
    a_complaint: Complaints, bring: Bring, work_as: WorkAs, rows: Rows, processed: Processed, events_of: EventsOf
) -> None:
    complaint = await a_complaint(Status.DISPATCHED)
    brought = await bring(photo()[:3_000], by=NATIONAL, to=complaint.id)
    async with work_as(NATIONAL) as work:
        await follow_up(work, complaint.id, "Lihat.", Audience.EVERYONE, seen_version=None, attachments=[brought])
    (row,) = await rows(Attachment)

    await processed(row)

    told = (await events_of(complaint))[-1]
    assert (told.kind, told.audience) == ("StaffFileRefused", Audience.INTERNAL)


async def test_processing_three_times_at_once_and_once_more_gives_one_file(
    bring: Bring, filed: Filed, processed: Processed, local: LocalStore
) -> None:
    row = await filed(await bring(photo()))

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(processed, row)

    after = await processed(row)
    assert after.state is AttachmentState.READY
    assert await stored(local) == sorted(object_key(row.id, variant) for variant in Variant)


async def test_file_that_brings_its_reader_down_is_given_up(
    bring: Bring, filed: Filed, processed: Processed, work_as: WorkAs
) -> None:
    row = await filed(await bring(photo()))
    async with work_as(SYSTEM) as work:
        await work.session.execute(update(Attachment).values(attempts=3))

    assert (await processed(row)).refusal is FileRefusal.BROKEN


class Interrupted(LocalStore):
    """A folder whose disk is full after some files."""

    def __init__(self, folder: Path, good_writes: int) -> None:
        super().__init__(folder)
        self.left = good_writes

    async def write(self, key: str, content: bytes, media_type: str) -> None:
        self.left -= 1
        if self.left < 0:
            raise StorageDown
        await super().write(key, content, media_type)


@pytest.mark.parametrize("good_writes", [0, 1, 2])
async def test_what_was_cut_off_while_storing_is_done_again_from_the_beginning(
    good_writes: int, bring: Bring, filed: Filed, processed: Processed, runtime: Runtime, rows: Rows, tmp_path: Path
) -> None:
    row = await filed(await bring(photo()))
    broken = replace(runtime.files, store=Interrupted(tmp_path / "files", good_writes))

    with pytest.raises(StorageDown):
        await process_file(runtime.workshop, broken, row.id)
    (between,) = await rows(Attachment)
    after = await processed(row)

    assert (between.state, after.state) == (AttachmentState.UPLOADED, AttachmentState.READY)


async def test_file_that_is_removed_while_it_is_processed_stays_removed(
    a_complaint: Complaints, bring: Bring, work_as: WorkAs, rows: Rows, runtime: Runtime, local: LocalStore,
    tmp_path: Path,
) -> None:  # fmt: skip
    complaint = await a_complaint(Status.DISPATCHED)
    brought = await bring(photo(), by=NATIONAL, to=complaint.id)
    async with work_as(NATIONAL) as work:
        await follow_up(work, complaint.id, "Lihat.", Audience.EVERYONE, seen_version=None, attachments=[brought])
    (row,) = await rows(Attachment)

    class Meanwhile(LocalStore):
        async def write(self, key: str, content: bytes, media_type: str) -> None:
            await super().write(key, content, media_type)
            if key.endswith("file"):
                async with work_as(NATIONAL) as work:
                    await remove_attachment(work, row.id, "Salah unggah.")

    await process_file(runtime.workshop, replace(runtime.files, store=Meanwhile(tmp_path / "files")), row.id)

    (after,) = await rows(Attachment)
    assert (after.state, await stored(local)) == (AttachmentState.GONE, [])


@pytest.fixture
def scanning(runtime: Runtime) -> Callable[[str], Files]:
    """The files of a process that has a scanner."""
    runtime.workshop.allowances = replace(runtime.workshop.allowances, scans_files=True)

    def make(address: str) -> Files:
        return Files(runtime.files.store, runtime.files.links, FileLimits(), ClamAv(address, 5))

    return make


async def test_clean_file_leaves_quarantine_after_the_scanner_saw_all_of_it(
    scanning: Callable[[str], Files], bring: Bring, filed: Filed, runtime: Runtime, rows: Rows, tmp_path: Path
) -> None:
    film = MP4 + bytes(700_000)
    row = await filed(await bring(film))

    async with clamd(str(tmp_path / "clamd.sock")) as daemon:
        await process_file(runtime.workshop, scanning(daemon.address), row.id)

    (after,) = await rows(Attachment)
    assert (row.state, after.state) == (AttachmentState.QUARANTINED, AttachmentState.READY)
    assert (daemon.scanned, after.scanned_at) == ([film], MONDAY)


async def test_infected_file_is_removed_and_the_reporter_is_told(
    scanning: Callable[[str], Files],
    bring: Bring,
    filed: Filed,
    runtime: Runtime,
    rows: Rows,
    local: LocalStore,
    events_of: EventsOf,
) -> None:
    row = await filed(await bring(PDF + EICAR))

    async with clamd() as daemon:
        await process_file(runtime.workshop, scanning(daemon.address), row.id)

    ((after,), (complaint,)) = await rows(Attachment), await rows(Complaint)
    assert (after.state, after.refusal) == (AttachmentState.REFUSED, FileRefusal.INFECTED)
    assert await stored(local) == []
    assert (await events_of(complaint))[-1].data["reason"] == "INFECTED"


@pytest.mark.parametrize("answer", [b"INSTREAM size limit exceeded. ERROR", b"", b"stream: OK or so", None])
async def test_without_a_word_of_the_scanner_a_file_stays_in_quarantine(
    answer: bytes | None,
    scanning: Callable[[str], Files],
    bring: Bring,
    filed: Filed,
    runtime: Runtime,
    rows: Rows,
    local: LocalStore,
) -> None:
    row = await filed(await bring(photo()))

    async with clamd() as daemon:
        daemon.answer = answer
        address = daemon.address if answer is not None else "127.0.0.1:9"
        with pytest.raises(ScannerDown):
            await process_file(runtime.workshop, scanning(address), row.id)

    (after,) = await rows(Attachment)
    assert (after.state, after.attempts, await stored(local)) == (AttachmentState.QUARANTINED, 0, [row.storage_key])
