"""How good a version is on labelled complaints: `python -m ml.evaluate`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from ml.commands import one_each, read_examples, read_key, stop
from ml.dataset import TARGETS, Example
from ml.gate import Figures, Verdict, gate
from ml.metrics import Judged, Metrics, measure, thresholds
from ml.predictor import Draft, Predictor
from ml.store import StoreError, load

__all__ = ["Figures", "Judged", "Metrics", "Verdict", "gate", "judge", "measure", "thresholds"]

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


def judge(predictor: Predictor, examples: Sequence[Example], target: str, *, with_title: bool = False) -> list[Judged]:
    """Answers of a version to every example that has a label for the target, in their order.

    As at intake the text and the place are used; the title, which an admin writes later, only `with_title`.
    """
    labelled = [example for example in examples if example.label(target)]
    drafts = [Draft(example.text, example.title if with_title else None, example.location) for example in labelled]
    return [
        Judged(
            str(example.label(target)),
            tuple(choice.label for choice in ranking.choices),
            ranking.choices[0].confidence,
        )
        for example, ranking in zip(labelled, predictor.rank(drafts, target), strict=True)
    ]


@app.command()
def evaluate(
    data: Annotated[
        list[Path],
        typer.Option(help="Labelled complaints: CSV or JSON Lines, plain or .gz, or a folder of them. Repeatable."),
    ],
    store: Annotated[Path, typer.Option(help="Folder of versions, as written by [bold]python -m ml.train[/bold].")],
    version: Annotated[str | None, typer.Option(help="Version to measure; the latest when not given.")] = None,
    with_title: Annotated[
        bool, typer.Option("--with-title", help="Also read the title, as after an admin has written it.")
    ] = False,
    key_file: Annotated[Path | None, typer.Option(help="Check the manifest's signature with this key.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
) -> None:
    """Measure a version on labelled complaints it was not trained on.

    For each target that both the version and the data have: [bold]accuracy[/bold], [bold]macro F1[/bold] over the
    labels in the data, [bold]top 3[/bold], [bold]coverage at 95 %[/bold] (the largest share of rows, most confident
    first, of which 95 % are right) and the [bold]calibration error[/bold] (ECE, 15 bins). Rows with a label the
    version does not know count as wrong.

    [dim]python -m ml.evaluate --data sealed.csv.gz --store models --json[/dim]
    """
    examples = read_examples(data)
    try:
        predictor = load(store, version, key=read_key(key_file))
    except StoreError as error:
        stop(f"versi tidak dapat dipakai: {error}", f"the version cannot be used: {error}")
    judged = {
        target: judge(predictor, examples, target, with_title=with_title)
        for target in TARGETS
        if target in predictor.targets and any(example.label(target) for example in examples)
    }
    if as_json:
        targets = {target: measure(rows).as_dict() for target, rows in judged.items()}
        sys.stdout.write(orjson.dumps({"version": predictor.version, "targets": targets}).decode() + "\n")
    else:
        show(predictor.version, {target: measure(rows) for target, rows in judged.items()}, judged)


def show(version: str, metrics: dict[str, Metrics], judged: dict[str, list[Judged]]) -> None:
    """Print the metrics of a version, and for each target what a threshold would give."""
    console = Console()
    table = Table(title=f"version {version}")
    for column in ("target", "rows", "labels", "accuracy", "macro F1", "top 3", "coverage at 95 %", "ECE"):
        table.add_column(column, justify="left" if column == "target" else "right")
    for target, figures in metrics.items():
        shares = (figures.accuracy, figures.macro_f1, figures.top3, figures.coverage_at_95, figures.ece)
        table.add_row(target, str(figures.rows), str(figures.labels), *(f"{share:.3f}" for share in shares))
    console.print(table)
    for target, rows in judged.items():
        cuts = Table(title=f"{target}: answering only above a confidence")
        for column in ("threshold", "answered", "right"):
            cuts.add_column(column, justify="right")
        for row in thresholds(rows):
            cuts.add_row(*(f"{row[column]:.2f}" for column in ("threshold", "answered", "right")))
        console.print(cuts)


def main() -> None:
    """Run the command line."""
    app(args=one_each(sys.argv[1:], ["--data"]), prog_name="python -m ml.evaluate")


if __name__ == "__main__":
    main()
