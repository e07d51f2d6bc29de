"""Training runs: asked for by a person, carried out by the worker in a process of its own, stopped when told to."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Self
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from complaints.classifiers import Gate, Trained, register
from complaints.inputs import Problems
from complaints.learning.datasets import ready_dataset
from complaints.refusals import Invalid, NotFound, Problem
from complaints.work import Work
from ml.dataset import TARGETS
from ml.report import reasons
from models import ClassifierVersion, Dataset, TrainingRun, TrainingRunLine
from rules.vocabulary import Action, JobState

TRAIN = "learning.train"
# A worker writes a heartbeat every few seconds; one that is silent for so long is gone.
SILENCE = timedelta(seconds=60)
_ENDED = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """How to train. `source_ids` are data sets of other desks, `with_corpus` adds the texts that Salur ships.

    They teach words and, where they use the same labels, what those mean; the more the fewer rows of its own there are.
    """

    targets: tuple[str, ...] = ()
    source_ids: tuple[UUID, ...] = ()
    with_corpus: bool = True
    with_time_split: bool = True
    threads: int = 1

    def data(self) -> dict[str, Any]:
        """As it is stored."""
        stored = asdict(self)
        return stored | {"targets": list(self.targets), "source_ids": [str(row_id) for row_id in self.source_ids]}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """What `data` stored."""
        return cls(
            targets=tuple(stored["targets"]),
            source_ids=tuple(UUID(row_id) for row_id in stored["source_ids"]),
            with_corpus=stored["with_corpus"],
            with_time_split=stored["with_time_split"],
            threads=stored["threads"],
        )


async def request_run(
    work: Work, dataset_id: UUID, options: TrainingOptions, *, most_threads: int, is_queued: bool = True
) -> TrainingRun:
    """Ask for a training; one that is not `is_queued` is carried out by the caller instead of a worker.

    Raises `NotFound` for a data set, `Invalid` for one that is not ready or a bad option.
    """
    work.require(Action.TRAIN_CLASSIFIER)
    problems = Problems()
    for target in options.targets:
        if target not in TARGETS:
            problems.add("targets", "UNKNOWN_CODE", allowed=", ".join(TARGETS))
    if not 1 <= options.threads <= most_threads:
        problems.add("threads", "OUT_OF_RANGE", min=1, max=most_threads)
    problems.settle()
    dataset = await ready_dataset(work, dataset_id, field="datasetId")
    for source_id in options.source_ids:
        await ready_dataset(work, source_id, field="sourceIds")
    row = TrainingRun(
        id=work.new_id(),
        dataset_id=dataset.id,
        options=options.data(),
        state=JobState.QUEUED,
        requested_by_id=work.actor.id,
        requested_at=work.now,
    )
    work.session.add(row)
    if is_queued:
        await work.later(TRAIN, lock=str(row.id), run_id=str(row.id))
    return row


async def cancel_run(work: Work, run_id: UUID) -> TrainingRun:
    """Stop a run: at once when it waits, within a second when it trains. Raises `NotFound`, `Invalid` when it ended."""
    work.require(Action.TRAIN_CLASSIFIER)
    row = await _locked(work, run_id)
    if row.state in _ENDED:
        raise Invalid(Problem("id", "ALREADY_ENDED", {"state": str(row.state)}))
    if row.cancel_requested_at is None:
        row.cancel_requested_at, row.cancel_requested_by_id = work.now, work.actor.id
    if row.state is JobState.QUEUED:
        row.state, row.finished_at = JobState.CANCELLED, work.now
    return row


@dataclass(frozen=True, slots=True)
class Assignment:
    """What the process of a run is to do: data sets by fingerprint and hash of their file."""

    dataset: tuple[str, str]
    sources: tuple[tuple[str, str], ...]
    options: TrainingOptions


async def begin_run(work: Work, run_id: UUID) -> Assignment | None:
    """Take a queued run up; None when it was cancelled meanwhile or somebody else has it."""
    row = await _locked(work, run_id)
    if row.state is not JobState.QUEUED:
        return None
    row.state = JobState.RUNNING
    row.started_at = row.heartbeat_at = work.now
    options = TrainingOptions.of(row.options)
    chosen = await work.session.scalars(select(Dataset).where(Dataset.id.in_([row.dataset_id, *options.source_ids])))
    files = {dataset.id: (dataset.fingerprint or "", dataset.sha256 or "") for dataset in chosen}
    return Assignment(files[row.dataset_id], tuple(files[source_id] for source_id in options.source_ids), options)


async def note_progress(work: Work, run_id: UUID, fraction: float, lines: Sequence[str]) -> bool:
    """Write what happened since the last time; gives whether the run should go on."""
    row = await _locked(work, run_id)
    if row.state is not JobState.RUNNING:
        return False
    row.heartbeat_at = work.now
    row.fraction = max(row.fraction, min(max(fraction, 0.0), 1.0))
    # The database stores no NUL, and whatever the process wrote is worth more than nothing.
    lines = [line.replace("\x00", "") for line in lines]
    if lines:
        row.stage = lines[-1]
        last = select(TrainingRunLine.number).where(TrainingRunLine.training_run_id == run_id)
        newest = last.order_by(TrainingRunLine.number.desc()).limit(1)
        start = (await work.session.scalars(newest)).one_or_none() or 0
        numbered = enumerate(lines, start=start + 1)
        await work.session.execute(
            insert(TrainingRunLine),
            [{"training_run_id": run_id, "number": number, "text": line, "at": work.now} for number, line in numbered],
        )
    return row.cancel_requested_at is None


async def finish_run(work: Work, run_id: UUID, trained: Trained, report: Mapping[str, Any]) -> ClassifierVersion:
    """The version is in the store: register it as a candidate, with what the gate said."""
    row = await _locked(work, run_id)
    version = await register(work, trained)
    # The run points to the version, so the version has to be there first.
    await work.session.flush()
    row.version_id, row.report = version.id, dict(report)
    # A worker that was slow to answer may have been given up meanwhile; it was not lost after all.
    row.state, row.failure, row.fraction, row.finished_at = JobState.DONE, None, 1.0, work.now
    return version


async def end_run(work: Work, run_id: UUID, state: JobState, failure: str | None = None) -> None:
    """Cancelled, or failed with a code that `graph.wording` has words for; a run that ended stays as it ended."""
    row = await _locked(work, run_id)
    if row.state not in _ENDED:
        row.state, row.failure, row.finished_at = state, failure, work.now


async def mend_runs(work: Work) -> int:
    """Fail the runs whose worker died, so that nobody waits for them; gives how many."""
    lost = (
        update(TrainingRun)
        .where(TrainingRun.state == JobState.RUNNING, TrainingRun.heartbeat_at < work.now - SILENCE)
        .values(state=JobState.FAILED, failure="WORKER_LOST", finished_at=work.now)
        .returning(TrainingRun.id)
    )
    return len((await work.session.scalars(lost)).all())


async def _locked(work: Work, run_id: UUID) -> TrainingRun:
    row = await work.session.get(TrainingRun, run_id, with_for_update=True)
    if row is None:
        raise NotFound("TrainingRun", "id")
    return row


def gate_of(report: Mapping[str, Any]) -> Gate | None:
    """What the gate said to all targets together, as `ml.report` keeps it; None when nothing was compared."""
    against = report.get("active")
    if against is None:
        return None
    verdicts = [facts["gate"] for facts in report["targets"].values() if facts["gate"]]
    against_it = reasons(report)
    if not verdicts and not against_it:
        return None
    return Gate(
        passed=not against_it,
        needs_human=any(verdict["needs_human"] for verdict in verdicts),
        reasons=tuple(against_it),
        against=str(against),
    )
