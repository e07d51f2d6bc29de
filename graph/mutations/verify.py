"""Accepting or correcting what was proposed, and sending it on."""

from typing import Annotated

import strawberry
from strawberry import relay

from complaints.dispatch import Destination, dispatch, handle
from complaints.verify import Verdict, verify
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
from rules.vocabulary import Action, Classification, Urgency


@strawberry.input(description="Where a verified complaint goes.")
class DestinationInput:
    """A `Destination`."""

    unit_id: relay.GlobalID | None = strawberry.field(
        default=None, description="A work unit of the agency; without one the agency's admin has it."
    )
    copy_ids: list[relay.GlobalID] = strawberry.field(
        default_factory=list, description="Agencies or units that read along."
    )

    def destination(self) -> Destination:
        """The input as the verb takes it. Raises `Invalid` for an id of another type."""
        unit_id = optional_row_id(self.unit_id, "Agency", "unitId")
        return Destination(unit_id, tuple(row_id(copy, "Agency", "copyIds") for copy in self.copy_ids))


@strawberry.input(
    description="Your verdict. A field you leave out accepts what stands there or, failing that, the first"
    " proposal the classifier is sure of."
)
class VerifyComplaintInput:
    """A `Verdict`."""

    id: relay.GlobalID
    seen_version: int = strawberry.field(description="The `version` you looked at.")
    title: str | None = None
    category_id: relay.GlobalID | None = None
    agency_id: relay.GlobalID | None = None
    classification: Classification | None = None
    urgency: Urgency | None = None
    region_code: str | None = None
    place: str | None = None
    tags: list[str] | None = None
    body: str | None = strawberry.field(default=None, description="The tidied text; the original is kept beside it.")
    is_secret: bool | None = strawberry.field(default=None, description="Can be tightened, not loosened.")
    note: str | None = strawberry.field(default=None, description="For handlers only.")
    and_dispatch: DestinationInput | None = strawberry.field(
        default=None, description="Dispatch in the same step; `{}` sends it to the agency itself."
    )

    def verdict(self) -> Verdict:
        """The input as the verb takes it. Raises `Invalid` for an id of another type."""
        return Verdict(
            title=self.title,
            category_id=optional_row_id(self.category_id, "Category", "categoryId"),
            agency_id=optional_row_id(self.agency_id, "Agency", "agencyId"),
            classification=self.classification,
            urgency=self.urgency,
            region_code=self.region_code,
            place=self.place,
            tags=self.tags,
            body=self.body,
            is_secret=self.is_secret,
            note=self.note,
        )


@strawberry.type
class VerifyComplaintPayload:
    """The complaint after the verdict."""

    complaint: Complaint | None


@strawberry.type
class DispatchComplaintPayload:
    """The complaint on its way."""

    complaint: Complaint | None


@strawberry.type
class HandleComplaintPayload:
    """The complaint on the admin's own desk."""

    complaint: Complaint | None


VerifyComplaintResult = Annotated[
    VerifyComplaintPayload
    | IllegalStepError
    | StaleError
    | InvalidError
    | NotFoundError
    | NotAllowedError
    | NotSignedInError
    | BusyError,
    strawberry.union("VerifyComplaintResult"),
]
DispatchComplaintResult = Annotated[
    DispatchComplaintPayload
    | IllegalStepError
    | StaleError
    | InvalidError
    | NotFoundError
    | NotAllowedError
    | NotSignedInError
    | BusyError,
    strawberry.union("DispatchComplaintResult"),
]
HandleComplaintResult = Annotated[
    HandleComplaintPayload
    | IllegalStepError
    | StaleError
    | InvalidError
    | NotFoundError
    | NotAllowedError
    | NotSignedInError
    | BusyError,
    strawberry.union("HandleComplaintResult"),
]


@strawberry.type
class VerifyMutation:
    """`verifyComplaint`, `dispatchComplaint`, `handleComplaint`."""

    @strawberry.mutation(extensions=[Guard(Action.VERIFY)], description="Accept or correct, and send on if you like.")
    async def verify_complaint(self, info: Info, input: VerifyComplaintInput) -> VerifyComplaintResult:
        """One verb."""
        verdict = input.verdict()
        destination = None if input.and_dispatch is None else input.and_dispatch.destination()
        async with info.context.work() as work:
            row = await verify(
                work,
                row_id(input.id, "Complaint"),
                verdict,
                seen_version=input.seen_version,
                destination=destination,
            )
        return VerifyComplaintPayload(complaint=await one_complaint(info, row.id))

    @strawberry.mutation(
        extensions=[Guard(Action.DISPATCH)],
        description="Send a verified complaint to a unit or to the agency itself; again, while nobody answered.",
    )
    async def dispatch_complaint(
        self, info: Info, id: relay.GlobalID, seen_version: int, destination: DestinationInput
    ) -> DispatchComplaintResult:
        """One verb."""
        target = destination.destination()
        async with info.context.work() as work:
            row = await dispatch(work, row_id(id, "Complaint"), target, seen_version=seen_version)
        return DispatchComplaintPayload(complaint=await one_complaint(info, row.id))

    @strawberry.mutation(
        extensions=[Guard(Action.HANDLE)],
        description="Answer at the admin's own desk instead of passing it on.",
    )
    async def handle_complaint(self, info: Info, id: relay.GlobalID, seen_version: int) -> HandleComplaintResult:
        """One verb."""
        async with info.context.work() as work:
            row = await handle(work, row_id(id, "Complaint"), seen_version=seen_version)
        return HandleComplaintPayload(complaint=await one_complaint(info, row.id))
