"""What a figure is: entries with values, and how a number is worked out from how many entries have each value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from rules.vocabulary import Status


class Entry(StrEnum):
    """Something countable about a complaint: it has a moment and a whole number as its value, and happens once.

    The comment says what the value is; 0 where there is nothing to say.
    """

    RECEIVED = "RECEIVED"  # how often it was sent back
    VERIFIED = "VERIFIED"
    SENT = "SENT"
    DONE = "DONE"  # 1 closed by silence
    CLOSED_FIRST = "CLOSED_FIRST"  # 1 reopened later
    REOPENED = "REOPENED"
    ARCHIVED = "ARCHIVED"
    DEFERRED = "DEFERRED"
    RETURNED = "RETURNED"
    RATED = "RATED"  # twice the rating, and 1 more when solved
    DECIDED = "DECIDED"  # what was taken: 1 category, 2 agency, 4 title, added up
    VERIFICATION_JUDGED = "VERIFICATION_JUDGED"  # 1 on time
    RESPONSE_JUDGED = "RESPONSE_JUDGED"
    COMPLETION_JUDGED = "COMPLETION_JUDGED"
    VERIFICATION_ENDED = "VERIFICATION_ENDED"  # working days from start to end
    RESPONSE_ENDED = "RESPONSE_ENDED"
    COMPLETION_ENDED = "COMPLETION_ENDED"
    OPEN = "OPEN"  # ten times the place of the status in `OPEN_STATUSES`, and the place of the age in `AGES`


class Unit(StrEnum):
    """What the number of a figure is."""

    COUNT = "COUNT"
    SHARE = "SHARE"
    WORKING_DAYS = "WORKING_DAYS"
    POINTS = "POINTS"
    TIMES = "TIMES"


OPEN_STATUSES = (Status.UNVERIFIED, Status.VERIFIED, Status.DISPATCHED, Status.IN_PROGRESS, Status.DEFERRED)
# Working days after the day of receipt, the last of each bucket: the limits of verification, first answer, ordinary
# and supervision-grade completion (domain notes, 1.3). What is older is in the last bucket.
AGES = (3, 5, 14, 60)

Histogram = Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure of one group: its number (None: nothing to work it out from) and the cases it was worked out from."""

    value: float | None
    cases: int


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. `work_out` takes how many entries of the kind `entry` have each value."""

    code: str
    name_id: str
    name_en: str
    definition_id: str
    definition_en: str
    unit: Unit
    entry: Entry
    counted_id: str
    counted_en: str
    work_out: Callable[[Histogram], Measured]
    # The entries that are the cases behind a count or the hits of a share; all of them for the others.
    holds: Callable[[int], bool]


def every(_value: int) -> bool:
    """All entries."""
    return True


def counted(holds: Callable[[int], bool]) -> Callable[[Histogram], Measured]:
    """How many entries have such a value."""

    def work_out(entries: Histogram) -> Measured:
        cases = sum(cases for value, cases in entries.items() if holds(value))
        return Measured(float(cases), cases)

    return work_out


def share(holds: Callable[[int], bool]) -> Callable[[Histogram], Measured]:
    """The share of entries with such a value; of none there is none."""

    def work_out(entries: Histogram) -> Measured:
        cases = sum(entries.values())
        hits = sum(cases for value, cases in entries.items() if holds(value))
        return Measured(hits / cases if cases else None, cases)

    return work_out


def mean(number: Callable[[int], int]) -> Callable[[Histogram], Measured]:
    """The mean of what `number` reads from a value."""

    def work_out(entries: Histogram) -> Measured:
        cases = sum(entries.values())
        total = sum(number(value) * cases for value, cases in entries.items())
        return Measured(total / cases if cases else None, cases)

    return work_out


def quantile(percent: int) -> Callable[[Histogram], Measured]:
    """The smallest value that so many hundredths of the entries do not exceed (nearest rank)."""

    def work_out(entries: Histogram) -> Measured:
        cases = sum(entries.values())
        seen = 0
        for value in sorted(entries):
            seen += entries[value]
            # The smallest value that at least so many hundredths of the cases do not exceed.
            if seen * 100 >= percent * cases and seen:
                return Measured(float(value), cases)
        return Measured(None, 0)

    return work_out
