"""What the three command lines share: how they read their arguments and how they say no."""

from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import typer
from rich.console import Console

from ml.dataset import COLUMNS, SUFFIXES, TARGETS, Example, Problem, load
from ml.labels import Label, read_labels

UNUSABLE, REFUSED = 2, 3
# What people see while they wait; standard output belongs to the result.
progress = Console(stderr=True, highlight=False, soft_wrap=True)
_SHOWN_PROBLEMS = 10


def one_each(arguments: Sequence[str], options: Sequence[str]) -> list[str]:
    """`--data a b` written as `--data a --data b`, so that both ways of naming several values work."""
    spread: list[str] = []
    current = ""
    for argument in arguments:
        if argument.startswith("-"):
            current = argument if argument in options else ""
            if not current:
                spread.append(argument)
        elif current:
            spread += [current, argument]
        else:
            spread.append(argument)
    return spread


def stop(indonesian: str, english: str, code: int = UNUSABLE) -> NoReturn:
    """Say on standard error, in both languages, what is wrong and what would be right; leave with `code`."""
    progress.print(f"[bold]Gagal:[/bold] {_plain(indonesian)}")
    progress.print(f"[bold]Failed:[/bold] {_plain(english)}")
    raise typer.Exit(code)


def read_examples(files: Sequence[Path]) -> list[Example]:
    """All usable rows; leaves with UNUSABLE when any of the files has none."""
    examples: list[Example] = []
    for file in files:
        loaded = load([file])
        _tell(loaded.problems)
        if not loaded.examples:
            reason = loaded.problems[0].reason if loaded.problems else "no row with a text"
            stop(
                f"'{file}' tidak berisi satu pun baris yang dapat dipakai ({reason}). Yang benar: CSV dengan baris "
                f"judul kolom, atau JSON Lines, berakhiran {', '.join(SUFFIXES)}, dengan kolom 'text' dan sedikitnya "
                f"satu dari {', '.join(TARGETS)}. Kolom yang dikenal: {', '.join(COLUMNS)}.",
                f"'{file}' has no usable row ({reason}). Right would be: CSV with a header line, or JSON Lines, ending "
                f"in {', '.join(SUFFIXES)}, with a column 'text' and at least one of {', '.join(TARGETS)}. "
                f"Known columns: {', '.join(COLUMNS)}.",
            )
        examples.extend(loaded.examples)
    return examples


def read_label_file(file: Path | None) -> tuple[Label, ...]:
    """All usable labels; none without a file; leaves with UNUSABLE when the file has none."""
    if file is None:
        return ()
    labels, problems = read_labels(file)
    _tell(problems)
    if not labels:
        reason = problems[0].reason if problems else "no line"
        stop(
            f"'{file}' tidak berisi satu pun label yang dapat dipakai ({reason}); yang benar: JSON Lines dengan "
            f"'target' dan 'label'",
            f"'{file}' has no usable label ({reason}); right would be: JSON Lines with 'target' and 'label'",
        )
    return labels


def read_key(file: Path | None) -> bytes | None:
    """The key that signs and checks manifests: the file's bytes without white space around; None without file."""
    if file is None:
        return None
    try:
        key = file.read_bytes().strip()
    except OSError as error:
        stop(f"berkas kunci tidak terbaca: {error}", f"the key file cannot be read: {error}")
    if not key:
        stop(f"berkas kunci '{file}' kosong", f"the key file '{file}' is empty")
    return key


def _tell(problems: Sequence[Problem]) -> None:
    for problem in problems[:_SHOWN_PROBLEMS]:
        progress.print(f"[yellow]left out[/yellow] {_plain(str(problem))}")
    if len(problems) > _SHOWN_PROBLEMS:
        progress.print(f"[yellow]left out[/yellow] {len(problems) - _SHOWN_PROBLEMS} more rows")


def _plain(text: str) -> str:
    # File names and labels may contain square brackets, which Rich would read as markup.
    return text.replace("[", r"\[")
