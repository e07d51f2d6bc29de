"""The agency answers, the reporter replies: a conversation that keeps the clocks honest."""

from collections.abc import Sequence
from uuid import UUID

from complaints.clocks import Clocks
from complaints.events import FollowedUp, Noted, Replied
from complaints.files.uploads import Brought, adopt_uploads
from complaints.inputs import required_text
from complaints.work import Work
from models import Complaint
from rules.vocabulary import Action, Audience, Clock, Status


async def follow_up(
    work: Work,
    complaint_id: UUID,
    text: str,
    audience: Audience,
    *,
    seen_version: int | None,
    attachments: Sequence[Brought] = (),
) -> Complaint:
    """Answer in public (`EVERYONE`), to the reporter alone (`PARTIES`), or note something for handlers (`INTERNAL`).

    Only an answer the reporter can read counts as a response, moves the status and starts the reply window.
    Raises what `Work.complaint` raises, `IllegalStep`, and `Invalid` for the text and the files.
    """
    complaint = await work.complaint(complaint_id, Action.FOLLOW_UP, seen_version=seen_version)
    body = required_text(text, "text", work.allowances.message_max)
    if audience is Audience.INTERNAL:
        work.after(complaint.status, Action.FOLLOW_UP)
        note_id = work.keep(complaint, body, audience)
        await adopt_uploads(work, complaint, attachments, audience, message_id=note_id)
        work.record(complaint, Noted(note_id))
        return complaint
    work.move(complaint, Action.FOLLOW_UP)
    clocks = await Clocks.of(work, complaint)
    if complaint.responded_at is None:
        complaint.responded_at = work.now
    # Whoever speaks on does not wait for the answer to an earlier question any more.
    clocks.resume()
    clocks.stop(Clock.FIRST_RESPONSE)
    await clocks.restart(Clock.REPLY_WINDOW)
    message_id = work.keep(complaint, body, audience)
    await adopt_uploads(work, complaint, attachments, audience, message_id=message_id)
    work.record(complaint, FollowedUp(message_id))
    return complaint


async def answered(work: Work, complaint: Complaint) -> None:
    """What the reporter's word does to a case; nothing while it follows another one."""
    was_deferred = complaint.status is Status.DEFERRED
    work.move(complaint, Action.REPLY)
    if complaint.merged_into_id is not None:
        return
    clocks = await Clocks.of(work, complaint)
    if was_deferred:
        clocks.stop(Clock.REPORTER_COMPLETION)
    # Deferred, or asked something in the middle of the work: the answer is there.
    clocks.resume()
    clocks.stop(Clock.REPLY_WINDOW)


async def reply(work: Work, complaint_id: UUID, text: str, attachments: Sequence[Brought] = ()) -> Complaint:
    """The reporter adds something; it completes a deferred report and stops the reply window.

    Raises what `Work.complaint` raises, `IllegalStep`, and `Invalid` for the text.
    """
    complaint = await work.complaint(complaint_id, Action.REPLY)
    body = required_text(text, "text", work.allowances.message_max)
    await answered(work, complaint)
    message_id = work.keep(complaint, body, Audience.PARTIES)
    await adopt_uploads(work, complaint, attachments, Audience.PARTIES, message_id=message_id)
    work.record(complaint, Replied(message_id))
    return complaint
