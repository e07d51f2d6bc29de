"""The questions that somebody asks again and again, kept under a name."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, func, select

from complaints.finding.query import LONGEST, read_query
from complaints.inputs import Problems
from complaints.policy import Actor
from complaints.reading import Desk, QueueFilter, QueueOrder
from complaints.refusals import Invalid, NotAllowed, NotFound, Problem
from complaints.work import Work
from models import SavedView, new_id
from rules.vocabulary import Action, Channel, Classification, Status, Urgency

LONGEST_NAME = 80

_ENUMS: Mapping[str, type] = MappingProxyType(
    {"desk": Desk, "urgency": Urgency, "classification": Classification, "channel": Channel}
)
_IDS = frozenset({"category_id", "agency_id", "unit_id"})
_MOMENTS = frozenset({"submitted_from", "submitted_to"})


@dataclass(frozen=True, slots=True)
class View:
    """A question: the conditions of a queue, its order, and the words looked for, if any."""

    filter: QueueFilter
    order: QueueOrder = QueueOrder.NEWEST
    text: str | None = None
    # Overdue means overdue at the moment of looking, so not the moment of saving is kept.
    is_overdue: bool = False

    def data(self) -> dict[str, Any]:
        """As it is stored: codes, ids as text, absent conditions left out."""
        usual = QueueFilter()
        conditions = {
            field.name: _plain(getattr(self.filter, field.name))
            for field in dataclasses.fields(QueueFilter)
            if field.name != "overdue_at" and getattr(self.filter, field.name) != getattr(usual, field.name)
        }
        return conditions | {"order": str(self.order), "text": self.text, "is_overdue": self.is_overdue}


def view_of(data: Mapping[str, Any], now: datetime) -> View:
    """The question that was stored, as it is asked at `now`."""
    known = {field.name for field in dataclasses.fields(QueueFilter)}
    conditions = {name: _meant(name, value) for name, value in data.items() if name in known}
    is_overdue = bool(data.get("is_overdue"))
    return View(
        QueueFilter(**conditions, overdue_at=now if is_overdue else None),
        QueueOrder(data["order"]),
        data.get("text"),
        is_overdue,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [str(item) for item in value]
    return str(value)


def _meant(name: str, value: Any) -> Any:
    if name == "statuses":
        return tuple(Status(item) for item in value)
    if name in _ENUMS:
        return _ENUMS[name](value)
    if name in _IDS:
        return UUID(value)
    return datetime.fromisoformat(value) if name in _MOMENTS else value


def views(actor: Actor) -> Select[Any]:
    """The actor's own, by name; nobody sees another's."""
    return select(SavedView.__table__).where(SavedView.person_id == actor.id).order_by(SavedView.name, SavedView.id)


def one_view(actor: Actor, view_id: UUID) -> Select[Any]:
    """One of the actor's own."""
    return views(actor).where(SavedView.id == view_id)


async def save_view(work: Work, name: str, view: View) -> SavedView:
    """Keep a question under a name; the same name again replaces it.

    Raises `Invalid` for the name, the words, and when there are `views_max` others already, `NotAllowed` for who has no
    account.
    """
    work.require(Action.READ_QUEUE)
    problems = Problems()
    tidy = problems.text(name, "name", shortest=1, longest=LONGEST_NAME)
    problems.text(view.text, "text", longest=LONGEST)
    problems.settle()
    if view.text is not None:
        read_query(view.text)
    if work.actor.id is None:
        # A service key has no person to keep anything for.
        raise NotAllowed(Action.READ_QUEUE)
    mine = SavedView.person_id == work.actor.id
    # One at a time for one person: two clicks must not pass the limit, nor take the same name.
    await work.session.execute(select(func.pg_advisory_xact_lock(work.actor.id.int % 2**63)))
    row = (await work.session.scalars(select(SavedView).where(mine, SavedView.name == tidy))).one_or_none()
    if row is None:
        kept = await work.session.scalar(select(func.count()).select_from(SavedView).where(mine))
        if (kept or 0) >= work.allowances.views_max:
            limit = work.allowances.views_max
            raise Invalid(Problem("name", "TOO_MANY", {"max": limit, "length": (kept or 0) + 1}))
        row = SavedView(id=new_id(), person_id=work.actor.id, name=tidy or "", created_at=work.now)
        work.session.add(row)
    row.filter, row.changed_at = view.data(), work.now
    return row


async def delete_view(work: Work, view_id: UUID) -> None:
    """Forget one of the actor's own; raises `NotFound` for any other."""
    work.require(Action.READ_QUEUE)
    statement = delete(SavedView).where(SavedView.id == view_id, SavedView.person_id == work.actor.id)
    gone = await work.session.execute(statement.returning(SavedView.id))
    if gone.first() is None:
        raise NotFound("SavedView", "id")
