"""An attached file as each of its readers may see it."""

from datetime import datetime
from typing import Any, Self

import strawberry
from sqlalchemy import Row
from strawberry import relay

from complaints.audiences import hidden_fields
from complaints.files.links import Variant, end_of
from complaints.policy import audiences_of
from graph import enums  # noqa: F401 - registers the enums before a type names them
from graph.context import Info
from graph.wording_files import FILE_REFUSALS
from models import Attachment as AttachmentRow
from rules.vocabulary import AttachmentState, Audience, FileRefusal, Role

strawberry.enum(AttachmentState, description="Where a file stands; only a READY one can be fetched.")
strawberry.enum(FileRefusal, description="Why a file was not kept.")


@strawberry.type(description="A smaller size of a picture, as WebP.")
class Thumbnail:
    """One of `attachment.thumbnails`."""

    width: int
    height: int
    url: str = strawberry.field(description="Works for some minutes, for you.")


@strawberry.type(description="An attached file. What you may not see is null, never an error.")
class Attachment:
    """A row of `attachment`."""

    row: strawberry.Private[Any]
    standing: strawberry.Private[Audience]

    id: relay.GlobalID
    state: AttachmentState
    file_name: str
    alt_text: str | None = strawberry.field(description="What is to be seen or heard, for those who cannot.")
    media_type: str = strawberry.field(description="By its content.")
    size_bytes: int
    width: int | None
    height: int | None
    audience: Audience
    uploader_role: Role
    created_at: datetime
    original_size_bytes: int | None
    refusal: FileRefusal | None = strawberry.field(description="Why it was not kept, if it was not.")
    refusal_message: str | None
    refusal_message_en: str | None

    @strawberry.field(
        description="Where to fetch it, for some minutes; a browser may show it. Null while it is not READY."
    )
    def url(self, info: Info) -> str | None:
        """Made when asked: an address is a permission."""
        return self._address(info, Variant.FILE)

    @strawberry.field(description="When `url` and those of `thumbnails` stop working, at the earliest.")
    def url_expires_at(self, info: Info) -> datetime | None:
        """The moment, of addresses that are made now."""
        if self.state is not AttachmentState.READY:
            return None
        tools = info.context.tools
        return end_of(tools.workshop.clock(), tools.files.limits.download_seconds - 60)

    @strawberry.field(description="Smaller sizes of a picture, smallest first.")
    def thumbnails(self, info: Info) -> list[Thumbnail]:
        """Each with an address of its own."""
        return [
            Thumbnail(width=one["width"], height=one["height"], url=url)
            for one in self.row.thumbnails
            if (url := self._address(info, Variant(one["variant"]))) is not None
        ]

    def _address(self, info: Info, variant: Variant) -> str | None:
        if self.state is not AttachmentState.READY:
            return None
        tools = info.context.tools
        return tools.files.links.download(self.row, variant, self.standing, tools.workshop.clock())

    @classmethod
    def of(cls, row: Row[Any] | AttachmentRow, standing: Audience) -> Self:
        """The row for somebody of this standing, who may see that it is there."""
        told = None if row.refusal is None else FILE_REFUSALS[row.refusal]
        values = {
            "id": relay.GlobalID("Attachment", str(row.id)),
            "refusal_message": None if told is None else told.indonesian,
            "refusal_message_en": None if told is None else told.english,
        } | {name: getattr(row, name) for name in _SAME_NAME}
        for name in hidden_fields("Attachment", audiences_of(standing)) & values.keys():
            values[name] = None
        return cls(row=row, standing=standing, **values)


_SAME_NAME = (
    "state", "file_name", "alt_text", "media_type", "size_bytes", "width", "height", "audience", "uploader_role",
    "created_at", "original_size_bytes", "refusal",
)  # fmt: skip
