"""Suggestions for complaints given as JSON Lines: `python -m ml.suggest`."""

import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import orjson
import typer
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from ml.commands import read_key, stop
from ml.predictor import CHOICES, Draft, Predictor
from ml.store import StoreError, latest, load

# Lines that a process answers at a time: a quarter of a second of work, beside which sending them is nothing.
BLOCK = 250
# Blocks that wait or are worked on, for each process: none is idle, and the input is not read into memory.
WAITING = 4

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


def answers_by(
    processes: int, lines: Iterable[bytes], store: Path, version: str, key: bytes | None = None
) -> Iterator[bytes]:
    """The same lines as `answers` gives, by several processes that load the version each; some lines at once.

    StoreError when the version cannot be loaded, BrokenProcessPool when a process dies.
    """
    unread = iter(lines)
    asked: deque[Future[bytes]] = deque()
    # A forked process would share locks that another thread may hold.
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        while block := list(islice(unread, BLOCK)):
            asked.append(pool.submit(_answered, block, store, version, key))
            if len(asked) == WAITING * processes:
                yield asked.popleft().result()
        while asked:
            yield asked.popleft().result()


def _answered(block: Sequence[bytes], store: Path, version: str, key: bytes | None) -> bytes:
    return b"".join(answers(block, _loaded(store, version, key)))


@cache
def _loaded(store: Path, version: str, key: bytes | None) -> Predictor:
    # More threads inside one sum would change its last bit, and fight for the cores of the other processes.
    threadpool_limits(1)
    return load(store, version, key=key)


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
    processes: Annotated[
        int, typer.Option(min=1, max=64, help="How many cores may be used; the answers are the same.")
    ] = 1,
) -> None:
    r"""Answer complaints from standard input on standard output, one JSON object per line, in order.

    In: [bold]{"id", "text"}[/bold] and, when known, "title" and "location" ("Kel. X, Kec. Y, Kota Z").
    Out: [bold]{"id", "titles": \[three], TARGET: \[{"label", "confidence"} best three], ...}[/bold].
    A line that cannot be answered gives {"id", "error"} and the rest goes on. Each answer is written at once; with
    more than one process, each of which needs the memory of a version, 250 at once.

    [dim]echo '{"id": 1, "text": "lampu jalan mati"}' | python -m ml.suggest --store models[/dim]
    """
    key, incoming = read_key(key_file), sys.stdin.buffer
    try:
        # Named once: a version that is written meanwhile must not answer the rest of the lines.
        named = version or latest(store)
        if processes == 1:
            _pump(answers(incoming, _loaded(store, named, key)), sys.stdout.buffer)
        else:
            _pump(answers_by(processes, incoming, store, named, key), sys.stdout.buffer)
    except StoreError as error:
        stop(f"versi tidak dapat dipakai: {error}", f"the version cannot be used: {error}")
    except BrokenProcessPool:
        stop(
            "sebuah proses mati, mungkin karena memori habis; coba dengan lebih sedikit --processes",
            "a process died, perhaps because memory ran out; try fewer --processes",
        )


def _pump(written: Iterable[bytes], outgoing: BinaryIO) -> None:
    for line in written:
        outgoing.write(line)
        outgoing.flush()


def main() -> None:
    """Run the command line."""
    app(prog_name="python -m ml.suggest")


if __name__ == "__main__":
    main()
