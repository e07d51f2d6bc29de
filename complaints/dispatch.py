"""A verified complaint goes to whoever mends it: an agency, one of its units, or the admin's own desk."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from complaints.clocks import Clocks
from complaints.events import Dispatched, Handled
from complaints.finding.vectors import keep_words
from complaints.policy import SUPERVISION
from complaints.refusals import Invalid, Problem
from complaints.work import Work
from models import Agency, Complaint, ComplaintCopy, ComplaintText
from rules.masking import masked
from rules.vocabulary import Action, AgencyLevel, Clock


@dataclass(frozen=True, slots=True)
class Destination:
    """A unit of the agency (none: the agency's own admin takes it on or passes it), and who reads along."""

    unit_id: UUID | None = None
    copy_ids: Sequence[UUID] = ()


async def dispatch(work: Work, complaint_id: UUID, destination: Destination, *, seen_version: int) -> Complaint:
    """Dispatch, or dispatch again to another unit while nobody has answered.

    Raises what `Work.complaint` raises, `IllegalStep`, `NotFound` and `Invalid` for unit or copies.
    """
    complaint = await work.complaint(complaint_id, Action.DISPATCH, seen_version=seen_version)
    await send(work, complaint, await Clocks.of(work, complaint), destination)
    return complaint


async def send(work: Work, complaint: Complaint, clocks: Clocks, destination: Destination) -> None:
    """The part that verifying and dispatching share; the row is locked and the actor allowed."""
    work.move(complaint, Action.DISPATCH)
    agency_id = complaint.agency_id
    if agency_id is None:
        raise LookupError("a verified complaint without an agency")
    if destination.unit_id is not None:
        unit = await work.one(Agency, destination.unit_id, field="unitId")
        if unit.level is not AgencyLevel.UNIT or not work.knowledge.is_below(unit.id, agency_id):
            raise Invalid(Problem("unitId", "NOT_A_UNIT_OF_AGENCY"))
    _look_at_tier(work, complaint, destination)
    if len(destination.copy_ids) > work.allowances.copies_max:
        limit = work.allowances.copies_max
        raise Invalid(Problem("copyIds", "TOO_MANY", {"max": limit, "length": len(destination.copy_ids)}))
    for copy_id in dict.fromkeys(destination.copy_ids):
        copied = await work.one(Agency, copy_id, field="copyIds")
        await work.session.merge(ComplaintCopy(complaint_id=complaint.id, agency_id=copied.id))
    complaint.unit_id = destination.unit_id
    await _publish(work, complaint)
    clocks.stop(Clock.VERIFICATION)
    clocks.start(Clock.FIRST_RESPONSE, Clock.COMPLETION)
    work.record(complaint, Dispatched(agency_id, destination.unit_id))


def _look_at_tier(work: Work, complaint: Complaint, destination: Destination) -> None:
    """Raises `Invalid` for a unit that this actor cannot send to, and for a case that goes to the inspectorate only."""
    own = work.actor.unit_id
    if own is not None and (destination.unit_id is None or not work.knowledge.is_below(destination.unit_id, own)):
        raise Invalid(Problem("unitId", "NOT_BELOW_YOUR_UNIT"))
    if complaint.classification in SUPERVISION:
        for field, given in (("unitId", destination.unit_id), ("copyIds", destination.copy_ids)):
            if given:
                raise Invalid(Problem(field, "INSPECTORATE_ONLY"))


async def handle(work: Work, complaint_id: UUID, *, seen_version: int) -> Complaint:
    """The agency's admin answers at this desk instead of passing it on (kelola).

    Raises what `Work.complaint` raises, and `IllegalStep`.
    """
    complaint = await work.complaint(complaint_id, Action.HANDLE, seen_version=seen_version)
    work.move(complaint, Action.HANDLE)
    if complaint.agency_id is None:
        raise LookupError("a verified complaint without an agency")
    await _publish(work, complaint)
    clocks = await Clocks.of(work, complaint)
    clocks.stop(Clock.VERIFICATION)
    clocks.start(Clock.FIRST_RESPONSE, Clock.COMPLETION)
    work.record(complaint, Handled(complaint.agency_id))
    return complaint


async def _publish(work: Work, complaint: Complaint) -> None:
    # A report becomes public when it is forwarded (domain notes, 1.7); secret ones carry the date all the same,
    # because `is_public` asks for both.
    complaint.dispatched_at = work.now
    if complaint.published_at is None:
        complaint.published_at = work.now
    # Masked once, here, and not by each of its readers.
    text = await work.session.get_one(ComplaintText, complaint.id)
    text.public_title = None if text.title is None else masked(text.title)
    text.public_body = masked(text.edited_body or text.original_body)
    await keep_words(work, complaint, text)
