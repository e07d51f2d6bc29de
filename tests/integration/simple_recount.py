"""The clocks of a complaint recounted from its events by the plainest means: one loop over days, nothing of ours."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays

JAKARTA = ZoneInfo("Asia/Jakarta")
ONE = timedelta(days=1)
# How long each clock may take (working days; the last one calendar days), and what the SLA table calls the classes.
WORKING_DAYS = {"VERIFICATION": 3, "FIRST_RESPONSE": 5, "REPLY_WINDOW": 10}
COMPLETION = {"ORDINARY": 14, "ASPIRATION": 5, "INFORMATION_REQUEST": 5, "SUPERVISION": 60, "WHISTLEBLOWING": 60}
CALENDAR_DAYS = {"REPORTER_COMPLETION": 30}
STAFF = ("VERIFICATION", "FIRST_RESPONSE", "COMPLETION")


@dataclass
class Told:
    """An event as the recount sees it."""

    kind: str
    at: datetime
    status: str
    data: Mapping[str, object]


@dataclass
class Counted:
    """One clock from start to stop."""

    name: str
    days: int
    started_at: datetime
    stopped_at: datetime | None = None
    paused_at: datetime | None = None
    pauses: list[tuple[datetime, datetime]] = field(default_factory=list)

    def is_moving(self, at: datetime) -> bool:
        """Whether it ran at a moment."""
        # What ends by itself at this moment ends after the look.
        if at < self.started_at or (self.stopped_at is not None and self.stopped_at < at):
            return False
        open_pause = self.paused_at is not None and self.paused_at <= at
        return not open_pause and not any(since <= at < until for since, until in self.pauses)


def day_of(moment: datetime) -> date:
    return moment.astimezone(JAKARTA).date()


class Days:
    """Working days, with the decrees that hold."""

    def __init__(self, decrees: Mapping[date, bool]) -> None:
        self._off = holidays.country_holidays("ID", years=range(2023, 2030), categories=("public", "government"))
        self._decrees = decrees

    def works(self, day: date) -> bool:
        return self._decrees.get(day, day.weekday() < 5 and day not in self._off)

    def between(self, after: date, until: date) -> int:
        """Working days after the one, up to the other; none backwards."""
        count, day = 0, after
        while day < until:
            day += ONE
            count += self.works(day)
        return count

    def after(self, day: date, count: int) -> date:
        while count:
            day += ONE
            count -= self.works(day)
        return day

    def due(self, clock: Counted, at: datetime) -> date:
        """The due day as it was known at a moment."""
        started = day_of(clock.started_at)
        in_calendar_days = clock.name in CALENDAR_DAYS
        due = started + clock.days * ONE if in_calendar_days else self.after(started, clock.days)
        for since, until in clock.pauses:
            if until > at:
                continue
            first, last = day_of(since), day_of(until)
            if in_calendar_days:
                due += last - first
                continue
            lost = self.between(first, last)
            moved = self.after(due, lost)
            # Paused on its last day, resumed on a free day: the next working day is left.
            due = self.after(last, 1) if lost and moved < last and first <= due else moved
        return due

    def level(self, clock: Counted, at: datetime) -> int | None:
        """Where on the ladder a clock stands at a moment."""
        due, today = self.due(clock, at), day_of(at)
        if today > due and clock.name not in STAFF:
            return None
        if today > due:
            late = self.between(due, today)
            return 3 if late >= 7 else 2 if late >= 3 else 1 if late >= 1 else None
        left = self.between(today, due)
        if left <= 1:
            return -1
        remaining = (due - today).days if clock.name in CALENDAR_DAYS else left
        return -2 if remaining * 2 <= clock.days else None


def clocks_of(events: Iterable[Told]) -> list[Counted]:  # noqa: C901 - one line for each kind of event
    """All clocks that these events started."""
    every: list[Counted] = []
    running: dict[str, Counted] = {}
    before, class_ = "", "ORDINARY"

    def start(name: str, at: datetime) -> None:
        if name not in running:
            days = CALENDAR_DAYS.get(name) or WORKING_DAYS.get(name) or COMPLETION[class_]
            running[name] = Counted(name, days, at)
            every.append(running[name])

    def stop(at: datetime, *names: str) -> None:
        for name in names or tuple(running):
            clock = running.pop(name, None)
            if clock is not None:
                go_on([clock], at)
                clock.stopped_at = at

    def go_on(clocks: Iterable[Counted], at: datetime) -> None:
        for clock in clocks:
            if clock.paused_at is not None:
                clock.pauses.append((clock.paused_at, at))
                clock.paused_at = None

    def pause(at: datetime) -> None:
        for name in STAFF:
            if name in running and running[name].paused_at is None:
                running[name].paused_at = at

    for event in events:
        at = event.at
        match event.kind:
            case "Submitted" | "Restored":
                start("VERIFICATION", at)
            case "Verified":
                corrected = event.data.get("corrected")
                if isinstance(corrected, dict) and "classification" in corrected:
                    class_ = str(corrected["classification"][1])
            case "Dispatched" | "Handled":
                stop(at, "VERIFICATION")
                start("FIRST_RESPONSE", at)
                start("COMPLETION", at)
            case "Returned":
                stop(at, "FIRST_RESPONSE", "COMPLETION")
                start("VERIFICATION", at)
            case "Deferred":
                pause(at)
                start("REPORTER_COMPLETION", at)
            case "Replied":
                if before == "DEFERRED":
                    stop(at, "REPORTER_COMPLETION")
                go_on(running.values(), at)
                stop(at, "REPLY_WINDOW")
            case "FollowedUp" | "Asked":
                stop(at, "FIRST_RESPONSE", "REPLY_WINDOW")
                (pause if event.kind == "Asked" else lambda moment: go_on(running.values(), moment))(at)
                start("REPLY_WINDOW", at)
            case "Closed" | "Archived":
                stop(at)
            case "Reopened":
                start("COMPLETION", at)
        before = event.status
    return every


def announcements(clock: Counted, looks: Sequence[tuple[datetime, Days]]) -> list[int]:
    """The levels that are announced if somebody looks at these moments, each by the calendar of its moment."""
    order = (-2, -1, 1, 2, 3)
    said: list[int] = []
    for at, days in looks:
        if clock.is_moving(at):
            level = days.level(clock, at)
            if level is not None and (not said or order.index(level) > order.index(said[-1])):
                said.append(level)
    return said
