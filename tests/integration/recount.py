"""Every figure counted once more in plain Python, from events and clocks alone, as its written definition says."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

from models import Complaint, ComplaintClock, ComplaintEvent, Suggestion
from rules.deadlines import WorkingCalendar, local_date, working_days_between
from rules.vocabulary import Clock, Status

OPEN = {Status.UNVERIFIED, Status.VERIFIED, Status.DISPATCHED, Status.IN_PROGRESS, Status.DEFERRED}
ENDERS = {
    Clock.VERIFICATION: {"Dispatched", "Handled", "Archived"},
    Clock.FIRST_RESPONSE: {"FollowedUp", "Closed"},
    Clock.COMPLETION: {"Closed"},
}
STAGES = {
    "VERIFICATION": Clock.VERIFICATION,
    "RESPONSE": Clock.FIRST_RESPONSE,
    "COMPLETION": Clock.COMPLETION,
}


@dataclass(frozen=True)
class Case:
    """A complaint and all that is known about it, its events in order."""

    row: Complaint
    events: Sequence[ComplaintEvent]
    clocks: Sequence[ComplaintClock]
    suggestions: Sequence[Suggestion]

    @property
    def agency_id(self) -> UUID | None:
        """Whose it is."""
        return self.row.queue_agency_id if self.row.dispatched_at is None else self.row.agency_id

    def times(self, *kinds: str) -> list[datetime]:
        """When events of these kinds happened."""
        return [event.at for event in self.events if event.kind in kinds]

    def status_before(self, moment: datetime) -> Status | None:
        """Where it stood after everything that happened before a moment."""
        return next((event.status for event in reversed(self.events) if event.at < moment), None)

    def decision(self) -> Suggestion | None:
        """The newest suggestion that a person decided about."""
        decided = [one for one in self.suggestions if one.decided_at is not None and not one.is_shadow]
        return max(decided, key=lambda one: (one.at, one.id), default=None)

    def clock(self, clock: Clock) -> ComplaintClock | None:
        """The last one of a kind."""
        mine = [row for row in self.clocks if row.clock is clock]
        return max(mine, key=lambda row: (row.started_at, row.id), default=None)

    def taken_at(self, clock: Clock) -> datetime | None:
        """When the step that a clock waited for was taken."""
        row = self.clock(clock)
        if row is None or row.stopped_at is None:
            return None
        return row.stopped_at if row.stopped_at in self.times(*ENDERS[clock]) else None

    def outcome(self, clock: Clock, now: datetime) -> tuple[datetime, bool] | None:
        """When it was certain whether a step was on time, and whether it was."""
        row, taken = self.clock(clock), self.taken_at(clock)
        if row is None:
            return None
        if taken is not None:
            return (taken, True) if taken <= row.due_at else (row.due_at, False)
        waited_until = row.stopped_at or row.paused_at or now
        return (row.due_at, False) if row.due_at < waited_until else None


@dataclass(frozen=True)
class Recount:
    """Figures of some complaints in a period that begins and ends at midnight in Jakarta."""

    cases: Sequence[Case]
    start: datetime
    end: datetime
    now: datetime
    calendar: WorkingCalendar

    def figure(
        self, code: str, belongs: Callable[[Case], bool], sent_back: Callable[[UUID | None], bool]
    ) -> tuple[Any, int]:
        """Value and cases of a figure. `belongs` limits the complaints, `sent_back` who returned them."""
        mine = [case for case in self.cases if belongs(case)]
        counts: Mapping[str, Callable[[Case], datetime | None]] = {
            "RECEIVED": lambda case: case.row.submitted_at,
            "VERIFIED": lambda case: _first(case.times("Verified")),
            "DISPATCHED": lambda case: _first(case.times("Dispatched", "Handled")),
            "DONE": lambda case: _last(case.times("Closed")) if case.row.status is Status.CLOSED else None,
            "DEFERRED": lambda case: _last(case.times("Deferred")),
            "ARCHIVED": lambda case: _last(case.times("Archived")) if case.row.status is Status.ARCHIVED else None,
            "REOPENED": lambda case: _first(case.times("Reopened")),
            "RATINGS": lambda case: None if case.row.rating is None else _last(case.times("Rated")),
            "SUGGESTIONS_DECIDED": lambda case: getattr(case.decision(), "decided_at", None),
        }
        if code in counts:
            found = len(self._in_period(mine, counts[code]))
            return float(found), found
        if code == "RETURNED":
            found = sum(1 for case in self.cases if self._sent_back(case, sent_back))
            return float(found), found
        if code.startswith("BACKLOG") or code in _STOCKS:
            found = sum(1 for case in mine if self._is_open(code, case))
            return float(found), found
        stage = STAGES.get(code.split("_")[0])
        if stage is not None:
            return self._stage(code, mine, stage)
        return self._rest(code, mine, counts)

    def _rest(
        self, code: str, mine: Sequence[Case], counts: Mapping[str, Callable[[Case], datetime | None]]
    ) -> tuple[Any, int]:
        received = self._in_period(mine, counts["RECEIVED"])
        done = self._in_period(mine, counts["DONE"])
        rated = self._in_period(mine, counts["RATINGS"])
        decided = [case.decision() for case in self._in_period(mine, counts["SUGGESTIONS_DECIDED"])]
        closed = self._in_period(mine, lambda case: _first(case.times("Closed")))
        numbers: Mapping[str, list[float]] = {
            "MISROUTED": [bool(case.times("Returned")) for case in received],
            "HOPS_MEAN": [len(case.times("Returned")) for case in received],
            "REOPEN_RATE": [bool(case.times("Reopened")) for case in closed],
            "AUTO_CLOSED": [_closed_by_silence(case) for case in done],
            "RATING_MEAN": [_last_data(case, "Rated")["rating"] for case in rated],
            "SOLVED": [_last_data(case, "Rated")["is_solved"] for case in rated],
            "CATEGORY_ACCEPTED": [one is not None and one.category_rank == 1 for one in decided],
            "AGENCY_ACCEPTED": [one is not None and one.agency_rank == 1 for one in decided],
            "TITLE_ACCEPTED": [one is not None and one.title_rank == 1 for one in decided],
        }
        return _mean(numbers[code])

    def _stage(self, code: str, mine: Sequence[Case], clock: Clock) -> tuple[Any, int]:
        if code.endswith("_ON_TIME"):
            outcomes = [case.outcome(clock, self.now) for case in mine]
            return _mean([one[1] for one in outcomes if one is not None and self.start <= one[0] < self.end])
        taken = self._in_period(mine, lambda case: case.taken_at(clock))
        days = sorted(self._days(case, clock) for case in taken)
        if not days:
            return None, 0
        share = 0.5 if code.endswith("MEDIAN") else 0.9
        return float(days[ceil(share * len(days)) - 1]), len(days)

    def _days(self, case: Case, clock: Clock) -> int:
        row = case.clock(clock)
        assert row is not None
        assert row.stopped_at is not None
        return working_days_between(local_date(row.started_at), local_date(row.stopped_at), self.calendar)

    def _in_period(self, cases: Sequence[Case], at: Callable[[Case], datetime | None]) -> list[Case]:
        return [case for case in cases if (moment := at(case)) is not None and self.start <= moment < self.end]

    def _sent_back(self, case: Case, sent_back: Callable[[UUID | None], bool]) -> bool:
        last = next((event for event in reversed(case.events) if event.kind == "Returned"), None)
        if last is None or not self.start <= last.at < self.end:
            return False
        sender = last.data.get("from_agency_id")
        return sent_back(None if sender is None else UUID(sender))

    def _is_open(self, code: str, case: Case) -> bool:
        status = case.status_before(self.end)
        if status not in OPEN:
            return False
        if code in _STOCKS:
            return status is _STOCKS[code]
        if code == "BACKLOG":
            return True
        last_day = min(local_date(self.end) - timedelta(days=1), local_date(self.now))
        age = working_days_between(local_date(case.row.submitted_at), last_day, self.calendar)
        low, high = _ages(code)
        return low <= age <= high


_STOCKS = {
    "WAITING_VERIFICATION": Status.UNVERIFIED,
    "WAITING_DISPATCH": Status.VERIFIED,
    "NOT_FOLLOWED_UP": Status.DISPATCHED,
    "IN_PROCESS": Status.IN_PROGRESS,
    "DEFERRED_OPEN": Status.DEFERRED,
}


def _ages(code: str) -> tuple[float, float]:
    numbers = [int(word) for word in code.split("_") if word.isdigit()]
    return (numbers[0] + 1, float("inf")) if len(numbers) == 1 else (numbers[0], numbers[1])


def _first(times: Sequence[datetime]) -> datetime | None:
    return times[0] if times else None


def _last(times: Sequence[datetime]) -> datetime | None:
    return times[-1] if times else None


def _last_data(case: Case, kind: str) -> Mapping[str, Any]:
    return next(event.data for event in reversed(case.events) if event.kind == kind)


def _closed_by_silence(case: Case) -> bool:
    return bool(_last_data(case, "Closed")["by_silence"])


def _mean(numbers: Sequence[float]) -> tuple[float | None, int]:
    return (sum(numbers) / len(numbers), len(numbers)) if numbers else (None, 0)


def cases_from(
    complaints: Sequence[Complaint],
    events: Sequence[ComplaintEvent],
    clocks: Sequence[ComplaintClock],
    suggestions: Sequence[Suggestion],
) -> Iterator[Case]:
    """Rows of four tables, put together."""
    for row in complaints:
        yield Case(
            row,
            sorted((event for event in events if event.complaint_id == row.id), key=lambda event: event.seq),
            [clock for clock in clocks if clock.complaint_id == row.id],
            [one for one in suggestions if one.complaint_id == row.id],
        )
