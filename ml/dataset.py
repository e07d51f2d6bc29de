"""Labelled complaints: reading them, refusing what is not one, and splitting them fairly."""

import csv
import gzip
import hashlib
import json
import random
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import IO, Any

from ml.text import Stemmer, tokens

# A text beyond this is more likely an unclosed quote that swallowed the rest of the file.
MAX_TEXT = 200_000
SUFFIXES = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz")
# Two texts are "nearly equal" when they share this part of their words (Jaccard). Lower values begin to join
# different complaints about the same street; higher ones miss a copy with a new greeting.
NEAR_DUPLICATE = 0.7
# The source of the shipped corpus: rows written for the program, which nobody at any desk has decided.
WRITTEN = "Salur"


@dataclass(frozen=True, slots=True)
class Example:
    """One complaint with what people decided about it; None means "not known", never an empty string."""

    id: str
    text: str
    title: str | None = None
    category_main: str | None = None
    category: str | None = None
    agency: str | None = None
    location: str | None = None
    date: str | None = None
    report_type: str | None = None
    source: str | None = None
    urgency: str | None = None
    noise: str | None = None

    def label(self, target: str) -> str | None:
        """What people decided for one of TARGETS, exactly as written in the data."""
        value: str | None = getattr(self, target)
        return value


TARGETS = ("category", "category_main", "agency", "report_type", "urgency", "noise")
COLUMNS = tuple(field.name for field in fields(Example))


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row or a file; `line` is where the row ends in the file, 0 for the whole file."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}" if self.line else f"{self.file}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Loaded:
    """The usable rows of some files in their order, and the problems met on the way."""

    examples: tuple[Example, ...]
    problems: tuple[Problem, ...]


def load(paths: Iterable[Path]) -> Loaded:
    """Read CSV and JSON Lines files, plain or gzipped, or folders of them (by name, not below).

    A bad row, or a file that is missing, unreadable or of another kind, becomes a Problem; nothing is raised.
    """
    examples: list[Example] = []
    problems: list[Problem] = []
    for path in paths:
        for file in _files(path, problems):
            _read(file, examples, problems)
    return Loaded(tuple(examples), tuple(problems))


def without_copies(examples: Iterable[Example]) -> list[Example]:
    """The examples without exact copies: same words, same title, same decisions. The first one stays."""
    seen: set[tuple[object, ...]] = set()
    kept: list[Example] = []
    for example in examples:
        key = (" ".join(tokens(example.text)), example.title, *map(example.label, TARGETS), example.location)
        if key not in seen:
            seen.add(key)
            kept.append(example)
    return kept


def fingerprint(examples: Iterable[Example]) -> str:
    """SHA-256 (hex) over the sorted content: the same rows in any order or file give the same answer."""
    lines = sorted(
        json.dumps([getattr(example, column) for column in COLUMNS], ensure_ascii=False) for example in examples
    )
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def text_key(example: Example) -> str:
    """Eight bytes (hex) that recognise a text again without keeping it."""
    return hashlib.sha256(" ".join(tokens(example.text)).encode()).hexdigest()[:16]


