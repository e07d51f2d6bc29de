"""The agency answers, the reporter replies: a conversation that keeps the clocks honest."""

from uuid import UUID

from complaints.clocks import Clocks
from complaints.events import FollowedUp, Noted, Replied
from complaints.inputs import required_text
from complaints.work import Work
from models import Complaint
from rules.vocabulary import Action, Audience, Clock, Status


async def follow_up(
    work: Work, complaint_id: UUID, text: str, audience: Audience, *, seen_version: int | None
) -> Complaint:
    """Answer in public (`EVERYONE`), to the reporter alone (`PARTIES`), or note something for handlers (`INTERNAL`).

    Only an answer the reporter can read counts as a response, moves the status and starts the reply window.
    Raises what `Work.complaint` raises, `IllegalStep`, and `Invalid` for the text.
    """
    complaint = await work.complaint(complaint_id, Action.FOLLOW_UP, seen_version=seen_version)
    body = required_text(text, "text", work.allowances.message_max)
    if audience is Audience.INTERNAL:
        work.after(complaint.status, Action.FOLLOW_UP)
        work.record(complaint, Noted(work.keep(complaint, body, audience)))
        return complaint
    work.move(complaint, Action.FOLLOW_UP)
    clocks = await Clocks.of(work, complaint)
    if complaint.responded_at is None:
        complaint.responded_at = work.now
    clocks.stop(Clock.FIRST_RESPONSE)
    await clocks.restart(Clock.REPLY_WINDOW)
    work.record(complaint, FollowedUp(work.keep(complaint, body, audience)))
    return complaint


async def reply(work: Work, complaint_id: UUID, text: str) -> Complaint:
    """The reporter adds something; it completes a deferred report and stops the reply window.

    Raises what `Work.complaint` raises, `IllegalStep`, and `Invalid` for the text.
    """
    complaint = await work.complaint(complaint_id, Action.REPLY)
    body = required_text(text, "text", work.allowances.message_max)
    was_deferred = complaint.status is Status.DEFERRED
    work.move(complaint, Action.REPLY)
    clocks = await Clocks.of(work, complaint)
    if was_deferred:
        clocks.stop(Clock.REPORTER_COMPLETION)
        clocks.resume()
    clocks.stop(Clock.REPLY_WINDOW)
    work.record(complaint, Replied(work.keep(complaint, body, Audience.PARTIES)))
    return complaint
