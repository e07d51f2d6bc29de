"""When a step of a complaint is due, and how late it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from functools import cache
from types import MappingProxyType

import holidays

# Western Indonesian time, the clock of all deadlines. It has been UTC+7 without summer time since 1964, so a
# fixed offset says the same as "Asia/Jakarta" and needs no time-zone database on the machine.
JAKARTA = timezone(timedelta(hours=7), "Asia/Jakarta")

# Whole seconds, so that a due moment shown to people still carries the date it belongs to.
END_OF_DAY = time(23, 59, 59)

_SATURDAY = 5


class LimitUnit(StrEnum):
    """What a limit counts. Service clocks count working days, the two legal ones calendar days."""

    WORKING_DAY = "WORKING_DAY"
    DAY = "DAY"
    HOUR = "HOUR"


@dataclass(frozen=True, slots=True)
class Limit:
    """How long a step may take: 3 working days, 60 days, 72 hours. At least one unit, else `ValueError`."""

    value: int
    unit: LimitUnit = LimitUnit.WORKING_DAY

    def __post_init__(self) -> None:
        if self.value < 1:
            raise ValueError(f"a limit is at least 1, not {self.value}")


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Which days count as working days: Monday to Friday, neither a public holiday nor joint leave.

    Holidays come from the package `holidays` (Indonesia, 1946-2100). `overrides` wins over everything: joint
    leave of a future year is unknown until its decree, and a decree can be changed in the middle of a year.
    """

    overrides: Mapping[date, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "overrides", MappingProxyType(dict(self.overrides)))

    def is_working_day(self, day: date) -> bool:
        """Whether offices work on `day`."""
        decided = self.overrides.get(day)
        if decided is not None:
            return decided
        return day.weekday() < _SATURDAY and day not in _holidays_of(day.year)


@cache
def _holidays_of(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("ID", years=year, categories=("public", "government")))


def local_date(moment: datetime) -> date:
    """The date in Jakarta at `moment`; raises `ValueError` when `moment` has no time zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.astimezone(JAKARTA).date()


def due_at(started_at: datetime, limit: Limit, calendar: WorkingCalendar) -> datetime:
    """The last second, in UTC, that is still on time.

    Days are whole days after the one in which the clock started, so the answer is 23:59:59 in Jakarta of the
    due day: three working days from any hour of a Friday end on the Wednesday night. Hours are exact.
    Raises `ValueError` when `started_at` has no time zone.
    """
    started_on = local_date(started_at)
    if limit.unit is LimitUnit.HOUR:
        return started_at.astimezone(UTC) + timedelta(hours=limit.value)
    if limit.unit is LimitUnit.DAY:
        return _end_of(started_on + timedelta(days=limit.value))
    return _end_of(_working_days_after(started_on, limit.value, calendar))


def resume(
    due: datetime,
    paused_at: datetime,
    resumed_at: datetime,
    calendar: WorkingCalendar,
    unit: LimitUnit = LimitUnit.WORKING_DAY,
) -> datetime:
    """The due moment after a pause, in UTC: as many days (or hours) later as the pause lasted.

    What was left at `paused_at` is left at `resumed_at`, also when it was already too late. A pause within
    one day, or over days that do not count, moves nothing. `unit` is the one the limit counts. Raises
    `ValueError` when a moment has no time zone or the pause ends before it begins.
    """
    if resumed_at < paused_at:
        raise ValueError(f"the pause ends at {resumed_at}, before it begins at {paused_at}")
    paused_on, resumed_on, due_on = local_date(paused_at), local_date(resumed_at), local_date(due)
    if unit is LimitUnit.HOUR:
        return due.astimezone(UTC) + (resumed_at - paused_at)
    if unit is LimitUnit.DAY:
        return _end_of(due_on + (resumed_on - paused_on))
    paused_days = working_days_between(paused_on, resumed_on, calendar)
    if paused_days == 0:
        return due.astimezone(UTC)
    moved_on = _working_days_after(due_on, paused_days, calendar)
    if moved_on < resumed_on and paused_at <= due:
        # Paused on its last day and resumed on a weekend: what is left of a working day is the next one.
        moved_on = _working_days_after(resumed_on, 1, calendar)
    return _end_of(moved_on)


def working_days_between(after: date, until: date, calendar: WorkingCalendar) -> int:
    """Working days after `after` up to and including `until`; negative when `until` lies before `after`."""
    if until < after:
        return -working_days_between(until, after, calendar)
    days = (after + timedelta(days=offset) for offset in range(1, (until - after).days + 1))
    return sum(calendar.is_working_day(day) for day in days)


def _working_days_after(day: date, count: int, calendar: WorkingCalendar) -> date:
    while count:
        day += timedelta(days=1)
        count -= calendar.is_working_day(day)
    return day


def _end_of(day: date) -> datetime:
    return datetime.combine(day, END_OF_DAY, JAKARTA).astimezone(UTC)