def near_duplicate_groups(texts: Sequence[str]) -> list[int]:
    """A group number per text; texts that share NEAR_DUPLICATE of their words, or a chain of such, share it.

    Exact set-similarity join by prefix filtering: two sets can only be that similar when they share one of
    their few rarest words, so only those words are looked up. No hashing, no chance, no missed pair.
    """
    stemmer = Stemmer()
    bags = [set(stemmer.stems(tokens(text))) for text in texts]
    frequency = Counter(word for bag in bags for word in bag)
    parent = list(range(len(bags)))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    by_prefix_word: defaultdict[str, list[int]] = defaultdict(list)
    for index in sorted(range(len(bags)), key=lambda i: (len(bags[i]), i)):
        bag = bags[index]
        ordered = sorted(bag, key=lambda word: (frequency[word], word))
        prefix = ordered[: len(bag) - -int(-NEAR_DUPLICATE * len(bag) // 1) + 1]
        candidates = {other for word in prefix for other in by_prefix_word[word]}
        for other in sorted(candidates):
            if root(other) == root(index) or len(bags[other]) < NEAR_DUPLICATE * len(bag):
                continue
            common = len(bag & bags[other])
            if common >= NEAR_DUPLICATE * (len(bag) + len(bags[other]) - common):
                parent[root(index)] = root(other)
        for word in prefix:
            by_prefix_word[word].append(index)
    return [root(index) for index in range(len(bags))]


def grouped_folds(labels: Sequence[str], groups: Sequence[int], folds: int, seed: int = 0) -> list[int]:
    """A fold number per row: nearly equal texts together, every label spread over the folds if it can be."""
    members: defaultdict[int, list[int]] = defaultdict(list)
    for row, group in enumerate(groups):
        members[group].append(row)
    shuffled = sorted(members)
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - a fair split, not a secret
    common = {group: Counter(labels[row] for row in rows).most_common(1)[0][0] for group, rows in members.items()}
    fold_of_group: dict[int, int] = {}
    for position, group in enumerate(sorted(shuffled, key=lambda group: common[group])):
        fold_of_group[group] = position % folds
    return [fold_of_group[group] for group in groups]


def _files(path: Path, problems: list[Problem]) -> list[Path]:
    if path.is_dir():
        inside = sorted(file for file in path.iterdir() if file.name.endswith(SUFFIXES))
        if not inside:
            problems.append(Problem(str(path), 0, f"no file ending in {', '.join(SUFFIXES)} in this folder"))
        return inside
    if not path.is_file():
        problems.append(Problem(str(path), 0, "no such file"))
        return []
    if not path.name.endswith(SUFFIXES):
        problems.append(Problem(str(path), 0, f"not one of {', '.join(SUFFIXES)}"))
        return []
    return [path]


def _read(file: Path, examples: list[Example], problems: list[Problem]) -> None:
    rows = _csv_rows if ".csv" in file.suffixes else _jsonl_rows
    line = 0
    try:
        with _open(file) as stream:
            for line, row in rows(stream):
                answer = row if isinstance(row, str) else _example(row, f"{file.name}:{line}")
                if isinstance(answer, str):
                    problems.append(Problem(str(file), line, answer))
                else:
                    examples.append(answer)
    except (OSError, EOFError, csv.Error, zlib.error, MemoryError) as error:
        problems.append(Problem(str(file), line + 1, f"cannot be read any further: {error}"))


def _open(file: Path) -> IO[str]:
    # A byte that is not UTF-8 becomes a replacement sign: a broken character is no reason to lose a complaint.
    if file.suffix == ".gz":
        return gzip.open(file, "rt", encoding="utf-8-sig", errors="replace", newline="")
    return file.open("r", encoding="utf-8-sig", errors="replace", newline="")


def _csv_rows(stream: IO[str]) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    csv.field_size_limit(2**31 - 1)
    reader = csv.reader(stream)
    header = [name.strip().lower() for name in next(reader, [])]
    if "text" not in header:
        yield 0, f"the first line must name the columns and contain 'text'; known: {', '.join(COLUMNS)}"
        return
    for cells in reader:
        if not any(cells):
            continue
        if len(cells) != len(header):
            yield reader.line_num, f"{len(cells)} cells under {len(header)} column names"
        else:
            yield reader.line_num, dict(zip(header, cells, strict=True))


def _jsonl_rows(stream: IO[str]) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    for number, line in enumerate(stream, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield number, f"not JSON: {str(error)[:80]}"
            continue
        yield number, row if isinstance(row, dict) else "not a JSON object"


def _example(row: Mapping[str, Any], fallback_id: str) -> Example | str:
    values: dict[str, str | None] = {}
    for column in COLUMNS:
        value = row.get(column)
        if value is None or isinstance(value, bool | list | dict):
            if value is not None:
                return f"'{column}' is not text"
            values[column] = None
        elif isinstance(value, str):
            # Half a character pair (from a broken JSON escape) cannot be written to any file again.
            whole = value.encode("utf-8", "replace").decode("utf-8")
            values[column] = whole.replace("\x00", "").strip() or None
        elif column == "text":
            return "'text' is not text"
        else:
            values[column] = str(value)
    text = values["text"]
    if text is None:
        return "no text"
    if len(text) > MAX_TEXT:
        return f"text of {len(text)} characters: probably a quote that is not closed"
    if values["date"] is not None:
        values["date"] = _iso_date(values["date"])
    return Example(**{**values, "id": values["id"] or fallback_id, "text": text})  # type: ignore[arg-type]


def _iso_date(value: str) -> str | None:
    # A complaint with an unreadable date is still a complaint, only one without a date.
    try:
        return date.fromisoformat(value[:10]).isoformat()
    except ValueError:
        return None
