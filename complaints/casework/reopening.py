"""A second time, reopening needs somebody who agrees: the reporter asks, the agency or the national desk decides."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from complaints.clocks import Clocks
from complaints.events import Reopened, ReopeningAsked, ReopeningRefused
from complaints.inputs import required_text
from complaints.refusals import Invalid, NotAllowed, Problem
from complaints.work import Work
from models import Complaint, ComplaintEvent, ReopeningRequest
from rules.vocabulary import Action, Audience, Clock, Role

REPORTERS = (Role.REPORTER, Role.TICKET)


async def is_free(work: Work, complaint: Complaint) -> bool:
    """Whether its reporter may reopen it without asking: so often, and no more."""
    statement = select(func.count()).where(
        ComplaintEvent.complaint_id == complaint.id,
        ComplaintEvent.kind == "Reopened",
        ComplaintEvent.actor_role.in_(REPORTERS),
    )
    return (await work.session.scalar(statement) or 0) < work.allowances.reopens_free


def look_at_window(work: Work, complaint: Complaint) -> None:
    """Raises `Invalid` when it was closed too long ago."""
    window = timedelta(days=work.allowances.reopen_days)
    if complaint.closed_at is not None and work.now > complaint.closed_at + window:
        raise Invalid(Problem("complaint", "REOPEN_WINDOW_PASSED", {"days": work.allowances.reopen_days}))


async def take_up(work: Work, complaint: Complaint, message_id: UUID) -> None:
    """What reopening does to a case that was just moved."""
    complaint.closed_at = complaint.rating = complaint.is_solved = None
    complaint.closed_by_silence = False
    (await Clocks.of(work, complaint)).start(Clock.COMPLETION)
    work.record(complaint, Reopened(message_id))
    asked = await _open_request(work, complaint.id)
    if asked is not None:
        asked.decided_at, asked.decided_by_id, asked.is_granted = work.now, work.actor.id, True


async def request_reopening(work: Work, complaint_id: UUID, reason: str) -> Complaint:
    """The reporter asks for it to be taken up once more.

    Raises what `Work.complaint` raises, `IllegalStep`, and `Invalid` for the reason, past the window, while it can
    still be reopened freely, and while an earlier request waits.
    """
    complaint = await work.complaint(complaint_id, Action.REOPEN)
    if work.actor.role not in REPORTERS:
        raise NotAllowed(Action.REOPEN)
    body = required_text(reason, "reason", work.allowances.message_max)
    if complaint.merged_into_id is None:
        work.after(complaint.status, Action.REOPEN)
    look_at_window(work, complaint)
    if await is_free(work, complaint):
        raise Invalid(Problem("complaint", "REOPENING_IS_FREE"))
    if await _open_request(work, complaint_id) is not None:
        raise Invalid(Problem("complaint", "REOPENING_ASKED"))
    message_id = work.keep(complaint, body, Audience.PARTIES)
    work.session.add(
        ReopeningRequest(id=work.new_id(), complaint_id=complaint_id, message_id=message_id, asked_at=work.now)
    )
    work.record(complaint, ReopeningAsked(message_id))
    return complaint


async def decide_reopening(
    work: Work, complaint_id: UUID, *, grants: bool, reason: str, seen_version: int
) -> Complaint:
    """Agree to what the reporter asked, or refuse with a reason that the reporter reads.

    Raises what `Work.complaint` raises, `IllegalStep`, and `Invalid` for the reason or when nothing waits.
    """
    complaint = await work.complaint(complaint_id, Action.DECIDE_REOPENING, seen_version=seen_version)
    body = required_text(reason, "reason", work.allowances.message_max)
    work.after(complaint.status, Action.DECIDE_REOPENING)
    asked = await _open_request(work, complaint_id)
    if asked is None:
        raise Invalid(Problem("id", "NO_OPEN_REQUEST"))
    message_id = work.keep(complaint, body, Audience.PARTIES)
    if grants:
        work.move(complaint, Action.DECIDE_REOPENING)
        await take_up(work, complaint, message_id)
    else:
        asked.decided_at, asked.decided_by_id, asked.is_granted = work.now, work.actor.id, False
        work.record(complaint, ReopeningRefused(message_id))
    return complaint


async def _open_request(work: Work, complaint_id: UUID) -> ReopeningRequest | None:
    statement = select(ReopeningRequest).where(
        ReopeningRequest.complaint_id == complaint_id, ReopeningRequest.decided_at.is_(None)
    )
    return (await work.session.scalars(statement)).one_or_none()
