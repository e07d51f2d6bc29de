"""Counting entries in SQL: one statement for what happened, one for what was sent back, one for what was open."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    CompoundSelect,
    DateTime,
    Integer,
    Select,
    Text,
    and_,
    case,
    cast,
    column,
    func,
    literal,
    or_,
    select,
    union_all,
    values,
)
from sqlalchemy.dialects.postgresql import JSON, TSTZRANGE
from sqlalchemy.sql.elements import Grouping

from complaints.figures.asking import FigureFilter, FigureGrouping, FigureQuestion, midnight
from complaints.figures.reach import Reach
from complaints.knowledge import Knowledge
from models import Agency, Category, ClassifierVersion, ComplaintSpan
from models import ComplaintFact as Fact
from rules.deadlines import WorkingCalendar, local_date
from rules.figures import AGES, OPEN_STATUSES, Entry
from rules.vocabulary import AgencyLevel

# Lengths of region codes by depth: 33, 33.74, 33.74.01, 33.74.01.1001.
REGION_LENGTHS = {1: 2, 2: 5, 3: 8, 4: 13}
# The first day of the table of working days; what began earlier counts from here.
_FIRST_DAY = date(2012, 1, 1)
_MOMENT = DateTime(timezone=True)


@dataclass(frozen=True, slots=True)
class Counting:
    """What a statement counts for: a checked question, who may see what, and when it is asked."""

    question: FigureQuestion
    reach: Reach
    knowledge: Knowledge
    now: datetime

    @property
    def parts(self) -> tuple[date, ...]:
        """The first days of the parts of the period."""
        return self.question.period.parts(self.question.by_time)


def happened(counting: Counting) -> Select[Any] | None:
    """A row for each group: its keys (`key_0` ...) and `entries`, a list of [entry, value, cases].

    None when nothing of it is asked.

    One branch for each kind of entry, each through the index of its moment: making all entries of a complaint out of
    one pass over its row (a lateral VALUES) took ten times as long.
    """
    asked = [entry for entry in counting.question.entries if entry not in (Entry.OPEN, Entry.RETURNED)]
    if not asked:
        return None
    lines, whose = lines_of(counting), (Fact.agency_id, Fact.unit_id)
    branches = [_counted(counting, entry, lines[entry], whose) for entry in asked]
    return _packed(counting, union_all(*branches))


def returned(counting: Counting) -> Select[Any] | None:
    """The same for what was sent back: it counts for whoever sent it back, not for whoever has it now."""
    if Entry.RETURNED not in counting.question.entries:
        return None
    line = (Fact.returned_at, literal(0))
    return _packed(counting, _counted(counting, Entry.RETURNED, line, (Fact.returned_by_id, Fact.returned_by_unit_id)))


def opened(counting: Counting) -> Select[Any] | None:
    """The same for what was open at the end of each part of the period."""
    if Entry.OPEN not in counting.question.entries:
        return None
    ends = ends_of(counting)
    whose = (Fact.agency_id, Fact.unit_id)
    keys = _keys(counting, whose, ends.c.part)
    table = ends.join(ComplaintSpan, is_open_at(ends.c.end)).join(Fact, Fact.complaint_id == ComplaintSpan.complaint_id)
    found = conditions(counting, whose)
    return _packed(
        counting, _grouped(keys, literal(Entry.OPEN.value), open_value(ends), _named(counting, table), found)
    )


def is_open_at(moment: ColumnElement[datetime]) -> ColumnElement[bool]:
    """Spans of an open status that hold a moment; what happens at that very moment comes after it."""
    span = func.tstzrange(ComplaintSpan.began_at, ComplaintSpan.ended_at, "(]", type_=TSTZRANGE)
    # In the words of the partial index.
    return and_(ComplaintSpan.status.not_in(["CLOSED", "ARCHIVED"]), span.op("@>")(moment))


def open_value(ends: Any) -> ColumnElement[int]:
    """The value of an entry `OPEN`: status and age."""
    statuses = cast(literal([status.value for status in OPEN_STATUSES], ARRAY(Text)), ARRAY(Text))
    age = case(*((Fact.received_at >= ends.c[f"since_{place}"], place) for place in range(len(AGES))), else_=len(AGES))
    return (func.array_position(statuses, ComplaintSpan.status) - 1) * 10 + age


def ends_of(counting: Counting) -> Any:
    """One row for each part: its number, its end, and since when what is open then is of each age."""
    calendar, today = counting.knowledge.calendar, local_date(counting.now)
    rows = []
    for part, end in enumerate([*counting.parts[1:], counting.question.period.day_to], start=1):
        last_day = min(end - timedelta(days=1), today)
        rows.append((part, midnight(end), *(midnight(oldest_day(last_day, age, calendar)) for age in AGES)))
    since = [column(f"since_{place}", _MOMENT) for place in range(len(AGES))]
    return values(column("part", Integer), column("end", _MOMENT), *since, name="ends").data(rows)


def oldest_day(last_day: date, age: int, calendar: WorkingCalendar) -> date:
    """The earliest day after which no more than `age` working days have come, up to and including `last_day`."""
    day, passed = last_day, int(calendar.is_working_day(last_day))
    while passed <= age:
        day -= timedelta(days=1)
        passed += calendar.is_working_day(day)
    return day


def conditions(counting: Counting, whose: tuple[Any, Any]) -> list[ColumnElement[bool]]:
    """What the actor may see, of what was asked."""
    agency, unit = whose
    wanted, knowledge = counting.question.wanted, counting.knowledge
    found = [counting.reach(agency, unit), *_equal(wanted, agency)]
    if wanted.is_in_seed:
        found.append(agency.in_(select(Agency.id).where(Agency.is_in_seed)))
    if wanted.unit_id is not None:
        found.append(unit.in_(_unit_and_below(knowledge, wanted.unit_id)))
    if wanted.category_id is not None:
        found.append(Fact.category_id.in_(knowledge.category_and_below(wanted.category_id)))
    if wanted.region_code is not None:
        below = Fact.region_code.startswith(f"{wanted.region_code}.", autoescape=True)
        found.append(or_(Fact.region_code == wanted.region_code, below))
    return found


def _equal(wanted: FigureFilter, agency: Any) -> list[ColumnElement[bool]]:
    among = (
        (agency, list(wanted.agency_ids)),
        (Fact.channel, [channel.value for channel in wanted.channels]),
        (Fact.report_type, [kind.value for kind in wanted.report_types]),
    )
    return [column_.in_(chosen) for column_, chosen in among if chosen]


def _unit_and_below(knowledge: Knowledge, unit_id: Any) -> list[Any]:
    found = [unit_id]
    for office_id in found:
        below = knowledge.agencies_below(office_id)
        found += [row.id for row in below if row.level is AgencyLevel.UNIT]
    return found


def within(counting: Counting, entry: Entry, at: Any) -> ColumnElement[bool]:
    """Whether an entry's moment lies in the period, and came already."""
    period = counting.question.period
    found = and_(at >= period.starts_at, at < period.ends_at)
    if entry in _ON_TIME:
        # A due moment may be still to come; the due second itself is on time.
        return and_(found, or_(at < counting.now, _ON_TIME[entry].is_(True)))
    return found


