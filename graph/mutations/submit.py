"""Filing a report."""

from dataclasses import replace
from datetime import date
from typing import Annotated

import strawberry
from strawberry import relay

from complaints.files.uploads import look_at
from complaints.policy import Actor
from complaints.submit import Draft, submit
from complaints.suggest import Question, asked_labels
from complaints.vault import Contact
from graph.context import Info
from graph.errors import (
    BusyError,
    InvalidError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
    TooManyError,
)
from graph.fetch import one_complaint
from graph.guard import Guard
from graph.ids import optional_row_id
from graph.types.complaint import Complaint
from rules.vocabulary import Action, Channel, ReportType, Role


@strawberry.input(description="How to reach you; stored apart from the report and under encryption.")
class ContactInput:
    """A `Contact`."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None


@strawberry.input(description="A report. Only the text is needed; what you leave out is suggested or asked later.")
class SubmitComplaintInput:
    """A `Draft`."""

    text: str
    title: str | None = None
    report_type: ReportType = ReportType.COMPLAINT
    category_id: relay.GlobalID | None = None
    agency_id: relay.GlobalID | None = strawberry.field(
        default=None,
        description="Whom you address. It goes straight to the admin of an agency that verifies itself.",
    )
    region_code: str | None = strawberry.field(default=None, description="Kemendagri code, see `regions`.")
    place: str | None = strawberry.field(default=None, description="Where it is, in your own words.")
    latitude: float | None = None
    longitude: float | None = None
    incident_on: date | None = None
    is_anonymous: bool = strawberry.field(default=False, description="Hide who you are from the agency too.")
    is_secret: bool = strawberry.field(default=False, description="Never publish the report.")
    channel: Channel = Channel.WEB
    entry_agency_id: relay.GlobalID | None = strawberry.field(
        default=None, description="The agency through whose own page it came."
    )
    contact: ContactInput | None = None
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="16 to 200 random characters. The same request again returns the first receipt.",
    )
    attachments: list[str] = strawberry.field(
        default_factory=list, description="Each an `uploadId` of `requestUpload`, after its bytes were brought."
    )

    def draft(self) -> Draft:
        """The input as the verb takes it. Raises `Invalid` for an id of another type."""
        contact = self.contact or ContactInput()
        return Draft(
            text=self.text,
            title=self.title,
            report_type=self.report_type,
            category_id=optional_row_id(self.category_id, "Category", "categoryId"),
            agency_id=optional_row_id(self.agency_id, "Agency", "agencyId"),
            region_code=self.region_code,
            place=self.place,
            latitude=self.latitude,
            longitude=self.longitude,
            incident_on=self.incident_on,
            is_anonymous=self.is_anonymous,
            is_secret=self.is_secret,
            channel=self.channel,
            entry_agency_id=optional_row_id(self.entry_agency_id, "Agency", "entryAgencyId"),
            contact=Contact(contact.name, contact.email, contact.phone),
            idempotency_key=self.idempotency_key,
        )


@strawberry.type(description="The receipt. The PIN is shown here and nowhere else: keep both.")
class SubmitComplaintPayload:
    """A `Receipt`."""

    tracking_code: str
    pin: str
    is_repeat: bool = strawberry.field(description="Whether this very report had been received before.")
    complaint: Complaint | None


SubmitComplaintResult = Annotated[
    SubmitComplaintPayload
    | InvalidError
    | NotFoundError
    | NotAllowedError
    | NotSignedInError
    | TooManyError
    | BusyError,
    strawberry.union("SubmitComplaintResult"),
]


@strawberry.type
class SubmitMutation:
    """`submitComplaint`."""

    @strawberry.mutation(
        extensions=[Guard(Action.SUBMIT)], description="File a report; no account is needed. One round trip."
    )
    async def submit_complaint(self, info: Info, input: SubmitComplaintInput) -> SubmitComplaintResult:
        """Ask for advice first, then store everything in one transaction."""
        context = info.context
        await context.throttle("submit")
        tools = context.tools
        brought = await look_at(tools.files, input.attachments, tools.workshop.allowances.files_max)
        draft = replace(input.draft(), attachments=brought)
        text = draft.text[: context.tools.workshop.allowances.text_max]
        asked = asked_labels(context.knowledge, draft.agency_id)
        question = Question(text, draft.title, draft.place, asked=asked)
        advice = await context.tools.adviser.advise(question)
        receipt = await submit(context.tools.workshop, context.actor, draft, advice, context.request_id)
        # Whoever just filed it without an account may read it: the receipt in the same answer proves it.
        ticket = Actor(Role.TICKET, ticket=receipt.complaint.id)
        viewer = ticket if context.actor.role is Role.PUBLIC else context.actor
        return SubmitComplaintPayload(
            tracking_code=receipt.complaint.tracking_code,
            pin=receipt.pin,
            is_repeat=receipt.is_repeat,
            complaint=await one_complaint(info, receipt.complaint.id, viewer),
        )
