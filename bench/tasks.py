"""The tasks that classifiers are compared on, and fair splits of them; the data stays where the path points."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ml.dataset import Example, grouped_folds, load, near_duplicate_groups, without_copies

# Every village and district office counted as one label: the place tells them apart, not the words.
LOCAL = "(local)"
_LOCAL = re.compile(r"(kelurahan|kecamatan)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Task:
    """One question: which file, which target, how many rows a label needs, and what is known beside the text.

    `sources` are other desks that a small one may learn from.
    """

    file: str
    target: str
    least: int
    folds: int
    sources: tuple[str, ...] = ()
    merged: bool = False
    known: str = ""


SURABAYA, NATIONAL = "surabaya_mediacenter", "lapor_nasional_10instansi"
BANDUNG, SAMARINDA, LAPOR = "sp4n_kab_bandung", "sp4n_kota_samarinda", "lapor_2017_disposisi"
TASKS = {
    "surabaya-agency": Task(SURABAYA, "agency", 20, 5, merged=True),
    "surabaya-topic": Task(SURABAYA, "category", 20, 5),
    "national-agency": Task(NATIONAL, "agency", 10, 3),
    "bandung-main": Task(BANDUNG, "category_main", 10, 5),
    "bandung-main-sources": Task(BANDUNG, "category_main", 10, 5, (SURABAYA, NATIONAL, SAMARINDA, LAPOR)),
    "bandung-agency": Task(BANDUNG, "agency", 10, 5),
    "bandung-agency-sources": Task(BANDUNG, "agency", 10, 5, (SURABAYA, NATIONAL, SAMARINDA, LAPOR)),
    "lapor-agency": Task(LAPOR, "agency", 10, 5),
    "lapor-agency-sources": Task(LAPOR, "agency", 10, 5, (SURABAYA, NATIONAL, SAMARINDA, BANDUNG)),
    "surabaya-agency-place": Task(SURABAYA, "agency", 20, 3, merged=True, known="place"),
    "surabaya-agency-category": Task(SURABAYA, "agency", 20, 3, merged=True, known="category"),
}


@dataclass(frozen=True, slots=True)
class Split:
    """One fold: what is trained on, with nothing but the task's own label, and what is judged."""

    train: Sequence[Example]
    test: Sequence[Example]


def read(name: str, folder: Path) -> Sequence[Example]:
    """The rows of one desk."""
    return load([folder / f"{name}.csv.gz"]).examples


def rows_of(task: Task, folder: Path) -> list[Example]:
    """The rows of a task: exact copies left out, labels with enough rows."""
    rows = without_copies(read(task.file, folder))
    # With the place known the offices are asked for by name, on the rows of the task that counts them as one.
    merged = [merged_local(row) if task.merged else row for row in rows]
    counts = Counter(row.label(task.target) for row in merged)
    asked = rows if task.known == "place" else merged
    return [
        row
        for row, counted in zip(asked, merged, strict=True)
        if (label := counted.label(task.target)) and counts[label] >= task.least
    ]


def merged_local(row: Example) -> Example:
    """The row with one label for every village and district office."""
    return replace(row, agency=LOCAL) if row.agency and _LOCAL.match(row.agency) else row


def splits_of(
    task: Task, rows: Sequence[Example], *, folds: int | None = None, first: int | None = None
) -> Iterator[Split]:
    """Grouped, stratified folds, nearly equal texts on one side; the same on every machine. `first` few of them."""
    count = folds or task.folds
    groups = near_duplicate_groups([row.text for row in rows])
    fold_of = grouped_folds([str(row.label(task.target)) for row in rows], groups, count)
    for fold in range(min(count, first or count)):
        train = [_hidden(row, task) for row, place in zip(rows, fold_of, strict=True) if place != fold]
        test = [row for row, place in zip(rows, fold_of, strict=True) if place == fold]
        yield Split(train, test)


def _hidden(row: Example, task: Task) -> Example:
    # Only what the task asks for, so that its time is its own; the category stays where it is a question of it.
    if task.known == "category":
        return row
    told = {task.target: row.label(task.target)}
    return replace(
        row,
        category=told.get("category"),
        category_main=told.get("category_main"),
        agency=told.get("agency"),
        report_type=None,
    )
