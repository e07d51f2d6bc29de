"""Figures about agencies' work: what they mean, tables of them, and files to take away."""

from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

import strawberry
from sqlalchemy import Row
from strawberry import relay

from complaints.figures import table
from complaints.figures.asking import FigureGrouping
from complaints.figures.cases import CasesPart
from graph.context import Context
from graph.wording_figures import EXPORT_FAILURES
from rules import figure_table, figures
from rules.vocabulary import ExportFormat, ExportKind, JobState

strawberry.enum(figures.Unit, name="FigureUnit", description="What the number of a figure is.")
strawberry.enum(FigureGrouping, description="What figures are told apart by.")
strawberry.enum(
    CasesPart, description="Which cases of a figure: those it counted or was worked out from, or one side of a share."
)
strawberry.enum(ExportKind, description="What a file holds.")
strawberry.enum(ExportFormat, description="How a file is written.")


@strawberry.type(description="What a figure means: one written definition, the same for everybody.")
class FigureDefinition:
    """A `rules.figures.Figure`."""

    code: str
    name: str
    name_en: str
    definition: str
    definition_en: str
    counted_at: str = strawberry.field(description="By which moment something counts for a period.")
    counted_at_en: str
    unit: figures.Unit
    applies_to_all: str = strawberry.field(description="What holds for every figure.")
    applies_to_all_en: str

    @classmethod
    def of(cls, figure: figures.Figure) -> Self:
        """The definition as clients see it."""
        return cls(
            code=figure.code,
            name=figure.name_id,
            name_en=figure.name_en,
            definition=figure.definition_id,
            definition_en=figure.definition_en,
            counted_at=figure.counted_id,
            counted_at_en=figure.counted_en,
            unit=figure.unit,
            applies_to_all=figure_table.GENERAL_ID,
            applies_to_all_en=figure_table.GENERAL_EN,
        )


@strawberry.type(description="One figure of one group.")
class FigureValue:
    """A `table.Cell`."""

    figure: str
    value: float | None = strawberry.field(description="Null: nothing to work it out from, or hidden.")
    cases: int = strawberry.field(description="How many it was counted or worked out from.")
    value_before: float | None = strawberry.field(description="Of the period before, when it was asked.")
    cases_before: int | None
    is_hidden: bool = strawberry.field(description="So few cases that somebody could be recognised.")

    @classmethod
    def of(cls, cell: table.Cell) -> Self:
        """The cell as clients see it."""
        return cls(
            figure=cell.figure,
            value=cell.now.value,
            cases=cell.now.cases,
            value_before=None if cell.before is None else cell.before.value,
            cases_before=None if cell.before is None else cell.before.cases,
            is_hidden=cell.is_hidden,
        )


@strawberry.type(description="What a group is told apart by.")
class FigureKey:
    """One part of a `table.Key`."""

    group: FigureGrouping
    code: str | None = strawberry.field(description="A code, or the first day of a part of the period; null: none.")
    name: str = strawberry.field(description="What people call it.")

    @classmethod
    def of(cls, context: Context, group: FigureGrouping, part: UUID | str | date | None) -> Self:
        """The part with its name."""
        code, name = table.words_of(context.knowledge, group, part)
        return cls(group=group, code=code, name=name)


@strawberry.type(description="The figures of one group, in the order in which they were asked.")
class FigureLine:
    """A `table.Line`."""

    keys: list[FigureKey]
    values: list[FigureValue]

    @classmethod
    def of(cls, context: Context, groups: tuple[FigureGrouping, ...], line: table.Line) -> Self:
        """The line as clients see it."""
        return cls(
            keys=[FigureKey.of(context, group, part) for group, part in zip(groups, line.key, strict=False)],
            values=[FigureValue.of(cell) for cell in line.cells],
        )


@strawberry.type(description="Figures of a period, by group.")
class FigureTable:
    """A `table.Table`."""

    day_from: date
    day_to: date = strawberry.field(description="Exclusive.")
    definitions: list[FigureDefinition]
    lines: list[FigureLine]
    line_count: int = strawberry.field(description="How many groups there are; `lines` holds the first of them.")
    total: FigureLine | None = strawberry.field(description="All groups counted together; the public sees none.")

    @classmethod
    def of(cls, context: Context, answer: table.Table, first: int) -> Self:
        """The table as clients see it."""
        question = answer.question
        return cls(
            day_from=question.period.day_from,
            day_to=question.period.day_to,
            definitions=[FigureDefinition.of(figure_table.FIGURES[code]) for code in question.figures],
            lines=[FigureLine.of(context, question.group_by, line) for line in answer.lines[:first]],
            line_count=len(answer.lines),
            total=None if answer.total is None else FigureLine.of(context, (), answer.total),
        )


@strawberry.type(description="A file that you asked for.")
class Export(relay.Node):
    """An `ExportRequest`."""

    id: relay.NodeID[UUID]
    kind: ExportKind
    format: ExportFormat
    state: JobState
    requested_at: datetime
    rows: int = strawberry.field(description="How many are written so far.")
    rows_expected: int | None
    size_bytes: int | None
    finished_at: datetime | None
    failure: str | None = strawberry.field(description="A code, when it failed.")
    failure_text: str | None = strawberry.field(description="Indonesian.")
    failure_text_en: str | None
    removed_at: datetime | None = strawberry.field(description="When the file was taken away; ask for a new one.")

    @classmethod
    def of(cls, row: Row[Any] | Any) -> Self:
        """The row as its owner sees it."""
        said = None if row.failure is None else EXPORT_FAILURES[row.failure]
        return cls(
            id=row.id,
            kind=row.kind,
            format=row.format,
            state=row.state,
            requested_at=row.requested_at,
            rows=row.rows,
            rows_expected=row.rows_expected,
            size_bytes=row.size_bytes,
            finished_at=row.finished_at,
            failure=row.failure,
            failure_text=None if said is None else said.indonesian,
            failure_text_en=None if said is None else said.english,
            removed_at=row.removed_at,
        )
