"""From labelled complaints to a new version in the store: `python -m ml.train`."""

import io
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version as installed
from pathlib import Path
from typing import Annotated, Any

import joblib
import numpy as np
import orjson
import typer

from ml import store as registry
from ml.commands import REFUSED, one_each, progress, read_examples, read_key, stop
from ml.dataset import (
    COLUMNS,
    TARGETS,
    Example,
    fingerprint,
    near_duplicate_groups,
    text_key,
    without_copies,
)
from ml.evaluate import judge, show
from ml.gate import Figures, gate
from ml.heads import Head, TrainingSet, train_head
from ml.metrics import MARGIN, PROMISE, thresholds
from ml.packing import pack
from ml.pipeline import LEAST_ROWS, Features, Matrix, prepare
from ml.text import Stemmer
from ml.title_training import train_titles
from ml.titles import TitleModel

# With fewer rows that the baseline has not seen, its own figures from its training are compared instead.
UNSEEN_ROWS = 50
LIBRARIES = ("scikit-learn", "numpy", "scipy", "joblib", "PySastrawi")

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


class Target(StrEnum):
    """What can be learned."""

    CATEGORY = "category"
    CATEGORY_MAIN = "category_main"
    AGENCY = "agency"
    REPORT_TYPE = "report_type"


@dataclass(frozen=True, slots=True)
class Trained:
    """A candidate that is not yet in any store."""

    examples: Sequence[Example]
    features: Features
    matrix: Matrix
    stemmer: Stemmer
    heads: Mapping[str, Head]
    titles: TitleModel


def fit(
    examples: Sequence[Example], targets: Sequence[str] = TARGETS, tell: Callable[[str], None] = lambda line: None
) -> Trained:
    """Train every target that some label of the examples has enough rows for; `tell` hears of each step.

    The result depends on the set of examples alone, not on their order: they are sorted, newest last.
    """
    rows = sorted(without_copies(examples), key=_age)
    tell(f"{len(rows)} complaints ({len(examples) - len(rows)} exact copies left out)")
    groups = near_duplicate_groups([row.text for row in rows])
    tell(f"{len(set(groups))} groups of nearly equal texts")
    stemmer = Stemmer()
    texts = [prepare(row.text, stemmer) for row in rows]
    titled = [position for position, row in enumerate(rows) if row.title]
    titles = [prepare(rows[position].title or "", stemmer) for position in titled]
    features = Features().fit(texts)
    matrix = features.transform([*texts, *titles])
    data = TrainingSet(rows, matrix, titled, groups, features.common)
    heads = {}
    for target in targets:
        if not any(row.label(target) for row in rows):
            continue
        head = train_head(target, data)
        if head is None:
            tell(f"{target}: no label has enough rows")
            continue
        heads[target] = head
        tell(f"{target}: {head.metrics.rows} rows, {head.metrics.labels} labels, on unseen rows {_short(head)}")
    title_model = train_titles(rows)
    tell(f"titles: {len(titled)} to learn from, {len(title_model.weights)} weights")
    return Trained(rows, features, matrix, stemmer, heads, title_model)


def write(trained: Trained, store: Path, *, key: bytes | None = None) -> str:
    """Put a candidate into a store and return its version; the same candidate always gets the same one."""
    titled = [position for position, row in enumerate(trained.examples) if row.title]
    meta, arrays = pack(
        trained.features,
        trained.stemmer.table(),
        trained.heads,
        trained.titles,
        [trained.examples[position] for position in titled],
        trained.matrix.rows(np.asarray(titled, dtype=np.int64)),
    )
    pipeline = io.BytesIO()
    pairs = {target: (head.pair, head.offices) for target, head in trained.heads.items()}
    joblib.dump({"features": trained.features, "heads": pairs}, pipeline, compress=3)
    content = {
        "dataset": {"fingerprint": fingerprint(trained.examples), "rows": len(trained.examples)},
        "libraries": {name: installed(name) for name in LIBRARIES},
        "targets": {target: _facts(head) for target, head in trained.heads.items()},
        "titles": {"rows": len(titled), "weights": len(trained.titles.weights)},
        "trained_on": sorted({text_key(row) for row in trained.examples}),
    }
    return registry.save(store, meta=meta, arrays=arrays, pipeline=pipeline.getvalue(), content=content, key=key)


def losses(trained: Trained, store: Path, baseline: str, *, key: bytes | None = None) -> list[str]:
    """Why a candidate may not replace the baseline, one line per target and reason; empty when it may.

    Compared are rows neither was trained on: the candidate's answers come from its validation folds. When the
    baseline has seen nearly all of them, the figures of its own validation are compared instead.
    """
    known = registry.manifest(store, baseline, key=key)
    predictor = registry.load(store, baseline, key=key)
    seen = frozenset(known.content["trained_on"])
    reasons: list[str] = []
    for target, facts in known.targets.items():
        head = trained.heads.get(target)
        if head is None:
            continue
        new = [
            (trained.examples[row], answer)
            for row, answer in zip(head.judged_rows, head.judged, strict=True)
            if text_key(trained.examples[row]) not in seen
        ]
        if len(new) >= UNSEEN_ROWS:
            before = Figures.of(judge(predictor, [example for example, _ in new], target))
            verdict = gate(Figures.of([answer for _, answer in new]), before)
        else:
            verdict = gate(Figures.of(head.judged), Figures.recorded(facts), same_rows=False)
        reasons.extend(f"{target}: {reason}" for reason in verdict.reasons)
    return reasons


