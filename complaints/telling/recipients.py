"""Looking up who is behind a recipient: accounts that may see the case, and nobody else."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, union_all
from sqlalchemy.sql.elements import literal

from complaints.policy import Actor, is_handler
from complaints.work import Work
from models import Agency, Complaint, ComplaintCopy, Person
from rules.telling import INSTEAD, Recipient
from rules.vocabulary import AgencyLevel, Role


async def staff_of(work: Work, complaint: Complaint, to: Recipient) -> list[UUID]:
    """The accounts behind a recipient that may see this complaint now.

    When there is none, those of whoever stands in for them.
    """
    while True:
        found = await _seeing(work, complaint.id, await _accounts(work, await _belongs(work, complaint, to)))
        if found or to not in INSTEAD:
            return found
        to = INSTEAD[to]


async def managers_of(work: Work, agency_id: UUID | None) -> list[UUID]:
    """Who looks after the webhooks of an agency, or of the whole when there is none."""
    return [actor.id for actor in await _accounts(work, _admins(agency_id)) if actor.id is not None]


async def may_see(work: Work, complaint_id: UUID, person_id: UUID) -> bool:
    """Whether an account is open and still works on or watches a complaint."""
    return bool(await _seeing(work, complaint_id, await _accounts(work, Person.id == person_id)))


async def agency_may_see(work: Work, complaint_id: UUID, agency_id: UUID | None) -> bool:
    """Whether the systems of an agency may hear of a complaint; those of the whole hear of every one."""
    role = Role.NATIONAL_ADMIN if agency_id is None else Role.AGENCY_ADMIN
    statement = select(is_handler(Actor(role, agency_id=agency_id))).where(Complaint.id == complaint_id)
    return bool(await work.session.scalar(statement))


def _admins(agency_id: UUID | None) -> ColumnElement[bool]:
    if agency_id is None:
        return Person.role == Role.NATIONAL_ADMIN
    return and_(Person.role == Role.AGENCY_ADMIN, Person.agency_id == agency_id)


async def _belongs(work: Work, complaint: Complaint, to: Recipient) -> ColumnElement[bool]:
    """The accounts of a recipient, as a condition."""
    if to is Recipient.HANDLERS and complaint.dispatched_at is None:
        to = Recipient.DESK
    if to is Recipient.HANDLERS and complaint.unit_id is None:
        to = Recipient.AGENCY
    match to:
        case Recipient.HANDLERS:
            return and_(Person.role == Role.UNIT_OFFICER, Person.agency_id == complaint.unit_id)
        case Recipient.AGENCY if complaint.agency_id is not None:
            roles = (Role.AGENCY_ADMIN, Role.INSPECTORATE)
            return and_(Person.role.in_(roles), Person.agency_id == complaint.agency_id)
        case Recipient.OVERSEERS:
            return Person.role == Role.OVERSEER
        case Recipient.DESK:
            return _admins(complaint.queue_agency_id)
        case Recipient.COPIES:
            copies = select(ComplaintCopy.agency_id).where(ComplaintCopy.complaint_id == complaint.id)
            copied = list((await work.session.scalars(copies)).all())
            return and_(
                or_(Person.role == Role.AGENCY_ADMIN, Person.role == Role.UNIT_OFFICER), Person.agency_id.in_(copied)
            )
        case _:
            return _admins(None)


async def _accounts(work: Work, condition: ColumnElement[bool]) -> list[Actor]:
    """Open accounts as they would act."""
    statement = (
        select(Person.id, Person.role, Agency.id.label("agency_id"), Agency.level, Agency.parent_id)
        .outerjoin(Agency, Agency.id == Person.agency_id)
        .where(Person.is_active.is_(True), condition)
        .order_by(Person.id)
    )
    return [
        Actor(row.role, id=row.id, agency_id=work.knowledge.owner_id(row.agency_id), unit_id=row.agency_id)
        if row.level is AgencyLevel.UNIT
        else Actor(row.role, id=row.id, agency_id=row.agency_id)
        for row in await work.session.execute(statement)
    ]


async def _seeing(work: Work, complaint_id: UUID, actors: Sequence[Actor]) -> list[UUID]:
    """Those of them who may see the complaint, asked of the one policy in one statement.

    All admins of an agency see the same, so the question is put once for each desk and not for each person.
    """
    desks = list({replace(actor, id=None) for actor in actors})
    if not desks:
        return []
    questions = [
        select(literal(number)).select_from(Complaint).where(Complaint.id == complaint_id, is_handler(desk))
        for number, desk in enumerate(desks)
    ]
    seeing = {desks[number] for number in await work.session.scalars(union_all(*questions))}
    return [actor.id for actor in actors if actor.id is not None and replace(actor, id=None) in seeing]
