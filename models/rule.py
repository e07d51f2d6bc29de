"""Routing rules as rows: versioned sets, at most one of them active."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, HasId, one_of, points_to
from rules.vocabulary import RuleKind


class RuleSet(HasId, Base):
    """One version of all routing rules together; its rules never change once it is active."""

    __tablename__ = "rule_set"
    __table_args__ = (
        CheckConstraint("state in ('DRAFT', 'ACTIVE', 'RETIRED')", name="state_known"),
        Index("uq_rule_set_active", "state", unique=True, postgresql_where=text("state = 'ACTIVE'")),
    )

    number: Mapped[int] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(default="DRAFT")
    reason: Mapped[str]
    fingerprint: Mapped[str]
    created_at: Mapped[datetime]
    activated_at: Mapped[datetime | None]
    activated_by_id: Mapped[UUID | None] = points_to("person.id")


class RoutingRule(HasId, Base):
    """A condition and whose verification queue follows from it. A rule never dispatches."""

    __tablename__ = "routing_rule"
    __table_args__ = (UniqueConstraint("rule_set_id", "position"),)

    rule_set_id: Mapped[UUID] = points_to("rule_set.id")
    position: Mapped[int]
    code: Mapped[str]
    kind: Mapped[RuleKind] = mapped_column(one_of(RuleKind))
    name: Mapped[str]
    reason: Mapped[str]
    conditions: Mapped[dict[str, Any]]
    outcome: Mapped[dict[str, Any]]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
