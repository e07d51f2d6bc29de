"""Answering a question about figures: counted in one moment, compared, hidden where too few, and ranked."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import product
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from complaints.figures.asking import TIMES, FigureFilter, FigureGrouping, FigureQuestion, answerable, is_staff
from complaints.figures.reach import ReachOf
from complaints.figures.statements import Counting, happened, opened, returned
from complaints.knowledge import Knowledge
from complaints.policy import Actor
from complaints.reader import Reader
from complaints.work import Allowances
from models import Agency
from rules.figure_table import FIGURES
from rules.figures import Entry, Measured
from rules.places import full_name

# A group's keys in the order of the grouping: ids of agencies and units, codes, first days; None: it has none.
Key = tuple[UUID | str | date | None, ...]
Entries = Mapping[Entry, Counter[int]]
HIDDEN = Measured(None, 0)


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure of one group, and of the period before when that was asked.

    Hidden: so few cases that somebody could be recognised.
    """

    figure: str
    now: Measured
    before: Measured | None
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """The figures of one group, in the order of the question."""

    key: Key
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The answer. `total` is of everything asked about, the same rows counted together; the public has none."""

    question: FigureQuestion
    lines: tuple[Line, ...]
    total: Line | None


async def ask(
    reader: Reader, actor: Actor, question: FigureQuestion, knowledge: Knowledge, now: datetime, allowed: Allowances
) -> Table:
    """The figures that the actor may see. Raises `Invalid` for a question that cannot be answered."""
    question = answerable(question, actor, now, allowed)
    if not is_staff(actor):
        return await _ask_in_public(reader, actor, question, knowledge, now, allowed)
    counting = Counting(question, ReachOf(actor), knowledge, now)
    current = await _entries(reader, counting)
    earlier: Mapping[Key, Entries] | None = None
    if question.compares:
        before = replace(counting, question=replace(question, period=question.period.before()))
        earlier = _on_the_same_parts(await _entries(reader, before), before, counting)
    keys = dict.fromkeys([*await _expected_keys(reader, counting), *sorted(current, key=_sortable)])
    lines = [
        _figure_line(question, key, current.get(key, {}), None if earlier is None else earlier.get(key, {}))
        for key in keys
    ]
    total = _figure_line(
        question, (), _together(current.values()), None if earlier is None else _together(earlier.values())
    )
    return Table(question, tuple(_ranked_lines(question, lines)), total)


async def _ask_in_public(
    reader: Reader, actor: Actor, question: FigureQuestion, knowledge: Knowledge, now: datetime, allowed: Allowances
) -> Table:
    """What is too small is decided among all agencies, whichever were asked for."""
    everybody = replace(question, wanted=FigureFilter())
    counting = Counting(everybody, ReachOf(actor), knowledge, now)
    found = await _entries(reader, counting)
    lines = hide_small(
        question,
        [_figure_line(question, key, found[key], None) for key in sorted(found, key=_sortable)],
        allowed.figure_least_public,
    )
    if question.wanted != FigureFilter():
        place = question.group_by.index(FigureGrouping.AGENCY)
        seed = select(Agency.id).where(Agency.is_in_seed)
        chosen = {*question.wanted.agency_ids} or {row.id for row in await reader.rows(seed)}
        lines = [line for line in lines if line.key[place] in chosen]
    return Table(question, tuple(_ranked_lines(question, lines)), None)


async def _entries(reader: Reader, counting: Counting) -> dict[Key, Entries]:
    found: defaultdict[Key, defaultdict[Entry, Counter[int]]] = defaultdict(lambda: defaultdict(Counter))
    width = len(counting.question.group_by)
    for statement in (happened(counting), returned(counting), opened(counting)):
        if statement is None:
            continue
        for row in await reader.rows(statement):
            group = found[_figure_key(counting, row[:width])]
            for entry, value, cases in row.entries or ():
                group[Entry(entry)][value] += cases
    return dict(found)


def _figure_key(counting: Counting, values: Sequence[Any]) -> Key:
    """Parts of the period come as numbers and leave as their first days."""
    return tuple(
        counting.parts[value - 1] if group in TIMES else value
        for group, value in zip(counting.question.group_by, values, strict=True)
    )


def _on_the_same_parts(earlier: Mapping[Key, Entries], before: Counting, now: Counting) -> Mapping[Key, Entries]:
    """The period before, its parts in place of those of the period by their order: first with first."""
    groups = now.question.group_by
    places = {day: place for place, day in enumerate(before.parts)}
    moved: dict[Key, Entries] = {}
    for key, entries in earlier.items():
        last = len(now.parts) - 1
        fitting = tuple(
            now.parts[min(places[value], last)] if group in TIMES and isinstance(value, date) else value
            for group, value in zip(groups, key, strict=True)
        )
        # Where the period before has a part more, its last two belong together.
        moved[fitting] = _together([moved[fitting], entries]) if fitting in moved else entries
    return moved


async def _expected_keys(reader: Reader, counting: Counting) -> list[Key]:
    """Groups that stand in the table although nothing happened: named agencies, and every part of the period."""
    question, wanted = counting.question, counting.question.wanted
    agencies: list[UUID] = list(wanted.agency_ids)
    if wanted.is_in_seed and FigureGrouping.AGENCY in question.group_by:
        statement: Select[Any] = select(Agency.id).where(Agency.is_in_seed).order_by(Agency.name)
        agencies = [row.id for row in await reader.rows(statement)]
    known: list[Sequence[Any]] = []
    for group in question.group_by:
        choices: Sequence[Any] = counting.parts if group in TIMES else ()
        if group is FigureGrouping.AGENCY:
            choices = agencies
        if not choices:
            return []
        known.append(choices)
    return [tuple(key) for key in product(*known)] if known else []


def _together(entries: Iterable[Entries]) -> Entries:
    found: defaultdict[Entry, Counter[int]] = defaultdict(Counter)
    for one in entries:
        for entry, values in one.items():
            found[entry].update(values)
    return found


def _figure_line(question: FigureQuestion, key: Key, entries: Entries, earlier: Entries | None) -> Line:
    cells = []
    for code in question.figures:
        figure = FIGURES[code]
        before = None if earlier is None else figure.work_out(earlier.get(figure.entry, {}))
        cells.append(Cell(code, figure.work_out(entries.get(figure.entry, {})), before))
    return Line(key, tuple(cells))


def _sortable(key: Key) -> tuple[tuple[bool, str], ...]:
    return tuple((part is None, str(part)) for part in key)


def _ranked_lines(question: FigureQuestion, lines: Sequence[Line]) -> Sequence[Line]:
    if question.order_by is None:
        return lines
    place = question.figures.index(question.order_by)
    known = [line for line in lines if line.cells[place].now.value is not None]
    unknown = [line for line in lines if line.cells[place].now.value is None]
    known.sort(key=lambda line: line.cells[place].now.value or 0.0, reverse=question.descending)
    return [*known, *unknown]


def hide_small(question: FigureQuestion, lines: Sequence[Line], least: int) -> list[Line]:
    """Without the numbers of fewer than `least` cases, and where those hidden in a month are together fewer, without
    the next smallest as well: whoever knows the sum could subtract.
    """
    time = next((place for place, group in enumerate(question.group_by) if group in TIMES), None)
    hidden: set[tuple[int, int]] = set()
    for place in range(len(question.figures)):
        months: defaultdict[Any, list[tuple[int, int]]] = defaultdict(list)
        for number, line in enumerate(lines):
            months[None if time is None else line.key[time]].append((line.cells[place].now.cases, number))
        for cells in months.values():
            hidden |= {(number, place) for number in _too_small(sorted(cells), least)}
    return [
        Line(
            line.key,
            tuple(
                Cell(cell.figure, HIDDEN, None, is_hidden=True) if (number, place) in hidden else cell
                for place, cell in enumerate(line.cells)
            ),
        )
        for number, line in enumerate(lines)
    ]


def _too_small(cells: Sequence[tuple[int, int]], least: int) -> list[int]:
    """Of (size, number), the smallest first, the numbers to hide."""
    hidden: list[int] = []
    total = 0
    for size, number in cells:
        if size == 0:
            continue
        if size >= least and not 0 < total < least:
            break
        hidden.append(number)
        total += size
    return hidden


NOBODY = {FigureGrouping.AGENCY: "Meja nasional", FigureGrouping.UNIT: "Tanpa unit"}


def words_of(
    knowledge: Knowledge,
    group: FigureGrouping,
    part: UUID | str | date | None,
) -> tuple[str | None, str]:
    """Code and name of one part of a key; a group without one has a name all the same."""
    if part is None:
        return None, NOBODY.get(group, "Tidak diketahui")
    if isinstance(part, UUID):
        row = knowledge.agency_rows.get(part)
        return (str(part), str(part)) if row is None else (row.code, row.name)
    code = str(part)
    match group:
        case FigureGrouping.REGION:
            return code, full_name(code) or code
        case FigureGrouping.CATEGORY:
            return code, knowledge.called.get(code, code)
        case FigureGrouping.CHANNEL | FigureGrouping.REPORT_TYPE:
            return code, next((row.label_id for row in knowledge.term_rows if row.code == code), code)
    return code, code
