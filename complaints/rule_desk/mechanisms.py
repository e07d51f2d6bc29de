"""Special ways of handling for a time: a pandemic, a disaster, a season, each with time limits of its own."""

import re
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select

from complaints.inputs import Problems
from complaints.refusals import Invalid, NotFound, Problem
from complaints.work import Work
from models import ClockRule, SpecialMechanism
from rules.deadlines import LimitUnit, local_date
from rules.vocabulary import Action, Clock

_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,39}")
_MOST = 1_000


@dataclass(frozen=True, slots=True)
class MechanismLimit:
    """How long one step may take: `value` in `unit`."""

    clock: Clock
    value: int
    unit: LimitUnit


@dataclass(frozen=True, slots=True)
class NewMechanism:
    """A special mechanism as somebody describes it. `basis` is the decree; `valid_to` is the first day after."""

    code: str
    label_id: str
    label_en: str
    basis: str
    valid_from: date
    valid_to: date | None = None
    limits: tuple[MechanismLimit, ...] = ()


async def create_mechanism(work: Work, wanted: NewMechanism) -> SpecialMechanism:
    """Write it down with its limits; rules that name it lead into it. Raises `Invalid` with all that is wrong."""
    work.require(Action.MANAGE_RULES)
    problems = Problems()
    texts = {
        name: problems.text(getattr(wanted, name), field, longest=longest, shortest=1)
        for name, field, longest in (
            ("label_id", "labelId", 120),
            ("label_en", "labelEn", 120),
            ("basis", "basis", 500),
        )
    }
    if not _CODE.fullmatch(wanted.code):
        problems.add("code", "BAD_MECHANISM_CODE")
    if wanted.valid_to is not None and wanted.valid_to <= wanted.valid_from:
        problems.add("validTo", "BEFORE_START")
    _look_at_limits(wanted, problems)
    known = select(SpecialMechanism.id).where(SpecialMechanism.code == wanted.code)
    if (await work.session.execute(known)).first() is not None:
        problems.add("code", "CODE_TAKEN")
    problems.settle()
    row = SpecialMechanism(
        id=work.new_id(),
        code=wanted.code,
        label_id=texts["label_id"] or "",
        label_en=texts["label_en"] or "",
        basis=texts["basis"] or "",
        valid_from=wanted.valid_from,
        valid_to=wanted.valid_to,
        created_by_id=work.actor.id,
        created_at=work.now,
    )
    work.session.add(row)
    work.session.add_all(
        ClockRule(
            code=f"{wanted.code}_{limit.clock}",
            valid_from=wanted.valid_from,
            valid_to=wanted.valid_to,
            clock=limit.clock,
            value=limit.value,
            unit=limit.unit,
            classifications=[],
            mechanism=wanted.code,
            label_id=row.label_id,
            label_en=row.label_en,
        )
        for limit in wanted.limits
    )
    return row


async def end_mechanism(work: Work, code: str, valid_to: date) -> SpecialMechanism:
    """Let it hold until the day before `valid_to`, today or later: what began under it keeps its limits.

    Raises `NotFound`, and `Invalid` for a day that is over or before its start, and for one that ended already.
    """
    work.require(Action.MANAGE_RULES)
    statement = select(SpecialMechanism).where(SpecialMechanism.code == code).with_for_update()
    row = (await work.session.scalars(statement)).one_or_none()
    if row is None:
        raise NotFound("SpecialMechanism", "code")
    today = local_date(work.now)
    if row.valid_to is not None and row.valid_to <= today:
        raise Invalid(Problem("code", "ENDED", {"on": row.valid_to.isoformat()}))
    if valid_to < today:
        raise Invalid(Problem("validTo", "DAY_OVER", {"today": today.isoformat()}))
    if valid_to <= row.valid_from:
        raise Invalid(Problem("validTo", "BEFORE_START"))
    row.valid_to = valid_to
    limits = select(ClockRule).where(
        ClockRule.mechanism == code,
        ClockRule.valid_from < valid_to,
        or_(ClockRule.valid_to.is_(None), ClockRule.valid_to > today),
    )
    for limit in await work.session.scalars(limits):
        limit.valid_to = valid_to
    return row


def _look_at_limits(wanted: NewMechanism, problems: Problems) -> None:
    if not wanted.limits:
        problems.add("limits", "REQUIRED")
    seen: set[Clock] = set()
    for at, limit in enumerate(wanted.limits):
        if limit.clock in seen:
            problems.add(f"limits.{at}.clock", "TWICE")
        seen.add(limit.clock)
        if not 1 <= limit.value <= _MOST:
            problems.add(f"limits.{at}.value", "OUT_OF_RANGE", min=1, max=_MOST)
