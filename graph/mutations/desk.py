"""What an admin does instead of verifying: return, defer, archive, restore."""

from typing import Annotated

import strawberry
from strawberry import relay

from complaints.desk import Objection, archive, defer, restore, return_
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
from graph.types.complaint import Complaint
from rules.vocabulary import Action


@strawberry.input(description="Not ours, because; and whose it might be.")
class ReturnComplaintInput:
    """An `Objection`."""

    id: relay.GlobalID
    seen_version: int
    reason: str = strawberry.field(description="A code of the terms RETURN_REASON.")
    proposed_agency_id: relay.GlobalID | None = None
    note: str | None = None


@strawberry.input(description="What the reporter is asked; the clocks stand still until the answer.")
class DeferComplaintInput:
    """A question to the reporter."""

    id: relay.GlobalID
    seen_version: int
    reason: str = strawberry.field(description="A code of the terms DEFER_REASON.")
    question: str


@strawberry.input(description="Why it is put away; the reporter may read it.")
class ArchiveComplaintInput:
    """A reason."""

    id: relay.GlobalID
    seen_version: int
    reason: str = strawberry.field(description="A code of the terms ARCHIVE_REASON.")
    note: str | None = None


@strawberry.input(description="Why it comes back out of the archive.")
class RestoreComplaintInput:
    """A reason."""

    id: relay.GlobalID
    seen_version: int
    note: str


@strawberry.type
class ReturnComplaintPayload:
    """The complaint one level up; null when that is out of your sight."""

    complaint: Complaint | None


@strawberry.type
class DeferComplaintPayload:
    """The complaint waiting for its reporter."""

    complaint: Complaint | None


@strawberry.type
class ArchiveComplaintPayload:
    """The complaint in the archive."""

    complaint: Complaint | None


@strawberry.type
class RestoreComplaintPayload:
    """The complaint back in its queue."""

    complaint: Complaint | None


ReturnComplaintResult = Annotated[
    ReturnComplaintPayload
    | IllegalStepError
    | StaleError
    | InvalidError
    | NotFoundError
    | NotAllowedError
    | NotSignedInError
    | BusyError,
    strawberry.union("ReturnComplaintResult"),
]
DeferComplaintResult = Annotated[
    DeferComplaintPayload
    | IllegalStepError
    | StaleError
    | InvalidError
    | NotFoundError
    | NotAllowedError
    | NotSignedInError
    | BusyError,
    strawberry.union("DeferComplaintResult"),
]
ArchiveComplaintResult = Annotated[
    ArchiveComplaintPayload
    | IllegalStepError
    | StaleError
    | InvalidError
    | NotFoundError
    | NotAllowedError
    | NotSignedInError
    | BusyError,
    strawberry.union("ArchiveComplaintResult"),
]
RestoreComplaintResult = Annotated[
    RestoreComplaintPayload
    | IllegalStepError
    | StaleError
    | InvalidError
    | NotFoundError
    | NotAllowedError
    | NotSignedInError
    | BusyError,
    strawberry.union("RestoreComplaintResult"),
]


@strawberry.type
class DeskMutation:
    """`returnComplaint`, `deferComplaint`, `archiveComplaint`, `restoreComplaint`."""

    @strawberry.mutation(extensions=[Guard(Action.RETURN)], description="Not ours: one level up, with a reason.")
    async def return_complaint(self, info: Info, input: ReturnComplaintInput) -> ReturnComplaintResult:
        """One verb."""
        proposed_id = optional_row_id(input.proposed_agency_id, "Agency", "proposedAgencyId")
        objection = Objection(input.reason, proposed_id, input.note)
        async with info.context.work() as work:
            row = await return_(work, row_id(input.id, "Complaint"), objection, seen_version=input.seen_version)
        return ReturnComplaintPayload(complaint=await one_complaint(info, row.id))

    @strawberry.mutation(extensions=[Guard(Action.DEFER)], description="Ask the reporter before deciding.")
    async def defer_complaint(self, info: Info, input: DeferComplaintInput) -> DeferComplaintResult:
        """One verb."""
        async with info.context.work() as work:
            row = await defer(
                work,
                row_id(input.id, "Complaint"),
                input.reason,
                input.question,
                seen_version=input.seen_version,
            )
        return DeferComplaintPayload(complaint=await one_complaint(info, row.id))

    @strawberry.mutation(extensions=[Guard(Action.ARCHIVE)], description="Put it away with a reason.")
    async def archive_complaint(self, info: Info, input: ArchiveComplaintInput) -> ArchiveComplaintResult:
        """One verb."""
        async with info.context.work() as work:
            row = await archive(
                work, row_id(input.id, "Complaint"), input.reason, input.note, seen_version=input.seen_version
            )
        return ArchiveComplaintPayload(complaint=await one_complaint(info, row.id))

    @strawberry.mutation(extensions=[Guard(Action.RESTORE)], description="Take it out of the archive.")
    async def restore_complaint(self, info: Info, input: RestoreComplaintInput) -> RestoreComplaintResult:
        """One verb."""
        async with info.context.work() as work:
            row = await restore(work, row_id(input.id, "Complaint"), input.note, seen_version=input.seen_version)
        return RestoreComplaintPayload(complaint=await one_complaint(info, row.id))
