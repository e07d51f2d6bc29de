"""The tasks that classifiers are compared on, and fair splits of them; the data stays where the path points."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ml.dataset import Example, grouped_folds, load, near_duplicate_groups, without_copies

# One label for every village office and one for every district office: the place tells them apart, not the words.
_LOCAL = re.compile(r"^(kelurahan|kecamatan)\s+\S", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Task:
    """What to predict from which file; labels with fewer than `least` rows are left out.

    `sources` are files of other desks that a small desk may learn words from.
    """

    name: str
    file: str
    target: str
    least: int
    merges_local: bool = False
    sources: tuple[str, ...] = ()


_NATIONAL, _SURABAYA = "lapor_nasional_10instansi.csv.gz", "surabaya_mediacenter.csv.gz"
_BANDUNG, _LAPOR_2017 = "sp4n_kab_bandung.csv.gz", "lapor_2017_disposisi.csv.gz"
_SAMARINDA, _PURBALINGGA = "sp4n_kota_samarinda.csv.gz", "purbalingga_lapormasbup.csv.gz"

TASKS = (
    Task("Surabaya agency, local merged", _SURABAYA, "agency", 20, merges_local=True),
    Task("Surabaya topic", _SURABAYA, "category", 20),
    Task("National agency", _NATIONAL, "agency", 20),
    Task("Kab. Bandung main category", _BANDUNG, "category_main", 10, sources=(_SURABAYA, _NATIONAL, _LAPOR_2017)),
    Task("Kab. Bandung agency", _BANDUNG, "agency", 2, sources=(_SURABAYA, _NATIONAL, _LAPOR_2017)),
    Task("LAPOR! 2017 agency", _LAPOR_2017, "agency", 10, sources=(_SURABAYA, _NATIONAL, _BANDUNG)),
)


@dataclass(frozen=True, slots=True)
class Split:
    """One fold: what is trained on and what is judged. Nearly equal texts stand on one side."""

    train: Sequence[Example]
    test: Sequence[Example]


def rows_of(task: Task, folder: Path) -> list[Example]:
    """The usable rows of a task, its label the only one they carry, so that nothing else can help."""
    loaded = load([folder / task.file])
    rows = without_copies(loaded.examples)
    labelled = []
    for row in rows:
        label = row.label(task.target)
        if label is None:
            continue
        if task.merges_local:
            label = str(merged_local(row, task.target).label(task.target))
        labelled.append(replace(row, **_only(task.target, label)))
    counts = Counter(row.label(task.target) for row in labelled)
    return [row for row in labelled if counts[row.label(task.target)] >= task.least]


def merged_local(row: Example, target: str) -> Example:
    """The row with one label for every village office and one for every district office."""
    match = _LOCAL.match(row.label(target) or "")
    return row if match is None else replace(row, **{target: match[1].upper()})


def splits_of(task: Task, rows: Sequence[Example], folds: int, only: int | None = None) -> Iterator[Split]:
    """Grouped, stratified folds; the same on every machine. `only` the first few of them."""
    groups = near_duplicate_groups([row.text for row in rows])
    fold_of = grouped_folds([str(row.label(task.target)) for row in rows], groups, folds)
    for fold in range(folds if only is None else min(only, folds)):
        train = [row for row, place in zip(rows, fold_of, strict=True) if place != fold]
        test = [row for row, place in zip(rows, fold_of, strict=True) if place == fold]
        yield Split(train, test)


def _only(target: str, label: str) -> dict[str, str | None]:
    targets = ("category", "category_main", "agency", "report_type")
    # Text alone: a title is an admin's, a place is another question.
    return {name: label if name == target else None for name in targets} | {"title": None, "location": None}
