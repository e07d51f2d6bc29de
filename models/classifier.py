"""Which trained versions exist, which one serves, and how each came to serve."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, HasId, one_of, points_to
from rules.vocabulary import AlarmKind, ReleaseKind


class ClassifierVersion(HasId, Base):
    """A version folder of the store, by its content address. At most one is active, at most one shadows it.

    `gate` is what the comparison with the version then in use said: `{"passed": bool, "needs_human": bool,
    "reasons": [str], "against": version or null}`; null for a version that was compared with nothing.
    """

    __tablename__ = "classifier_version"
    __table_args__ = (
        CheckConstraint("state in ('CANDIDATE', 'ACTIVE', 'RETIRED')", name="state_known"),
        Index("uq_classifier_version_active", "state", unique=True, postgresql_where=text("state = 'ACTIVE'")),
        CheckConstraint("not is_shadow or state <> 'ACTIVE'", name="shadow_is_not_active"),
        Index("uq_classifier_version_shadow", "is_shadow", unique=True, postgresql_where=text("is_shadow")),
    )

    version: Mapped[str] = mapped_column(unique=True)
    manifest_sha256: Mapped[str]
    metrics: Mapped[dict[str, Any]]
    gate: Mapped[dict[str, Any] | None]
    state: Mapped[str] = mapped_column(default="CANDIDATE")
    is_shadow: Mapped[bool] = mapped_column(default=False)
    shadow_since: Mapped[datetime | None]
    registered_at: Mapped[datetime]
    promoted_at: Mapped[datetime | None]
    promoted_by_id: Mapped[UUID | None] = points_to("person.id")
    reason: Mapped[str | None]


class ClassifierRelease(HasId, Base):
    """One change of the serving version. Written once: it says who is answerable for what citizens were shown."""

    __tablename__ = "classifier_release"
    __table_args__ = (Index("ix_classifier_release_at", "at", "id"),)

    kind: Mapped[ReleaseKind] = mapped_column(one_of(ReleaseKind))
    version_id: Mapped[UUID] = points_to("classifier_version.id")
    previous_version_id: Mapped[UUID | None] = points_to("classifier_version.id")
    reason: Mapped[str]
    # Null: the command line, whose user the operating system knows.
    decided_by_id: Mapped[UUID | None] = points_to("person.id")
    proposed_by_id: Mapped[UUID | None] = points_to("person.id")
    at: Mapped[datetime]


class ReleaseProposal(HasId, Base):
    """Somebody wants a version to serve although the gate refused it; a second person has to agree."""

    __tablename__ = "release_proposal"
    __table_args__ = (
        Index("uq_release_proposal_open", "version_id", unique=True, postgresql_where=text("decided_at is null")),
        CheckConstraint("decided_by_id <> proposed_by_id", name="two_people"),
        CheckConstraint("(decided_at is null) = (is_agreed is null)", name="decided_is_answered"),
    )

    version_id: Mapped[UUID] = points_to("classifier_version.id")
    reason: Mapped[str]
    proposed_by_id: Mapped[UUID] = points_to("person.id")
    proposed_at: Mapped[datetime]
    is_agreed: Mapped[bool | None]
    decided_by_id: Mapped[UUID | None] = points_to("person.id")
    decided_at: Mapped[datetime | None]


class ClassifierAlarm(HasId, Base):
    """Something about the classifier that a person should look at. Of each kind one is open at a time."""

    __tablename__ = "classifier_alarm"
    __table_args__ = (
        Index(
            "uq_classifier_alarm_open",
            "kind",
            "subject",
            unique=True,
            postgresql_where=text("acknowledged_at is null"),
        ),
        Index("ix_classifier_alarm_raised", "raised_at", "id"),
    )

    kind: Mapped[AlarmKind] = mapped_column(one_of(AlarmKind))
    # A version, or the code of a category: what the alarm is about.
    subject: Mapped[str]
    data: Mapped[dict[str, Any]]
    raised_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by_id: Mapped[UUID | None] = points_to("person.id")
