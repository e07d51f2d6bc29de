"""Which labels are probably wrong, and which rows are most worth a label: `python -m ml.quality`."""

import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import numpy as np
import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ml.commands import one_each, read_examples, read_key, stop
from ml.dataset import TARGETS, Example, near_duplicate_groups
from ml.predictor import Draft, Predictor
from ml.store import StoreError, load
from ml.unseen import Unseen, unseen_chances

# Another label has to be this many times as likely as the given one. With 5 % and 10 % planted errors in 6,969 rows
# of ten agencies this found 83 to 93 % of them, and 74 to 88 % of what it named had been planted.
DISAGREEMENT = 8.0
NEIGHBOURS = 5
_AT_ONCE = 256
_TO_LABEL = 50


app = typer.Typer(add_completion=False, rich_markup_mode="rich")


class Reason(StrEnum):
    """Why a label is doubted."""

    MODEL_DISAGREES = "MODEL_DISAGREES"
    NEAR_DUPLICATE_DISAGREES = "NEAR_DUPLICATE_DISAGREES"
    PEOPLE_DISAGREE = "PEOPLE_DISAGREE"


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A row with similar words: how people labelled it, and the cosine of its words with those of the doubted row."""

    id: str
    label: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Doubt:
    """A label that should be looked at again, what speaks against it, and the nearest rows, nearest first.

    `score` (0 to 1) is one minus the chance of the given label, or the share of nearly equal texts that people
    labelled otherwise. `likely` is the label that the model, or most of the nearly equal texts, would give.
    """

    id: str
    given: str
    likely: str
    score: float
    reason: Reason
    neighbours: tuple[Neighbour, ...]


@dataclass(frozen=True, slots=True)
class Uncertain:
    """A row worth a label: what the version would answer, and how far its first answer is ahead of the second."""

    id: str
    answer: str
    confidence: float
    margin: float


def doubtful(
    examples: Sequence[Example],
    target: str,
    unseen: Unseen | None = None,
    *,
    labellers: Mapping[str, str] | None = None,
    count: int | None = None,
) -> list[Doubt]:
    """Labels of a target to look at again, most doubtful first; at most `count`.

    A row can be named twice: because the model disagrees, and because nearly equal texts are labelled otherwise.
    With `labellers` (example id to person) the latter says whether different people did it.
    """
    unseen = unseen or unseen_chances(examples, target)
    found = [*_model_disagrees(examples, target, unseen), *_groups_disagree(examples, target, unseen, labellers or {})]
    # Agreement of people is better evidence than a model, so it comes first among equals.
    found.sort(key=lambda doubt: (-doubt[1].score, doubt[1].reason == Reason.MODEL_DISAGREES, doubt[0]))
    chosen = found[:count]
    neighbours = _neighbours(examples, target, unseen, [position for position, _ in chosen])
    return [
        Doubt(doubt.id, doubt.given, doubt.likely, round(doubt.score, 4), doubt.reason, near)
        for (_, doubt), near in zip(chosen, neighbours, strict=True)
    ]


def uncertain_first(predictor: Predictor, examples: Sequence[Example], target: str, count: int) -> list[Uncertain]:
    """The `count` rows whose label would teach the version most, least sure first; KeyError for an unknown target.

    No two are nearly equal, and no answer has more than twice its even share while others are left.
    """
    groups = near_duplicate_groups([example.text for example in examples])
    rankings = predictor.rank([Draft(example.text, None, example.location) for example in examples], target)
    rows = []
    for position, (example, ranking) in enumerate(zip(examples, rankings, strict=True)):
        first, *others = ranking.choices
        margin = first.confidence - (others[0].confidence if others else 0.0)
        rows.append((margin, position, Uncertain(example.id, first.label, first.confidence, margin)))
    rows.sort(key=lambda row: row[:2])
    answers = len({row.answer for _, _, row in rows})
    quota = -(-2 * count // max(answers, 1))
    met: set[int] = set()
    taken: Counter[str] = Counter()
    first_choice: list[Uncertain] = []
    second_choice: list[Uncertain] = []
    for _, position, row in rows:
        if groups[position] in met:
            continue
        met.add(groups[position])
        taken[row.answer] += 1
        (first_choice if taken[row.answer] <= quota else second_choice).append(row)
    chosen = [*first_choice, *second_choice][:count]
    return sorted(chosen, key=lambda row: row.margin)


def _model_disagrees(examples: Sequence[Example], target: str, unseen: Unseen) -> list[tuple[int, Doubt]]:
    place = {label: position for position, label in enumerate(unseen.labels)}
    found = []
    for position in np.flatnonzero(unseen.is_judged):
        example = examples[unseen.rows[position]]
        given = str(example.label(target))
        chances = unseen.chances[position]
        likely = int(chances.argmax())
        own = float(chances[place[given]])
        if unseen.labels[likely] != given and float(chances[likely]) >= DISAGREEMENT * own:
            doubt = Doubt(example.id, given, unseen.labels[likely], 1.0 - own, Reason.MODEL_DISAGREES, ())
            found.append((int(position), doubt))
    return found


def _groups_disagree(
    examples: Sequence[Example], target: str, unseen: Unseen, labellers: Mapping[str, str]
) -> list[tuple[int, Doubt]]:
    members: defaultdict[int, list[int]] = defaultdict(list)
    for position, group in enumerate(unseen.groups):
        members[group].append(position)
    found = []
    for positions in members.values():
        rows = [examples[unseen.rows[position]] for position in positions]
        labels = Counter(str(row.label(target)) for row in rows)
        if len(labels) < 2:
            continue
        for position, row in zip(positions, rows, strict=True):
            given = str(row.label(target))
            if 2 * labels[given] > len(rows):
                # Most agree with this row; the others are the ones to look at.
                continue
            others = [other for other in rows if other.label(target) != given]
            likely = min((label for label in labels if label != given), key=lambda label: (-labels[label], label))
            people = {labellers[other.id] for other in others if other.id in labellers}
            by_people = row.id in labellers and bool(people - {labellers[row.id]})
            reason = Reason.PEOPLE_DISAGREE if by_people else Reason.NEAR_DUPLICATE_DISAGREES
            found.append((position, Doubt(row.id, given, likely, len(others) / len(rows), reason, ())))
    return found


def _neighbours(
    examples: Sequence[Example], target: str, unseen: Unseen, positions: Sequence[int]
) -> list[tuple[Neighbour, ...]]:
    found = []
    for start in range(0, len(positions), _AT_ONCE):
        some = list(positions[start : start + _AT_ONCE])
        block = np.asarray((unseen.words[some] @ unseen.words.T).todense(), dtype=np.float64)
        for position, similarities in zip(some, block, strict=True):
            similarities[position] = -1.0
            nearest = np.argsort(-similarities, kind="stable")[:NEIGHBOURS]
            found.append(
                tuple(
                    Neighbour(row.id, str(row.label(target)), round(float(similarities[near]), 4))
                    for near in nearest
                    if similarities[near] > 0
                    for row in (examples[unseen.rows[near]],)
                )
            )
    return found


@app.command()
def quality(
    data: Annotated[
        list[Path],
        typer.Option(help="Complaints: CSV or JSON Lines, plain or .gz, or a folder of them. Repeatable."),
    ],
    target: Annotated[str, typer.Option(help="Which label: category, category_main, agency, report_type ...")],
    count: Annotated[int | None, typer.Option(min=1, help="At most this many; all doubts when not given.")] = None,
    uncertain: Annotated[
        bool, typer.Option("--uncertain", help="List rows without a label instead, those to label first on top.")
    ] = False,
    store: Annotated[Path | None, typer.Option(help="Folder of versions, for [bold]--uncertain[/bold].")] = None,
    version: Annotated[str | None, typer.Option(help="Version to ask; the latest when not given.")] = None,
    key_file: Annotated[Path | None, typer.Option(help="Check the manifest's signature with this key.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """List labels that are probably wrong, or rows that are most worth a label. Prints ids and labels, no text.

    Reasons: [bold]MODEL_DISAGREES[/bold] a model that has not seen the row is far surer of another label;
    [bold]NEAR_DUPLICATE_DISAGREES[/bold] nearly equal texts are labelled otherwise. A label with a single row cannot
    be judged by a model; it is listed under left_out.

    [dim]python -m ml.quality --data labelled.csv --target category_main --json[/dim]

    [dim]python -m ml.quality --data new.csv --target agency --uncertain --store models --count 50[/dim]
    """
    examples = read_examples(data)
    if target not in TARGETS:
        stop(
            f"'{target}' bukan sasaran; pilih salah satu dari {', '.join(TARGETS)}",
            f"'{target}' is not a target; choose one of {', '.join(TARGETS)}",
        )
    if uncertain:
        _show_uncertain(_uncertain(examples, target, count or _TO_LABEL, store, version, key_file), as_json)
        return
    unseen = unseen_chances(examples, target)
    doubts = doubtful(examples, target, unseen, count=count)
    if as_json:
        told = {"target": target, "rows": len(unseen.rows), "left_out": unseen.left_out, "doubts": doubts}
        sys.stdout.write(orjson.dumps(told).decode() + "\n")
        return
    table = Table(title=f"{target}: {len(doubts)} of {len(unseen.rows)} labels are doubtful")
    for column in ("id", "given", "likely", "score", "reason", "nearest"):
        table.add_column(column)
    for doubt in doubts:
        near = ", ".join(f"{neighbour.label} {neighbour.similarity:.2f}" for neighbour in doubt.neighbours[:3])
        table.add_row(*map(escape, (doubt.id, doubt.given, doubt.likely, f"{doubt.score:.2f}", doubt.reason, near)))
    Console().print(table)


def _uncertain(
    examples: Sequence[Example], target: str, count: int, store: Path | None, version: str | None, key: Path | None
) -> list[Uncertain]:
    if store is None:
        stop("--uncertain memerlukan --store", "--uncertain needs --store")
    try:
        predictor = load(store, version, key=read_key(key))
    except StoreError as error:
        stop(f"versi tidak dapat dipakai: {error}", f"the version cannot be used: {error}")
    if target not in predictor.targets:
        stop(
            f"versi {predictor.version} tidak mengenal {target}; pilih {', '.join(predictor.targets)}",
            f"version {predictor.version} does not know {target}; choose {', '.join(predictor.targets)}",
        )
    return uncertain_first(predictor, [row for row in examples if not row.label(target)], target, count)


def _show_uncertain(rows: Sequence[Uncertain], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(orjson.dumps({"uncertain": rows}).decode() + "\n")
        return
    table = Table(title="rows to label first")
    for column in ("id", "answer", "confidence", "margin"):
        table.add_column(column)
    for row in rows:
        table.add_row(escape(row.id), escape(row.answer), f"{row.confidence:.2f}", f"{row.margin:.2f}")
    Console().print(table)


def main() -> None:
    """Run the command line."""
    app(args=one_each(sys.argv[1:], ["--data"]), prog_name="python -m ml.quality")


if __name__ == "__main__":
    main()
