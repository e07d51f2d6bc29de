"""Reading what the classifier learns from: data sets, training runs, doubtful labels, and what to label next."""

import strawberry
from strawberry import relay

from complaints.learning import reading
from complaints.learning.labels import open_doubts
from complaints.reader import cursor_of
from complaints.refusals import Invalid, Problem
from graph.context import Info
from graph.fetch_learning import (
    doubts_of,
    one_dataset,
    one_run,
    page_of,
    runs_of,
    shows_report,
    size_of,
    uncertain_complaints,
)
from graph.guard import Guard
from graph.ids import row_id
from graph.types.learning import Dataset, LabelDoubt, TrainingRun, UncertainComplaint
from ml.dataset import TARGETS
from rules.vocabulary import Action


@strawberry.type(description="A page of training runs, the newest first.")
class TrainingRunConnection(relay.Connection[TrainingRun]):
    """By key."""


@strawberry.type(description="A page of data sets, the newest first.")
class DatasetConnection(relay.Connection[Dataset]):
    """By key."""


@strawberry.type
class LearningQuery:
    """Everything that reads about learning."""

    @strawberry.field(extensions=[Guard(Action.READ_CLASSIFIERS)], description="Every training, the newest first.")
    async def training_runs(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> TrainingRunConnection:
        """A page."""
        listing = reading.runs(with_report=shows_report(info))
        page, page_info = await page_of(info, listing, first, after, last, before)
        nodes = await runs_of(info, page.rows)
        edges = [relay.Edge(cursor=cursor_of(row), node=node) for row, node in zip(page.rows, nodes, strict=True)]
        return TrainingRunConnection(edges=edges, page_info=page_info)

    @strawberry.field(extensions=[Guard(Action.READ_CLASSIFIERS)], description="One training; null: not there.")
    async def training_run(self, info: Info, id: relay.GlobalID) -> TrainingRun | None:
        """With its log."""
        return await one_run(info, row_id(id, "TrainingRun"))

    @strawberry.field(extensions=[Guard(Action.READ_CLASSIFIERS)], description="Every data set, the newest first.")
    async def datasets(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> DatasetConnection:
        """A page."""
        page, page_info = await page_of(info, reading.datasets(), first, after, last, before)
        edges = [relay.Edge(cursor=cursor_of(row), node=Dataset.of(row)) for row in page.rows]
        return DatasetConnection(edges=edges, page_info=page_info)

    @strawberry.field(extensions=[Guard(Action.READ_CLASSIFIERS)], description="One data set; null: not there.")
    async def dataset(self, info: Info, id: relay.GlobalID) -> Dataset | None:
        """With its label counts."""
        return await one_dataset(info, row_id(id, "Dataset"))

    @strawberry.field(
        extensions=[Guard(Action.LABEL_EXAMPLES)],
        description="The labels of a data set that nobody answered for yet, the most doubtful first.",
    )
    async def label_doubts(
        self, info: Info, dataset_id: relay.GlobalID, target: str | None = None, first: int = 20
    ) -> list[LabelDoubt]:
        """With masked texts. Raises `Invalid` for a target that does not exist."""
        if target is not None and target not in TARGETS:
            raise Invalid(Problem("target", "UNKNOWN_CODE", {"allowed": ", ".join(TARGETS)}))
        statement = open_doubts(row_id(dataset_id, "Dataset", "datasetId"), target, size_of(info, first))
        return await doubts_of(info, await info.context.reader.rows(statement))

    @strawberry.field(
        extensions=[Guard(Action.LABEL_EXAMPLES)],
        description="Undecided complaints whose label would teach most: what the classifier was least sure of.",
    )
    async def uncertain_complaints(self, info: Info, first: int = 20) -> list[UncertainComplaint]:
        """With masked texts."""
        return await uncertain_complaints(info, size_of(info, first))
