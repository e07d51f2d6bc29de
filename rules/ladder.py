"""Who hears of a running clock, and when: one ladder from the first reminder to the national desk."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from rules.deadlines import Limit, LimitUnit, WorkingCalendar, local_date, working_days_between

# Levels below zero are reminders: what is due is not late yet.
HALFWAY, REMINDER = -2, -1


class Tier(StrEnum):
    """Whose business a rung is: those who work on the case, its agency, the national desk."""

    HANDLERS = "HANDLERS"
    AGENCY = "AGENCY"
    NATIONAL = "NATIONAL"


@dataclass(frozen=True, slots=True)
class Rung:
    """One step: exactly one of the three says when it is reached. `level` is what the event carries."""

    level: int
    tier: Tier
    # At most this share of the limit is left.
    left_share: float | None = None
    # At most so many working days are left.
    days_left: int | None = None
    # At least so many working days have passed since the due day.
    days_late: int | None = None


# In the order in which a clock climbs it. A rung that is passed while a later one is reached is not made up for.
LADDER: tuple[Rung, ...] = (
    Rung(HALFWAY, Tier.HANDLERS, left_share=0.5),
    Rung(REMINDER, Tier.HANDLERS, days_left=1),
    Rung(1, Tier.HANDLERS, days_late=1),
    Rung(2, Tier.AGENCY, days_late=3),
    Rung(3, Tier.NATIONAL, days_late=7),
)
# How the rungs are numbered on a clock: 0 is the ground.
TOP = len(LADDER)
LAST_REMINDER = sum(rung.days_late is None for rung in LADDER)
# Half of the limit is reached no sooner before half of the calendar time than this, whatever holidays lie between.
MARGIN = timedelta(days=21)


def rung_at(step: int) -> Rung:
    """The rung with this number, from 1."""
    return LADDER[step - 1]


def step_reached(due: datetime, limit: Limit | None, now: datetime, calendar: WorkingCalendar) -> int:
    """The number of the highest rung that a clock due at `due` stands on; 0 for none.

    Without a limit nobody knows when half of it is over. On a weekend right after the due day there is nothing to say.
    Raises `ValueError` when a moment has no time zone.
    """
    today, due_on = local_date(now), local_date(due)
    left = working_days_between(today, due_on, calendar)
    late = working_days_between(due_on, today, calendar) if now > due else 0
    step = 0
    for number, rung in enumerate(LADDER, start=1):
        if now > due:
            is_reached = rung.days_late is not None and late >= rung.days_late
        elif rung.days_left is not None:
            is_reached = left <= rung.days_left
        else:
            is_reached = rung.left_share is not None and limit is not None
            is_reached = is_reached and _share_left(due, limit, now, left) <= (rung.left_share or 0)
        if is_reached:
            step = number
    return step


def _share_left(due: datetime, limit: Limit | None, now: datetime, working_days: int) -> float:
    if limit is None:
        return 1.0
    match limit.unit:
        case LimitUnit.WORKING_DAY:
            return working_days / limit.value
        case LimitUnit.DAY:
            return (local_date(due) - local_date(now)).days / limit.value
        case LimitUnit.HOUR:
            return (due - now) / timedelta(hours=limit.value)