_ON_TIME = {
    Entry.VERIFICATION_JUDGED: Fact.verification_on_time,
    Entry.RESPONSE_JUDGED: Fact.response_on_time,
    Entry.COMPLETION_JUDGED: Fact.completion_on_time,
}


def _counted(counting: Counting, entry: Entry, line: tuple[Any, Any], whose: tuple[Any, Any]) -> Select[Any]:
    at, value = line
    starts = cast(literal([midnight(day) for day in counting.parts], ARRAY(_MOMENT)), ARRAY(_MOMENT))
    keys = _keys(counting, whose, func.width_bucket(at, starts))
    found = [*conditions(counting, whose), within(counting, entry, at)]
    return _grouped(keys, literal(entry.value), value, _named(counting, Fact.__table__), found)


def _packed(counting: Counting, counted: Select[Any] | CompoundSelect[Any]) -> Select[Any]:
    """One row for each group: a row for each value of it would cost more to read than to count."""
    rows = counted.subquery("counted")
    keys = [rows.c[f"key_{place}"] for place in range(len(counting.question.group_by))]
    entries = func.json_agg(func.json_build_array(rows.c.entry, rows.c.value, rows.c.cases), type_=JSON)
    return select(*keys, entries.label("entries")).group_by(*keys)


def _grouped(keys: list[Any], entry: Any, value: Any, table: Any, found: list[ColumnElement[bool]]) -> Select[Any]:
    labels = [f"key_{place}" for place in range(len(keys))]
    return (
        select(
            *(key.label(label) for key, label in zip(keys, labels, strict=True)),
            entry.label("entry"),
            value.label("value"),
            func.count().label("cases"),
        )
        .select_from(table)
        .where(*found)
        .group_by(*(column(label) for label in [*labels, "entry", "value"]))
    )


