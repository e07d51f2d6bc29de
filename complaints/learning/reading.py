"""What data staff see of versions, runs, data sets and alarms: statements only."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, Select, null, select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from complaints.policy import SUPERVISION
from complaints.reader import Listing, Order
from models import (
    ClassifierAlarm,
    ClassifierRelease,
    ClassifierVersion,
    Complaint,
    ComplaintText,
    Dataset,
    HistoryExample,
    LabelDoubt,
    Person,
    ReleaseProposal,
    TrainingRun,
    TrainingRunLine,
)


def versions() -> Listing:
    """Every registered version, the newest first."""
    statement = select(ClassifierVersion.__table__)
    return Listing(statement, Order(ClassifierVersion.registered_at, ClassifierVersion.id, descending=True))


def version(name: str) -> Select[Any]:
    """One version by its content address."""
    return select(ClassifierVersion.__table__).where(ClassifierVersion.version == name)


def serving_version() -> Select[Any]:
    """The version that serves, if one does."""
    return select(ClassifierVersion.__table__).where(ClassifierVersion.state == "ACTIVE")


def runs(*, with_report: bool = True) -> Listing:
    """Every training run, the newest first, each with the name of the version it left.

    A report is some hundred thousand characters: whoever does not show it leaves it where it is, and reads null.
    """
    return Listing(_runs(with_report=with_report), Order(TrainingRun.requested_at, TrainingRun.id, descending=True))


def run(run_id: UUID, *, with_report: bool = True) -> Select[Any]:
    """One training run."""
    return _runs(with_report=with_report).where(TrainingRun.id == run_id)


def runs_of_versions(version_ids: Sequence[UUID], *, with_report: bool) -> Select[Any]:
    """The newest finished run of each of these versions."""
    return (
        _runs(with_report=with_report)
        .where(TrainingRun.version_id.in_(version_ids))
        .ext(distinct_on(TrainingRun.version_id))
        .order_by(TrainingRun.version_id, TrainingRun.finished_at.desc())
    )


def run_lines(run_id: UUID, after: int, count: int) -> Executable:
    """The log of a run behind a line number, in order."""
    return (
        select(TrainingRunLine.number, TrainingRunLine.text, TrainingRunLine.at)
        .where(TrainingRunLine.training_run_id == run_id, TrainingRunLine.number > after)
        .order_by(TrainingRunLine.number)
        .limit(count)
    )


def datasets() -> Listing:
    """Every data set, the newest first."""
    return Listing(select(Dataset.__table__), Order(Dataset.requested_at, Dataset.id, descending=True))


def dataset(dataset_id: UUID) -> Select[Any]:
    """One data set."""
    return select(Dataset.__table__).where(Dataset.id == dataset_id)


def datasets_among(dataset_ids: Sequence[UUID]) -> Select[Any]:
    """Some data sets."""
    return select(Dataset.__table__).where(Dataset.id.in_(dataset_ids))


def releases(count: int) -> Select[Any]:
    """How versions came to serve, the newest first, with the names of both versions and of who answers for it."""
    before, decider, proposer = aliased(ClassifierVersion), aliased(Person), aliased(Person)
    return (
        select(
            ClassifierRelease.__table__,
            ClassifierVersion.version.label("version"),
            before.version.label("previous_version"),
            decider.name.label("decided_by_name"),
            proposer.name.label("proposed_by_name"),
        )
        .join(ClassifierVersion, ClassifierVersion.id == ClassifierRelease.version_id)
        .join(before, before.id == ClassifierRelease.previous_version_id, isouter=True)
        .join(decider, decider.id == ClassifierRelease.decided_by_id, isouter=True)
        .join(proposer, proposer.id == ClassifierRelease.proposed_by_id, isouter=True)
        .order_by(ClassifierRelease.at.desc(), ClassifierRelease.id.desc())
        .limit(count)
    )


def proposals(*, only_open: bool, count: int) -> Select[Any]:
    """Proposals to overrule the gate, the newest first, with the names of the version and of both people."""
    statement = _proposals().order_by(ReleaseProposal.proposed_at.desc(), ReleaseProposal.id.desc()).limit(count)
    return statement.where(ReleaseProposal.decided_at.is_(None)) if only_open else statement


def proposal(proposal_id: UUID) -> Select[Any]:
    """One proposal."""
    return _proposals().where(ReleaseProposal.id == proposal_id)


def alarms(*, only_open: bool, count: int) -> Select[Any]:
    """What a person should look at, the newest first."""
    statement = (
        select(ClassifierAlarm.__table__)
        .order_by(ClassifierAlarm.raised_at.desc(), ClassifierAlarm.id.desc())
        .limit(count)
    )
    return statement.where(ClassifierAlarm.acknowledged_at.is_(None)) if only_open else statement


def alarm(alarm_id: UUID) -> Select[Any]:
    """One alarm."""
    return select(ClassifierAlarm.__table__).where(ClassifierAlarm.id == alarm_id)


def doubt(doubt_id: UUID) -> Select[Any]:
    """One doubtful label."""
    return select(LabelDoubt.__table__).where(LabelDoubt.id == doubt_id)


def texts_of(complaint_ids: Sequence[UUID]) -> Executable:
    """The citizens' words about some complaints, not masked yet: whoever shows them masks them.

    What became secret, or a case of supervision, after a data set was built is left out.
    """
    return (
        select(ComplaintText.complaint_id, ComplaintText.original_body)
        .join(Complaint, Complaint.id == ComplaintText.complaint_id)
        .where(
            ComplaintText.complaint_id.in_(complaint_ids),
            ~Complaint.is_secret,
            Complaint.classification.is_(None) | Complaint.classification.not_in(SUPERVISION),
        )
    )


def history_texts(example_ids: Sequence[str]) -> Executable:
    """The masked texts of some imported rows, by their ids in a data set: "source:id in the source"."""
    # A source and an id may both hold a colon: every place where the two can meet is looked up.
    pairs = [
        (example_id[:place], example_id[place + 1 :])
        for example_id in example_ids
        for place, sign in enumerate(example_id)
        if sign == ":"
    ]
    return select(HistoryExample.source, HistoryExample.external_id, HistoryExample.body).where(
        tuple_(HistoryExample.source, HistoryExample.external_id).in_(pairs)
    )


def _proposals() -> Select[Any]:
    proposer, decider = aliased(Person), aliased(Person)
    return (
        select(
            ReleaseProposal.__table__,
            ClassifierVersion.version.label("version"),
            proposer.name.label("proposed_by_name"),
            decider.name.label("decided_by_name"),
        )
        .join(ClassifierVersion, ClassifierVersion.id == ReleaseProposal.version_id)
        .join(proposer, proposer.id == ReleaseProposal.proposed_by_id)
        .join(decider, decider.id == ReleaseProposal.decided_by_id, isouter=True)
    )


def _runs(*, with_report: bool = True) -> Select[Any]:
    kept = TrainingRun.__table__.c.report
    columns = [column for column in TrainingRun.__table__.c if column is not kept]
    report = kept if with_report else null().label("report")
    return select(*columns, report, ClassifierVersion.version.label("version")).join(
        ClassifierVersion, ClassifierVersion.id == TrainingRun.version_id, isouter=True
    )
