"""What people write to each other about a complaint."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
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
