"""Asking for files of figures and cases, and the one address that opens one."""

from typing import Annotated

import strawberry
from strawberry import relay

from complaints.figures.cases import CasesPart
from complaints.figures.exporting import open_export, request_export
from graph.context import Info
from graph.errors import BusyError, InvalidError, NotAllowedError, NotFoundError, NotSignedInError
from graph.guard import Guard
from graph.ids import row_id
from graph.queries.figures import FiguresInput
from graph.types.monitoring import Export
from rules.vocabulary import Action, ExportFormat, ExportKind


@strawberry.input(description="What the file should hold.")
class RequestExportInput:
    """A question and a format."""

    kind: ExportKind
    format: ExportFormat
    question: FiguresInput = strawberry.field(description="Of CASES the cases behind its only figure.")
    part: CasesPart = CasesPart.COUNTED


@strawberry.type
class RequestExportPayload:
    """The file, waiting for the worker."""

    export: Export


@strawberry.type
class OpenExportPayload:
    """Where the file can be fetched once."""

    path: str = strawberry.field(description="On this server; good for one download within minutes.")
    expires_in_seconds: int


RequestExportResult = Annotated[
    RequestExportPayload | InvalidError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("RequestExportResult"),
]
OpenExportResult = Annotated[
    OpenExportPayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("OpenExportResult"),
]


@strawberry.type
class ExportMutation:
    """Everything about files to take away."""

    @strawberry.mutation(
        extensions=[Guard(Action.EXPORT_FIGURES)],
        description="Ask for a file with what you may see; the worker writes it, `exports` tells how far it is.",
    )
    async def request_export(self, info: Info, input: RequestExportInput) -> RequestExportResult:
        """Queued, and noted in the audit."""
        async with info.context.work() as work:
            question = input.question.question()
            row = await request_export(work, input.kind, input.format, question, input.part)
        return RequestExportPayload(export=Export.of(row))

    @strawberry.mutation(
        extensions=[Guard(Action.EXPORT_FIGURES)], description="The address of a finished file, good for one download."
    )
    async def open_export(self, info: Info, id: relay.GlobalID) -> OpenExportResult:
        """A ticket."""
        async with info.context.work() as work:
            ticket = await open_export(work, row_id(id, "Export"))
        seconds = info.context.tools.workshop.allowances.export_ticket_seconds
        return OpenExportPayload(path=f"/exports/{ticket}", expires_in_seconds=seconds)
