"""Bringing a file: asking for a one-time address, putting the bytes there, and attaching what was brought."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Self
from uuid import UUID

from sqlalchemy import func, select

from complaints.files.desk import Files
from complaints.files.kinds import HEAD_BYTES, KINDS, kind_of
from complaints.files.links import incoming_key
from complaints.files.naming import safe_name
from complaints.files.store import StorageDown
from complaints.inputs import Problems
from complaints.refusals import Invalid, NotFound, Problem, TooMany
from complaints.work import Work
from models import Attachment, Complaint, Upload
from rules.vocabulary import Action, AttachmentState, Audience

PROCESS_FILE = "files.process"
# How long somebody is told to wait while more than `waiting_bytes_max` lies around unattached.
_FULL_SECONDS = 300
_LONGEST_NAME = 1_000


@dataclass(frozen=True, slots=True)
class UploadWish:
    """What somebody wants to bring. `keeps_place`: the camera's coordinates become those of the report."""

    file_name: str
    size_bytes: int
    keeps_place: bool = False


@dataclass(frozen=True, slots=True)
class UploadTicket:
    """The row, and its two secrets, which exist here and nowhere else."""

    row: Upload
    secret: str
    address: str


def hidden(secret: str) -> bytes:
    """A secret as it is stored: 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


async def request_upload(work: Work, wish: UploadWish, complaint_id: UUID | None) -> UploadTicket:
    """Permission to bring one file, for a report that is being written or for a complaint the actor may add to.

    Raises `Invalid` for name or size, what `Work.complaint` raises, and `TooMany` when too much is lying around.
    """
    work.require(Action.ATTACH)
    if complaint_id is not None:
        await work.complaint(complaint_id, Action.ATTACH)
    allowed, problems = work.allowances, Problems()
    if not 1 <= wish.size_bytes <= allowed.file_bytes_max:
        problems.add("sizeBytes", "OUT_OF_RANGE", min=1, max=allowed.file_bytes_max)
    if len(wish.file_name) > _LONGEST_NAME:
        problems.add("fileName", "TOO_LONG", max=_LONGEST_NAME, length=len(wish.file_name))
    problems.settle()
    waiting = select(func.coalesce(func.sum(Upload.declared_bytes), 0)).where(
        Upload.adopted_at.is_(None), Upload.expires_at > work.now
    )
    if (await work.session.scalar(waiting) or 0) + wish.size_bytes > allowed.waiting_bytes_max:
        raise TooMany(_FULL_SECONDS)
    secret, address = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    row = Upload(
        id=work.new_id(),
        secret_hash=hidden(secret),
        address_hash=hidden(address),
        complaint_id=complaint_id,
        file_name=safe_name(wish.file_name),
        declared_bytes=wish.size_bytes,
        keeps_place=wish.keeps_place,
        storage_key=incoming_key(secret),
        requested_at=work.now,
        address_expires_at=work.now + timedelta(seconds=allowed.upload_seconds),
        expires_at=work.now + timedelta(seconds=allowed.draft_seconds),
    )
    work.session.add(row)
    return UploadTicket(row, secret, address)


async def open_address(work: Work, address: str) -> Upload | None:
    """The upload whose bytes may be brought to this address now, locked; None for every other address."""
    statement = (
        select(Upload)
        .where(
            Upload.address_hash == hidden(address),
            Upload.address_expires_at > work.now,
            Upload.received_at.is_(None),
            Upload.adopted_at.is_(None),
            Upload.discarded_at.is_(None),
        )
        .with_for_update()
    )
    return (await work.session.scalars(statement)).one_or_none()


async def discard_upload(work: Work, secret: str) -> Upload:
    """Somebody thought better of it, before it was attached. Raises `NotFound`; a second time changes nothing."""
    work.require(Action.ATTACH)
    statement = select(Upload).where(Upload.secret_hash == hidden(secret)).with_for_update()
    row = (await work.session.scalars(statement)).one_or_none()
    if row is None or row.adopted_at is not None:
        raise NotFound("Upload", "uploadId")
    row.discarded_at = row.discarded_at or work.now
    return row


@dataclass(frozen=True, slots=True)
class Brought:
    """What lies where the owner of a secret may have put it; looked at before any transaction is opened.

    `size` is None when nothing is there, `media_type` when it is of no kind that is taken. Both are unknown when the
    storage did not answer: a report is not lost for that, the file is looked at later.
    """

    secret: str
    size: int | None = None
    media_type: str | None = None
    is_known: bool = True

    @classmethod
    async def seen(cls, files: Files, secret: str) -> Self:
        """Look once."""
        key = incoming_key(secret)
        try:
            head = await files.store.head(key, HEAD_BYTES)
            if head is None:
                return cls(secret)
            kind = kind_of(head)
            size = len(head) if len(head) < HEAD_BYTES else await files.store.size(key)
        except StorageDown:
            return cls(secret, is_known=False)
        return cls(secret, size, None if kind is None else kind.media_type)


async def look_at(files: Files, upload_ids: Sequence[str], most: int) -> tuple[Brought, ...]:
    """What was brought for each of these secrets; those beyond `most` will be refused and are not looked at."""
    seen = [await Brought.seen(files, secret) for secret in upload_ids[:most]]
    return (*seen, *(Brought(secret, is_known=False) for secret in upload_ids[most:]))


async def adopt_uploads(
    work: Work,
    complaint: Complaint,
    brought: Sequence[Brought],
    audience: Audience,
    *,
    message_id: UUID | None = None,
    field: str = "attachments",
) -> list[Attachment]:
    """Attach what was brought, each file once, in this transaction; it is shown to nobody before it was processed.

    Raises `Invalid` naming every file that is not there, not known, too large or of a kind that is not taken.
    """
    if not brought:
        return []
    rows = await _uploads(work, brought)
    unclaimed = dict(rows)
    problems = Problems()
    if len(brought) > work.allowances.files_max:
        problems.add(field, "TOO_MANY", max=work.allowances.files_max, length=len(brought))
    for number, one in enumerate(brought):
        _check(work, problems, f"{field}.{number}", complaint, one, unclaimed.pop(hidden(one.secret), None))
    problems.settle()
    existing = select(func.count()).where(Attachment.complaint_id == complaint.id, Attachment.removed_at.is_(None))
    total = (await work.session.scalar(existing) or 0) + len(brought)
    if total > work.allowances.files_per_complaint_max:
        raise Invalid(Problem(field, "TOO_MANY", {"max": work.allowances.files_per_complaint_max, "length": total}))
    return [await _attach(work, complaint, one, rows[hidden(one.secret)], audience, message_id) for one in brought]


async def _uploads(work: Work, brought: Sequence[Brought]) -> dict[bytes, Upload]:
    # In one order, so that two requests with the same files wait for each other instead of blocking each other.
    statement = (
        select(Upload)
        .where(Upload.secret_hash.in_([hidden(one.secret) for one in brought]))
        .order_by(Upload.id)
        .with_for_update()
    )
    return {row.secret_hash: row for row in await work.session.scalars(statement)}


def _check(
    work: Work, problems: Problems, field: str, complaint: Complaint, brought: Brought, row: Upload | None
) -> None:
    # A report that is filed now has no uploads of its own: those of a draft belong to none.
    mine = row is not None and row.complaint_id in (None, complaint.id)
    if row is None or not mine or row.adopted_at or row.discarded_at or row.expires_at <= work.now:
        problems.add(field, "UPLOAD_UNKNOWN")
    elif not brought.is_known:
        return
    elif brought.size is None:
        problems.add(field, "NOT_UPLOADED")
    elif brought.size != row.declared_bytes:
        problems.add(field, "FILE_SIZE", declared=row.declared_bytes, length=brought.size)
    elif brought.media_type is None:
        problems.add(field, "FILE_KIND")


async def _attach(
    work: Work, complaint: Complaint, brought: Brought, upload: Upload, audience: Audience, message_id: UUID | None
) -> Attachment:
    upload.adopted_at = work.now
    media_type = brought.media_type or "application/octet-stream"
    kind = KINDS.get(media_type)
    attachment = Attachment(
        id=work.new_id(),
        complaint_id=complaint.id,
        message_id=message_id,
        upload_id=upload.id,
        audience=audience,
        uploader_role=work.actor.role,
        state=AttachmentState.QUARANTINED if work.allowances.scans_files else AttachmentState.UPLOADED,
        file_name=safe_name(upload.file_name, None if kind is None else kind.extension),
        media_type=media_type,
        size_bytes=upload.declared_bytes,
        original_size_bytes=upload.declared_bytes,
        original_media_type=brought.media_type,
        keeps_place=upload.keeps_place,
        storage_key=upload.storage_key,
        created_at=work.now,
    )
    work.session.add(attachment)
    await work.later(PROCESS_FILE, lock=str(attachment.id), attachment_id=str(attachment.id))
    return attachment
