"""What happened, in order. Rows here are written once; the database refuses to change them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, HasId, one_of, points_to
from rules.vocabulary import Audience, Role, Status


class ComplaintEvent(HasId, Base):
    """One step of a complaint. `data` holds codes and ids only: personal data must stay erasable."""

    __tablename__ = "complaint_event"
    __table_args__ = (UniqueConstraint("complaint_id", "seq"),)

    complaint_id: Mapped[UUID] = points_to("complaint.id")
    seq: Mapped[int]
    kind: Mapped[str]
    status: Mapped[Status] = mapped_column(one_of(Status))
    audience: Mapped[Audience] = mapped_column(one_of(Audience))
    actor_id: Mapped[UUID | None] = points_to("person.id")
    actor_role: Mapped[Role] = mapped_column(one_of(Role))
    actor_agency_id: Mapped[UUID | None] = points_to("agency.id")
    at: Mapped[datetime]
    data: Mapped[dict[str, Any]]
    request_id: Mapped[str | None]


class AccessEvent(HasId, Base):
    """Somebody looked at what is protected: a reporter's identity, an export."""

    __tablename__ = "access_event"

    kind: Mapped[str]
    person_id: Mapped[UUID | None] = points_to("person.id", index=True)
    actor_role: Mapped[Role] = mapped_column(one_of(Role))
    complaint_id: Mapped[UUID | None] = points_to("complaint.id", index=True)
    reason: Mapped[str]
    at: Mapped[datetime]
    request_id: Mapped[str | None]
