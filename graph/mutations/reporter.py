"""What a reporter does with a complaint of their own, by account or with tracking code and PIN."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import relay

from complaints.close import rate, reopen
from complaints.files.uploads import look_at
from complaints.follow_up import reply
from complaints.refusals import Invalid, Problem
from complaints.tracking import admit
from complaints.work import Work
from graph.context import Info
from graph.errors import (
    BusyError,
    IllegalStepError,
    InvalidError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
    TooManyError,
)
from graph.fetch import one_complaint
from graph.guard import Guard
from graph.ids import row_id
from graph.types.complaint import Complaint
from rules.vocabulary import Action


@strawberry.input(description="Which complaint: its id when you are signed in, else tracking code and PIN.")
class ReporterAccess:
    """One of two proofs."""

    id: relay.GlobalID | None = None
    tracking_code: str | None = None
    pin: str | None = None


@asynccontextmanager
async def reporter_work(info: Info, access: ReporterAccess) -> AsyncIterator[tuple[Work, UUID]]:
    """A transaction for the reporter, `Work.actor`, and which complaint it is about.

    Raises `Invalid` when neither proof is complete, and what `admit` raises for a wrong one.
    """
    context, actor = info.context, info.context.actor
    if access.tracking_code is not None and access.pin is not None and access.id is None:
        await context.throttle("track")
        actor = await admit(context.tools.workshop, access.tracking_code, access.pin)
        complaint_id = actor.ticket
    else:
        complaint_id = None if access.id is None else row_id(access.id, "Complaint", "complaint.id")
    if complaint_id is None:
        raise Invalid(Problem("complaint", "REPORTER_ACCESS"))
    async with context.work(actor) as work:
        yield work, complaint_id


@strawberry.type
class ReplyAsReporterPayload:
    """The complaint with the reply."""

    complaint: Complaint | None


@strawberry.type
class ReopenComplaintPayload:
    """The complaint, taken up again."""

    complaint: Complaint | None


@strawberry.type
class RateComplaintPayload:
    """The complaint with its rating."""

    complaint: Complaint | None


ReplyAsReporterResult = Annotated[
    ReplyAsReporterPayload
    | IllegalStepError
    | InvalidError
    | NotFoundError
    | NotAllowedError
    | NotSignedInError
    | TooManyError
    | BusyError,
    strawberry.union("ReplyAsReporterResult"),
]
ReopenComplaintResult = Annotated[
    ReopenComplaintPayload
    | IllegalStepError
    | InvalidError
    | NotFoundError
    | NotAllowedError
    | NotSignedInError
    | TooManyError
    | BusyError,
    strawberry.union("ReopenComplaintResult"),
]
RateComplaintResult = Annotated[
    RateComplaintPayload
    | IllegalStepError
    | InvalidError
    | NotFoundError
    | NotAllowedError
    | NotSignedInError
    | TooManyError
    | BusyError,
    strawberry.union("RateComplaintResult"),
]


@strawberry.type
class ReporterMutation:
    """`replyAsReporter`, `reopenComplaint`, `rateComplaint`."""

    @strawberry.mutation(
        extensions=[Guard(Action.TRACK)],
        description="Add something; it also completes a report that was deferred.",
    )
    async def reply_as_reporter(
        self,
        info: Info,
        complaint: ReporterAccess,
        text: str,
        attachments: Annotated[list[str] | None, strawberry.argument(description="`uploadId`s.")] = None,
    ) -> ReplyAsReporterResult:
        """One verb, after a look at what was brought."""
        tools = info.context.tools
        brought = await look_at(tools.files, attachments or [], tools.workshop.allowances.files_max)
        async with reporter_work(info, complaint) as (work, complaint_id):
            row = await reply(work, complaint_id, text, brought)
        return ReplyAsReporterPayload(complaint=await one_complaint(info, row.id, work.actor))

    @strawberry.mutation(extensions=[Guard(Action.READ_COMPLAINT)], description="Take a closed complaint up again.")
    async def reopen_complaint(self, info: Info, complaint: ReporterAccess, reason: str) -> ReopenComplaintResult:
        """One verb."""
        async with reporter_work(info, complaint) as (work, complaint_id):
            row = await reopen(work, complaint_id, reason)
        return ReopenComplaintPayload(complaint=await one_complaint(info, row.id, work.actor))

    @strawberry.mutation(
        extensions=[Guard(Action.TRACK)], description="Judge a closed complaint: 1 to 5, solved or not."
    )
    async def rate_complaint(
        self, info: Info, complaint: ReporterAccess, rating: int, is_solved: bool
    ) -> RateComplaintResult:
        """One verb."""
        async with reporter_work(info, complaint) as (work, complaint_id):
            row = await rate(work, complaint_id, rating, is_solved=is_solved)
        return RateComplaintPayload(complaint=await one_complaint(info, row.id, work.actor))
