"""What figures are counted from: one row per complaint and one per stretch in a status, kept by the database."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, reference

MOMENTS = (
    "received_at", "verified_at", "sent_at", "closed_at", "first_closed_at", "reopened_at", "archived_at",
    "deferred_at", "returned_at", "rated_at", "decided_at", "verification_judged_at", "verification_ended_at",
    "response_judged_at", "response_ended_at", "completion_judged_at", "completion_ended_at",
)  # fmt: skip


class ComplaintFact(Base):
    """When each countable thing happened to a complaint, and where the complaint stands now.

    Derived from complaint, events, clocks and suggestion by the view `complaint_fact_now`, in the same transaction, by
    a trigger at its end. Nobody else writes here. Of each kind of clock it knows the last one: `judged_at` is when it
    became certain whether the step was on time (its end or its due moment, whichever came first), `ended_at` when the
    step was taken.
    """

    __tablename__ = "complaint_fact"
    __table_args__ = (
        # One for each moment that a figure counts by.
        *(
            Index(f"ix_complaint_fact_{moment}", moment, postgresql_where=text(f"{moment} is not null"))
            for moment in MOMENTS
        ),
        Index("ix_complaint_fact_agency", "agency_id", "received_at"),
        Index("ix_complaint_fact_unit", "unit_id", "received_at", postgresql_where=text("unit_id is not null")),
        Index("ix_complaint_fact_returned_by", "returned_by_id", postgresql_where=text("returned_by_id is not null")),
        Index("ix_complaint_fact_category", "category_id", "received_at"),
        Index("ix_complaint_fact_region", "region_code", postgresql_ops={"region_code": "text_pattern_ops"}),
    )

    complaint_id: Mapped[UUID] = mapped_column(reference("complaint.id"), primary_key=True)
    received_at: Mapped[datetime]
    # Whose it is: who has it since dispatch, before that whose verification queue it stands in; null: national desk.
    # No foreign keys here: what it is derived from has them.
    agency_id: Mapped[UUID | None]
    unit_id: Mapped[UUID | None]
    category_id: Mapped[UUID | None]
    region_code: Mapped[str | None]
    channel: Mapped[str]
    report_type: Mapped[str]
    status: Mapped[str]
    classification: Mapped[str | None]
    is_secret: Mapped[bool]
    hops: Mapped[int] = mapped_column(SmallInteger)
    verified_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by_silence: Mapped[bool]
    first_closed_at: Mapped[datetime | None]
    is_reopened: Mapped[bool]
    reopened_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]
    deferred_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]
    returned_by_id: Mapped[UUID | None]
    returned_by_unit_id: Mapped[UUID | None]
    rated_at: Mapped[datetime | None]
    rating: Mapped[int | None] = mapped_column(SmallInteger)
    is_solved: Mapped[bool | None]
    decided_at: Mapped[datetime | None]
    # What a person took of the first proposals: 1 the category, 2 the agency, 4 the title, added up.
    taken: Mapped[int | None] = mapped_column(SmallInteger)
    classifier_version_id: Mapped[UUID | None]
    verification_started_on: Mapped[date | None]
    verification_ended_at: Mapped[datetime | None]
    verification_ended_on: Mapped[date | None]
    verification_judged_at: Mapped[datetime | None]
    verification_on_time: Mapped[bool | None]
    response_started_on: Mapped[date | None]
    response_ended_at: Mapped[datetime | None]
    response_ended_on: Mapped[date | None]
    response_judged_at: Mapped[datetime | None]
    response_on_time: Mapped[bool | None]
    completion_started_on: Mapped[date | None]
    completion_ended_at: Mapped[datetime | None]
    completion_ended_on: Mapped[date | None]
    completion_judged_at: Mapped[datetime | None]
    completion_on_time: Mapped[bool | None]
    # One transaction writes it once, however many events and clocks it touched.
    transaction_number: Mapped[int] = mapped_column(BigInteger)


class ComplaintSpan(Base):
    """A stretch of time that a complaint spent in one status; `seq` is the event that began it."""

    __tablename__ = "complaint_span"
    __table_args__ = (
        # What was open at a moment: after its first event, up to and including the one that ended it.
        Index(
            "ix_complaint_span_open",
            text("tstzrange(began_at, ended_at, '(]')"),
            postgresql_using="gist",
            postgresql_where=text("status not in ('CLOSED', 'ARCHIVED')"),
        ),
    )

    complaint_id: Mapped[UUID] = mapped_column(reference("complaint.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str]
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