def _keys(counting: Counting, whose: tuple[Any, Any], part: Any) -> list[Any]:
    depth = counting.question.region_depth
    return [
        {
            FigureGrouping.AGENCY: whose[0],
            FigureGrouping.UNIT: whose[1],
            FigureGrouping.REGION: func.left(Fact.region_code, REGION_LENGTHS[depth]),
            FigureGrouping.CATEGORY: column("topic_code"),
            FigureGrouping.CHANNEL: Fact.channel,
            FigureGrouping.REPORT_TYPE: Fact.report_type,
            FigureGrouping.MODEL_VERSION: ClassifierVersion.version,
        }.get(group, part)
        for group in counting.question.group_by
    ]


def _named(counting: Counting, table: Any) -> Any:
    groups = counting.question.group_by
    if FigureGrouping.CATEGORY in groups:
        # Codes spell their ancestors: the first parts are the category above.
        parts = func.string_to_array(Category.code, ".", type_=ARRAY(Text))[1 : counting.question.category_depth]
        topics = select(Category.id, func.array_to_string(parts, ".").label("topic_code")).subquery("topics")
        table = table.outerjoin(topics, topics.c.id == Fact.category_id)
    if FigureGrouping.MODEL_VERSION in groups:
        table = table.outerjoin(ClassifierVersion, ClassifierVersion.id == Fact.classifier_version_id)
    return table


def lines_of(counting: Counting) -> dict[Entry, tuple[Any, Any]]:
    """The moment and the value of each kind of entry."""
    nothing = literal(0)
    lines: dict[Entry, tuple[Any, Any]] = {
        Entry.RECEIVED: (Fact.received_at, Fact.hops),
        Entry.VERIFIED: (Fact.verified_at, nothing),
        Entry.SENT: (Fact.sent_at, nothing),
        Entry.DONE: (Fact.closed_at, cast(Fact.closed_by_silence, Integer)),
        Entry.CLOSED_FIRST: (Fact.first_closed_at, cast(Fact.is_reopened, Integer)),
        Entry.REOPENED: (Fact.reopened_at, nothing),
        Entry.ARCHIVED: (Fact.archived_at, nothing),
        Entry.DEFERRED: (Fact.deferred_at, nothing),
        Entry.RATED: (Fact.rated_at, Fact.rating * 2 + cast(Fact.is_solved, Integer)),
        Entry.DECIDED: (Fact.decided_at, Fact.taken),
    }
    stages = (
        (
            (Entry.VERIFICATION_JUDGED, Fact.verification_judged_at, Fact.verification_on_time),
            (Entry.VERIFICATION_ENDED, Fact.verification_ended_at),
            (Fact.verification_started_on, Fact.verification_ended_on),
        ),
        (
            (Entry.RESPONSE_JUDGED, Fact.response_judged_at, Fact.response_on_time),
            (Entry.RESPONSE_ENDED, Fact.response_ended_at),
            (Fact.response_started_on, Fact.response_ended_on),
        ),
        (
            (Entry.COMPLETION_JUDGED, Fact.completion_judged_at, Fact.completion_on_time),
            (Entry.COMPLETION_ENDED, Fact.completion_ended_at),
            (Fact.completion_started_on, Fact.completion_ended_on),
        ),
    )
    passed = _working_days(counting)
    for (judged, judged_at, on_time), (ended, ended_at), (started_on, ended_on) in stages:
        lines[judged] = (judged_at, cast(on_time, Integer))
        lines[ended] = (ended_at, passed(ended_on) - passed(started_on))
    return lines


def _working_days(counting: Counting) -> Any:
    calendar = counting.knowledge.calendar
    last_day = max(local_date(counting.now), counting.question.period.day_to) + timedelta(days=1)
    passed = _passed(tuple(sorted(calendar.overrides.items())), last_day.year)
    # PostgreSQL takes the place in an array behind brackets only.
    table: Any = Grouping(cast(literal(list(passed), ARRAY(Integer)), ARRAY(Integer)))

    def on(day: Any) -> Any:
        place = func.greatest(day - _FIRST_DAY, 0) + 1
        return table[place]

    return on


@lru_cache(maxsize=8)
def _passed(overrides: tuple[tuple[date, bool], ...], last_year: int) -> tuple[int, ...]:
    """How many working days came up to and including each day, from `_FIRST_DAY` to the end of a year."""
    calendar = WorkingCalendar(dict(overrides))
    found, passed = [], 0
    for offset in range((date(last_year + 1, 1, 1) - _FIRST_DAY).days):
        passed += calendar.is_working_day(_FIRST_DAY + timedelta(days=offset))
        found.append(passed)
    return tuple(found)
