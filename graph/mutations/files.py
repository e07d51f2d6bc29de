"""Files: asking for an address to bring one, and what is done with those that hang on a complaint."""

from contextlib import suppress
from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import relay

from complaints.files.keeping import describe_attachment, remove_attachment, set_attachment_audience
from complaints.files.processing import REPORTERS
from complaints.files.store import StorageDown
from complaints.files.uploads import UploadTicket, UploadWish, discard_upload, request_upload
from graph.context import Info
from graph.errors import (
    BusyError,
    InvalidError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
    TooManyError,
)
from graph.guard import Guard
from graph.ids import row_id
from graph.mutations.reporter import ReporterAccess, reporter_work
from graph.types.files import Attachment
from rules.vocabulary import Action, Audience


@strawberry.input(description="A file that you want to bring.")
class RequestUploadInput:
    """An `UploadWish`."""

    file_name: str
    size_bytes: int
    keeps_place: bool = strawberry.field(
        default=False,
        description="Take the place of the report from the picture, if you gave none. It never stays in the picture.",
    )
    complaint: ReporterAccess | None = strawberry.field(
        default=None,
        description="The complaint it is for. Leave it out for a report that you are still writing.",
    )


@strawberry.type(description="A header to send along.")
class UploadHeader:
    """Name and value."""

    name: str
    value: str


@strawberry.type(description="PUT the bytes to `url` once, then name `uploadId` where you attach the file.")
class RequestUploadPayload:
    """An `UploadTicket`."""

    upload_id: str = strawberry.field(description="Whoever knows it owns the upload. Tell nobody else.")
    url: str
    method: str
    headers: list[UploadHeader]
    url_expires_at: datetime
    expires_at: datetime = strawberry.field(description="Attach it before that.")


@strawberry.type
class DiscardUploadPayload:
    """It is not there any more."""

    discarded: bool


@strawberry.type
class DescribeAttachmentPayload:
    """The file with its description."""

    attachment: Attachment


@strawberry.type
class SetAttachmentAudiencePayload:
    """The file with its audience."""

    attachment: Attachment


@strawberry.type
class RemoveAttachmentPayload:
    """What is left: that there was a file."""

    attachment: Attachment


RequestUploadResult = Annotated[
    RequestUploadPayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | TooManyError | BusyError,
    strawberry.union("RequestUploadResult"),
]
DiscardUploadResult = Annotated[
    DiscardUploadPayload | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("DiscardUploadResult"),
]
DescribeAttachmentResult = Annotated[
    DescribeAttachmentPayload
    | InvalidError
    | NotFoundError
    | NotAllowedError
    | NotSignedInError
    | TooManyError
    | BusyError,
    strawberry.union("DescribeAttachmentResult"),
]
SetAttachmentAudienceResult = Annotated[
    SetAttachmentAudiencePayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("SetAttachmentAudienceResult"),
]
RemoveAttachmentResult = Annotated[
    RemoveAttachmentPayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("RemoveAttachmentResult"),
]


def _payload(info: Info, ticket: UploadTicket) -> RequestUploadPayload:
    tools, row = info.context.tools, ticket.row
    seconds = tools.workshop.allowances.upload_seconds
    link = tools.files.links.upload(row.storage_key, ticket.address, row.declared_bytes, seconds)
    return RequestUploadPayload(
        upload_id=ticket.secret,
        url=link.url,
        method="PUT",
        headers=[UploadHeader(name=name, value=value) for name, value in link.headers.items()],
        url_expires_at=row.address_expires_at,
        expires_at=row.expires_at,
    )


@strawberry.type
class FileMutation:
    """`requestUpload`, `discardUpload`, `describeAttachment`, `setAttachmentAudience`, `removeAttachment`."""

    @strawberry.mutation(
        extensions=[Guard(Action.ATTACH)],
        description="Ask where to bring one file. Nothing else is needed there: no cookie, no token.",
    )
    async def request_upload(self, info: Info, input: RequestUploadInput) -> RequestUploadResult:
        """One verb; for a complaint, its proof comes first."""
        context = info.context
        await context.throttle("upload")
        wish = UploadWish(input.file_name, input.size_bytes, input.keeps_place)
        if input.complaint is None:
            async with context.work() as work:
                return _payload(info, await request_upload(work, wish, None))
        async with reporter_work(info, input.complaint) as (work, complaint_id):
            return _payload(info, await request_upload(work, wish, complaint_id))

    @strawberry.mutation(extensions=[Guard(Action.ATTACH)], description="Forget an upload that was not attached.")
    async def discard_upload(self, info: Info, upload_id: str) -> DiscardUploadResult:
        """One verb; what it leaves behind is the business of the clean-up."""
        async with info.context.work() as work:
            row = await discard_upload(work, upload_id)
        with suppress(StorageDown):
            await info.context.tools.files.store.remove(row.storage_key)
        return DiscardUploadPayload(discarded=True)

    @strawberry.mutation(
        extensions=[Guard(Action.ATTACH)],
        description="Say what a file shows. Reporters describe what they brought, handlers any file of their cases.",
    )
    async def describe_attachment(
        self, info: Info, id: relay.GlobalID, alt_text: str | None, complaint: ReporterAccess | None = None
    ) -> DescribeAttachmentResult:
        """One verb; `complaint` proves a reporter without an account."""
        attachment_id = row_id(id, "Attachment")
        if complaint is None:
            async with info.context.work() as work:
                row = await describe_attachment(work, attachment_id, alt_text)
        else:
            async with reporter_work(info, complaint) as (work, _):
                row = await describe_attachment(work, attachment_id, alt_text)
        close = Audience.PARTIES if work.actor.role in REPORTERS else Audience.INTERNAL
        return DescribeAttachmentPayload(attachment=Attachment.of(row, close))

    @strawberry.mutation(
        extensions=[Guard(Action.MANAGE_FILES)],
        description="Open a file to more people or to fewer. EVERYONE shows it to the public once the case is public.",
    )
    async def set_attachment_audience(
        self, info: Info, id: relay.GlobalID, audience: Audience
    ) -> SetAttachmentAudienceResult:
        """One verb."""
        async with info.context.work() as work:
            row = await set_attachment_audience(work, row_id(id, "Attachment"), audience)
        return SetAttachmentAudiencePayload(attachment=Attachment.of(row, Audience.INTERNAL))

    @strawberry.mutation(
        extensions=[Guard(Action.MANAGE_FILES)],
        description="Remove a file for good. That it was there, who removed it and why stays on record.",
    )
    async def remove_attachment(self, info: Info, id: relay.GlobalID, reason: str) -> RemoveAttachmentResult:
        """One verb."""
        async with info.context.work() as work:
            row = await remove_attachment(work, row_id(id, "Attachment"), reason)
        return RemoveAttachmentPayload(attachment=Attachment.of(row, Audience.INTERNAL))
