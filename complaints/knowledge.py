"""What verbs know without asking each time: agencies, categories, clocks, calendar, the active rule set."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from complaints.words import READING
from models import (
    Agency,
    AgencyCategory,
    AgencySuccessor,
    CalendarOverride,
    Category,
    ClockRule,
    RoutingRule,
    RuleSet,
    Term,
)
from rules.codes import covers
from rules.deadlines import Limit, LimitUnit, WorkingCalendar
from rules.directory import AgencyFacts, Directory
from rules.language import ClassifierPolicy, Rule
from rules.names import AgencyEntry, AgencyNames
from rules.rule_set import RuleSet as Rules
from rules.vocabulary import AgencyLevel, Classification, Clock, Connection, RuleSetState, TermKind


def rule_of(row: Any) -> Rule:
    """A rule from its row or its columns; raises `ValidationError` for one that this version cannot read."""
    return Rule.model_validate(
        {
            "code": row.code,
            "position": row.position,
            "name": row.name,
            "reason": row.reason,
            "when": row.conditions,
            "then": row.outcome,
            "valid_from": row.valid_from,
            "valid_to": row.valid_to,
        }
    )


@dataclass(frozen=True, slots=True)
class ClockLimit:
    """One row of the SLA table, ready for `due_at`."""

    code: str
    clock: Clock
    limit: Limit
    classifications: frozenset[str]
    mechanism: str | None
    valid_from: date
    valid_to: date | None

    def fits(self, classification: Classification | None, mechanism: str | None, on: date) -> bool:
        """Whether this limit governs such a complaint on that day."""
        return (
            self.valid_from <= on
            and (self.valid_to is None or on < self.valid_to)
            and self.mechanism in (None, mechanism)
            and (not self.classifications or classification in self.classifications)
        )

    @property
    def precision(self) -> tuple[bool, bool, date]:
        """Sort key: a special mechanism before a classification before the general rule, newest first."""
        return self.mechanism is not None, bool(self.classifications), self.valid_from


@dataclass(frozen=True, slots=True)
class AgencyRow:
    """An agency as listings show it."""

    id: UUID
    code: str
    name: str
    short_name: str
    level: AgencyLevel
    connection: Connection
    parent_id: UUID | None
    region_code: str | None
    aliases: tuple[str, ...]
    valid_from: date | None
    valid_to: date | None
    successor_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """A category as listings show it."""

    id: UUID
    code: str
    label_id: str
    label_en: str | None
    parent_id: UUID | None
    level: int
    keywords: tuple[str, ...]
    share: float | None
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class TermRow:
    """A word of a reference list as listings show it."""

    kind: TermKind
    code: str
    label_id: str
    label_en: str


@dataclass(frozen=True)
class Knowledge:
    """An immutable snapshot of the reference data, by code and by id.

    `agency_rows` is in order of name, `category_rows` in order of code.
    """

    agencies: Mapping[UUID, AgencyFacts]
    agency_rows: Mapping[UUID, AgencyRow]
    agency_ids: Mapping[str, UUID]
    category_rows: Mapping[UUID, CategoryRow]
    category_codes: Mapping[UUID, str]
    category_ids: Mapping[str, UUID]
    term_rows: Sequence[TermRow]
    directory: Directory
    names: AgencyNames
    rules: Rules
    rule_set_id: UUID
    clocks: Sequence[ClockLimit]
    calendar: WorkingCalendar
    terms: Mapping[TermKind, frozenset[str]]

    def limit(self, clock: Clock, classification: Classification | None, mechanism: str | None, on: date) -> ClockLimit:
        """The most precise limit for a clock; raises `LookupError` when the SLA table has a hole."""
        fitting = [c for c in self.clocks if c.clock is clock and c.fits(classification, mechanism, on)]
        if not fitting:
            raise LookupError(f"no {clock} limit for {classification} on {on}")
        return max(fitting, key=lambda c: c.precision)

    def unit_of(self, rule_code: str) -> LimitUnit:
        """What a rule of the SLA table counts in."""
        return next((c.limit.unit for c in self.clocks if c.code == rule_code), LimitUnit.WORKING_DAY)

    def limit_of(self, rule_code: str, on: date) -> Limit | None:
        """What a rule of the SLA table says about a clock that started on that day; None when it has gone."""
        named = [c for c in self.clocks if c.code == rule_code]
        valid = [c for c in named if c.valid_from <= on and (c.valid_to is None or on < c.valid_to)]
        return next((c.limit for c in [*valid, *named]), None)

    @cached_property
    def called(self) -> Mapping[str, str]:
        """What people call the agencies and categories whose codes stand in reasons."""
        agencies = {row.code: row.short_name for row in self.agency_rows.values()}
        return MappingProxyType({row.code: row.label_id for row in self.category_rows.values()} | agencies)

    @cached_property
    def _below_agency(self) -> Mapping[UUID | None, Sequence[AgencyRow]]:
        return _by_parent(self.agency_rows.values())

    @cached_property
    def _below_category(self) -> Mapping[UUID | None, Sequence[CategoryRow]]:
        return _by_parent(self.category_rows.values())

    def owner_id(self, agency_id: UUID) -> UUID:
        """The agency itself, or the one that a unit belongs to, however deep it lies."""
        return self._above(agency_id)[-1]

    def is_below(self, unit_id: UUID, agency_id: UUID) -> bool:
        """Whether a unit lies somewhere below an agency or another unit."""
        return agency_id in self._above(unit_id)[1:]

    def unit_above(self, unit_id: UUID) -> UUID | None:
        """The unit right above a unit; None when that is the agency itself."""
        row = self.agency_rows.get(unit_id)
        above = None if row is None or row.parent_id is None else self.agency_rows.get(row.parent_id)
        return above.id if above is not None and above.level is AgencyLevel.UNIT else None

    def _above(self, agency_id: UUID) -> list[UUID]:
        """The row, and those above it up to the first that is no unit; an agency below a ministry stands alone."""
        path = [agency_id]
        row = self.agency_rows.get(agency_id)
        while row is not None and row.level is AgencyLevel.UNIT:
            if row.parent_id is None or row.parent_id in path:
                break
            path.append(row.parent_id)
            row = self.agency_rows.get(row.parent_id)
        return path

    def agencies_below(self, agency_id: UUID | None) -> Sequence[AgencyRow]:
        """Agencies and units right below one, or those with nobody above."""
        return self._below_agency.get(agency_id, ())

    def categories_below(self, category_id: UUID | None) -> Sequence[CategoryRow]:
        """The categories right below one, or the main topics."""
        return self._below_category.get(category_id, ())

    def category_and_below(self, category_id: UUID) -> list[UUID]:
        """The ids of a category and of everything below it; codes spell their ancestors."""
        code = self.category_codes.get(category_id)
        if code is None:
            return [category_id]
        return [row_id for row_id, other in self.category_codes.items() if covers(code, other)]


_Child = TypeVar("_Child", AgencyRow, CategoryRow)


def _by_parent(rows: Iterable[_Child]) -> Mapping[UUID | None, Sequence[_Child]]:
    children: defaultdict[UUID | None, list[_Child]] = defaultdict(list)
    for row in rows:
        children[row.parent_id].append(row)
    return children


class KnowledgeSource:
    """Gives the current snapshot, read again when it is older than `max_age`."""

    def __init__(self, engine: AsyncEngine, max_age: timedelta) -> None:
        self._engine = engine
        self._max_age = max_age
        self._read_at: datetime | None = None
        self._knowledge: Knowledge | None = None

    async def current(self, now: datetime) -> Knowledge:
        """The snapshot; raises `NotSeeded` when the reference data was never loaded."""
        if self._knowledge is None or self._read_at is None or now - self._read_at >= self._max_age:
            async with self._engine.connect() as connection:
                self._knowledge = await read_knowledge(connection)
            self._read_at = now
        return self._knowledge

    def forget(self) -> None:
        """Read anew at the next question; called by whoever changed the reference data in this process."""
        self._read_at = None


class NotSeeded(Exception):
    """The database has no reference data yet: `salur seed` loads it."""


async def read_knowledge(connection: AsyncConnection) -> Knowledge:
    """One snapshot from the database, in eight statements."""
    rule_set = (
        await connection.execute(
            select(RuleSet.id, RuleSet.number, RuleSet.classifier).where(RuleSet.state == RuleSetState.ACTIVE)
        )
    ).first()
    if rule_set is None:
        raise NotSeeded("no active rule set; run `salur seed`")
    rules = (
        await connection.execute(
            select(RoutingRule.__table__).where(RoutingRule.rule_set_id == rule_set.id).order_by(RoutingRule.position)
        )
    ).all()
    category_rows = await _categories(connection)
    category_codes = {row_id: row.code for row_id, row in category_rows.items()}
    agency_rows, facts = await _agencies(connection, category_codes)
    clocks = (await connection.execute(select(ClockRule.__table__).where(ClockRule.clock.is_not(None)))).all()
    overrides = (await connection.execute(select(CalendarOverride.day, CalendarOverride.is_working))).all()
    terms = (await connection.execute(select(Term.__table__).order_by(Term.kind, Term.position))).all()
    return Knowledge(
        agencies=MappingProxyType(facts),
        agency_rows=MappingProxyType(agency_rows),
        agency_ids=MappingProxyType({row.code: row_id for row_id, row in agency_rows.items()}),
        category_rows=MappingProxyType(category_rows),
        category_codes=MappingProxyType(category_codes),
        category_ids=MappingProxyType({code: row_id for row_id, code in category_codes.items()}),
        term_rows=tuple(TermRow(row.kind, row.code, row.label_id, row.label_en) for row in terms),
        directory=Directory(facts.values()),
        names=_names(agency_rows),
        rules=Rules(
            rule_set.number,
            [rule_of(row) for row in rules],
            ClassifierPolicy.model_validate(rule_set.classifier),
            READING,
        ),
        rule_set_id=rule_set.id,
        clocks=tuple(
            ClockLimit(
                code=row.code,
                clock=row.clock,
                limit=Limit(row.value, LimitUnit(row.unit)),
                classifications=frozenset(row.classifications),
                mechanism=row.mechanism,
                valid_from=row.valid_from,
                valid_to=row.valid_to,
            )
            for row in clocks
        ),
        calendar=WorkingCalendar({row.day: row.is_working for row in overrides}),
        terms=MappingProxyType({kind: frozenset(row.code for row in terms if row.kind is kind) for kind in TermKind}),
    )


async def _categories(connection: AsyncConnection) -> dict[UUID, CategoryRow]:
    rows = (await connection.execute(select(Category.__table__).order_by(Category.code))).all()
    return {
        row.id: CategoryRow(
            id=row.id,
            code=row.code,
            label_id=row.label_id,
            label_en=row.label_en,
            parent_id=row.parent_id,
            level=row.level,
            keywords=tuple(row.keywords),
            share=row.share,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
        )
        for row in rows
    }


async def _agencies(
    connection: AsyncConnection, category_codes: Mapping[UUID, str]
) -> tuple[dict[UUID, AgencyRow], dict[UUID, AgencyFacts]]:
    handled: defaultdict[UUID, list[str]] = defaultdict(list)
    for row in await connection.execute(select(AgencyCategory.agency_id, AgencyCategory.category_id)):
        handled[row.agency_id].append(category_codes[row.category_id])
    successors: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for row in await connection.execute(select(AgencySuccessor.agency_id, AgencySuccessor.successor_id)):
        successors[row.agency_id].append(row.successor_id)
    rows = (await connection.execute(select(Agency.__table__).order_by(Agency.name, Agency.id))).all()
    codes = {row.id: row.code for row in rows}
    listed = {
        row.id: AgencyRow(
            id=row.id,
            code=row.code,
            name=row.name,
            short_name=row.short_name,
            level=row.level,
            connection=row.connection,
            parent_id=row.parent_id,
            region_code=row.region_code,
            aliases=tuple(row.aliases),
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            successor_ids=tuple(successors[row.id]),
        )
        for row in rows
    }
    facts = {
        row.id: AgencyFacts(
            code=row.code,
            connection=row.connection,
            level=row.level,
            region=row.region_code,
            office_kind=row.office_kind,
            parent=codes.get(row.parent_id),
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            successors=tuple(codes[successor] for successor in successors[row.id]),
            handles=tuple(sorted(handled[row.id])),
        )
        for row in rows
    }
    return listed, facts


def _names(rows: Mapping[UUID, AgencyRow]) -> AgencyNames:
    def code(row_id: UUID | None) -> str | None:
        return None if row_id is None else rows[row_id].code

    return AgencyNames(
        AgencyEntry(
            code=row.code,
            name=row.name,
            short_name=row.short_name,
            level=row.level,
            aliases=row.aliases,
            parent=code(row.parent_id),
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            successors=tuple(rows[successor].code for successor in row.successor_ids),
        )
        for row in rows.values()
    )
