"""What data staff do: build data sets, train, label, answer doubts, bring history in."""

import io
from datetime import date
from typing import Annotated

import strawberry
from strawberry import relay

from complaints.inputs import Problems
from complaints.learning import reading
from complaints.learning.datasets import request_dataset
from complaints.learning.history import Layout, import_history
from complaints.learning.labels import Lesson, give_label, request_check, settle_doubt
from complaints.learning.recipes import Recipe
from complaints.learning.runs import TrainingOptions, cancel_run, request_run
from complaints.work import Allowances
from graph.context import Info
from graph.errors import BusyError, InvalidError, NotAllowedError, NotFoundError, NotSignedInError
from graph.fetch_learning import doubts_of, one_dataset, one_run
from graph.guard import Guard
from graph.ids import optional_row_id, row_id
from graph.types.catalogue import Agency, Category, agency_of, category_of
from graph.types.learning import Dataset, HistoryReport, LabelDoubt, TrainingRun
from rules.vocabulary import Action, DoubtOutcome

_SOURCES_MAX = 100


@strawberry.input(description="What goes into a data set. Days are of submission, in Jakarta.")
class BuildDatasetInput:
    """A `Recipe`."""

    day_from: date | None = None
    day_to: date | None = strawberry.field(default=None, description="The first day after the period.")
    agencies: list[str] = strawberry.field(default_factory=list, description="Codes; none: all.")
    with_work: bool = strawberry.field(default=True, description="Own complaints, as people decided them.")
    history: list[str] = strawberry.field(default_factory=list, description="Sources of imported history.")
    excluded_categories: list[str] = strawberry.field(default_factory=list, description="Codes.")
    excluded_complaints: list[relay.GlobalID] = strawberry.field(default_factory=list)

    def wanted(self, allowed: Allowances) -> Recipe:
        """The input as the verb takes it. Raises `Invalid` for an id of another type or a source that is no name."""
        problems = Problems()
        sources = problems.words(self.history, "history", most=_SOURCES_MAX, longest=allowed.tag_max)
        problems.settle()
        return Recipe(
            day_from=self.day_from,
            day_to=self.day_to,
            agencies=tuple(self.agencies),
            with_work=self.with_work,
            history=tuple(sources),
            excluded_categories=tuple(self.excluded_categories),
            excluded_complaints=tuple(
                row_id(complaint, "Complaint", "excludedComplaints") for complaint in self.excluded_complaints
            ),
        )


@strawberry.input(description="What to train on, and how.")
class StartTrainingInput:
    """A data set and `TrainingOptions`."""

    dataset_id: relay.GlobalID
    targets: list[str] = strawberry.field(default_factory=list, description="None: all that the data has.")
    source_ids: list[relay.GlobalID] = strawberry.field(
        default_factory=list, description="Data sets of other desks to learn from, most where this one has few rows."
    )
    with_corpus: bool = strawberry.field(default=True, description="With the texts that Salur ships.")
    with_time_split: bool = strawberry.field(default=True, description="Judge on the newest rows as well.")
    threads: int = 1

    def options(self) -> TrainingOptions:
        """The input as the verb takes it. Raises `Invalid` for an id of another type."""
        return TrainingOptions(
            targets=tuple(self.targets),
            source_ids=tuple(row_id(source, "Dataset", "sourceIds") for source in self.source_ids),
            with_corpus=self.with_corpus,
            with_time_split=self.with_time_split,
            threads=self.threads,
        )


@strawberry.input(description="What a complaint should teach; the complaint itself stays as it is.")
class GiveLabelInput:
    """A `Lesson`."""

    complaint_id: relay.GlobalID
    category_id: relay.GlobalID | None = None
    agency_id: relay.GlobalID | None = None
    is_excluded: bool = strawberry.field(default=False, description="It teaches nothing.")
    reason: str | None = None

    def lesson(self) -> Lesson:
        """The input as the verb takes it. Raises `Invalid` for an id of another type."""
        return Lesson(
            category_id=optional_row_id(self.category_id, "Category", "categoryId"),
            agency_id=optional_row_id(self.agency_id, "Agency", "agencyId"),
            is_excluded=self.is_excluded,
            reason=self.reason,
        )


