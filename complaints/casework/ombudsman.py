"""After sixty days without an end the Ombudsman may take over, if the reporter agrees."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select

from complaints.events import ConsentAnswered, ConsentAsked, Escalated
from complaints.policy import SYSTEM
from complaints.refusals import Busy, Invalid, Problem
from complaints.work import Work, Workshop
from models import ClockRule, Complaint, ComplaintEvent, OmbudsmanConsent
from rules.deadlines import Limit, LimitUnit, due_at, local_date
from rules.lifecycle import OPEN
from rules.vocabulary import Action

# The row of the SLA table that says after how long; it informs and has no clock of its own.
LIMIT = "OMBUDSMAN_ESCALATION"
# What the event calls it, and its level: above the ladder of `rules.ladder`.
OMBUDSMAN, LEVEL = "OMBUDSMAN", 4
_SENT = ("Dispatched", "Handled")


async def ask_for_consent(workshop: Workshop) -> int:
    """Ask the reporters of cases that have been with agencies for longer than the limit; gives how many.

    Counted from the first dispatch: passing a case to and fro does not begin the time anew. Idempotent: each reporter
    is asked once.
    """
    async with workshop.work(SYSTEM) as work:
        limit = await _limit(work)
        if limit is None:
            return 0
        earliest = func.min(ComplaintEvent.at)
        statement = (
            select(Complaint.id, earliest)
            .join(ComplaintEvent, ComplaintEvent.complaint_id == Complaint.id)
            .where(
                Complaint.status.in_(sorted(OPEN)),
                Complaint.merged_into_id.is_(None),
                # Nothing is dispatched before it is filed; most open cases are younger than any limit in days.
                Complaint.submitted_at < work.now - timedelta(days=limit.value if limit.unit is LimitUnit.DAY else 0),
                ComplaintEvent.kind.in_(_SENT),
                ~exists().where(OmbudsmanConsent.complaint_id == Complaint.id),
            )
            .group_by(Complaint.id)
        )
        due = [
            complaint_id
            for complaint_id, sent_at in await work.session.execute(statement)
            if due_at(sent_at, limit, work.knowledge.calendar) < work.now
        ]
    return sum([await _ask(workshop, complaint_id) for complaint_id in due])


async def _limit(work: Work) -> Limit | None:
    today = local_date(work.now)
    statement = select(ClockRule).where(
        ClockRule.code == LIMIT,
        ClockRule.valid_from <= today,
        (ClockRule.valid_to.is_(None)) | (ClockRule.valid_to > today),
    )
    row = (await work.session.scalars(statement.order_by(ClockRule.valid_from.desc()).limit(1))).first()
    return None if row is None else Limit(row.value, LimitUnit(row.unit))


async def _ask(workshop: Workshop, complaint_id: UUID) -> bool:
    try:
        async with workshop.work(SYSTEM) as work:
            complaint = await work.complaint(complaint_id, Action.ESCALATE)
            asked = await work.session.get(OmbudsmanConsent, complaint_id)
            if asked is not None or complaint.status not in OPEN or complaint.merged_into_id is not None:
                return False
            work.session.add(OmbudsmanConsent(complaint_id=complaint_id, asked_at=work.now))
            work.record(complaint, ConsentAsked())
            return True
    except Busy:
        return False


async def answer_consent(work: Work, complaint_id: UUID, *, consents: bool) -> Complaint:
    """The reporter agrees or not, and may change a no into a yes; with a yes the overseers have the case.

    Raises what `Work.complaint` raises, and `Invalid` when nobody asked, the case has ended, or it was given before.
    """
    complaint = await work.complaint(complaint_id, Action.CONSENT)
    row = await work.session.get(OmbudsmanConsent, complaint_id, with_for_update=True)
    if row is None or complaint.status not in OPEN:
        raise Invalid(Problem("complaint", "CONSENT_NOT_ASKED"))
    if row.consents:
        raise Invalid(Problem("complaint", "CONSENT_GIVEN"))
    row.answered_at, row.consents = work.now, consents
    work.record(complaint, ConsentAnswered(consents))
    if consents:
        work.record(complaint, Escalated(OMBUDSMAN, LEVEL))
    return complaint


def is_with_the_ombudsman() -> ColumnElement[bool]:
    """Cases whose reporter agreed that the overseers take over."""
    return exists().where(OmbudsmanConsent.complaint_id == Complaint.id, OmbudsmanConsent.consents.is_(True))
