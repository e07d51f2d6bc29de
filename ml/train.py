"""From labelled complaints to a new version in the store: `python -m ml.train`."""

import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from ml.candidate import in_use, origin_of, told, write
from ml.commands import REFUSED, one_each, progress, read_examples, read_key, read_label_file, stop
from ml.dataset import TARGETS, Example
from ml.evaluate import show
from ml.fitting import Trained, fit
from ml.pipeline import LEAST_ROWS
from ml.report import Active, reasons
from ml.store import StoreError

# Where training ends and judging begins, for those who watch.
_FITTED, _FITTED_BEFORE_SPLIT, _JUDGED = 0.9, 0.5, 0.98

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


class Target(StrEnum):
    """What can be learned."""

    CATEGORY = "category"
    CATEGORY_MAIN = "category_main"
    AGENCY = "agency"
    REPORT_TYPE = "report_type"
    URGENCY = "urgency"
    NOISE = "noise"


@app.command()
def train(
    store: Annotated[Path, typer.Option(help="Folder of versions; made when it is not there.")],
    data: Annotated[
        list[Path] | None,
        typer.Option(help="Labelled complaints: CSV or JSON Lines, plain or .gz, or a folder of them. Repeatable."),
    ] = None,
    source: Annotated[
        list[Path] | None,
        typer.Option(help="Labelled complaints of another desk, in the same formats, to learn from. Repeatable."),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(help='JSON Lines of {"target", "label", "name", "keywords", "share"}: what labels mean.'),
    ] = None,
    target: Annotated[
        list[Target] | None, typer.Option(help="What to learn. Repeatable; everything the data has when not given.")
    ] = None,
    baseline: Annotated[
        str | None, typer.Option(help="Version in use: a candidate that loses to it is not written (exit code 3).")
    ] = None,
    keep_loser: Annotated[
        bool, typer.Option("--keep-loser", help="Write the candidate although it loses; the report says why.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="Write everything that was measured, beside the baseline, as JSON.")
    ] = None,
    time_split: Annotated[
        bool, typer.Option(help="In the report: also train on older rows and judge the newest ones. Twice the time.")
    ] = True,
    key_file: Annotated[Path | None, typer.Option(help="Sign the manifest with this key (HMAC-SHA-256).")] = None,
    threads: Annotated[
        int, typer.Option(min=1, max=64, help="How many cores may be used; the result is the same.")
    ] = 1,
    progress_json: Annotated[
        bool, typer.Option("--progress-json", help='Tell progress as lines of {"fraction", "text"} on standard error.')
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object: version, metrics, too_few.")] = False,
) -> None:
    """Train a classifier from labelled complaints and put it into a store.

    Needs no database and no network. Labels are kept exactly as the data writes them. The figures come from rows
    that the model had not seen: the data is split into folds, nearly equal texts stay together, each fold is
    answered by a model of the others; thresholds and confidence are learned from those answers, then everything
    is fitted again on all rows. The same data gives the same version.

    Columns: id, title, [bold]text[/bold], category_main, category, agency, location, date, report_type, source,
    urgency, noise; blank means unknown. A label is learned from two rows on; those with fewer than five are listed
    under too_few, because nobody can say yet how good they are.

    A desk with few rows learns from others: [bold]--source[/bold] rows teach it directly where they use the same
    labels, and otherwise lend the opinion of a model of their own. [bold]--labels[/bold] tells what labels mean
    before anybody used them. Without any --data a first version is made from these alone.

    [bold]Exit codes[/bold]  0 written; 2 a file cannot be used; 3 the candidate loses to the baseline.

    [dim]python -m ml.train --data local.jsonl --source ml/corpus --labels labels.jsonl --store models --json[/dim]
    """
    key = read_key(key_file)
    if not data and not source and not labels:
        stop(
            "tidak ada yang dapat dipelajari; berikan --data, --source, atau --labels",
            "there is nothing to learn from; give --data, --source or --labels",
        )
    examples = read_examples(data or [])
    foreign = [read_examples([file]) for file in source or []]
    described = read_label_file(labels)
    wanted = [chosen.value for chosen in target] if target else list(TARGETS)
    known = {name for name in TARGETS if any(row.label(name) for rows in (examples, *foreign) for row in rows)}
    known |= {label.target for label in described}
    missing = [name for name in wanted if target and name not in known]
    if missing:
        stop(
            f"tidak ada baris berlabel untuk {', '.join(missing)}; isi kolom itu atau pilih --target lain",
            f"no row has a label for {', '.join(missing)}; fill that column or choose another --target",
        )
    active = _in_use(store, baseline, key) if baseline else None
    tell = _tell_as_json if progress_json else _tell
    is_split = report is not None and time_split

    def trained_on(rows: Sequence[Example], start: float, end: float) -> Trained:
        def heard(text: str, fraction: float) -> None:
            tell(text, start + fraction * (end - start))

        return fit(rows, wanted, heard, sources=foreign, labels=described, threads=threads)

    trained = trained_on(examples, 0.0, _FITTED_BEFORE_SPLIT if is_split else _FITTED)
    if not trained.heads:
        stop(
            f"tidak ada label dengan sedikitnya {LEAST_ROWS} baris di {', '.join(wanted)}; tambahkan contoh berlabel",
            f"no label of {', '.join(wanted)} has at least {LEAST_ROWS} rows; add labelled examples",
        )
    found: dict[str, Any] = {}
    if report is not None or active is not None:
        found = told(
            trained,
            active=active,
            refit=(lambda rows: trained_on(rows, _FITTED_BEFORE_SPLIT, _FITTED)) if is_split else None,
            options=_options(data, source, labels, target, threads),
            tell=lambda text: tell(text, _JUDGED),
        )
        losing = reasons(found)
        if losing and not keep_loser:
            listed = "; ".join(losing)
            stop(
                f"calon kalah dari versi {baseline} dan tidak disimpan: {listed}",
                f"the candidate loses to version {baseline} and was not written: {listed}",
                REFUSED,
            )
    version = write(trained, store, key=key, origin=origin_of(wanted, foreign, described))
    if report is not None:
        report.write_bytes(orjson.dumps(found | {"version": version}, option=orjson.OPT_INDENT_2))
    tell(f"version {version}", 1.0)
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


def _tell(text: str, _: float) -> None:
    progress.print(text, markup=False)


def _tell_as_json(text: str, fraction: float) -> None:
    sys.stderr.write(orjson.dumps({"fraction": round(fraction, 3), "text": text}).decode() + "\n")
    sys.stderr.flush()


def _in_use(store: Path, baseline: str, key: bytes | None) -> Active:
    try:
        return in_use(store, baseline, key=key)
    except StoreError as error:
        stop(f"versi pembanding tidak dapat dipakai: {error}", f"the baseline cannot be used: {error}")


def _options(
    data: Sequence[Path] | None,
    source: Sequence[Path] | None,
    labels: Path | None,
    target: Sequence[Target] | None,
    threads: int,
) -> Mapping[str, Any]:
    # Names without folders: where files lie is the business of one machine.
    return {
        "data": [file.name for file in data or []],
        "source": [file.name for file in source or []],
        "labels": None if labels is None else labels.name,
        "target": [chosen.value for chosen in target or []],
        "threads": threads,
    }


def main() -> None:
    """Run the command line."""
    app(args=one_each(sys.argv[1:], ["--data", "--source", "--target"]), prog_name="python -m ml.train")


if __name__ == "__main__":
    main()
