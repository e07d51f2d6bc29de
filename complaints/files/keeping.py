"""What people do with an attached file: say what it shows, choose who sees it, remove it."""

from uuid import UUID

from sqlalchemy import select

from complaints.files.events import FileAudienceSet, FileRemoved, StaffFileRemoved
from complaints.files.processing import REPORTERS
from complaints.inputs import optional_text, required_text
from complaints.policy import is_reporter
from complaints.refusals import Invalid, NotAllowed, NotFound, Problem
from complaints.work import Work
from models import Attachment, Complaint
from rules.vocabulary import Action, AttachmentState, Audience

ERASE_FILE = "files.erase"
_LONGEST_ALT_TEXT = 500


async def describe_attachment(work: Work, attachment_id: UUID, alt_text: str | None) -> Attachment:
    """Say what is to be seen or heard, for those who do not see or hear it; None takes it back.

    Handlers describe any file of their cases, reporters their own. Raises what `Work.complaint` raises, and
    `Invalid` for the text.
    """
    complaint, row = await _case_of(work, attachment_id, Action.ATTACH)
    if row.uploader_role not in REPORTERS and await _is_reporter_of(work, complaint):
        raise NotAllowed(Action.ATTACH)
    row.alt_text = optional_text(alt_text, "altText", _LONGEST_ALT_TEXT)
    return row


async def set_attachment_audience(work: Work, attachment_id: UUID, audience: Audience) -> Attachment:
    """Open a file to more people, or to fewer. What a reporter brought stays visible for the reporter.

    Raises what `Work.complaint` raises, and `Invalid` for an audience that would hide it from who brought it.
    """
    complaint, row = await _case_of(work, attachment_id, Action.MANAGE_FILES)
    if audience is Audience.INTERNAL and row.uploader_role in REPORTERS:
        raise Invalid(Problem("audience", "REPORTERS_FILE"))
    if audience is not row.audience:
        before, row.audience = row.audience, audience
        work.record(complaint, FileAudienceSet(row.id, before, audience))
    return row


async def remove_attachment(work: Work, attachment_id: UUID, reason: str) -> Attachment:
    """Take a file away for good: its bytes go, that it was there and why it went stays.

    Raises what `Work.complaint` raises, and `Invalid` for the reason.
    """
    complaint, row = await _case_of(work, attachment_id, Action.MANAGE_FILES)
    why = required_text(reason, "reason", work.allowances.message_max)
    stored = row.storage_key or ""
    row.state, row.refusal, row.removed_at = AttachmentState.GONE, None, work.now
    row.storage_key, row.thumbnails = None, []
    note_id = work.keep(complaint, why, Audience.INTERNAL)
    kind = StaffFileRemoved if row.audience is Audience.INTERNAL else FileRemoved
    work.record(complaint, kind(row.id, note_id))
    await work.later(ERASE_FILE, lock=str(row.id), attachment_id=str(row.id), key=stored)
    return row


async def _case_of(work: Work, attachment_id: UUID, action: Action) -> tuple[Complaint, Attachment]:
    """The complaint and its file, both locked. What is gone is not there any more."""
    work.require(action)
    statement = select(Attachment.complaint_id).where(Attachment.id == attachment_id)
    complaint_id = await work.session.scalar(statement)
    if complaint_id is None:
        raise NotFound("Attachment", "id")
    try:
        complaint = await work.complaint(complaint_id, action)
    except NotFound as no:
        raise NotFound("Attachment", "id") from no
    row = await work.session.get_one(Attachment, attachment_id, with_for_update=True)
    hidden = row.audience is Audience.INTERNAL and await _is_reporter_of(work, complaint)
    if hidden or row.state is AttachmentState.GONE:
        raise NotFound("Attachment", "id")
    return complaint, row


async def _is_reporter_of(work: Work, complaint: Complaint) -> bool:
    statement = select(Complaint.id).where(Complaint.id == complaint.id, is_reporter(work.actor))
    return await work.session.scalar(statement) is not None
