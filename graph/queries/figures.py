"""Reading figures: their definitions, tables of them, the cases behind them, and the files somebody asked for."""

from datetime import date
from typing import Annotated

import strawberry
from strawberry import relay

from complaints.figures.asking import FigureFilter, FigureGrouping, FigureQuestion, Period
from complaints.figures.cases import CasesPart, cases_of
from complaints.figures.exporting import exports_of
from complaints.figures.table import ask
from complaints.inputs import Problems
from complaints.reader import window_of
from graph.context import Info
from graph.fetch import ComplaintConnection, complaint_page
from graph.fetch_learning import size_of
from graph.guard import Guard
from graph.ids import optional_row_id, row_id
from graph.types.monitoring import Export, FigureDefinition, FigureTable
from rules.figure_table import FIGURES
from rules.vocabulary import Action, Channel, ReportType

AGENCIES_MAX = 1_000
FIGURES_MAX = 100


@strawberry.input(description="Which complaints count; an absent condition lets all through that you may see.")
class FiguresFilter:
    """A `FigureFilter`."""

    agency_ids: list[relay.GlobalID] = strawberry.field(default_factory=list)
    is_in_seed: bool = strawberry.field(
        default=False, description="Only the thirteen agencies that verified for themselves first (August 2020)."
    )
    unit_id: relay.GlobalID | None = strawberry.field(default=None, description="It and the units below it.")
    category_id: relay.GlobalID | None = strawberry.field(default=None, description="It and everything below it.")
    region_code: str | None = strawberry.field(default=None, description="It and everything below it.")
    channels: list[Channel] = strawberry.field(default_factory=list)
    report_types: list[ReportType] = strawberry.field(default_factory=list)

    def wanted(self) -> FigureFilter:
        """The input as the question takes it. Raises `Invalid` for an id of another type."""
        problems = Problems()
        region_code = problems.text(self.region_code, "filter.regionCode", longest=20)
        if len(self.agency_ids) > AGENCIES_MAX:
            problems.add("filter.agencyIds", "TOO_MANY", max=AGENCIES_MAX, length=len(self.agency_ids))
        problems.settle()
        return FigureFilter(
            agency_ids=tuple(row_id(one, "Agency", "filter.agencyIds") for one in self.agency_ids),
            is_in_seed=self.is_in_seed,
            unit_id=optional_row_id(self.unit_id, "Agency", "filter.unitId"),
            category_id=optional_row_id(self.category_id, "Category", "filter.categoryId"),
            region_code=region_code,
            channels=tuple(self.channels),
            report_types=tuple(self.report_types),
        )


@strawberry.input(description="A question about figures. Days are in Jakarta, `to` is exclusive.")
class FiguresInput:
    """A `FigureQuestion`."""

    day_from: date = strawberry.field(name="from")
    day_to: date = strawberry.field(name="to")
    figures: list[str] = strawberry.field(default_factory=list, description="Codes; none: all that fit.")
    group_by: list[FigureGrouping] = strawberry.field(
        default_factory=list, description="Up to three, one of them of time; two make a heat map, one of time a trend."
    )
    filter: FiguresFilter = strawberry.field(default_factory=FiguresFilter)
    region_depth: int = strawberry.field(default=1, description="1 province, 2 regency or city, 3 district.")
    category_depth: int = strawberry.field(default=1, description="1 main topic, 2 and more what is below.")
    compare_with_before: bool = strawberry.field(
        default=False, description="With the period of the same length before."
    )
    order_by: str | None = strawberry.field(default=None, description="Rank the groups by this figure.")
    descending: bool = True

    def question(self) -> FigureQuestion:
        """The input as figures are asked. Raises `Invalid` for an id of another type."""
        problems = Problems()
        codes = problems.words(self.figures, "figures", most=FIGURES_MAX, longest=FIGURES_MAX)
        order_by = problems.text(self.order_by, "orderBy", longest=FIGURES_MAX)
        problems.settle()
        return FigureQuestion(
            figures=tuple(codes),
            period=Period(self.day_from, self.day_to),
            group_by=tuple(self.group_by),
            wanted=self.filter.wanted(),
            region_depth=self.region_depth,
            category_depth=self.category_depth,
            compares=self.compare_with_before,
            order_by=order_by,
            descending=self.descending,
        )


@strawberry.type
class FigureQuery:
    """Everything that reads figures."""

    @strawberry.field(extensions=[Guard(Action.READ_FIGURES)], description="Every figure with its written definition.")
    async def figure_definitions(self) -> list[FigureDefinition]:
        """In the order in which tables show them."""
        return [FigureDefinition.of(figure) for figure in FIGURES.values()]

    @strawberry.field(
        extensions=[Guard(Action.READ_FIGURES)],
        description="Figures of the complaints you work on or watch as staff, correct at this second. Everybody else"
        " reads, per agency and finished month, what was received and done, how much of it on time, and medians.",
    )
    async def figures(
        self,
        info: Info,
        input: FiguresInput,
        # Not called `first`: a page of tables would be measured, and there is one table.
        lines: Annotated[int, strawberry.argument(description="The first so many groups.")] = 1_000,
    ) -> FigureTable:
        """A table."""
        context = info.context
        workshop = context.tools.workshop
        size = window_of(lines, None, None, None, largest=workshop.allowances.figure_rows_max).size
        answer = await ask(
            context.reader, context.actor, input.question(), context.knowledge, workshop.clock(), workshop.allowances
        )
        return FigureTable.of(context, answer, size)

    @strawberry.field(
        extensions=[Guard(Action.READ_QUEUE)],
        description="The complaints behind the first figure of a question, as far as you may read them.",
    )
    async def figure_cases(
        self,
        info: Info,
        input: FiguresInput,
        part: CasesPart = CasesPart.COUNTED,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> ComplaintConnection:
        """A page of them."""
        context = info.context
        workshop = context.tools.workshop
        listing = cases_of(
            context.actor, input.question(), part, context.knowledge, workshop.clock(), workshop.allowances
        )
        return await complaint_page(info, listing, first, after, last, before)

    @strawberry.field(
        extensions=[Guard(Action.EXPORT_FIGURES)], description="The files you asked for, the newest first."
    )
    async def exports(
        self, info: Info, first: Annotated[int, strawberry.argument(description="The newest so many.")] = 20
    ) -> list[Export]:
        """Your own only."""
        statement = exports_of(info.context.actor, size_of(info, first))
        return [Export.of(row) for row in await info.context.reader.rows(statement)]
