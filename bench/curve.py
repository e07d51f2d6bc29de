"""How many own labels a desk needs: `python -m bench.curve DATA`.

Two desks, each judged on rows of its own that nothing saw: a regency's main categories, which the shipped corpus and
the menu's words know, and a city's offices, which only other desks can help with. Every size is drawn several
times; the left figures learn from these rows alone, the right ones also from what Salur has before the first label.
"""

import random
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bench.tasks import TASKS, Task, rows_of, splits_of
from complaints.catalogue import read_file
from ml.candidate import write
from ml.dataset import Example, load
from ml.evaluate import judge
from ml.fitting import fit
from ml.labels import Label
from ml.metrics import Metrics, measure
from ml.store import load as load_version

CORPUS = Path(__file__).parents[1] / "ml" / "corpus"
SIZES = (0, 50, 100, 300, 1_000, 3_000)
# Small samples differ more, and cost less.
DRAWS = {0: 1, 50: 3, 100: 2, 300: 1, 1_000: 1, 3_000: 1}


@dataclass(frozen=True, slots=True)
class Help:
    """What a desk has before its first label."""

    sources: Sequence[Sequence[Example]]
    labels: Sequence[Label]


def corpus_for_menu() -> Help:
    """The shipped corpus and the menu's own words, its codes written as names, as the regency's file has them."""
    topics = [entry for entry in read_file("categories") if not entry.get("parent")]
    names = {entry["code"]: entry["label_id"].upper() for entry in topics}
    rows = [
        replace(row, category_main=names.get(row.category_main or ""), category=None, agency=None)
        for row in load([CORPUS]).examples
    ]
    labels = [
        Label("category_main", names[entry["code"]], entry["label_id"], tuple(entry["keywords"]), entry["share"])
        for entry in topics
    ]
    return Help([[row for row in rows if row.category_main]], labels)


def others_for_city(task: Task, folder: Path, rows: Sequence[Example]) -> Help:
    """Other desks' decisions, and nothing but the names of this one's offices."""
    others = [
        load([folder / name]).examples for name in ("lapor_nasional_10instansi.csv.gz", "sp4n_kab_bandung.csv.gz")
    ]
    names = sorted({str(row.label(task.target)) for row in rows})
    return Help([*others, load([CORPUS]).examples], [Label(task.target, name, name) for name in names])


def measured(task: Task, train: Sequence[Example], test: Sequence[Example], given: Help | None) -> Metrics | None:
    """Figures of one training; None when there was nothing to learn from."""
    trained = fit(train, [task.target], sources=given.sources if given else (), labels=given.labels if given else ())
    if task.target not in trained.heads:
        return None
    with tempfile.TemporaryDirectory() as folder:
        predictor = load_version(Path(folder), write(trained, Path(folder)))
    return measure(judge(predictor, test, task.target))


def main(
    data: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="The folder with the open data.")],
    only: Annotated[str, typer.Option(help="regency, city or both.")] = "both",
) -> None:
    """Print the curves."""
    table = Table("desk", "own labels", "alone acc/F1/top3", "with what Salur has acc/F1/top3")
    desks = {"regency": TASKS["bandung-main"], "city": TASKS["surabaya-agency"]}
    for desk in desks if only == "both" else (only,):
        task = desks[desk]
        rows = rows_of(task, data)
        given = corpus_for_menu() if desk == "regency" else others_for_city(task, data, rows)
        split = next(iter(splits_of(task, rows, folds=4, first=1)))
        for size in SIZES:
            if size > len(split.train):
                continue
            draws = [random.Random(seed).sample(list(split.train), size) for seed in range(DRAWS[size])]  # noqa: S311
            alone = [measured(task, rows_, split.test, None) for rows_ in draws] if size else []
            helped = [measured(task, rows_, split.test, given) for rows_ in draws]
            table.add_row(desk, str(size), _told(alone), _told(helped))
            Console(stderr=True).print(desk, size, _told(alone), _told(helped))
    Console().print(table)


def _told(figures: Sequence[Metrics | None]) -> str:
    known = [one for one in figures if one is not None]
    if not known:
        return "–"
    names = ("accuracy", "macro_f1", "top3")
    return "/".join(f"{statistics.mean(getattr(one, name) for one in known):.3f}" for name in names)


if __name__ == "__main__":
    typer.run(main)
