"""Suggestions for complaints given as JSON Lines: `python -m ml.suggest`."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import orjson
import typer

from ml.commands import read_key, stop
from ml.predictor import CHOICES, Draft, Predictor
from ml.store import StoreError, load

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


def answer(line: bytes, predictor: Predictor) -> dict[str, Any]:
    """The answer to one line, or {"id", "error"} when there can be none; never raises."""
    try:
        row = orjson.loads(line)
    except ValueError as error:
        return {"id": None, "error": f"not JSON: {str(error)[:80]}"}
    if not isinstance(row, dict):
        return {"id": None, "error": "not a JSON object"}
    number = row.get("id")
    draft = _draft(row)
    if isinstance(draft, str):
        return {"id": number, "error": draft}
    suggestion = predictor.suggest([draft])[0]
    rankings = {
        target: [
            {"label": choice.label, "confidence": round(choice.confidence, 6)} for choice in ranking.choices[:CHOICES]
        ]
        for target, ranking in suggestion.heads.items()
    }
    return {"id": number, "titles": list(suggestion.titles), **rankings}


def answers(lines: Iterable[bytes], predictor: Predictor) -> Iterator[bytes]:
    """One line of JSON per line that is not blank, in order."""
    for line in lines:
        if line.strip():
            yield orjson.dumps(answer(line, predictor)) + b"\n"


def _draft(row: Mapping[str, Any]) -> Draft | str:
    for field in ("text", "title", "location"):
        value = row.get(field)
        if value is not None and not isinstance(value, str):
            return f"'{field}' is not text"
    text = row.get("text")
    if text is None:
        return "no 'text'"
    if not text.strip("\x00 \t\r\n"):
        return "'text' is blank"
    return Draft(text, row.get("title") or None, row.get("location") or None)


@app.command()
def suggest(
    store: Annotated[Path, typer.Option(help="Folder of versions, as written by [bold]python -m ml.train[/bold].")],
    version: Annotated[str | None, typer.Option(help="Version to ask; the latest when not given.")] = None,
    key_file: Annotated[Path | None, typer.Option(help="Check the manifest's signature with this key.")] = None,
) -> None:
    r"""Answer complaints from standard input on standard output, one JSON object per line, in order.

    In: [bold]{"id", "text"}[/bold] and, when known, "title" and "location" ("Kel. X, Kec. Y, Kota Z").
    Out: [bold]{"id", "titles": \[three], TARGET: \[{"label", "confidence"} best three], ...}[/bold].
    A line that cannot be answered gives {"id", "error"} and the rest goes on. Each answer is written at once.

    [dim]echo '{"id": 1, "text": "lampu jalan mati"}' | python -m ml.suggest --store models[/dim]
    """
    try:
        predictor = load(store, version, key=read_key(key_file))
    except StoreError as error:
        stop(f"versi tidak dapat dipakai: {error}", f"the version cannot be used: {error}")
    _pump(sys.stdin.buffer, sys.stdout.buffer, predictor)


def _pump(incoming: BinaryIO, outgoing: BinaryIO, predictor: Predictor) -> None:
    for line in answers(incoming, predictor):
        outgoing.write(line)
        outgoing.flush()


def main() -> None:
    """Run the command line."""
    app(prog_name="python -m ml.suggest")


if __name__ == "__main__":
    main()
