"""Whether an address of a file is still good: asked each time it is used."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from complaints.files.links import Permit
from complaints.policy import audiences_of, is_public
from models import Attachment, Complaint
from rules.vocabulary import AttachmentState, Audience


@dataclass(frozen=True, slots=True)
class Fetched:
    """What is told about a file that is given out."""

    file_name: str
    media_type: str


async def fetched(engine: AsyncEngine, permit: Permit) -> Fetched | None:
    """What is told about the file, or None when it is gone or not for this standing any more.

    What was removed, or closed to the public, is so at once and not when the address runs out.
    """
    statement = (
        select(Attachment.file_name, Attachment.media_type)
        .join(Complaint, Complaint.id == Attachment.complaint_id)
        .where(
            Attachment.id == permit.attachment_id,
            Attachment.state == AttachmentState.READY,
            Attachment.audience.in_(sorted(audiences_of(permit.standing))),
        )
    )
    if permit.standing is Audience.EVERYONE:
        statement = statement.where(is_public())
    async with engine.connect() as connection:
        found = (await connection.execute(statement)).one_or_none()
    return None if found is None else Fetched(found.file_name, found.media_type)
