"""From what was brought to what is shown: scanned, recognised by its content, and images written anew."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import anyio
import anyio.to_process
import structlog
from sqlalchemy import select

from complaints.files.desk import Files
from complaints.files.events import FileRefused, PlaceTaken, StaffFileRefused
from complaints.files.images import BrokenImage, Picture, TooManyPixels, rewrite
from complaints.files.kinds import HEAD_BYTES, FileKind, kind_of
from complaints.files.links import Variant, object_key
from complaints.files.naming import safe_name
from complaints.policy import SYSTEM
from complaints.refusals import NotFound
from complaints.work import Work, Workshop
from models import Attachment, Complaint
from rules.vocabulary import Action, AttachmentState, FileRefusal, Role

log = structlog.get_logger()

PENDING = (AttachmentState.UPLOADED, AttachmentState.QUARANTINED)
REPORTERS = (Role.PUBLIC, Role.TICKET, Role.REPORTER)
# What brought its reader down so often will do so again.
MOST_ATTEMPTS = 3
# A picture of the largest size allowed takes about two seconds.
_REWRITE_SECONDS = 120


class Refused(Exception):
    """The file is not kept."""

    def __init__(self, refusal: FileRefusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Kept:
    """What is stored of a file, and what the row says about it."""

    kind: FileKind
    content: bytes
    picture: Picture | None = None
    scanned_at: datetime | None = None
    smaller: dict[str, bytes] = field(default_factory=dict)


async def process_file(workshop: Workshop, files: Files, attachment_id: UUID) -> None:
    """Make an attached file ready, or refuse it. May be done twice, and be cut off anywhere: nothing is lost.

    Raises `StorageDown` and `ScannerDown`; the file then waits as it is and the job is tried again.
    """
    begun = await _pending(workshop, attachment_id)
    if begun is None:
        return
    key, state = begun
    try:
        kept = await _examined(workshop, files, attachment_id, await files.store.read(key), state)
        await _store(files, attachment_id, kept)
    except Refused as no:
        # Not when somebody else made it ready meanwhile: then what was brought is gone because it was taken over.
        if await _refuse(workshop, attachment_id, no.refusal):
            await files.erase(attachment_id, [key])
        return
    is_kept = await _ready(workshop, attachment_id, kept)
    # Only now: until the row says where the file is, what was brought is all there is.
    await files.store.remove(key)
    if not is_kept:
        await files.erase(attachment_id)


async def _pending(workshop: Workshop, attachment_id: UUID) -> tuple[str, AttachmentState] | None:
    async with workshop.work(SYSTEM) as work:
        row = await _locked(work, attachment_id)
        return None if row is None or row.storage_key is None else (row.storage_key, row.state)


async def _complaint_of(work: Work, attachment_id: UUID) -> Complaint:
    """The complaint, locked: always before the attachment, as the verbs do it."""
    complaint_id = await work.session.scalar(select(Attachment.complaint_id).where(Attachment.id == attachment_id))
    if complaint_id is None:
        raise NotFound("Attachment")
    return await work.complaint(complaint_id, Action.PROCESS_FILE)


async def _locked(work: Work, attachment_id: UUID) -> Attachment | None:
    """The row while it still waits to be processed."""
    statement = (
        select(Attachment).where(Attachment.id == attachment_id, Attachment.state.in_(PENDING)).with_for_update()
    )
    return (await work.session.scalars(statement)).one_or_none()


async def _examined(
    workshop: Workshop, files: Files, attachment_id: UUID, content: bytes | None, state: AttachmentState
) -> Kept:
    if content is None:
        raise Refused(FileRefusal.LOST)
    kind = kind_of(content[:HEAD_BYTES])
    if kind is None:
        raise Refused(FileRefusal.TYPE)
    if len(content) > workshop.allowances.file_bytes_max:
        raise Refused(FileRefusal.SIZE)
    scanned_at = None
    if files.scanner is not None:
        if await files.scanner.is_infected(content):
            raise Refused(FileRefusal.INFECTED)
        scanned_at = workshop.clock()
    elif state is AttachmentState.QUARANTINED:
        log.warning("file.not_scanned", attachment_id=str(attachment_id))
    if not kind.is_image:
        return Kept(kind, content, scanned_at=scanned_at)
    await _count_attempt(workshop, attachment_id)
    picture = await _rewritten(content, kind.media_type, files.limits.max_pixels)
    smaller = {one.variant: one.content for one in picture.smaller}
    written = FileKind(picture.media_type, ".png" if picture.media_type == "image/png" else kind.extension)
    return Kept(written, picture.content, picture, scanned_at, smaller)


async def _count_attempt(workshop: Workshop, attachment_id: UUID) -> None:
    """Note that a decoder is about to read it: whoever finds too many of these knows what it did to the others."""
    async with workshop.work(SYSTEM) as work:
        row = await _locked(work, attachment_id)
        if row is None:
            return
        row.attempts += 1
        attempts = row.attempts
    if attempts > MOST_ATTEMPTS:
        raise Refused(FileRefusal.BROKEN)


async def _rewritten(content: bytes, media_type: str, max_pixels: int) -> Picture:
    """In a process of its own: a decoder that crashes or hangs takes nothing else with it."""
    try:
        with anyio.fail_after(_REWRITE_SECONDS):
            return await anyio.to_process.run_sync(rewrite, content, media_type, max_pixels, cancellable=True)
    except TooManyPixels as error:
        raise Refused(FileRefusal.PIXELS) from error
    except (BrokenImage, TimeoutError, anyio.BrokenWorkerProcess) as error:
        raise Refused(FileRefusal.BROKEN) from error


async def _store(files: Files, attachment_id: UUID, kept: Kept) -> None:
    for variant, content in kept.smaller.items():
        await files.store.write(object_key(attachment_id, variant), content, "image/webp")
    await files.store.write(object_key(attachment_id, Variant.FILE), kept.content, kept.kind.media_type)


async def _ready(workshop: Workshop, attachment_id: UUID, kept: Kept) -> bool:
    """Say where the file is; False when it was removed meanwhile."""
    place = None if kept.picture is None else kept.picture.place
    async with workshop.work(SYSTEM) as work:
        complaint = None if place is None else await _complaint_of(work, attachment_id)
        row = await _locked(work, attachment_id)
        if row is None:
            # Or somebody else was quicker, and then the bytes are the right ones.
            statement = select(Attachment.state).where(Attachment.id == attachment_id)
            return await work.session.scalar(statement) is AttachmentState.READY
        row.state = AttachmentState.READY
        row.storage_key = object_key(attachment_id, Variant.FILE)
        row.media_type, row.size_bytes = kept.kind.media_type, len(kept.content)
        row.file_name = safe_name(row.file_name, kept.kind.extension)
        row.sha256 = hashlib.sha256(kept.content).digest()
        row.scanned_at, row.processed_at = kept.scanned_at, work.now
        if kept.picture is not None:
            row.width, row.height = kept.picture.width, kept.picture.height
            row.thumbnails = [
                {"variant": one.variant, "width": one.width, "height": one.height} for one in kept.picture.smaller
            ]
        # What the reporter said about the place stands above what a camera noted.
        if complaint is not None and row.keeps_place and complaint.latitude is None:
            complaint.latitude, complaint.longitude = place or (None, None)
            work.record(complaint, PlaceTaken(row.id))
        return True


async def _refuse(workshop: Workshop, attachment_id: UUID, refusal: FileRefusal) -> bool:
    async with workshop.work(SYSTEM) as work:
        complaint = await _complaint_of(work, attachment_id)
        row = await _locked(work, attachment_id)
        if row is None:
            return False
        row.state, row.refusal, row.storage_key, row.processed_at = AttachmentState.REFUSED, refusal, None, work.now
        by_reporter = row.uploader_role in REPORTERS
        work.record(complaint, (FileRefused if by_reporter else StaffFileRefused)(row.id, refusal))
    log.info("file.refused", attachment_id=str(attachment_id), reason=str(refusal))
    return True
