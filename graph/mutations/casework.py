"""Asking, noting, reopening a second time, and keeping answers ready: what staff do around a case."""

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import relay

from complaints.casework.conversation import ask_reporter, note
from complaints.casework.presence import leave_case, open_case, present
from complaints.casework.reopening import decide_reopening
from complaints.casework.templates import put_template, retire_template
from graph.context import Info
from graph.errors import (
    BusyError,
    IllegalStepError,
    InvalidError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
    StaleError,
)
from graph.fetch import one_complaint
from graph.guard import Guard
from graph.ids import optional_row_id, row_id
from graph.types.casework import AnswerTemplate, CasePresence
from graph.types.complaint import Complaint
from rules.vocabulary import Action


@strawberry.input(description="What the reporter is asked; the clocks of the staff stand still until the answer.")
class AskReporterInput:
    """A question."""

    id: relay.GlobalID
    seen_version: int
    question: str


@strawberry.input(description="Whether a case is taken up once more, and why; the reporter reads it.")
class DecideReopeningInput:
    """A decision."""

    id: relay.GlobalID
    seen_version: int
    grants: bool
    reason: str


@strawberry.input(description="A new template, or with an id another text for one.")
class PutTemplateInput:
    """A template."""

    id: relay.GlobalID | None = None
    name: str
    body: str


@strawberry.type
class AskReporterPayload:
    """The complaint, waiting for its reporter."""

    complaint: Complaint | None


@strawberry.type
class AddNotePayload:
    """The complaint with its note."""

    complaint: Complaint | None


@strawberry.type
class DecideReopeningPayload:
    """The complaint, taken up again or not."""

    complaint: Complaint | None


@strawberry.type
class OpenCasePayload:
    """Until when you count as present, and who else is."""

    expires_at: datetime
    present: list[CasePresence]


@strawberry.type
class LeaveCasePayload:
    """That you left."""

    left: bool


@strawberry.type
class PutTemplatePayload:
    """The template."""

    template: AnswerTemplate


@strawberry.type
class RetireTemplatePayload:
    """The template that is offered no more."""

    template: AnswerTemplate


AskReporterResult = Annotated[
    AskReporterPayload
    | IllegalStepError
    | StaleError
    | InvalidError
    | NotFoundError
    | NotAllowedError
    | NotSignedInError
    | BusyError,
    strawberry.union("AskReporterResult"),
]
AddNoteResult = Annotated[
    AddNotePayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("AddNoteResult"),
]
DecideReopeningResult = Annotated[
    DecideReopeningPayload
    | IllegalStepError
    | StaleError
    | InvalidError
    | NotFoundError
    | NotAllowedError
    | NotSignedInError
    | BusyError,
    strawberry.union("DecideReopeningResult"),
]
OpenCaseResult = Annotated[
    OpenCasePayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("OpenCaseResult"),
]
LeaveCaseResult = Annotated[
    LeaveCasePayload | InvalidError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("LeaveCaseResult"),
]
PutTemplateResult = Annotated[
    PutTemplatePayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("PutTemplateResult"),
]
RetireTemplateResult = Annotated[
    RetireTemplatePayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("RetireTemplateResult"),
]


@strawberry.type
class CaseworkMutation:
    """`askReporter`, `addNote`, `decideReopening`, `openCase`, `leaveCase`, `putTemplate`, `retireTemplate`."""

    @strawberry.mutation(
        extensions=[Guard(Action.ASK_REPORTER)], description="Ask the reporter while the work goes on."
    )
    async def ask_reporter(self, info: Info, input: AskReporterInput) -> AskReporterResult:
        """One verb."""
        async with info.context.work() as work:
            row = await ask_reporter(
                work, row_id(input.id, "Complaint"), input.question, seen_version=input.seen_version
            )
        return AskReporterPayload(complaint=await one_complaint(info, row.id))

    @strawberry.mutation(extensions=[Guard(Action.NOTE)], description="A note for handlers, whatever the status.")
    async def add_note(self, info: Info, id: relay.GlobalID, text: str) -> AddNoteResult:
        """One verb."""
        async with info.context.work() as work:
            row = await note(work, row_id(id, "Complaint"), text)
        return AddNotePayload(complaint=await one_complaint(info, row.id))

    @strawberry.mutation(
        extensions=[Guard(Action.DECIDE_REOPENING)], description="Answer a reporter who wants it reopened once more."
    )
    async def decide_reopening(self, info: Info, input: DecideReopeningInput) -> DecideReopeningResult:
        """One verb."""
        async with info.context.work() as work:
            row = await decide_reopening(
                work,
                row_id(input.id, "Complaint"),
                grants=input.grants,
                reason=input.reason,
                seen_version=input.seen_version,
            )
        return DecideReopeningPayload(complaint=await one_complaint(info, row.id))

    @strawberry.mutation(
        extensions=[Guard(Action.READ_QUEUE)],
        description="Say that you have a case open; say it again before `expiresAt` while it is.",
    )
    async def open_case(self, info: Info, id: relay.GlobalID) -> OpenCaseResult:
        """One verb, then a look at who is there."""
        context, complaint_id = info.context, row_id(id, "Complaint")
        async with context.work() as work:
            until = await open_case(work, complaint_id)
        rows = await context.reader.rows(present(context.actor, complaint_id, context.tools.workshop.clock()))
        return OpenCasePayload(expires_at=until, present=[CasePresence.of(context, row) for row in rows])

    @strawberry.mutation(extensions=[Guard(Action.READ_QUEUE)], description="Say that you closed a case.")
    async def leave_case(self, info: Info, id: relay.GlobalID) -> LeaveCaseResult:
        """One verb."""
        async with info.context.work() as work:
            await leave_case(work, row_id(id, "Complaint"))
        return LeaveCasePayload(left=True)

    @strawberry.mutation(
        extensions=[Guard(Action.MANAGE_TEMPLATES)],
        description="Keep an answer ready for your agency. `templateVariables` lists what may stand in braces.",
    )
    async def put_template(self, info: Info, input: PutTemplateInput) -> PutTemplateResult:
        """One verb."""
        async with info.context.work() as work:
            row = await put_template(work, optional_row_id(input.id, "AnswerTemplate", "id"), input.name, input.body)
        return PutTemplatePayload(template=AnswerTemplate.of(info.context, row))

    @strawberry.mutation(extensions=[Guard(Action.MANAGE_TEMPLATES)], description="Offer a template no more.")
    async def retire_template(self, info: Info, id: relay.GlobalID) -> RetireTemplateResult:
        """One verb."""
        async with info.context.work() as work:
            row = await retire_template(work, row_id(id, "AnswerTemplate"))
        return RetireTemplatePayload(template=AnswerTemplate.of(info.context, row))
