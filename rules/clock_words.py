"""Why a clock is due when it is: as data, and as one sentence in both languages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

import holidays

from rules.deadlines import Limit, LimitUnit, WorkingCalendar, due_at, local_date, resume, working_days_between

_MONTHS = (
    ("Januari", "January"), ("Februari", "February"), ("Maret", "March"), ("April", "April"), ("Mei", "May"),
    ("Juni", "June"), ("Juli", "July"), ("Agustus", "August"), ("September", "September"), ("Oktober", "October"),
    ("November", "November"), ("Desember", "December"),
)  # fmt: skip
_UNITS = {
    LimitUnit.WORKING_DAY: ("hari kerja", "working day"),
    LimitUnit.DAY: ("hari kalender", "calendar day"),
    LimitUnit.HOUR: ("jam", "hour"),
}
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class DayOff:
    """A day from Monday to Friday on which nobody worked; a decree that our holidays do not know has no name."""

    on: date
    name_id: str | None
    name_en: str | None


@dataclass(frozen=True, slots=True)
class Pause:
    """A clock stood still from one moment to another."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class PauseShown:
    """A pause, and how far it moved the due date in the unit of the limit."""

    since: datetime
    until: datetime
    moved: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """A due date with its reasons. `extra_days` are weekend days that a decree made working days."""

    due: datetime
    limit: Limit
    days_off: tuple[DayOff, ...]
    extra_days: tuple[date, ...]
    pauses: tuple[PauseShown, ...]
    standing_since: datetime | None
    sentence_id: str
    sentence_en: str


def due_after(started_at: datetime, limit: Limit, pauses: Sequence[Pause], calendar: WorkingCalendar) -> datetime:
    """When a clock is due that started then and stood still meanwhile, in UTC."""
    due = due_at(started_at, limit, calendar)
    for pause in pauses:
        due = resume(due, pause.since, pause.until, calendar, limit.unit)
    return due


def explain(
    started_at: datetime,
    limit: Limit,
    pauses: Sequence[Pause],
    standing_since: datetime | None,
    calendar: WorkingCalendar,
) -> Explanation:
    """Why it is due then. For "due 26 Aug: 10 working days, 17, 20 and 21 Aug off"."""
    due, shown = due_at(started_at, limit, calendar), []
    for pause in pauses:
        moved = resume(due, pause.since, pause.until, calendar, limit.unit)
        shown.append(PauseShown(pause.since, pause.until, _moved(due, moved, limit, calendar)))
        due = moved
    first, last = local_date(started_at) + timedelta(days=1), local_date(due)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    counts_days = limit.unit is LimitUnit.WORKING_DAY
    off = tuple(_off(day) for day in days if counts_days and day.weekday() < _SATURDAY and not _works(calendar, day))
    extra = tuple(day for day in days if counts_days and day.weekday() >= _SATURDAY and _works(calendar, day))
    said = [" ".join(_said(language, due, limit, off, extra, shown, standing_since)) for language in (0, 1)]
    return Explanation(due, limit, off, extra, tuple(shown), standing_since, said[0], said[1])


def _works(calendar: WorkingCalendar, day: date) -> bool:
    return calendar.is_working_day(day)


def _moved(before: datetime, after: datetime, limit: Limit, calendar: WorkingCalendar) -> int:
    match limit.unit:
        case LimitUnit.WORKING_DAY:
            return working_days_between(local_date(before), local_date(after), calendar)
        case LimitUnit.DAY:
            return (local_date(after) - local_date(before)).days
        case LimitUnit.HOUR:
            return round((after - before) / timedelta(hours=1))


def _off(day: date) -> DayOff:
    return DayOff(day, _named(day.year, "id").get(day), _named(day.year, "en_US").get(day))


@cache
def _named(year: int, language: str) -> dict[date, str]:
    return dict(holidays.country_holidays("ID", years=year, categories=("public", "government"), language=language))


def _said(
    language: int,
    due: datetime,
    limit: Limit,
    off: Sequence[DayOff],
    extra: Sequence[date],
    pauses: Sequence[PauseShown],
    standing_since: datetime | None,
) -> Iterator[str]:
    year = local_date(due).year
    parts = [_count(language, limit.value, limit.unit)]
    if off:
        parts.append(f"{_days(language, [day.on for day in off], year)} {('libur', 'off')[language]}")
    if extra:
        parts.append(f"{_days(language, extra, year)} {('tetap masuk kerja', 'worked')[language]}")
    for pause in pauses:
        span = _days(language, sorted({local_date(pause.since), local_date(pause.until)}), year, " – ")
        moved = _count(language, pause.moved, limit.unit)
        parts.append((f"berhenti {span} (mundur {moved})", f"stood still {span} ({moved} later)")[language])
    day = _day(language, local_date(due), shows_year=True)
    yield f"{('Jatuh tempo', 'Due')[language]} {day}: {', '.join(parts)}."
    if standing_since is not None:
        since = _day(language, local_date(standing_since), shows_year=local_date(standing_since).year != year)
        yield (
            f"Sejak {since} jamnya berhenti; batasnya mundur bila berjalan lagi.",
            f"It has stood still since {since}; the date moves when it goes on.",
        )[language]


def _count(language: int, number: int, unit: LimitUnit) -> str:
    word = _UNITS[unit][language]
    return f"{number} {word}{'s' if language == 1 and number != 1 else ''}"


def _days(language: int, days: Sequence[date], year: int, last: str | None = None) -> str:
    """ "17, 20 dan 21 Agustus": each month is named once."""
    words = []
    for place, day in enumerate(days):
        later = days[place + 1] if place + 1 < len(days) else None
        is_same_month = later is not None and (later.year, later.month) == (day.year, day.month)
        words.append(str(day.day) if is_same_month else _day(language, day, shows_year=day.year != year))
    joint = last if last is not None else (" dan ", " and ")[language]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])}{joint}{words[-1]}"


def _day(language: int, day: date, *, shows_year: bool) -> str:
    return f"{day.day} {_MONTHS[day.month - 1][language]}{f' {day.year}' if shows_year else ''}"
