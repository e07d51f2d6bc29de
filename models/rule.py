"""Routing rules as rows: versioned sets, their history, proposals, replays and special mechanisms."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Float, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, HasId, one_of, points_to, reference
from rules.vocabulary import JobState, ProposalSource, ProposalState, RuleAlarmKind, RuleSetState, RuleStep


class RuleSet(HasId, Base):
    """One version of all routing rules together; its rules never change once it is active.

    `version` counts the changes of a draft. `classifier` is a `rules.language.ClassifierPolicy`. A checked set that
    waits for a second person has `proposed_at`; one that waits for its hour has `effective_from`.
    """

    __tablename__ = "rule_set"
    __table_args__ = (
        Index("uq_rule_set_active", "state", unique=True, postgresql_where=text("state = 'ACTIVE'")),
        CheckConstraint("agreed_by_id <> proposed_by_id", name="two_people"),
    )

    number: Mapped[int] = mapped_column(unique=True)
    state: Mapped[RuleSetState] = mapped_column(one_of(RuleSetState), default=RuleSetState.DRAFT)
    version: Mapped[int] = mapped_column(default=0)
    # The set that was active when this one was drafted: what changed since must be looked at before it acts.
    base_id: Mapped[UUID | None] = points_to("rule_set.id")
    reason: Mapped[str]
    classifier: Mapped[dict[str, Any]] = mapped_column(default=dict)
    fingerprint: Mapped[str]
    created_at: Mapped[datetime]
    created_by_id: Mapped[UUID | None] = points_to("person.id")
    checked_at: Mapped[datetime | None]
    proposed_at: Mapped[datetime | None]
    proposed_by_id: Mapped[UUID | None] = points_to("person.id")
    agreed_by_id: Mapped[UUID | None] = points_to("person.id")
    effective_from: Mapped[datetime | None]
    activated_at: Mapped[datetime | None]
    activated_by_id: Mapped[UUID | None] = points_to("person.id")
    retired_at: Mapped[datetime | None]


class RoutingRule(HasId, Base):
    """A condition and what follows from it, as `rules.language.Rule` reads them. A rule never dispatches.

    `version` is the version of its set in which it last changed.
    """

    __tablename__ = "routing_rule"
    __table_args__ = (UniqueConstraint("rule_set_id", "code"), Index("ix_routing_rule_set", "rule_set_id", "position"))

    rule_set_id: Mapped[UUID] = points_to("rule_set.id")
    position: Mapped[int]
    code: Mapped[str]
    name: Mapped[str]
    reason: Mapped[str]
    # Null: always.
    conditions: Mapped[dict[str, Any] | None]
    outcome: Mapped[dict[str, Any]]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=0)


class RuleSetEvent(HasId, Base):
    """Who did what to a version of the rules, and why. Written once."""

    __tablename__ = "rule_set_event"
    __table_args__ = (Index("ix_rule_set_event_set", "rule_set_id", "id"),)

    rule_set_id: Mapped[UUID] = points_to("rule_set.id")
    step: Mapped[RuleStep] = mapped_column(one_of(RuleStep))
    # The rule it was about, when it was about one.
    rule_code: Mapped[str | None]
    reason: Mapped[str | None]
    # Null: the command line or the system.
    actor_id: Mapped[UUID | None] = points_to("person.id")
    at: Mapped[datetime]


class RuleProposal(HasId, Base):
    """A rule somebody or something proposes: it acts only after a person took it into a draft.

    `rule` is a `rules.language.Rule` without code and position; `support` and `precision` are what held-out history
    says about it.
    """

    __tablename__ = "rule_proposal"
    __table_args__ = (
        Index("ix_rule_proposal_state", "state", "id"),
        UniqueConstraint("source", "fingerprint"),
    )

    source: Mapped[ProposalSource] = mapped_column(one_of(ProposalSource))
    state: Mapped[ProposalState] = mapped_column(one_of(ProposalState), default=ProposalState.OPEN)
    rule: Mapped[dict[str, Any]]
    # Of condition and queue: the same proposal is made once.
    fingerprint: Mapped[str]
    reason: Mapped[str]
    # Whose rule it is, for agencies that propose for themselves.
    agency_id: Mapped[UUID | None] = points_to("agency.id")
    complaint_id: Mapped[UUID | None] = points_to("complaint.id")
    support: Mapped[int | None]
    precision: Mapped[float | None] = mapped_column(Float)
    proposed_by_id: Mapped[UUID | None] = points_to("person.id")
    proposed_at: Mapped[datetime]
    settled_by_id: Mapped[UUID | None] = points_to("person.id")
    settled_at: Mapped[datetime | None]
    settled_reason: Mapped[str | None]
    # The draft that took it up.
    rule_set_id: Mapped[UUID | None] = points_to("rule_set.id")


class RuleReplay(HasId, Base):
    """A draft asked about past complaints, beside the rules that were active then. `report` is what came out."""

    __tablename__ = "rule_replay"
    __table_args__ = (
        Index("ix_rule_replay_requested", "requested_at", "id"),
        CheckConstraint("fraction between 0 and 1", name="fraction_in_range"),
    )

    rule_set_id: Mapped[UUID] = points_to("rule_set.id")
    # The version of the draft that was asked; a later change asks for a new replay.
    rule_set_version: Mapped[int]
    against_id: Mapped[UUID] = points_to("rule_set.id")
    day_from: Mapped[date | None]
    day_to: Mapped[date | None]
    state: Mapped[JobState] = mapped_column(one_of(JobState))
    fraction: Mapped[float] = mapped_column(Float, default=0.0)
    complaints: Mapped[int | None]
    requested_by_id: Mapped[UUID | None] = points_to("person.id")
    requested_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    cancel_requested_at: Mapped[datetime | None]
    failure: Mapped[str | None]
    report: Mapped[dict[str, Any] | None]


class RuleReplayMove(Base):
    """One complaint that would go elsewhere. Codes, null for the national desk."""

    __tablename__ = "rule_replay_move"
    __table_args__ = (Index("ix_rule_replay_move_complaint", "complaint_id"),)

    rule_replay_id: Mapped[UUID] = mapped_column(reference("rule_replay.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    complaint_id: Mapped[UUID] = points_to("complaint.id")
    from_agency: Mapped[str | None]
    to_agency: Mapped[str | None]
    from_rule: Mapped[str | None]
    to_rule: Mapped[str | None]
    # Who people finally gave it to.
    decided_agency: Mapped[str | None]


class SpecialMechanism(HasId, Base):
    """A special way of handling, for a time: its own limits (rows of `clock_rule`), and rules that lead into it."""

    __tablename__ = "special_mechanism"
    __table_args__ = (CheckConstraint("valid_to is null or valid_to > valid_from", name="validity_ordered"),)

    code: Mapped[str] = mapped_column(unique=True)
    label_id: Mapped[str]
    label_en: Mapped[str]
    # The decree it comes from.
    basis: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    created_by_id: Mapped[UUID | None] = points_to("person.id")
    created_at: Mapped[datetime]


class RuleAlarm(HasId, Base):
    """Something about an active rule that a person should look at. Of each kind and rule one is open at a time."""

    __tablename__ = "rule_alarm"
    __table_args__ = (
        Index(
            "uq_rule_alarm_open",
            "kind",
            "rule_code",
            unique=True,
            postgresql_where=text("acknowledged_at is null"),
        ),
        Index("ix_rule_alarm_raised", "raised_at", "id"),
    )

    kind: Mapped[RuleAlarmKind] = mapped_column(one_of(RuleAlarmKind))
    rule_code: Mapped[str]
    data: Mapped[dict[str, Any]]
    raised_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by_id: Mapped[UUID | None] = points_to("person.id")
