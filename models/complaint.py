"""The complaint: the case in one table, its texts in a second, who filed it in a third."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Float, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, HasId, one_of, points_to, reference
from rules.vocabulary import Channel, Classification, ReportType, Status, Urgency


class Complaint(HasId, Base):
    """The case without a word of free text or personal data. `version` counts its events."""

    __tablename__ = "complaint"
    __table_args__ = (
        CheckConstraint("rating between 1 and 5", name="rating_in_range"),
        CheckConstraint("latitude between -90 and 90 and longitude between -180 and 180", name="point_on_earth"),
        CheckConstraint("status <> 'DISPATCHED' or agency_id is not null", name="dispatched_has_agency"),
        CheckConstraint("status <> 'ARCHIVED' or archive_reason is not null", name="archived_has_reason"),
        # One index per listing the schema offers: filter columns first, then the sort key and the id.
        Index("ix_complaint_submitted", "submitted_at", "id"),
        Index("ix_complaint_status", "status", "submitted_at", "id"),
        Index("ix_complaint_queue", "queue_agency_id", "status", "submitted_at", "id"),
        Index("ix_complaint_agency", "agency_id", "status", "submitted_at", "id"),
        Index("ix_complaint_unit", "unit_id", "status", "submitted_at", "id"),
        Index(
            "ix_complaint_supervision",
            "agency_id",
            "submitted_at",
            "id",
            postgresql_where=text("classification in ('SUPERVISION', 'WHISTLEBLOWING')"),
        ),
        Index("ix_complaint_category", "category_id", "submitted_at", "id"),
        Index("ix_complaint_region", "region_code", postgresql_ops={"region_code": "text_pattern_ops"}),
        Index("ix_complaint_due", "due_at", "id", postgresql_where=text("due_at is not null")),
        Index(
            "ix_complaint_queue_due",
            "queue_agency_id",
            "due_at",
            "id",
            postgresql_where=text("due_at is not null"),
        ),
        Index(
            "ix_complaint_agency_due",
            "agency_id",
            "due_at",
            "id",
            postgresql_where=text("due_at is not null"),
        ),
        Index("ix_complaint_unit_due", "unit_id", "due_at", "id", postgresql_where=text("due_at is not null")),
        Index(
            "ix_complaint_public",
            "published_at",
            "id",
            postgresql_where=text("published_at is not null and not is_secret"),
        ),
        Index("ix_complaint_merged", "merged_into_id", "id", postgresql_where=text("merged_into_id is not null")),
    )

    tracking_code: Mapped[str] = mapped_column(unique=True)
    # Scoped digest of the client's key, and of what was sent under it: a repeat returns the first receipt.
    idempotency_key: Mapped[bytes | None] = mapped_column(unique=True)
    idempotency_digest: Mapped[bytes | None]

    status: Mapped[Status] = mapped_column(one_of(Status))
    version: Mapped[int] = mapped_column(default=0)
    report_type: Mapped[ReportType] = mapped_column(one_of(ReportType))
    classification: Mapped[Classification | None] = mapped_column(one_of(Classification))
    urgency: Mapped[Urgency] = mapped_column(one_of(Urgency), default=Urgency.NORMAL)
    channel: Mapped[Channel] = mapped_column(one_of(Channel))
    mechanism: Mapped[str | None]
    is_anonymous: Mapped[bool] = mapped_column(default=False)
    is_secret: Mapped[bool] = mapped_column(default=False)
    tags: Mapped[list[str]] = mapped_column(default=list)

    category_id: Mapped[UUID | None] = points_to("category.id")
    # Whose verification queue it stands in; null is the national desk.
    queue_agency_id: Mapped[UUID | None] = points_to("agency.id")
    # Who is to mend it: proposed by routing, decided by verification.
    agency_id: Mapped[UUID | None] = points_to("agency.id")
    unit_id: Mapped[UUID | None] = points_to("agency.id")
    chosen_agency_id: Mapped[UUID | None] = points_to("agency.id")
    # Through whose own page or desk it came.
    entry_agency_id: Mapped[UUID | None] = points_to("agency.id")
    hops: Mapped[int] = mapped_column(default=0)
    # The complaint it follows as a duplicate. Its own status and queue stay as they were, for the day it is unmerged.
    merged_into_id: Mapped[UUID | None] = points_to("complaint.id")

    region_code: Mapped[str | None]
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)
    incident_on: Mapped[date | None]

    submitted_at: Mapped[datetime]
    verified_at: Mapped[datetime | None]
    dispatched_at: Mapped[datetime | None]
    responded_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]
    # The nearest due date of its running clocks, kept here because queues sort on it.
    due_at: Mapped[datetime | None]

    archive_reason: Mapped[str | None]
    defer_reason: Mapped[str | None]
    closed_by_silence: Mapped[bool] = mapped_column(default=False)
    rating: Mapped[int | None]
    is_solved: Mapped[bool | None]


class ComplaintText(Base):
    """What was written. The original never changes; the edited text is what handlers and readers see."""

    __tablename__ = "complaint_text"

    complaint_id: Mapped[UUID] = mapped_column(reference("complaint.id"), primary_key=True)
    original_title: Mapped[str | None]
    original_body: Mapped[str]
    title: Mapped[str | None]
    edited_body: Mapped[str | None]
    place: Mapped[str | None]
    # What the public reads, personal data masked; written when the complaint is published.
    public_title: Mapped[str | None]
    public_body: Mapped[str | None]


class ComplaintReporter(Base):
    """Who filed it, apart from the case: an account, or contact data under encryption."""

    __tablename__ = "complaint_reporter"

    complaint_id: Mapped[UUID] = mapped_column(reference("complaint.id"), primary_key=True)
    person_id: Mapped[UUID | None] = points_to("person.id", index=True)
    entered_by_id: Mapped[UUID | None] = points_to("person.id", index=True)
    contact_encrypted: Mapped[bytes | None]


class ComplaintTicket(Base):
    """The guard of tracking code and PIN. The PIN itself is derived from a server secret, never stored."""

    __tablename__ = "complaint_ticket"

    complaint_id: Mapped[UUID] = mapped_column(reference("complaint.id"), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]


class ComplaintCopy(Base):
    """An agency or unit that reads along (tembusan)."""

    __tablename__ = "complaint_copy"

    complaint_id: Mapped[UUID] = mapped_column(reference("complaint.id"), primary_key=True)
    agency_id: Mapped[UUID] = mapped_column(reference("agency.id"), primary_key=True, index=True)


class RouteDecision(HasId, Base):
    """Why a complaint entered a queue: rule set, rule, model, and reasons that a clerk can read.

    `path` has one entry per stage that was asked: `{"stage", "taken", "candidates": [{"agency", "rule", "score"}]}`.
    """

    __tablename__ = "route_decision"
    __table_args__ = (
        Index("ix_route_decision_complaint", "complaint_id", "id"),
        # The figures of each rule look at what it decided lately.
        Index("ix_route_decision_rule", "rule_code", "decided_at", postgresql_where=text("rule_code is not null")),
    )

    complaint_id: Mapped[UUID] = points_to("complaint.id")
    rule_set_id: Mapped[UUID] = points_to("rule_set.id")
    rule_code: Mapped[str | None]
    kind: Mapped[str]
    queue_agency_id: Mapped[UUID | None] = points_to("agency.id")
    proposed_agency_id: Mapped[UUID | None] = points_to("agency.id")
    reasons: Mapped[list[dict[str, Any]]]
    path: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    flags: Mapped[list[str]] = mapped_column(default=list)
    classifier_version_id: Mapped[UUID | None] = points_to("classifier_version.id")
    decided_at: Mapped[datetime]
