"""What an admin does instead of verifying: return, defer, archive, and take out of the archive again."""

from dataclasses import dataclass
from uuid import UUID

from complaints.clocks import Clocks
from complaints.events import Archived, Deferred, HandedUp, Restored, Returned
from complaints.inputs import optional_text, required_text
from complaints.work import Work
from models import Agency, Complaint
from rules.vocabulary import Action, AgencyLevel, Audience, Clock, Connection, Role, TermKind


@dataclass(frozen=True, slots=True)
class Objection:
    """Not ours, because; and whose it might be."""

    reason: str
    proposed_agency_id: UUID | None = None
    note: str | None = None


async def return_(work: Work, complaint_id: UUID, objection: Objection, *, seen_version: int) -> Complaint:
    """Send it back one level up: a unit to the unit above or its agency's admin, an agency to the national desk.

    After `hops_before_arbiter` returns only the national desk decides. Raises what `Work.complaint` raises,
    `IllegalStep`, `NotFound` for the proposed agency and `Invalid` for the reason.
    """
    complaint = await work.complaint(complaint_id, Action.RETURN, seen_version=seen_version)
    reason = work.term(objection.reason, TermKind.RETURN_REASON, field="reason")
    note = optional_text(objection.note, "note", work.allowances.message_max)
    proposed_id = objection.proposed_agency_id
    if proposed_id is not None:
        proposed = await work.one(Agency, proposed_id, field="proposedAgencyId")
        # Whoever names a work unit means its agency.
        proposed_id = work.knowledge.owner_id(proposed.id) if proposed.level is AgencyLevel.UNIT else proposed.id
    by_unit = work.actor.role is Role.UNIT_OFFICER
    above_id = work.knowledge.unit_above(complaint.unit_id) if by_unit and complaint.unit_id is not None else None
    if above_id is not None and complaint.hops + 1 < work.allowances.hops_before_arbiter:
        return _hand_up(work, complaint, above_id, reason, proposed_id, note)
    sender_id = complaint.unit_id or complaint.agency_id or complaint.queue_agency_id
    work.move(complaint, Action.RETURN)
    complaint.hops += 1
    stays_in_agency = by_unit and complaint.hops < work.allowances.hops_before_arbiter
    # Only an agency that verifies for itself has a verification queue.
    verifies = complaint.agency_id is not None and (
        work.knowledge.agencies[complaint.agency_id].connection is Connection.FULL
    )
    complaint.queue_agency_id = complaint.agency_id if stays_in_agency and verifies else None
    complaint.agency_id = proposed_id or (complaint.agency_id if stays_in_agency else None)
    complaint.unit_id = complaint.dispatched_at = complaint.published_at = None
    clocks = await Clocks.of(work, complaint)
    clocks.stop(Clock.FIRST_RESPONSE, Clock.COMPLETION)
    clocks.start(Clock.VERIFICATION)
    note_id = None if note is None else work.keep(complaint, note, Audience.INTERNAL)
    work.record(complaint, Returned(reason, sender_id, proposed_id, complaint.hops, note_id))
    return complaint


def _hand_up(
    work: Work, complaint: Complaint, above_id: UUID, reason: str, proposed_id: UUID | None, note: str | None
) -> Complaint:
    """To the unit above: it stays dispatched and public, and the clocks of the agency go on."""
    sender_id = complaint.unit_id
    if sender_id is None:
        raise LookupError("only a unit passes up")
    work.move(complaint, Action.HAND_UP)
    complaint.hops += 1
    complaint.unit_id = above_id
    note_id = None if note is None else work.keep(complaint, note, Audience.INTERNAL)
    work.record(complaint, HandedUp(reason, sender_id, above_id, complaint.hops, proposed_id, note_id))
    return complaint


async def defer(work: Work, complaint_id: UUID, reason: str, question: str, *, seen_version: int) -> Complaint:
    """Ask the reporter; the clocks stand still until the answer comes.

    Raises what `Work.complaint` raises, `IllegalStep`, and `Invalid` for reason or question.
    """
    complaint = await work.complaint(complaint_id, Action.DEFER, seen_version=seen_version)
    reason = work.term(reason, TermKind.DEFER_REASON, field="reason")
    body = required_text(question, "question", work.allowances.message_max)
    work.move(complaint, Action.DEFER)
    complaint.defer_reason = reason
    clocks = await Clocks.of(work, complaint)
    clocks.pause()
    clocks.start(Clock.REPORTER_COMPLETION)
    work.record(complaint, Deferred(reason, work.keep(complaint, body, Audience.PARTIES)))
    return complaint


async def archive(
    work: Work, complaint_id: UUID, reason: str, note: str | None, *, seen_version: int | None
) -> Complaint:
    """Put it away with a reason the reporter may read; nothing is deleted.

    Raises what `Work.complaint` raises, `IllegalStep`, and `Invalid` for reason or note.
    """
    complaint = await work.complaint(complaint_id, Action.ARCHIVE, seen_version=seen_version)
    complaint.archive_reason = work.term(reason, TermKind.ARCHIVE_REASON, field="reason")
    body = optional_text(note, "note", work.allowances.message_max)
    work.move(complaint, Action.ARCHIVE)
    (await Clocks.of(work, complaint)).stop()
    note_id = None if body is None else work.keep(complaint, body, Audience.PARTIES)
    work.record(complaint, Archived(complaint.archive_reason, note_id))
    return complaint


async def restore(work: Work, complaint_id: UUID, note: str, *, seen_version: int) -> Complaint:
    """Take it out of the archive, back into the queue it left.

    Raises what `Work.complaint` raises, `IllegalStep`, and `Invalid` for the note.
    """
    complaint = await work.complaint(complaint_id, Action.RESTORE, seen_version=seen_version)
    body = required_text(note, "note", work.allowances.message_max)
    work.move(complaint, Action.RESTORE)
    # What was withdrawn from an agency is nobody's until it is verified again.
    complaint.unit_id = complaint.dispatched_at = None
    (await Clocks.of(work, complaint)).start(Clock.VERIFICATION)
    work.record(complaint, Restored(work.keep(complaint, body, Audience.INTERNAL)))
    return complaint
