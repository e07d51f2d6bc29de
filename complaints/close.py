"""A complaint ends, is judged by its reporter, and may come back."""

from uuid import UUID

from complaints.casework.reopening import REPORTERS, is_free, look_at_window, take_up
from complaints.clocks import Clocks
from complaints.events import Closed, Rated
from complaints.inputs import required_text
from complaints.refusals import Invalid, Problem
from complaints.work import Work
from models import Complaint
from rules.vocabulary import Action, Audience


async def close(work: Work, complaint_id: UUID, outcome: str, *, seen_version: int) -> Complaint:
    """Close with an outcome everyone may read.

    Raises what `Work.complaint` raises, `IllegalStep`, and `Invalid` for the outcome.
    """
    complaint = await work.complaint(complaint_id, Action.CLOSE, seen_version=seen_version)
    body = required_text(outcome, "outcome", work.allowances.message_max)
    await _end(work, complaint, Action.CLOSE)
    if complaint.responded_at is None:
        # An outcome is an answer: closing at one's own desk without a word before is a first response too.
        complaint.responded_at = work.now
    work.record(complaint, Closed(by_silence=False, message_id=work.keep(complaint, body, Audience.EVERYONE)))
    return complaint


async def close_by_silence(work: Work, complaint_id: UUID) -> Complaint:
    """The reply window passed without a word from the reporter; counted apart in every figure."""
    complaint = await work.complaint(complaint_id, Action.AUTO_CLOSE)
    complaint.closed_by_silence = True
    await _end(work, complaint, Action.AUTO_CLOSE)
    work.record(complaint, Closed(by_silence=True))
    return complaint


async def _end(work: Work, complaint: Complaint, action: Action) -> None:
    work.move(complaint, action)
    complaint.closed_at = work.now
    (await Clocks.of(work, complaint)).stop()


async def reopen(work: Work, complaint_id: UUID, reason: str) -> Complaint:
    """Take a closed complaint up again within the window; it returns to whoever closed it.

    Its reporter may so often as `reopens_free` says, and asks for it after that.

    Raises what `Work.complaint` raises, `IllegalStep`, `Invalid` for the reason or past the window.
    """
    complaint = await work.complaint(complaint_id, Action.REOPEN)
    body = required_text(reason, "reason", work.allowances.message_max)
    work.move(complaint, Action.REOPEN)
    look_at_window(work, complaint)
    if work.actor.role in REPORTERS and not await is_free(work, complaint):
        raise Invalid(Problem("complaint", "REOPENING_NEEDS_APPROVAL"))
    await take_up(work, complaint, work.keep(complaint, body, Audience.PARTIES))
    return complaint


async def rate(work: Work, complaint_id: UUID, rating: int, *, is_solved: bool) -> Complaint:
    """The reporter judges: one to five, solved or not.

    Raises what `Work.complaint` raises, `IllegalStep`, and `Invalid` for the number.
    """
    complaint = await work.complaint(complaint_id, Action.RATE)
    if not 1 <= rating <= 5:
        raise Invalid(Problem("rating", "OUT_OF_RANGE", {"min": 1, "max": 5}))
    work.move(complaint, Action.RATE)
    complaint.rating, complaint.is_solved = rating, is_solved
    work.record(complaint, Rated(rating, is_solved))
    return complaint
