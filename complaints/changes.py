"""What happened to a complaint since somebody looked: for whoever is refused because their screen is old."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from complaints.knowledge import Knowledge
from complaints.policy import Actor
from complaints.refusals import Change
from models import ComplaintEvent, Person

# More than this nobody reads before looking anew; the newest are kept.
MOST = 20


async def changes_since(
    session: AsyncSession, complaint_id: UUID, seen_version: int, actor: Actor, knowledge: Knowledge
) -> tuple[Change, ...]:
    """The steps after this version, oldest first.

    Of people of another agency only the role and the agency; a name of colleagues alone.
    """
    event = ComplaintEvent
    statement = (
        select(event.seq, event.kind, event.at, event.actor_role, event.actor_agency_id, event.data)
        .add_columns(Person.name)
        .outerjoin(Person, Person.id == event.actor_id)
        .where(event.complaint_id == complaint_id, event.seq > seen_version)
        .order_by(event.seq.desc())
        .limit(MOST)
    )
    found = (await session.execute(statement)).all()
    return tuple(
        Change(
            seq=row.seq,
            kind=row.kind,
            at=row.at,
            role=row.actor_role,
            agency=_called(row.actor_agency_id, knowledge),
            name=row.name if _is_colleague(row.actor_agency_id, row.actor_role, actor, knowledge) else None,
            fields=tuple(sorted(row.data.get("corrected", {}))),
        )
        for row in reversed(found)
    )


def _called(agency_id: UUID | None, knowledge: Knowledge) -> str | None:
    row = None if agency_id is None else knowledge.agency_rows.get(agency_id)
    return None if row is None else row.short_name


def _is_colleague(agency_id: UUID | None, role: str, actor: Actor, knowledge: Knowledge) -> bool:
    """Somebody of the same agency; without one, of the same desk. A reporter is nobody's colleague."""
    if agency_id is None:
        return actor.agency_id is None and role == actor.role
    return actor.agency_id is not None and knowledge.owner_id(agency_id) == actor.agency_id