def _age(example: Example) -> tuple[str, ...]:
    return (example.date or "", *(str(getattr(example, column) or "") for column in COLUMNS))


def _facts(head: Head) -> dict[str, Any]:
    figures = Figures.of(head.judged)
    return {
        "labels": list(head.judge().labels),
        "too_few": head.too_few,
        "low_data": head.low_data,
        "metrics": head.metrics.as_dict(),
        "per_label": {label: list(counts) for label, counts in figures.labels.items()},
        "threshold": head.threshold,
        "threshold_policy": {"promise": PROMISE, "margin": MARGIN, "interval": "Wilson, one standard deviation"},
        "thresholds": thresholds(head.judged),
    }


def _short(head: Head) -> str:
    figures = head.metrics
    badge = ", low data" if head.low_data else ""
    return f"accuracy {figures.accuracy:.3f}, macro F1 {figures.macro_f1:.3f}, top 3 {figures.top3:.3f}{badge}"


@app.command()
def train(
    data: Annotated[
        list[Path],
        typer.Option(help="Labelled complaints: CSV or JSON Lines, plain or .gz, or a folder of them. Repeatable."),
    ],
    store: Annotated[Path, typer.Option(help="Folder of versions; made when it is not there.")],
    target: Annotated[
        list[Target] | None, typer.Option(help="What to learn. Repeatable; everything the data has when not given.")
    ] = None,
    baseline: Annotated[
        str | None, typer.Option(help="Version in use: a candidate that loses to it is not written (exit code 3).")
    ] = None,
    key_file: Annotated[Path | None, typer.Option(help="Sign the manifest with this key (HMAC-SHA-256).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object: version, metrics, too_few.")] = False,
) -> None:
    """Train a classifier from labelled complaints and put it into a store.

    Needs no database and no network. Labels are kept exactly as the data writes them. The figures come from rows
    that the model had not seen: the data is split into folds, nearly equal texts stay together, each fold is
    answered by a model of the others; thresholds and confidence are learned from those answers, then everything
    is fitted again on all rows. The same data gives the same version.

    Columns: id, title, [bold]text[/bold], category_main, category, agency, location, date, report_type, source;
    blank means unknown. A label is learned from two rows on; those with fewer than five are listed under too_few,
    because nobody can say yet how good they are.

    [bold]Exit codes[/bold]  0 written; 2 a file cannot be used; 3 the candidate loses to the baseline.

    [dim]python -m ml.train --data ml/corpus --store models --target category --target agency --json[/dim]
    """
    key = read_key(key_file)
    examples = read_examples(data)
    wanted = [chosen.value for chosen in target] if target else list(TARGETS)
    missing = [name for name in wanted if target and not any(example.label(name) for example in examples)]
    if missing:
        stop(
            f"tidak ada baris berlabel untuk {', '.join(missing)}; isi kolom itu atau pilih --target lain",
            f"no row has a label for {', '.join(missing)}; fill that column or choose another --target",
        )
    trained = fit(examples, wanted, lambda line: progress.print(line, markup=False))
    if not trained.heads:
        stop(
            f"tidak ada label dengan sedikitnya {LEAST_ROWS} baris di {', '.join(wanted)}; tambahkan contoh berlabel",
            f"no label of {', '.join(wanted)} has at least {LEAST_ROWS} rows; add labelled examples",
        )
    if baseline:
        _refuse_a_loser(trained, store, baseline, key)
    version = write(trained, store, key=key)
    metrics = {name: head.metrics for name, head in trained.heads.items()}
    if as_json:
        result = {
            "version": version,
            "metrics": {name: figures.as_dict() for name, figures in metrics.items()},
            "too_few": {name: head.too_few for name, head in trained.heads.items()},
        }
        sys.stdout.write(orjson.dumps(result).decode() + "\n")
    else:
        show(version, metrics, {})


def _refuse_a_loser(trained: Trained, store: Path, baseline: str, key: bytes | None) -> None:
    try:
        reasons = losses(trained, store, baseline, key=key)
    except registry.StoreError as error:
        stop(f"versi pembanding tidak dapat dipakai: {error}", f"the baseline cannot be used: {error}")
    if reasons:
        listed = "; ".join(reasons)
        stop(
            f"calon kalah dari versi {baseline} dan tidak disimpan: {listed}",
            f"the candidate loses to version {baseline} and was not written: {listed}",
            REFUSED,
        )


def main() -> None:
    """Run the command line."""
    app(args=one_each(sys.argv[1:], ["--data", "--target"]), prog_name="python -m ml.train")


if __name__ == "__main__":
    main()
