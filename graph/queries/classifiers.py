"""Reading about the classifier: its versions, how they came to serve, how they do, and what is alarming."""

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import relay

from complaints.inputs import optional_text
from complaints.learning import reading
from complaints.learning.watching import (
    FigureFilter,
    FigureGroup,
    Head,
    drift_of,
    drift_statement,
    figures_of,
    figures_statement,
)
from complaints.reader import cursor_of
from graph.context import Info
from graph.fetch_learning import known_version, one_version, page_of, size_of, version_name, versions_of
from graph.guard import Guard
from graph.types.classifier import ClassifierAlarm, ClassifierVersion, Release, ReleaseProposal
from graph.types.figures import ClassifierFigure, Drift
from rules.vocabulary import Action


@strawberry.type(description="A page of classifier versions, the newest first.")
class ClassifierVersionConnection(relay.Connection[ClassifierVersion]):
    """By key."""


@strawberry.type
class ClassifierQuery:
    """Everything that reads about versions and their work."""

    @strawberry.field(
        extensions=[Guard(Action.READ_CLASSIFIERS)], description="Every registered version, the newest first."
    )
    async def classifier_versions(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> ClassifierVersionConnection:
        """A page."""
        page, page_info = await page_of(info, reading.versions(), first, after, last, before)
        nodes = await versions_of(info, page.rows)
        edges = [relay.Edge(cursor=cursor_of(row), node=node) for row, node in zip(page.rows, nodes, strict=True)]
        return ClassifierVersionConnection(edges=edges, page_info=page_info)

    @strawberry.field(extensions=[Guard(Action.READ_CLASSIFIERS)], description="One version; null: not registered.")
    async def classifier_version(self, info: Info, version: str) -> ClassifierVersion | None:
        """By the address of its content."""
        return await known_version(info, version_name(version))

    @strawberry.field(extensions=[Guard(Action.READ_CLASSIFIERS)], description="The version that serves; null: none.")
    async def serving_version(self, info: Info) -> ClassifierVersion | None:
        """The active one."""
        return await one_version(info, reading.serving_version())

    @strawberry.field(
        extensions=[Guard(Action.READ_CLASSIFIERS)], description="How versions came to serve, the newest first."
    )
    async def releases(self, info: Info, first: int = 20) -> list[Release]:
        """The newest so many."""
        rows = await info.context.reader.rows(reading.releases(size_of(info, first)))
        return [Release.of(row) for row in rows]

    @strawberry.field(
        extensions=[Guard(Action.READ_CLASSIFIERS)],
        description="Proposals to let a version serve that the gate refused, the newest first.",
    )
    async def release_proposals(self, info: Info, only_open: bool = True, first: int = 20) -> list[ReleaseProposal]:
        """The newest so many."""
        statement = reading.proposals(only_open=only_open, count=size_of(info, first))
        return [ReleaseProposal.of(row) for row in await info.context.reader.rows(statement)]

    @strawberry.field(
        extensions=[Guard(Action.READ_CLASSIFIERS)],
        description="What people made of suggestions they decided about in this time, by group.",
    )
    async def classifier_figures(
        self,
        info: Info,
        head: Head,
        by: FigureGroup,
        decided_from: Annotated[datetime | None, strawberry.argument(name="from")] = None,
        decided_to: Annotated[datetime | None, strawberry.argument(name="to", description="Exclusive.")] = None,
        version: str | None = None,
        is_shadow: bool = False,
    ) -> list[ClassifierFigure]:
        """In order of the key."""
        wanted = FigureFilter(decided_from, decided_to, optional_text(version, "version", 100), is_shadow)
        rows = await info.context.reader.rows(figures_statement(head, by, wanted))
        return [ClassifierFigure.of(info.context, figure, by) for figure in figures_of(rows)]

    @strawberry.field(
        extensions=[Guard(Action.READ_CLASSIFIERS)],
        description="How far this week's complaints are from those of the weeks before.",
    )
    async def classifier_drift(self, info: Info) -> Drift:
        """As of now."""
        now = info.context.tools.workshop.clock()
        return Drift.of(drift_of(await info.context.reader.rows(drift_statement(now)), now))

    @strawberry.field(
        extensions=[Guard(Action.READ_CLASSIFIERS)], description="What somebody should look at, the newest first."
    )
    async def classifier_alarms(self, info: Info, only_open: bool = True, first: int = 20) -> list[ClassifierAlarm]:
        """The newest so many."""
        statement = reading.alarms(only_open=only_open, count=size_of(info, first))
        return [ClassifierAlarm.of(row) for row in await info.context.reader.rows(statement)]
