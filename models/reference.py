"""Reference data with validity: the small lists people read, and how long each step may take."""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, one_of
from rules.vocabulary import Clock, TermKind


class Term(Base):
    """One word of a reference list: its code, its Indonesian and its English label."""

    __tablename__ = "term"

    kind: Mapped[TermKind] = mapped_column(one_of(TermKind), primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    label_id: Mapped[str]
    label_en: Mapped[str]
    position: Mapped[int]
    details: Mapped[dict[str, Any]]


class ClockRule(Base):
    """A time limit of the SLA table, valid for complaints that start between two dates."""

    __tablename__ = "clock_rule"
    __table_args__ = (
        CheckConstraint("value > 0", name="value_positive"),
        CheckConstraint("unit in ('WORKING_DAY', 'DAY', 'HOUR')", name="unit_known"),
        CheckConstraint("valid_to is null or valid_to > valid_from", name="validity_ordered"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    valid_to: Mapped[date | None]
    clock: Mapped[Clock | None] = mapped_column(one_of(Clock))
    value: Mapped[int]
    unit: Mapped[str]
    classifications: Mapped[list[str]]
    mechanism: Mapped[str | None]
    label_id: Mapped[str]
    label_en: Mapped[str]


class CalendarOverride(Base):
    """A day on which the office calendar differs from the holiday package."""

    __tablename__ = "calendar_override"

    day: Mapped[date] = mapped_column(primary_key=True)
    is_working: Mapped[bool]
    reason: Mapped[str]
