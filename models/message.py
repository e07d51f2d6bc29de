"""What people write to each other about a complaint, and the files they attach."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, HasId, one_of, points_to
from rules.vocabulary import Audience, Role


class Message(HasId, Base):
    """A text with an audience. It lives apart from the event that announces it, so that it can be blanked."""

    __tablename__ = "message"
    __table_args__ = (Index("ix_message_complaint", "complaint_id", "id"),)

    complaint_id: Mapped[UUID] = points_to("complaint.id")
    audience: Mapped[Audience] = mapped_column(one_of(Audience))
    author_id: Mapped[UUID | None] = points_to("person.id")
    author_role: Mapped[Role] = mapped_column(one_of(Role))
    author_agency_id: Mapped[UUID | None] = points_to("agency.id")
    body: Mapped[str]
    # What the public reads, personal data masked; only messages for everyone have it.
    public_body: Mapped[str | None]
    at: Mapped[datetime]


class Attachment(HasId, Base):
    """What is known about an attached file; the file itself lives in the attachment store."""

    __tablename__ = "attachment"
    __table_args__ = (
        CheckConstraint("size_bytes between 1 and 5242880", name="size_in_range"),
        Index("ix_attachment_complaint", "complaint_id", "id"),
    )

    complaint_id: Mapped[UUID] = points_to("complaint.id")
    message_id: Mapped[UUID | None] = points_to("message.id")
    file_name: Mapped[str]
    media_type: Mapped[str]
    size_bytes: Mapped[int]
    sha256: Mapped[bytes]
    created_at: Mapped[datetime]
