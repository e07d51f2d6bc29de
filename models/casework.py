"""What people do around a case: who looks at it, who agrees, who shares it, and the answers they keep ready."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, HasId, one_of, points_to, reference
from rules.vocabulary import Role


class ClockBasis(Base):
    """One row: by which calendar and which limits the running clocks were last worked out."""

    __tablename__ = "clock_basis"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    fingerprint: Mapped[str]
    # Other processes may know the old calendar for a moment; a second pass sees what they started meanwhile.
    is_settled: Mapped[bool]
    at: Mapped[datetime]


class OmbudsmanConsent(Base):
    """The reporter was asked whether the Ombudsman may take over, and perhaps answered."""

    __tablename__ = "ombudsman_consent"
    __table_args__ = (
        CheckConstraint("(answered_at is null) = (consents is null)", name="answered_or_not"),
        Index("ix_ombudsman_consent_given", "complaint_id", postgresql_where=text("consents is true")),
    )

    complaint_id: Mapped[UUID] = mapped_column(reference("complaint.id"), primary_key=True)
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    consents: Mapped[bool | None]


class CasePresence(Base):
    """Somebody of the staff has a case open until `expires_at`; their client says so again while it is open."""

    __tablename__ = "case_presence"
    __table_args__ = (Index("ix_case_presence_expires_at", "expires_at"),)

    complaint_id: Mapped[UUID] = mapped_column(reference("complaint.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(reference("person.id"), primary_key=True)
    role: Mapped[Role] = mapped_column(one_of(Role))
    agency_id: Mapped[UUID | None] = points_to("agency.id")
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class AnswerTemplate(HasId, Base):
    """An answer that an agency keeps ready; `{kode}` and the like are filled in for a case."""

    __tablename__ = "answer_template"
    __table_args__ = (
        Index(
            "uq_answer_template_name",
            text("coalesce(agency_id, '00000000-0000-0000-0000-000000000000')"),
            "name",
            unique=True,
            postgresql_where=text("retired_at is null"),
        ),
    )

    # None: of the national desk.
    agency_id: Mapped[UUID | None] = points_to("agency.id")
    name: Mapped[str]
    body: Mapped[str]
    created_by_id: Mapped[UUID | None] = points_to("person.id")
    changed_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class ComplaintSupport(HasId, Base):
    """Somebody else has the same trouble ("saya juga mengalami"). Who it is, is kept as a digest only."""

    __tablename__ = "complaint_support"
    __table_args__ = (UniqueConstraint("complaint_id", "supporter", name="uq_complaint_support_once"),)

    complaint_id: Mapped[UUID] = points_to("complaint.id")
    supporter: Mapped[bytes]
    at: Mapped[datetime]


class ReopeningRequest(HasId, Base):
    """The reporter wants a case reopened once more, and somebody decides."""

    __tablename__ = "reopening_request"
    __table_args__ = (
        CheckConstraint("(decided_at is null) = (is_granted is null)", name="decided_or_not"),
        Index("uq_reopening_request_open", "complaint_id", unique=True, postgresql_where=text("decided_at is null")),
    )

    complaint_id: Mapped[UUID] = points_to("complaint.id")
    message_id: Mapped[UUID] = points_to("message.id")
    asked_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[UUID | None] = points_to("person.id")
    is_granted: Mapped[bool | None]
