"""Data sets, training runs and doubtful labels, as data staff see them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

import strawberry
from sqlalchemy import Row
from strawberry import relay
from strawberry.scalars import JSON

from complaints.learning import history
from complaints.learning.reading import run_lines
from complaints.learning.recipes import Recipe
from complaints.learning.runs import TrainingOptions
from complaints.reader import window_of
from graph.bilingual import Wording
from graph.context import Info
from graph.wording import FAILURES, ROW_PROBLEMS
from rules.vocabulary import DoubtOutcome, DoubtReason, JobState

# Fewer rows of a label teach next to nothing; the builder shows them so that somebody finds more.
FEW_ROWS = 5


@strawberry.type(description="What goes into a data set. Secret and supervision-grade complaints never do.")
class DatasetRecipe:
    """A `Recipe`."""

    day_from: date | None
    day_to: date | None = strawberry.field(description="The first day after the period.")
    agencies: list[str] = strawberry.field(description="Codes; none: all.")
    with_work: bool = strawberry.field(description="Own complaints, as people decided them.")
    history: list[str] = strawberry.field(description="Sources of imported history.")
    excluded_categories: list[str] = strawberry.field(description="Codes.")
    excluded_complaints: list[relay.GlobalID]

    @classmethod
    def of(cls, recipe: Recipe) -> Self:
        """The recipe as clients see it."""
        return cls(
            day_from=recipe.day_from,
            day_to=recipe.day_to,
            agencies=list(recipe.agencies),
            with_work=recipe.with_work,
            history=list(recipe.history),
            excluded_categories=list(recipe.excluded_categories),
            excluded_complaints=[relay.GlobalID("Complaint", str(row_id)) for row_id in recipe.excluded_complaints],
        )


@strawberry.type(description="How many rows have a label.")
class LabelCount:
    """One label of one target."""

    label: str
    rows: int
    is_too_few: bool = strawberry.field(description="Too few to learn from; search and rules still reach it.")


@strawberry.type(description="The labels of one target.")
class TargetLabels:
    """Labels in their own order."""

    target: str
    labels: list[LabelCount]


def labels_of(counts: Mapping[str, Mapping[str, int]]) -> list[TargetLabels]:
    """Rows per target and label as clients see them."""
    return [
        TargetLabels(
            target=target,
            labels=[LabelCount(label=label, rows=rows, is_too_few=rows < FEW_ROWS) for label, rows in found.items()],
        )
        for target, found in counts.items()
    ]


@strawberry.type(description="A set of labelled, masked texts as it was on the day it was built.")
class Dataset(relay.Node):
    """A row of `dataset`."""

    id: relay.NodeID[UUID]
    recipe: DatasetRecipe
    state: JobState
    rows: int | None
    labels: list[TargetLabels]
    fingerprint: str | None = strawberry.field(description="The same rows have the same one, whenever they are built.")
    requested_at: datetime
    finished_at: datetime | None
    failure: str | None = strawberry.field(description="A code, when it failed.")
    failure_text: str | None = strawberry.field(description="Indonesian.")
    failure_text_en: str | None
    check_requested_at: datetime | None
    checked_at: datetime | None = strawberry.field(description="When its labels were last looked at: `labelDoubts`.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """The row as clients see it; a mapped row and a row of a listing both do."""
        said = _failure(row.failure)
        return cls(
            id=row.id,
            recipe=DatasetRecipe.of(Recipe.of(row.recipe)),
            state=row.state,
            rows=row.rows,
            labels=labels_of(row.labels or {}),
            fingerprint=row.fingerprint,
            requested_at=row.requested_at,
            finished_at=row.finished_at,
            failure=row.failure,
            failure_text=None if said is None else said.indonesian,
            failure_text_en=None if said is None else said.english,
            check_requested_at=row.check_requested_at,
            checked_at=row.checked_at,
        )


def _failure(code: str | None) -> Wording | None:
    return None if code is None else FAILURES.get(code, Wording(code, code))


@strawberry.type(description="How a training was asked for.")
class TrainingChoices:
    """A `TrainingOptions`."""

    targets: list[str] = strawberry.field(description="None: all that the data has.")
    source_ids: list[relay.GlobalID] = strawberry.field(description="Data sets of other desks to learn from.")
    with_corpus: bool = strawberry.field(description="With the texts that Salur ships.")
    with_time_split: bool = strawberry.field(description="Judged on the newest rows as well.")
    threads: int

    @classmethod
    def of(cls, options: TrainingOptions) -> Self:
        """The options as clients see them."""
        return cls(
            targets=list(options.targets),
            source_ids=[relay.GlobalID("Dataset", str(row_id)) for row_id in options.source_ids],
            with_corpus=options.with_corpus,
            with_time_split=options.with_time_split,
            threads=options.threads,
        )


@strawberry.type(description="One line of a training's log.")
class TrainingLogLine:
    """A row of `training_run_line`."""

    number: int
    text: str
    at: datetime


@strawberry.type(description="One training, carried out by a worker in a process of its own.")
class TrainingRun(relay.Node):
    """A row of `training_run`."""

    id: relay.NodeID[UUID]
    dataset: Dataset
    options: TrainingChoices
    state: JobState
    fraction: float = strawberry.field(description="How much is done, 0 to 1.")
    stage: str | None = strawberry.field(description="What it is doing: the newest line of its log.")
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancel_requested_at: datetime | None
    version: str | None = strawberry.field(description="The version it left.")
    failure: str | None = strawberry.field(description="A code, when it failed.")
    failure_text: str | None = strawberry.field(description="Indonesian.")
    failure_text_en: str | None
    report: JSON | None = strawberry.field(description="Everything that was measured.")

    @classmethod
    def of(cls, row: Row[Any], dataset: Dataset) -> Self:
        """The row as clients see it."""
        said = _failure(row.failure)
        return cls(
            id=row.id,
            dataset=dataset,
            options=TrainingChoices.of(TrainingOptions.of(row.options)),
            state=row.state,
            fraction=row.fraction,
            stage=row.stage,
            requested_at=row.requested_at,
            started_at=row.started_at,
            finished_at=row.finished_at,
            cancel_requested_at=row.cancel_requested_at,
            version=row.version,
            failure=row.failure,
            failure_text=None if said is None else said.indonesian,
            failure_text_en=None if said is None else said.english,
            report=row.report,
        )

    @strawberry.field(description="Its log behind a line number, in order.")
    async def log(self, info: Info, after: int = 0, first: int = 100) -> list[TrainingLogLine]:
        """One statement per run: where to go on reading is an argument of each. Raises `Invalid` for a bad size."""
        size = window_of(first, None, None, None, largest=info.context.tools.limits.largest).size
        rows = await info.context.reader.rows(run_lines(self.id, after, size))
        return [TrainingLogLine(number=row.number, text=row.text, at=row.at) for row in rows]


@strawberry.type(description="A text that is like a doubtful one, and how people labelled it.")
class Neighbour:
    """One of the nearest rows."""

    label: str
    similarity: float = strawberry.field(description="Cosine of the words; 1: the same words.")
    text: str | None = strawberry.field(description="Masked; null when it may not be shown any more.")


@strawberry.type(description="A label that is probably wrong, and why.")
class LabelDoubt(relay.Node):
    """A row of `label_doubt` with its texts."""

    id: relay.NodeID[UUID]
    complaint_id: relay.GlobalID | None = strawberry.field(description="Null: a row of imported history.")
    target: str
    given_label: str
    likely_label: str | None
    score: float = strawberry.field(description="How sure the doubt is, 0 to 1.")
    reason: DoubtReason
    text: str | None = strawberry.field(description="Masked; null when it may not be shown any more.")
    neighbours: list[Neighbour]
    settled_at: datetime | None
    outcome: DoubtOutcome | None

    @classmethod
    def of(cls, row: Row[Any], texts: Mapping[str, str]) -> Self:
        """The row with the masked texts of examples by their ids."""
        return cls(
            id=row.id,
            complaint_id=None if row.complaint_id is None else relay.GlobalID("Complaint", str(row.complaint_id)),
            target=row.target,
            given_label=row.given_label,
            likely_label=row.likely_label,
            score=row.score,
            reason=row.reason,
            text=texts.get(row.example_id),
            neighbours=[
                Neighbour(label=near["label"], similarity=near["similarity"], text=texts.get(near["id"]))
                for near in row.neighbours
            ],
            settled_at=row.settled_at,
            outcome=row.outcome,
        )


@strawberry.type(description="An undecided complaint that the classifier was unsure of: a label for it teaches most.")
class UncertainComplaint:
    """What data staff see of a complaint: never who filed it, never where."""

    complaint_id: relay.GlobalID
    text: str = strawberry.field(description="Masked.")
    label: str = strawberry.field(description="The code of the category that was proposed first.")
    confidence: float
    at: datetime = strawberry.field(description="When the classifier answered.")


@strawberry.type(description="A row that stays out, by its number in the file; the header is row 1.")
class HistoryProblem:
    """A `RowProblem`, worded."""

    row: int
    code: str
    text: str = strawberry.field(description="Indonesian.")
    text_en: str


@strawberry.type(description="A label that is no code or name of ours.")
class UnknownLabel:
    """A `complaints.learning.history.UnknownLabel`."""

    field: str
    label: str
    rows: int
    nearest: str | None


@strawberry.type(description="What an import did, or would do.")
class HistoryReport:
    """A `complaints.learning.history.HistoryReport`."""

    rows: int
    usable: int
    added: int = strawberry.field(description="None in a dry run.")
    known: int = strawberry.field(description="Rows that came in before.")
    problem_count: int
    problems: list[HistoryProblem] = strawberry.field(description="The first 50.")
    unknown_labels: list[UnknownLabel] = strawberry.field(description="The 50 most frequent.")
    labels: list[TargetLabels]

    @classmethod
    def of(cls, found: history.HistoryReport) -> Self:
        """The report, worded."""
        return cls(
            rows=found.rows,
            usable=found.usable,
            added=found.added,
            known=found.known,
            problem_count=found.problem_count,
            problems=_problems(found.problems),
            unknown_labels=[
                UnknownLabel(field=one.field, label=one.label, rows=one.rows, nearest=one.nearest)
                for one in found.unknown
            ],
            labels=labels_of(found.labels),
        )


def _problems(found: Sequence[history.RowProblem]) -> list[HistoryProblem]:
    return [
        HistoryProblem(
            row=problem.row,
            code=problem.code,
            text=ROW_PROBLEMS[problem.code].indonesian,
            text_en=ROW_PROBLEMS[problem.code].english,
        )
        for problem in found
    ]
