"""Withdrawing, asking to reopen, consenting, supporting: what citizens do beside the conversation."""

from typing import Annotated

import strawberry
from strawberry import relay

from complaints.casework.conversation import withdraw
from complaints.casework.ombudsman import answer_consent
from complaints.casework.reopening import request_reopening
from complaints.casework.support import support
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
from graph.mutations.reporter import ReporterAccess, reporter_work
from graph.types.complaint import Complaint
from rules.vocabulary import Action


@strawberry.type
class WithdrawComplaintPayload:
    """The complaint in the archive."""

    complaint: Complaint | None


@strawberry.type
class RequestReopeningPayload:
    """The complaint, and somebody will decide."""

    complaint: Complaint | None


@strawberry.type
class ConsentToOmbudsmanPayload:
    """The complaint with your answer."""

    complaint: Complaint | None


@strawberry.type
class SupportComplaintPayload:
    """How many have the same trouble."""

    support_count: int


WithdrawComplaintResult = Annotated[
    WithdrawComplaintPayload
    | IllegalStepError
    | InvalidError
    | NotFoundError
    | NotAllowedError
    | NotSignedInError
    | TooManyError
    | BusyError,
    strawberry.union("WithdrawComplaintResult"),
]
RequestReopeningResult = Annotated[
    RequestReopeningPayload
    | IllegalStepError
    | InvalidError
    | NotFoundError
    | NotAllowedError
    | NotSignedInError
    | TooManyError
    | BusyError,
    strawberry.union("RequestReopeningResult"),
]
ConsentToOmbudsmanResult = Annotated[
    ConsentToOmbudsmanPayload
    | InvalidError
    | NotFoundError
    | NotAllowedError
    | NotSignedInError
    | TooManyError
    | BusyError,
    strawberry.union("ConsentToOmbudsmanResult"),
]
SupportComplaintResult = Annotated[
    SupportComplaintPayload
    | InvalidError
    | NotFoundError
    | NotAllowedError
    | NotSignedInError
    | TooManyError
    | BusyError,
    strawberry.union("SupportComplaintResult"),
]


@strawberry.type
class CitizenMutation:
    """`withdrawComplaint`, `requestReopening`, `consentToOmbudsman`, `supportComplaint`."""

    @strawberry.mutation(
        extensions=[Guard(Action.TRACK)], description="Take a complaint back before it is closed; it is archived."
    )
    async def withdraw_complaint(
        self, info: Info, complaint: ReporterAccess, reason: str | None = None
    ) -> WithdrawComplaintResult:
        """One verb."""
        async with reporter_work(info, complaint) as (work, complaint_id):
            row = await withdraw(work, complaint_id, reason)
        return WithdrawComplaintPayload(complaint=await one_complaint(info, row.id, work.actor))

    @strawberry.mutation(
        extensions=[Guard(Action.TRACK)], description="Ask that a complaint that was reopened before is once more."
    )
    async def request_reopening(self, info: Info, complaint: ReporterAccess, reason: str) -> RequestReopeningResult:
        """One verb."""
        async with reporter_work(info, complaint) as (work, complaint_id):
            row = await request_reopening(work, complaint_id, reason)
        return RequestReopeningPayload(complaint=await one_complaint(info, row.id, work.actor))

    @strawberry.mutation(
        extensions=[Guard(Action.TRACK)],
        description="Agree, or not, that the Ombudsman takes over; asked after sixty days without an end.",
    )
    async def consent_to_ombudsman(
        self, info: Info, complaint: ReporterAccess, consents: bool
    ) -> ConsentToOmbudsmanResult:
        """One verb."""
        async with reporter_work(info, complaint) as (work, complaint_id):
            row = await answer_consent(work, complaint_id, consents=consents)
        return ConsentToOmbudsmanPayload(complaint=await one_complaint(info, row.id, work.actor))

    @strawberry.mutation(
        extensions=[Guard(Action.SUPPORT)],
        description="You have the same trouble. Counted once for each account or browser.",
    )
    async def support_complaint(
        self,
        info: Info,
        id: relay.GlobalID,
        browser_token: Annotated[
            str | None, strawberry.argument(description="16 to 200 random characters that the browser keeps.")
        ] = None,
    ) -> SupportComplaintResult:
        """One verb."""
        await info.context.throttle("support")
        async with info.context.work() as work:
            count = await support(work, row_id(id, "Complaint"), browser_token)
        return SupportComplaintPayload(support_count=count)