@strawberry.input(description="What you say to a doubt. CORRECTED needs a category or an agency.")
class SettleDoubtInput:
    """An outcome and a `Lesson`."""

    id: relay.GlobalID
    outcome: DoubtOutcome
    category_id: relay.GlobalID | None = None
    agency_id: relay.GlobalID | None = None
    reason: str | None = None

    def lesson(self) -> Lesson:
        """The input as the verb takes it. Raises `Invalid` for an id of another type."""
        return Lesson(
            category_id=optional_row_id(self.category_id, "Category", "categoryId"),
            agency_id=optional_row_id(self.agency_id, "Agency", "agencyId"),
            reason=self.reason,
        )


@strawberry.input(description="Which column of the file holds what.")
class HistoryColumn:
    """One entry of a `Layout`."""

    field: str = strawberry.field(
        description="id, text, title, category_main, category, agency, report_type, place or date."
    )
    column: str = strawberry.field(description="As the header of the file spells it.")


@strawberry.input(description="What a label of the file is called here.")
class HistoryLabel:
    """One translation of a `Layout`."""

    label: str
    code: str


@strawberry.input(description="Decided complaints of another system as CSV with a header.")
class ImportHistoryInput:
    """A file and its `Layout`."""

    source: str = strawberry.field(description="What you call the file's origin; the same id there comes in once.")
    csv: str
    columns: list[HistoryColumn]
    labels: list[HistoryLabel] = strawberry.field(default_factory=list)
    dry_run: bool = strawberry.field(default=True, description="Only say what would happen.")

    def layout(self) -> Layout:
        """The input as the verb takes it."""
        return Layout(
            columns={one.field: one.column for one in self.columns},
            labels={one.label: one.code for one in self.labels},
        )

    def lines(self) -> io.StringIO:
        """The file, line by line; half a character pair, which no database stores, becomes a question mark."""
        return io.StringIO(self.csv.encode("utf-8", "replace").decode(), newline="")


@strawberry.type
class BuildDatasetPayload:
    """The data set that the worker builds."""

    dataset: Dataset | None


@strawberry.type
class StartTrainingPayload:
    """The training, waiting for the worker."""

    run: TrainingRun | None


@strawberry.type
class CancelTrainingPayload:
    """The training, cancelled or about to stop."""

    run: TrainingRun | None


@strawberry.type
class GiveLabelPayload:
    """What the complaint teaches from now on."""

    complaint_id: relay.GlobalID
    category: Category | None
    agency: Agency | None
    is_excluded: bool


@strawberry.type
class CheckLabelsPayload:
    """The data set whose labels the worker looks at."""

    dataset: Dataset | None


@strawberry.type
class SettleDoubtPayload:
    """The answered doubt."""

    doubt: LabelDoubt | None


@strawberry.type
class ImportHistoryPayload:
    """What happened, or would happen."""

    report: HistoryReport


BuildDatasetResult = Annotated[
    BuildDatasetPayload | InvalidError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("BuildDatasetResult"),
]
StartTrainingResult = Annotated[
    StartTrainingPayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("StartTrainingResult"),
]
CancelTrainingResult = Annotated[
    CancelTrainingPayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("CancelTrainingResult"),
]
GiveLabelResult = Annotated[
    GiveLabelPayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("GiveLabelResult"),
]
CheckLabelsResult = Annotated[
    CheckLabelsPayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("CheckLabelsResult"),
]
SettleDoubtResult = Annotated[
    SettleDoubtPayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("SettleDoubtResult"),
]
ImportHistoryResult = Annotated[
    ImportHistoryPayload | InvalidError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("ImportHistoryResult"),
]


