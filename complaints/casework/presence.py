"""Who of the staff has a case open just now: leases in the database, so that every process knows."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, case, delete, exists, select, true
from sqlalchemy.dialects.postgresql import insert

from complaints.policy import Actor, is_handler
from complaints.refusals import NotAllowed, NotFound
from complaints.work import Work
from models import CasePresence, Complaint, Person
from rules.vocabulary import Action


async def open_case(work: Work, complaint_id: UUID) -> datetime:
    """Say that the actor has the case open; gives until when. Saying it again prolongs it.

    Raises `NotFound` for a case that the actor does not handle, and `NotAllowed` for keys of other systems: nobody
    sits behind them.
    """
    work.require(Action.READ_QUEUE)
    if (await work.session.execute(handles(work.actor, complaint_id))).first() is None:
        raise NotFound("Complaint", "id")
    if work.actor.id is None:
        raise NotAllowed(Action.READ_QUEUE)
    until = work.now + timedelta(seconds=work.allowances.presence_seconds)
    lease = insert(CasePresence).values(
        complaint_id=complaint_id,
        person_id=work.actor.id,
        role=work.actor.role,
        agency_id=work.actor.agency_id,
        opened_at=work.now,
        expires_at=until,
    )
    await work.session.execute(
        lease.on_conflict_do_update(
            index_elements=["complaint_id", "person_id"],
            set_={
                "expires_at": until,
                "opened_at": case((CasePresence.expires_at > work.now, CasePresence.opened_at), else_=work.now),
            },
        )
    )
    return until


async def leave_case(work: Work, complaint_id: UUID) -> None:
    """Say that the actor closed the case. Leaving twice is no mistake."""
    work.require(Action.READ_QUEUE)
    mine = (CasePresence.complaint_id == complaint_id, CasePresence.person_id == work.actor.id)
    await work.session.execute(delete(CasePresence).where(*mine))


async def sweep(work: Work) -> None:
    """Forget leases that nobody prolonged; the database tells those who watch."""
    await work.session.execute(delete(CasePresence).where(CasePresence.expires_at <= work.now))


def present(actor: Actor, complaint_id: UUID, now: datetime) -> Select[Any]:
    """Who has the case open, first come first; names only of colleagues. Nothing for whoever does not handle it."""
    same = CasePresence.role == actor.role if actor.agency_id is None else true()
    is_colleague = and_(CasePresence.agency_id.is_not_distinct_from(actor.agency_id), same)
    return (
        select(
            CasePresence.role,
            CasePresence.agency_id,
            CasePresence.opened_at,
            CasePresence.expires_at,
            case((is_colleague, Person.name)).label("name"),
            (CasePresence.person_id == actor.id).label("is_me"),
        )
        .join(Person, Person.id == CasePresence.person_id)
        .where(
            CasePresence.complaint_id == complaint_id,
            CasePresence.expires_at > now,
            exists().where(Complaint.id == complaint_id, is_handler(actor)),
        )
        .order_by(CasePresence.opened_at, CasePresence.person_id)
    )


def handles(actor: Actor, complaint_id: UUID) -> Select[Any]:
    """The case, if the actor handles it."""
    return select(Complaint.id).where(Complaint.id == complaint_id, is_handler(actor))
