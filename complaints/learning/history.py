"""Decided complaints of another system as lessons: columns mapped, labels translated, tried before written."""

import csv
import difflib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import anyio.to_process
import anyio.to_thread
from sqlalchemy.dialects.postgresql import insert

from complaints.inputs import Problems
from complaints.knowledge import Knowledge
from complaints.learning.datasets import mask_all
from complaints.learning.recipes import agency_label
from complaints.work import Work
from ml.dataset import MAX_TEXT
from models import HistoryExample
from rules.names import MatchedBy
from rules.vocabulary import Action, TermKind

# What a column may mean. Main category and category may stand in two columns; the finer one counts.
FIELDS = ("id", "text", "title", "category_main", "category", "agency", "report_type", "place", "date")
LABEL_FIELDS = ("category", "category_main", "agency", "report_type")
# So many problems and unknown labels are listed; the counts are always complete.
SHOWN = 50
# Masked in another process, then written: no longer than the database lets a transaction wait.
_BATCH = 200
# Room for a text that is told to be too long; behind a quote that is not closed there is more.
_FIELD_MAX = 5 * MAX_TEXT
# A longer id is no id, and an index could not hold it.
_ID_MAX = 200
# An agency is taken by an exact name of it only: a guess would teach a wrong lesson.
_SURE = (MatchedBy.CODE, MatchedBy.NAME, MatchedBy.SHORT_NAME, MatchedBy.ALIAS)


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read a file: field -> name of its column, and their labels -> codes of ours where names differ."""

    columns: Mapping[str, str]
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A row that stays out, by its number in the file (the header is row 1), and why."""

    row: int
    code: str


@dataclass(frozen=True, slots=True)
class UnknownLabel:
    """A label that is no code or name of ours, how many rows have it, and the nearest name."""

    field: str
    label: str
    rows: int
    nearest: str | None


