"""The ladder from the first reminder to the national desk: one table, each rung on its day."""

from datetime import date, datetime, timedelta

import pytest

from rules.deadlines import JAKARTA, Limit, LimitUnit, WorkingCalendar, due_at
from rules.ladder import HALFWAY, LADDER, TOP, Tier, rung_at, step_reached
from rules.telling import Recipient, tellings
from rules.vocabulary import Clock

SEED = datetime(2020, 8, 7, 9, 30, tzinfo=JAKARTA)  # a Friday
CALENDAR = WorkingCalendar()


def at(month: int, day: int, hour: int = 8) -> datetime:
    return datetime(2020, month, day, hour, tzinfo=JAKARTA)


@pytest.mark.parametrize(
    ("limit", "now", "level"),
    [
        (Limit(10), at(8, 13), None),  # six of ten left
        (Limit(10), at(8, 14), HALFWAY),  # five
        (Limit(10), at(8, 24), HALFWAY),
        (Limit(10), at(8, 25), -1),  # the working day before the 26th
        (Limit(10), at(8, 26, 23), -1),
        (Limit(10), at(8, 27), 1),
        (Limit(10), at(8, 31), 2),
        (Limit(10), at(9, 4), 3),
        # Of three days the half is over on the day before the end: one reminder, not two.
        (Limit(3), at(8, 10), None),
        (Limit(3), at(8, 11), -1),
        (Limit(1), SEED, -1),
        (Limit(30, LimitUnit.DAY), at(8, 21), None),
        (Limit(30, LimitUnit.DAY), at(8, 22), HALFWAY),
        # Seventy-two hours from a Friday end on a Monday: the Friday is the working day before.
        (Limit(72, LimitUnit.HOUR), SEED + timedelta(hours=1), -1),
        (Limit(144, LimitUnit.HOUR), SEED + timedelta(hours=71), None),
        (Limit(144, LimitUnit.HOUR), SEED + timedelta(hours=72), HALFWAY),
    ],
)
def test_each_rung_is_reached_on_its_day(limit: Limit, now: datetime, level: int | None) -> None:
    step = step_reached(due_at(SEED, limit, CALENDAR), limit, now, CALENDAR)

    assert (rung_at(step).level if step else None) == level


def test_a_clock_never_climbs_down_while_time_passes() -> None:
    limit = Limit(14)
    due = due_at(SEED, limit, CALENDAR)
    steps = [step_reached(due, limit, SEED + timedelta(days=day), CALENDAR) for day in range(60)]

    said = [step for step in steps if step]

    assert said == sorted(said)
    assert set(said) == set(range(1, TOP + 1))


def test_without_its_limit_a_clock_has_no_half() -> None:
    due = due_at(SEED, Limit(10), CALENDAR)

    assert step_reached(due, None, at(8, 24), CALENDAR) == 0
    assert step_reached(due, None, at(8, 25), CALENDAR) == 2


def test_nothing_is_said_on_the_weekend_after_the_due_day() -> None:
    due = datetime.combine(date(2020, 8, 14), SEED.timetz().replace(hour=23))

    assert step_reached(due, Limit(5), at(8, 15), CALENDAR) == 0


@pytest.mark.parametrize("clock", [Clock.FIRST_RESPONSE, Clock.COMPLETION])
def test_who_is_told_is_who_the_ladder_names(clock: Clock) -> None:
    told = {rung.level: tellings("Escalated", {"clock": clock, "level": rung.level}) for rung in LADDER}

    assert {level: [one.to for one in who] for level, who in told.items()} == {
        rung.level: [Recipient(rung.tier)] for rung in LADDER
    }
    assert [rung.tier for rung in LADDER if rung.days_late] == [Tier.HANDLERS, Tier.AGENCY, Tier.NATIONAL]
