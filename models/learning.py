"""What the classifier learns from: labels by people, history from elsewhere, data sets, and training runs."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Float, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, HasId, one_of, points_to, reference
from rules.vocabulary import DoubtOutcome, DoubtReason, JobState


class TrainingLabel(HasId, Base):
    """What data staff say a complaint should teach; the newest one counts. The complaint itself does not change.

    An excluded complaint teaches nothing.
    """

    __tablename__ = "training_label"
    __table_args__ = (
        Index("ix_training_label_complaint", "complaint_id", "id"),
        CheckConstraint("is_excluded or category_id is not null or agency_id is not null", name="says_something"),
    )

    complaint_id: Mapped[UUID] = points_to("complaint.id")
    category_id: Mapped[UUID | None] = points_to("category.id")
    agency_id: Mapped[UUID | None] = points_to("agency.id")
    is_excluded: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str | None]
    given_by_id: Mapped[UUID | None] = points_to("person.id")
    given_at: Mapped[datetime]


class HistoryExample(HasId, Base):
    """A decided complaint of another system, masked, its labels as codes of ours. It teaches; nobody works on it."""

    __tablename__ = "history_example"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        Index("ix_history_example_source", "source", "decided_on"),
    )

    source: Mapped[str]
    external_id: Mapped[str]
    body: Mapped[str]
    title: Mapped[str | None]
    category: Mapped[str | None]
    agency: Mapped[str | None]
    report_type: Mapped[str | None]
    place: Mapped[str | None]
    decided_on: Mapped[date | None]
    imported_by_id: Mapped[UUID | None] = points_to("person.id")
    imported_at: Mapped[datetime]


class Dataset(HasId, Base):
    """A set of labelled, masked texts in a file of the data folder, as it was on the day it was built.

    `recipe` is what was asked for, `labels` how many rows there are per target and label.
    """

    __tablename__ = "dataset"
    __table_args__ = (Index("ix_dataset_requested", "requested_at", "id"),)

    recipe: Mapped[dict[str, Any]]
    state: Mapped[JobState] = mapped_column(one_of(JobState))
    rows: Mapped[int | None]
    labels: Mapped[dict[str, Any] | None]
    # Over the sorted content: the same rows give the same one, whenever they are built.
    fingerprint: Mapped[str | None]
    # Of the file: what training reads is what was built.
    sha256: Mapped[str | None]
    requested_by_id: Mapped[UUID | None] = points_to("person.id")
    requested_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    # A code of ``graph.wording.FAILURES``, when it failed.
    failure: Mapped[str | None]
    # Looking for doubtful labels is a job of its own.
    check_requested_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]


class LabelDoubt(HasId, Base):
    """A label of a data set that is probably wrong, why, and what a person said to it."""

    __tablename__ = "label_doubt"
    __table_args__ = (
        UniqueConstraint("dataset_id", "example_id", "target", "reason"),
        Index("ix_label_doubt_open", "dataset_id", "score", "id", postgresql_where=text("settled_at is null")),
    )

    dataset_id: Mapped[UUID] = points_to("dataset.id")
    # The complaint, when the row is one of ours.
    complaint_id: Mapped[UUID | None] = points_to("complaint.id")
    example_id: Mapped[str]
    target: Mapped[str]
    given_label: Mapped[str]
    likely_label: Mapped[str | None]
    # How sure the doubt is, 0 to 1.
    score: Mapped[float] = mapped_column(Float)
    reason: Mapped[DoubtReason] = mapped_column(one_of(DoubtReason))
    # `{"id": str, "label": str, "similarity": float}`, the nearest first.
    neighbours: Mapped[list[dict[str, Any]]]
    settled_at: Mapped[datetime | None]
    settled_by_id: Mapped[UUID | None] = points_to("person.id")
    outcome: Mapped[DoubtOutcome | None] = mapped_column(one_of(DoubtOutcome))


class TrainingRun(HasId, Base):
    """One training, asked for by a person and carried out by a worker in a process of its own.

    `options` are the arguments, `report` everything that was measured, `gate` the comparison with the version in
    use. A run that the gate refuses still leaves its version, which then takes two people to promote.
    """

    __tablename__ = "training_run"
    __table_args__ = (
        Index("ix_training_run_requested", "requested_at", "id"),
        CheckConstraint("fraction between 0 and 1", name="fraction_in_range"),
    )

    dataset_id: Mapped[UUID] = points_to("dataset.id")
    options: Mapped[dict[str, Any]]
    state: Mapped[JobState] = mapped_column(one_of(JobState))
    fraction: Mapped[float] = mapped_column(Float, default=0.0)
    stage: Mapped[str | None]
    requested_by_id: Mapped[UUID | None] = points_to("person.id")
    requested_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    # The worker writes it while the process lives; a run whose worker died is recognised by its age.
    heartbeat_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    cancel_requested_at: Mapped[datetime | None]
    cancel_requested_by_id: Mapped[UUID | None] = points_to("person.id")
    version_id: Mapped[UUID | None] = points_to("classifier_version.id")
    failure: Mapped[str | None]
    report: Mapped[dict[str, Any] | None]


class TrainingRunLine(Base):
    """One line of a run's log."""

    __tablename__ = "training_run_line"

    training_run_id: Mapped[UUID] = mapped_column(reference("training_run.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    at: Mapped[datetime]