@dataclass(slots=True)
class HistoryReport:
    """What an import did, or would do."""

    rows: int = 0
    usable: int = 0
    added: int = 0
    known: int = 0
    problems: list[RowProblem] = field(default_factory=list)
    problem_count: int = 0
    unknown: list[UnknownLabel] = field(default_factory=list)
    labels: dict[str, dict[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Lesson:
    """A usable row, its texts not masked yet."""

    external_id: str
    body: str
    title: str | None
    category: str | None
    agency: str | None
    report_type: str | None
    place: str | None
    decided_on: date | None


async def import_history(
    work: Work, source: str, lines: Iterable[str], mapping: Layout, *, dry_run: bool
) -> HistoryReport:
    """Bring the rows of a CSV file in, or only say what would happen.

    A row comes in with the labels that are known; one without text or without any known label stays out. The same
    `source` and id twice is one row, and a row without an id column is known by its number. Raises `Invalid` for a
    source without name, a mapping that names unknown fields or columns, or lacks the text or every label.
    """
    work.require(Action.LABEL_EXAMPLES)
    name = _checked_source(work, source)
    # Set anew, because reading a training file lifts it for the whole process.
    csv.field_size_limit(_FIELD_MAX)
    rows = _cells(csv.reader(iter(lines)))
    header = next(rows, None) or []
    places = _checked_columns(header, mapping)
    translate = _Translator(work.knowledge, mapping.labels)
    # A file of a hundred thousand rows takes seconds to read: others are answered meanwhile.
    report, lessons = await anyio.to_thread.run_sync(_read, rows, places, len(header), translate)
    if not dry_run:
        report.added = await _write(work, name, lessons)
        report.known = report.usable - report.added
    return report


def _read(
    rows: Iterator[list[str] | None], places: Mapping[str, int], width: int, translate: "_Translator"
) -> tuple[HistoryReport, list[_Lesson]]:
    report = HistoryReport()
    lessons: dict[str, _Lesson] = {}
    for number, cells in enumerate(rows, start=2):
        if cells == []:
            # An empty line, as many programs leave one at the end.
            continue
        report.rows += 1
        lesson = _lesson(number, cells, places, width, translate)
        if isinstance(lesson, str):
            report.problem_count += 1
            if len(report.problems) < SHOWN:
                report.problems.append(RowProblem(number, lesson))
        else:
            lessons[lesson.external_id] = lesson
    report.usable = len(lessons)
    report.unknown = translate.unknown()
    report.labels = _counted(lessons.values())
    return report, list(lessons.values())


def _checked_source(work: Work, source: str) -> str:
    problems = Problems()
    name = problems.text(source, "source", shortest=1, longest=work.allowances.tag_max)
    problems.settle()
    return name or ""


def _checked_columns(header: Sequence[str], mapping: Layout) -> dict[str, int]:
    problems, places = Problems(), {}
    for wanted, column in mapping.columns.items():
        if wanted not in FIELDS:
            problems.add("columns", "UNKNOWN_CODE", allowed=", ".join(FIELDS))
        elif column not in header:
            problems.add("columns", "UNKNOWN_COLUMN", column=column, allowed=", ".join(header[:30]))
        else:
            places[wanted] = header.index(column)
    if not problems.has("columns"):
        if "text" not in places:
            problems.add("columns", "MISSING_FIELD", missing="text")
        if not any(label in places for label in LABEL_FIELDS):
            problems.add("columns", "MISSING_FIELD", missing=" / ".join(LABEL_FIELDS))
    problems.settle()
    return places


def _cells(reader: Iterator[list[str]]) -> Iterator[list[str] | None]:
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            # A field beyond the limit: this row is lost, the next begins on a new line.
            yield None


def _lesson(
    number: int, cells: list[str] | None, places: Mapping[str, int], width: int, translate: "_Translator"
) -> _Lesson | str:
    if cells is None or len(cells) != width:
        return "BROKEN_ROW"
    values = {name: cells[place].replace("\x00", "").strip() for name, place in places.items()}
    if len(values.get("id", "")) > _ID_MAX:
        return "BROKEN_ROW"
    text = values.get("text", "")
    if not text:
        return "NO_TEXT"
    if len(text) > MAX_TEXT:
        return "TEXT_TOO_LONG"
    decided_on = None
    if values.get("date"):
        try:
            decided_on = date.fromisoformat(values["date"][:10])
        except ValueError:
            return "BAD_DATE"
    category = translate.category(values.get("category_main", ""), values.get("category", ""))
    agency = translate.agency(values.get("agency", ""))
    report_type = translate.report_type(values.get("report_type", ""))
    if category is None and agency is None and report_type is None:
        return "NO_KNOWN_LABEL"
    return _Lesson(
        external_id=values.get("id") or str(number),
        body=text,
        title=values.get("title") or None,
        category=category,
        agency=agency,
        report_type=report_type,
        place=values.get("place") or None,
        decided_on=decided_on,
    )


class _Translator:
    """From the labels of a file to codes of ours: by code, by name, or as the person who imports says."""

    def __init__(self, knowledge: Knowledge, said: Mapping[str, str]) -> None:
        self._knowledge = knowledge
        self._said = {_key(theirs): ours for theirs, ours in said.items()}
        self._categories: dict[str, set[str]] = {}
        for row in knowledge.category_rows.values():
            for name in (row.code, row.label_id):
                self._categories.setdefault(_key(name), set()).add(row.code)
        self._kinds = self._terms(TermKind.OFFICE_KIND)
        self._types = self._terms(TermKind.REPORT_TYPE)
        self._unknown: Counter[tuple[str, str]] = Counter()
        self._agencies: dict[str, str | None] = {}

    def category(self, main: str, fine: str) -> str | None:
        """The finest code that the two labels name."""
        above = self._category("category_main", main, None)
        return self._category("category", fine, above) or above

    def agency(self, label: str) -> str | None:
        """A kind of local office or the code of an agency."""
        if not label:
            return None
        if label not in self._agencies:
            self._agencies[label] = self._agency(label)
        return self._noted("agency", label, self._agencies[label])

    def report_type(self, label: str) -> str | None:
        """A code of the report types."""
        wanted = self._said.get(_key(label), label)
        return self._noted("report_type", label, self._types.get(_key(wanted))) if label else None

    def unknown(self) -> list[UnknownLabel]:
        """The labels that were not understood, the most frequent first."""
        names = {
            "agency": [*self._kinds, *(_key(row.name) for row in self._knowledge.agency_rows.values())],
            "report_type": list(self._types),
        }
        found = []
        for (name, label), rows in self._unknown.most_common(SHOWN):
            near = difflib.get_close_matches(_key(label), names.get(name, list(self._categories)), n=1, cutoff=0.6)
            found.append(UnknownLabel(name, label, rows, near[0] if near else None))
        return found

    def _category(self, name: str, label: str, above: str | None) -> str | None:
        if not label:
            return None
        wanted = self._said.get(_key(label), label)
        codes = self._categories.get(_key(wanted), set())
        if above is not None:
            # A name may stand below several topics; below the one that was named it stands once.
            codes = {code for code in codes if code.startswith(f"{above}.")} or codes
        level = min((code.count(".") for code in codes), default=0)
        highest = [code for code in codes if code.count(".") == level]
        # Of two categories with one name either may be meant: a guess would teach a wrong lesson.
        return self._noted(name, label, highest[0] if len(highest) == 1 else None)

    def _agency(self, label: str) -> str | None:
        wanted = self._said.get(_key(label), label)
        kind = self._kinds.get(_key(wanted))
        if kind is not None:
            return kind
        if wanted in self._knowledge.agency_ids:
            return self._lesson_of(wanted)
        match = next(iter(self._knowledge.names.match(wanted)), None)
        return self._lesson_of(match.unit or match.code) if match is not None and match.by in _SURE else None

    def _lesson_of(self, code: str) -> str | None:
        return agency_label(self._knowledge, self._knowledge.agency_ids[code], None)

    def _terms(self, kind: TermKind) -> dict[str, str]:
        rows = [row for row in self._knowledge.term_rows if row.kind is kind]
        return {_key(name): row.code for row in rows for name in (row.code, row.label_id, row.label_en)}

    def _noted(self, name: str, label: str, code: str | None) -> str | None:
        if code is None:
            self._unknown[name, label[:200]] += 1
        return code


def _key(label: str) -> str:
    return " ".join(label.casefold().split())


def _counted(lessons: Iterable[_Lesson]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {"category": Counter(), "agency": Counter(), "report_type": Counter()}
    for lesson in lessons:
        for name, counter in counts.items():
            label: str | None = getattr(lesson, name)
            if label is not None:
                counter[label] += 1
    return {name: dict(sorted(counter.items())) for name, counter in counts.items() if counter}


async def _write(work: Work, source: str, lessons: Sequence[_Lesson]) -> int:
    added = 0
    for start in range(0, len(lessons), _BATCH):
        batch = lessons[start : start + _BATCH]
        # A place as well: an address can be somebody's home.
        texts = [text for lesson in batch for text in (lesson.body, lesson.title, lesson.place)]
        hidden = iter(await anyio.to_process.run_sync(mask_all, texts))
        rows = [
            {
                "id": work.new_id(),
                "source": source,
                "external_id": lesson.external_id,
                "body": next(hidden),
                "title": next(hidden),
                "place": next(hidden),
                "category": lesson.category,
                "agency": lesson.agency,
                "report_type": lesson.report_type,
                "decided_on": lesson.decided_on,
                "imported_by_id": work.actor.id,
                "imported_at": work.now,
            }
            for lesson in batch
        ]
        statement = insert(HistoryExample).on_conflict_do_nothing().returning(HistoryExample.id)
        added += len((await work.session.scalars(statement, rows)).all())
    return added
