"""How good the classifier is on labelled complaints of several desks: `python -m bench.classifier DATA_FOLDER`.

Splits: rows of labels with enough rows, exact copies left out, nearly equal texts (70 % of their words) kept
together, five folds (three for large sets). Each fold is answered by a version trained on the others alone, written
to a store and loaded again, from the text only unless the line says "place" or "category". Confidence, threshold and
the size of conformal sets come from the training rows, never from the rows they are measured on.
"""

import argparse
import re
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ml import store as registry
from ml.candidate import write
from ml.dataset import Example, grouped_folds, load, near_duplicate_groups, without_copies
from ml.fitting import fit
from ml.metrics import Judged, measure
from ml.predictor import Draft, Ranking

_LOCAL = re.compile(r"(kelurahan|kecamatan)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Task:
    """One question: which file, which target, how many rows a label needs, and what is known beside the text."""

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


def main() -> None:
    """Run the tasks and print one line each."""
    parser = argparse.ArgumentParser(prog="python -m bench.classifier", description=__doc__)
    parser.add_argument("data", type=Path, help="folder with the labelled sets")
    parser.add_argument("--only", action="append", help="name of a task; repeatable")
    parser.add_argument("--folds", type=int, help="use the first FOLDS folds only")
    options = parser.parse_args()
    print("task | rows/labels | acc/F1/top3 | ECE | answered at 95 %: share/right | set mean/held | fit s")
    for name in options.only or TASKS:
        print(name, "|", measured(TASKS[name], options.data, options.folds), flush=True)


def measured(task: Task, folder: Path, first: int | None) -> str:
    """The figures of a task as one line."""
    rows = _rows(task, folder)
    sources = [load([folder / f"{name}.csv.gz"]).examples for name in task.sources]
    labels = [str(row.label(task.target)) for row in rows]
    folds = grouped_folds(labels, near_duplicate_groups([row.text for row in rows]), task.folds)
    judged: list[Judged] = []
    rankings: list[tuple[Ranking, str]] = []
    seconds, place = [], task.known == "place"
    for fold in range(min(task.folds, first or task.folds)):
        held = [row for row, number in zip(rows, folds, strict=True) if number == fold]
        kept = [_hidden(row, task) for row, number in zip(rows, folds, strict=True) if number != fold]
        began = time.process_time()
        trained = fit(kept, [task.target], sources=sources)
        seconds.append(time.process_time() - began)
        with tempfile.TemporaryDirectory() as store:
            predictor = registry.load(Path(store), write(trained, Path(store)))
        drafts = [
            Draft(
                row.text,
                location=row.location if place else None,
                category=row.category if task.known == "category" else None,
            )
            for row in held
        ]
        for row, ranking in zip(held, predictor.rank(drafts, task.target), strict=True):
            answers = tuple(choice.label for choice in ranking.choices)
            judged.append(Judged(str(row.label(task.target)), answers, ranking.choices[0].confidence))
            rankings.append((ranking, str(row.label(task.target))))
    return _line(judged, rankings, max(seconds))


def _line(judged: Sequence[Judged], rankings: Sequence[tuple[Ranking, str]], seconds: float) -> str:
    figures = measure(judged)
    sure = [row for row, (ranking, _) in zip(judged, rankings, strict=True) if not ranking.abstained]
    right = sum(row.is_right for row in sure) / len(sure) if sure else 0.0
    # Sets larger than what is shown cannot be checked: those of heads that may act alone, or beyond ten.
    shown = [(ranking, truth) for ranking, truth in rankings if ranking.plausible <= len(ranking.choices)]
    within = [truth in {choice.label for choice in ranking.choices[: ranking.plausible]} for ranking, truth in shown]
    size = sum(ranking.plausible for ranking, _ in rankings) / len(rankings)
    return (
        f"{figures.rows}/{figures.labels} | {figures.accuracy:.3f}/{figures.macro_f1:.3f}/{figures.top3:.3f} | "
        f"{figures.ece:.3f} | {len(sure) / len(judged):.3f}/{right:.3f} | {size:.1f}/{sum(within) / len(within):.3f} | "
        f"{seconds:.0f}"
    )


def _rows(task: Task, folder: Path) -> list[Example]:
    rows = without_copies(load([folder / f"{task.file}.csv.gz"]).examples)
    # With the place known the offices are asked for by name, on the rows of the task that counts them as one.
    merged = [_merged(row) if task.merged else row for row in rows]
    counts = Counter(row.label(task.target) for row in merged)
    asked = rows if task.known == "place" else merged
    return [
        row
        for row, counted in zip(asked, merged, strict=True)
        if (label := counted.label(task.target)) and counts[label] >= task.least
    ]


def _merged(row: Example) -> Example:
    return replace(row, agency="(local)") if row.agency and _LOCAL.match(row.agency) else row


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


if __name__ == "__main__":
    main()
