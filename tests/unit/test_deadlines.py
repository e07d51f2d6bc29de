"""When a step is due, and how late it is. The seed's event was on Friday, 7 August 2020."""

from datetime import UTC, date, datetime, timedelta

import pytest

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

SEED = datetime(2020, 8, 7, 9, 30, tzinfo=JAKARTA)


def test_weekends_are_no_working_days(calendar: WorkingCalendar) -> None:
    week = [date(2020, 8, 3) + timedelta(days=day) for day in range(7)]

    assert [calendar.is_working_day(day) for day in week] == [True] * 5 + [False] * 2


@pytest.mark.parametrize(
    "day",
    [
        date(2020, 8, 17),  # Independence Day
        date(2020, 8, 20),  # Islamic new year
        date(2020, 8, 21),  # joint leave
        date(2020, 10, 28),  # joint leave
        date(2020, 12, 9),  # regional election
        date(2020, 12, 24),  # joint leave
        date(2025, 8, 18),  # joint leave after Independence Day
    ],
)
def test_holidays_and_joint_leave_are_no_working_days(calendar: WorkingCalendar, day: date) -> None:
    assert not calendar.is_working_day(day)


def test_an_override_wins_over_the_package_in_both_directions() -> None:
    calendar = WorkingCalendar({date(2020, 8, 21): True, date(2020, 8, 24): False, date(2020, 8, 22): True})

    assert calendar.is_working_day(date(2020, 8, 21))
    assert not calendar.is_working_day(date(2020, 8, 24))
    assert calendar.is_working_day(date(2020, 8, 22))


def test_an_override_given_to_a_calendar_cannot_be_changed_from_outside() -> None:
    overrides = {date(2020, 8, 10): False}
    calendar = WorkingCalendar(overrides)

    overrides.clear()

    assert not calendar.is_working_day(date(2020, 8, 10))


def test_three_working_days_after_the_seeds_friday_end_on_wednesday(calendar: WorkingCalendar) -> None:
    due = due_at(SEED, Limit(3), calendar)

    assert due == datetime(2020, 8, 12, 23, 59, 59, tzinfo=JAKARTA)


def test_ten_working_days_after_the_seeds_friday_skip_three_days_off(calendar: WorkingCalendar) -> None:
    due = due_at(SEED, Limit(10), calendar)

    assert due == datetime(2020, 8, 26, 23, 59, 59, tzinfo=JAKARTA)


def test_the_due_moment_is_given_in_utc(calendar: WorkingCalendar) -> None:
    due = due_at(SEED, Limit(3), calendar)

    assert due.isoformat() == "2020-08-12T16:59:59+00:00"


def test_the_day_is_the_one_in_jakarta_not_in_utc(calendar: WorkingCalendar) -> None:
    just_past_midnight = datetime(2020, 8, 9, 17, 5, tzinfo=UTC)

    due = due_at(just_past_midnight, Limit(1), calendar)

    assert local_date(just_past_midnight) == date(2020, 8, 10)
    assert local_date(due) == date(2020, 8, 11)


def test_a_clock_started_on_a_weekend_counts_from_monday(calendar: WorkingCalendar) -> None:
    saturday = datetime(2020, 8, 8, 12, tzinfo=JAKARTA)

    assert local_date(due_at(saturday, Limit(1), calendar)) == date(2020, 8, 10)


def test_calendar_days_count_weekends_and_holidays(calendar: WorkingCalendar) -> None:
    due = due_at(SEED, Limit(60, LimitUnit.DAY), calendar)

    assert due == datetime(2020, 10, 6, 23, 59, 59, tzinfo=JAKARTA)


def test_hours_are_exact(calendar: WorkingCalendar) -> None:
    due = due_at(SEED, Limit(72, LimitUnit.HOUR), calendar)

    assert due == datetime(2020, 8, 10, 9, 30, tzinfo=JAKARTA)


def test_a_moment_without_a_time_zone_is_refused(calendar: WorkingCalendar) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        due_at(datetime(2020, 8, 7), Limit(3), calendar)  # noqa: DTZ001 - this is the point


def test_a_limit_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Limit(0)


def test_a_pause_moves_the_due_day_by_the_working_days_paused(calendar: WorkingCalendar) -> None:
    due = due_at(SEED, Limit(3), calendar)

    moved = resume(due, SEED + timedelta(days=3), SEED + timedelta(days=5), calendar)

    assert moved == datetime(2020, 8, 14, 23, 59, 59, tzinfo=JAKARTA)


def test_a_pause_over_a_weekend_moves_nothing(calendar: WorkingCalendar) -> None:
    due = due_at(SEED, Limit(3), calendar)

    moved = resume(due, SEED, datetime(2020, 8, 9, 20, tzinfo=JAKARTA), calendar)

    assert moved == due


def test_a_pause_from_the_last_day_into_a_weekend_leaves_the_next_working_day(
    calendar: WorkingCalendar,
) -> None:
    due = due_at(SEED, Limit(3), calendar)

    moved = resume(due, due - timedelta(hours=8), datetime(2020, 8, 15, 10, tzinfo=JAKARTA), calendar)

    assert local_date(moved) == date(2020, 8, 18)


def test_a_pause_does_not_forgive_what_was_late_before(calendar: WorkingCalendar) -> None:
    due = due_at(SEED, Limit(3), calendar)

    moved = resume(due, SEED + timedelta(days=7), SEED + timedelta(days=11), calendar)

    assert local_date(moved) == date(2020, 8, 13)


def test_a_pause_moves_a_limit_in_calendar_days_by_calendar_days(calendar: WorkingCalendar) -> None:
    due = due_at(SEED, Limit(30, LimitUnit.DAY), calendar)

    moved = resume(due, SEED, SEED + timedelta(days=2), calendar, LimitUnit.DAY)

    assert moved - due == timedelta(days=2)


def test_a_pause_moves_a_limit_in_hours_exactly(calendar: WorkingCalendar) -> None:
    due = due_at(SEED, Limit(72, LimitUnit.HOUR), calendar)

    moved = resume(due, SEED, SEED + timedelta(minutes=90), calendar, LimitUnit.HOUR)

    assert moved - due == timedelta(minutes=90)


def test_a_pause_cannot_end_before_it_begins(calendar: WorkingCalendar) -> None:
    with pytest.raises(ValueError, match="before it begins"):
        resume(SEED, SEED, SEED - timedelta(seconds=1), calendar)


def test_working_days_between_exclude_the_first_day_and_include_the_last(calendar: WorkingCalendar) -> None:
    assert working_days_between(date(2020, 8, 7), date(2020, 8, 12), calendar) == 3
    assert working_days_between(date(2020, 8, 7), date(2020, 8, 7), calendar) == 0
    assert working_days_between(date(2020, 8, 12), date(2020, 8, 7), calendar) == -3
