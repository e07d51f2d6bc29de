"""Words beside the main road: a question in the middle of the work, a note, a withdrawal."""

from uuid import UUID

from complaints.clocks import Clocks
from complaints.events import Archived, Asked, Noted
from complaints.inputs import optional_text, required_text
from complaints.work import Work
from models import Complaint
from rules.vocabulary import Action, Audience, Clock

WITHDRAWN = "DICABUT"


async def ask_reporter(work: Work, complaint_id: UUID, question: str, *, seen_version: int) -> Complaint:
    """Ask the reporter while the work goes on: the clocks of the staff stand still until either side speaks again.

    A question that the reporter can read is an answer in the sense of the first response, and its own silence closes
    the case as that after any answer does. Raises what `Work.complaint` raises, `IllegalStep`, and `Invalid` for the
    question.
    """
    complaint = await work.complaint(complaint_id, Action.ASK_REPORTER, seen_version=seen_version)
    body = required_text(question, "question", work.allowances.message_max)
    work.move(complaint, Action.ASK_REPORTER)
    clocks = await Clocks.of(work, complaint)
    if complaint.responded_at is None:
        complaint.responded_at = work.now
    clocks.stop(Clock.FIRST_RESPONSE)
    clocks.pause()
    await clocks.restart(Clock.REPLY_WINDOW)
    work.record(complaint, Asked(work.keep(complaint, body, Audience.PARTIES)))
    return complaint


async def note(work: Work, complaint_id: UUID, text: str) -> Complaint:
    """Leave a note for handlers, whatever the status; overseers may too.

    Without a version: a note contradicts nothing that happened meanwhile. Raises what `Work.complaint` raises, and
    `Invalid` for the text.
    """
    complaint = await work.complaint(complaint_id, Action.NOTE)
    body = required_text(text, "text", work.allowances.message_max)
    work.record(complaint, Noted(work.keep(complaint, body, Audience.INTERNAL)))
    return complaint


async def withdraw(work: Work, complaint_id: UUID, reason: str | None) -> Complaint:
    """The reporter takes it back before it is closed; it is archived, and nobody reads it in public any more.

    Raises what `Work.complaint` raises, `IllegalStep`, and `Invalid` for the reason.
    """
    complaint = await work.complaint(complaint_id, Action.WITHDRAW)
    body = optional_text(reason, "reason", work.allowances.message_max)
    work.move(complaint, Action.WITHDRAW)
    complaint.archive_reason = WITHDRAWN
    complaint.published_at = None
    (await Clocks.of(work, complaint)).stop()
    note_id = None if body is None else work.keep(complaint, body, Audience.PARTIES)
    work.record(complaint, Archived(WITHDRAWN, note_id))
    return complaint
