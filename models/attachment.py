"""Files that people attach: the permission to upload one, and what is known about each that was taken."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, HasId, one_of, points_to, reference
from rules.vocabulary import AttachmentState, Audience, FileRefusal, Role


class Upload(HasId, Base):
    """The permission to bring one file. Of both of its secrets only the SHA-256 is stored.

    Whoever knows the first may attach the file, the second is part of the address that takes its bytes, once.
    """

    __tablename__ = "upload"
    __table_args__ = (
        CheckConstraint("declared_bytes > 0", name="size_positive"),
        Index("ix_upload_waiting", "expires_at", postgresql_where=text("adopted_at is null")),
    )

    secret_hash: Mapped[bytes] = mapped_column(unique=True)
    address_hash: Mapped[bytes] = mapped_column(unique=True)
    # None: for a report that is still being written.
    complaint_id: Mapped[UUID | None] = points_to("complaint.id")
    file_name: Mapped[str]
    declared_bytes: Mapped[int]
    keeps_place: Mapped[bool]
    storage_key: Mapped[str] = mapped_column(unique=True)
    requested_at: Mapped[datetime]
    # Until then bytes are taken; the permission to attach them lasts until `expires_at`.
    address_expires_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    received_at: Mapped[datetime | None]
    adopted_at: Mapped[datetime | None]
    discarded_at: Mapped[datetime | None]


class Attachment(HasId, Base):
    """What is known about an attached file; the file itself lives in the file store, under `storage_key`.

    `media_type`, `size_bytes` and `sha256` speak of the bytes that are stored and given out, `original_*` of those
    that were brought: an image is written anew.
    """

    __tablename__ = "attachment"
    __table_args__ = (
        CheckConstraint("size_bytes > 0", name="size_positive"),
        CheckConstraint("(state = 'REFUSED') = (refusal is not null)", name="refusal_told"),
        CheckConstraint("state <> 'READY' or (sha256 is not null and storage_key is not null)", name="ready_is_stored"),
        Index("ix_attachment_complaint", "complaint_id", "id"),
        Index(
            "ix_attachment_pending",
            "created_at",
            postgresql_where=text("state in ('UPLOADED', 'QUARANTINED')"),
        ),
    )

    complaint_id: Mapped[UUID] = points_to("complaint.id")
    message_id: Mapped[UUID | None] = points_to("message.id")
    upload_id: Mapped[UUID | None] = mapped_column(reference("upload.id"), unique=True)
    audience: Mapped[Audience] = mapped_column(one_of(Audience))
    uploader_role: Mapped[Role] = mapped_column(one_of(Role))
    state: Mapped[AttachmentState] = mapped_column(one_of(AttachmentState))
    refusal: Mapped[FileRefusal | None] = mapped_column(one_of(FileRefusal))
    file_name: Mapped[str]
    alt_text: Mapped[str | None]
    media_type: Mapped[str]
    size_bytes: Mapped[int]
    sha256: Mapped[bytes | None]
    original_media_type: Mapped[str | None]
    original_size_bytes: Mapped[int | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    thumbnails: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    keeps_place: Mapped[bool] = mapped_column(default=False)
    storage_key: Mapped[str | None]
    # How often the reading of its content began and did not come to an end.
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    scanned_at: Mapped[datetime | None]
    processed_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
