"""Answering, closing and disclosing: what handlers do with a dispatched complaint."""

from typing import Annotated

import strawberry
from strawberry import relay

from complaints.close import close
from complaints.files.uploads import look_at
from complaints.follow_up import follow_up
from complaints.identity import disclose_reporter
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
from graph.ids import row_id
from graph.types.complaint import Complaint
from rules.vocabulary import Action, Audience


@strawberry.input(description="An answer or a note.")
class AddFollowUpInput:
    """A message."""

    id: relay.GlobalID
    seen_version: int
    text: str
    audience: Audience = strawberry.field(
        default=Audience.EVERYONE,
        description="EVERYONE publishes it, PARTIES answers the reporter alone, INTERNAL is a note for handlers.",
    )
    attachments: list[str] = strawberry.field(
        default_factory=list, description="Each an `uploadId` of `requestUpload`; they are for the same audience."
    )


@strawberry.input(description="How it ended.")
class CloseComplaintInput:
    """An outcome."""

    id: relay.GlobalID
    seen_version: int
    outcome: str = strawberry.field(description="Everyone may read it.")


@strawberry.input(description="Why you need to know who filed it; your look is recorded.")
class DiscloseReporterInput:
    """A reason."""

    id: relay.GlobalID
    reason: str


@strawberry.type
class AddFollowUpPayload:
    """The complaint with its new message."""

    complaint: Complaint | None


@strawberry.type
class CloseComplaintPayload:
    """The closed complaint."""

    complaint: Complaint | None


@strawberry.type(description="Who filed it, as far as it is known.")
class DiscloseReporterPayload:
    """A `Reporter`."""

    name: str | None
    email: str | None
    phone: str | None


AddFollowUpResult = Annotated[
    AddFollowUpPayload
    | IllegalStepError
    | StaleError
    | InvalidError
    | NotFoundError
    | NotAllowedError
    | NotSignedInError
    | BusyError,
    strawberry.union("AddFollowUpResult"),
]
CloseComplaintResult = Annotated[
    CloseComplaintPayload
    | IllegalStepError
    | StaleError
    | InvalidError
    | NotFoundError
    | NotAllowedError
    | NotSignedInError
    | BusyError,
    strawberry.union("CloseComplaintResult"),
]
DiscloseReporterResult = Annotated[
    DiscloseReporterPayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("DiscloseReporterResult"),
]


@strawberry.type
class FollowUpMutation:
    """`addFollowUp`, `closeComplaint`, `discloseReporter`."""

    @strawberry.mutation(extensions=[Guard(Action.FOLLOW_UP)], description="Answer, or note something for handlers.")
    async def add_follow_up(self, info: Info, input: AddFollowUpInput) -> AddFollowUpResult:
        """One verb, after a look at what was brought."""
        tools = info.context.tools
        brought = await look_at(tools.files, input.attachments, tools.workshop.allowances.files_max)
        async with info.context.work() as work:
            row = await follow_up(
                work,
                row_id(input.id, "Complaint"),
                input.text,
                input.audience,
                seen_version=input.seen_version,
                attachments=brought,
            )
        return AddFollowUpPayload(complaint=await one_complaint(info, row.id))

    @strawberry.mutation(extensions=[Guard(Action.CLOSE)], description="Close with an outcome.")
    async def close_complaint(self, info: Info, input: CloseComplaintInput) -> CloseComplaintResult:
        """One verb."""
        async with info.context.work() as work:
            row = await close(work, row_id(input.id, "Complaint"), input.outcome, seen_version=input.seen_version)
        return CloseComplaintPayload(complaint=await one_complaint(info, row.id))

    @strawberry.mutation(
        extensions=[Guard(Action.READ_REPORTER)],
        description="Open the reporter's identity, with a reason and a trace.",
    )
    async def disclose_reporter(self, info: Info, input: DiscloseReporterInput) -> DiscloseReporterResult:
        """One verb."""
        async with info.context.work() as work:
            reporter = await disclose_reporter(work, row_id(input.id, "Complaint"), input.reason)
        return DiscloseReporterPayload(name=reporter.name, email=reporter.email, phone=reporter.phone)
