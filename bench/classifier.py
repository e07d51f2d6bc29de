"""How good the classifier is on labelled complaints of several desks: `python -m bench.classifier DATA_FOLDER`.

Splits: rows of labels with enough rows, exact copies left out, nearly equal texts (70 % of their words) kept
together, five folds (three for large sets). Each fold is answered by a version trained on the others alone, written
to a store and loaded again, from the text only unless the line says "place" or "category". Confidence, threshold and
the size of conformal sets come from the training rows, never from the rows they are measured on.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.tasks import TASKS, Task, read, rows_of, splits_of
from ml import store as registry
from ml.candidate import write
from ml.fitting import fit
from ml.metrics import Judged, measure
from ml.predictor import Draft, Ranking


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
    sources = [read(name, folder) for name in task.sources]
    judged: list[Judged] = []
    rankings: list[tuple[Ranking, str]] = []
    seconds, place = [], task.known == "place"
    for split in splits_of(task, rows_of(task, folder), first=first):
        began = time.process_time()
        trained = fit(split.train, [task.target], sources=sources)
        seconds.append(time.process_time() - began)
        with tempfile.TemporaryDirectory() as store:
            predictor = registry.load(Path(store), write(trained, Path(store)))
        drafts = [
            Draft(
                row.text,
                location=row.location if place else None,
                category=row.category if task.known == "category" else None,
            )
            for row in split.test
        ]
        for row, ranking in zip(split.test, predictor.rank(drafts, task.target), strict=True):
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


if __name__ == "__main__":
    main()