@strawberry.type
class LearningMutation:
    """`buildDataset`, `startTraining`, `cancelTraining`, `giveLabel`, `checkLabels`, `settleDoubt`, `importHistory`."""

    @strawberry.mutation(
        extensions=[Guard(Action.TRAIN_CLASSIFIER)], description="Have the worker collect and mask what to learn from."
    )
    async def build_dataset(self, info: Info, input: BuildDatasetInput) -> BuildDatasetResult:
        """One verb."""
        recipe = input.wanted(info.context.tools.workshop.allowances)
        async with info.context.work() as work:
            row = await request_dataset(work, recipe)
        return BuildDatasetPayload(dataset=await one_dataset(info, row.id))

    @strawberry.mutation(
        extensions=[Guard(Action.TRAIN_CLASSIFIER)],
        description="Have the worker train a version; `trainingRunChanged` tells how far it is.",
    )
    async def start_training(self, info: Info, input: StartTrainingInput) -> StartTrainingResult:
        """One verb."""
        dataset_id, options = row_id(input.dataset_id, "Dataset", "datasetId"), input.options()
        async with info.context.work() as work:
            row = await request_run(work, dataset_id, options, most_threads=info.context.tools.training_threads)
        return StartTrainingPayload(run=await one_run(info, row.id))

    @strawberry.mutation(
        extensions=[Guard(Action.TRAIN_CLASSIFIER)],
        description="Stop a training: at once while it waits, within a second while it runs.",
    )
    async def cancel_training(self, info: Info, id: relay.GlobalID) -> CancelTrainingResult:
        """One verb."""
        async with info.context.work() as work:
            row = await cancel_run(work, row_id(id, "TrainingRun"))
        return CancelTrainingPayload(run=await one_run(info, row.id))

    @strawberry.mutation(
        extensions=[Guard(Action.LABEL_EXAMPLES)], description="Say what a complaint should teach; the newest counts."
    )
    async def give_label(self, info: Info, input: GiveLabelInput) -> GiveLabelResult:
        """One verb."""
        complaint_id, lesson = row_id(input.complaint_id, "Complaint", "complaintId"), input.lesson()
        async with info.context.work() as work:
            row = await give_label(work, complaint_id, lesson)
        return GiveLabelPayload(
            complaint_id=relay.GlobalID("Complaint", str(row.complaint_id)),
            category=category_of(info.context, row.category_id),
            agency=agency_of(info.context, row.agency_id),
            is_excluded=row.is_excluded,
        )

    @strawberry.mutation(
        extensions=[Guard(Action.LABEL_EXAMPLES)],
        description="Have the worker look for labels of a data set that are probably wrong.",
    )
    async def check_labels(self, info: Info, dataset_id: relay.GlobalID) -> CheckLabelsResult:
        """One verb."""
        async with info.context.work() as work:
            row = await request_check(work, row_id(dataset_id, "Dataset", "datasetId"))
        return CheckLabelsPayload(dataset=await one_dataset(info, row.id))

    @strawberry.mutation(extensions=[Guard(Action.LABEL_EXAMPLES)], description="Answer a doubt about a label.")
    async def settle_doubt(self, info: Info, input: SettleDoubtInput) -> SettleDoubtResult:
        """One verb."""
        doubt_id, lesson = row_id(input.id, "LabelDoubt"), input.lesson()
        async with info.context.work() as work:
            row = await settle_doubt(work, doubt_id, input.outcome, lesson)
        found = await doubts_of(info, await info.context.reader.rows(reading.doubt(row.id)))
        return SettleDoubtPayload(doubt=next(iter(found), None))

    @strawberry.mutation(
        extensions=[Guard(Action.LABEL_EXAMPLES)],
        description="Bring decided complaints of another system in, masked; a dry run writes nothing.",
    )
    async def import_history(self, info: Info, input: ImportHistoryInput) -> ImportHistoryResult:
        """One verb."""
        async with info.context.work() as work:
            found = await import_history(work, input.source, input.lines(), input.layout(), dry_run=input.dry_run)
        return ImportHistoryPayload(report=HistoryReport.of(found))
