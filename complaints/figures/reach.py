"""Whose complaints somebody's figures count: the same limits as reading, on the rows that figures are counted from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.orm import aliased

from complaints.figures.asking import is_staff
from complaints.policy import SUPERVISION, Actor
from models import Agency
from models import ComplaintFact as Fact
from rules.vocabulary import Role

Reach = Callable[[Any, Any], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class ReachOf:
    """Conditions on the agency and the unit that something counts for.

    Staff of one agency see what counts for it, a unit what counts for the unit, the public what is not secret.
    """

    actor: Actor

    def __call__(self, agency: Any, unit: Any) -> ColumnElement[bool]:
        """The condition."""
        actor = self.actor
        if not is_staff(actor):
            return ~Fact.is_secret
        match actor.role:
            case Role.NATIONAL_ADMIN | Role.OVERSEER | Role.AUDITOR:
                return true()
            case Role.SERVICE if actor.agency_id is None:
                return true()
            case Role.UNIT_OFFICER:
                return and_(_at_or_below(unit, actor.unit_id), _is_ordinary())
            case Role.INSPECTORATE:
                return and_(
                    _is_own(agency, actor.agency_id),
                    Fact.sent_at.is_not(None),
                    Fact.classification.in_(sorted(SUPERVISION)),
                )
            case Role.HUB:
                below = select(Agency.id).where(Agency.parent_id == actor.agency_id)
                return and_(or_(_is_own(agency, actor.agency_id), agency.in_(below)), _is_ordinary())
        # Whoever verifies a case counts it, until it was sent to the inspectorate.
        return and_(_is_own(agency, actor.agency_id), or_(Fact.sent_at.is_(None), _is_ordinary()))


def _is_ordinary() -> ColumnElement[bool]:
    return or_(Fact.classification.is_(None), Fact.classification.not_in(sorted(SUPERVISION)))


def _at_or_below(unit: Any, unit_id: UUID | None) -> ColumnElement[bool]:
    """What counts for a unit or for one below it."""
    if unit_id is None:
        return false()
    head = select(Agency.id).where(Agency.id == unit_id).cte("own_unit", recursive=True, nesting=True)
    lower = aliased(Agency)
    tree = head.union(select(lower.id).join(head, lower.parent_id == head.c.id))
    found: ColumnElement[bool] = unit.in_(select(tree.c.id))
    return found


def _is_own(whose: Any, own: UUID | None) -> ColumnElement[bool]:
    # Nobody's own rows are not those that belong to nobody.
    return false() if own is None else whose == own
