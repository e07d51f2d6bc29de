"""Deadlines against a counter that goes day by day and knows nothing of ours."""

from datetime import UTC, date, datetime, timedelta

import holidays
from hypothesis import given
from hypothesis import strategies as st

from rules.deadlines import (
    JAKARTA,
    Limit,
    LimitUnit,
    WorkingCalendar,
    due_at,
    local_date,
    resume,
    working_days_between,
)

OFF = set(holidays.country_holidays("ID", years=range(2018, 2030), categories=("public", "government")))
CALENDAR = WorkingCalendar()

moments = st.datetimes(datetime(2019, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
days = st.dates(date(2019, 1, 1), date(2026, 12, 31))
limits = st.integers(1, 60)
pauses = st.timedeltas(timedelta(0), timedelta(days=40))


def counted_by_hand(start: date, working_days: int) -> date:
    day = start
    while working_days > 0:
        day += timedelta(days=1)
        if day.isoweekday() <= 5 and day not in OFF:
            working_days -= 1
    return day


@given(moments, limits)
def test_due_day_is_the_one_counted_by_hand(started_at: datetime, value: int) -> None:
    due = due_at(started_at, Limit(value), CALENDAR)

    assert local_date(due) == counted_by_hand(started_at.astimezone(JAKARTA).date(), value)


@given(moments, limits)
def test_due_day_lies_the_limit_after_the_start(started_at: datetime, value: int) -> None:
    due = due_at(started_at, Limit(value), CALENDAR)

    assert working_days_between(local_date(started_at), local_date(due), CALENDAR) == value


@given(days, days)
def test_working_days_between_are_those_counted_by_hand(one: date, other: date) -> None:
    after, until = min(one, other), max(one, other)
    span = [after + timedelta(days=n) for n in range(1, (until - after).days + 1)]

    counted = sum(day.isoweekday() <= 5 and day not in OFF for day in span)

    assert working_days_between(after, until, CALENDAR) == counted
    assert working_days_between(until, after, CALENDAR) == -counted


@given(moments, limits, pauses, pauses)
def test_what_was_left_at_the_pause_is_left_after_it(
    started_at: datetime, value: int, before: timedelta, pause: timedelta
) -> None:
    due = due_at(started_at, Limit(value), CALENDAR)
    paused_at = min(started_at + before, due)
    resumed_at = paused_at + pause
    left = working_days_between(local_date(paused_at), local_date(due), CALENDAR)

    moved = resume(due, paused_at, resumed_at, CALENDAR)

    assert moved >= due
    left_after = working_days_between(local_date(resumed_at), local_date(moved), CALENDAR)
    # The rest of a last day, taken up again on a day off, is the next working day.
    assert left_after == left or (left_after, left) == (1, 0)
    assert local_date(moved) >= local_date(resumed_at) or due == moved


@given(moments, limits, pauses)
def test_calendar_days_move_by_the_length_of_the_pause(started_at: datetime, value: int, pause: timedelta) -> None:
    due = due_at(started_at, Limit(value, LimitUnit.DAY), CALENDAR)

    moved = resume(due, started_at, started_at + pause, CALENDAR, LimitUnit.DAY)

    assert moved - due == local_date(started_at + pause) - local_date(started_at)
