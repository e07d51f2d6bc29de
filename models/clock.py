"""The running clocks of a complaint: what is due when, and what was on time."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, HasId, one_of, points_to
from rules.vocabulary import Clock


class ComplaintClock(HasId, Base):
    """One clock from its start to its stop. While paused, `due_at` says what it was before the pause."""

    __tablename__ = "complaint_clock"
    __table_args__ = (
        CheckConstraint("stopped_at is null or paused_at is null", name="stopped_is_not_paused"),
        Index("ix_complaint_clock_complaint", "complaint_id", "started_at"),
        Index(
            "uq_complaint_clock_running",
            "complaint_id",
            "clock",
            unique=True,
            postgresql_where=text("stopped_at is null"),
        ),
        Index(
            "ix_complaint_clock_due",
            "due_at",
            postgresql_where=text("stopped_at is null and paused_at is null"),
        ),
    )

    complaint_id: Mapped[UUID] = points_to("complaint.id")
    clock: Mapped[Clock] = mapped_column(one_of(Clock))
    rule_code: Mapped[str]
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    paused_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    # The highest step of the escalation ladder already announced; 0 = none.
    announced_level: Mapped[int] = mapped_column(default=0)
    # The pauses that are over, oldest first: `{"from", "until"}` as ISO moments. Without them a due date could be
    # neither explained nor worked out again.
    pauses: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default=text("'[]'"))
