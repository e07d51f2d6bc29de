"""Commands about what the classifier learns from: data sets, history, doubtful labels, training, figures."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import anyio
import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from complaints.learning import reading
from complaints.learning.datasets import build_dataset, request_dataset
from complaints.learning.history import HistoryReport, Layout
from complaints.learning.history import import_history as take_history_in
from complaints.learning.jobs import check_labels
from complaints.learning.labels import open_doubts, request_check
from complaints.learning.recipes import Recipe
from complaints.learning.runs import TrainingOptions, cancel_run, request_run
from complaints.learning.watching import (
    FigureFilter,
    FigureGroup,
    Head,
    Share,
    acknowledge_alarm,
    drift_of,
    drift_statement,
    figures_of,
    figures_statement,
)
from complaints.policy import SYSTEM
from complaints.reader import Reader
from graph.wording import FAILURES
from models import ClassifierAlarm, TrainingRun
from rules.vocabulary import JobState
from server.commands.session import console, errors, run, runtime
from server.runtime import Runtime

dataset = typer.Typer(help="Data sets: built from decisions, masked, never changed.", no_args_is_help=True)


@dataset.command("build")
def dataset_build(
    day_from: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day of submission.")] = None,
    day_to: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day after.")] = None,
    agency: Annotated[list[str] | None, typer.Option(help="Code of an agency; repeatable, all when left out.")] = None,
    history: Annotated[list[str] | None, typer.Option(help="A source of imported history; repeatable.")] = None,
    without_work: Annotated[bool, typer.Option("--without-work", help="Leave our own complaints out.")] = False,
    without_category: Annotated[list[str] | None, typer.Option(help="Code of a category; repeatable.")] = None,
) -> None:
    """Build a data set here and now from what people decided. It prints the id that training takes."""
    recipe = Recipe(
        day_from=None if day_from is None else day_from.date(),
        day_to=None if day_to is None else day_to.date(),
        agencies=tuple(agency or ()),
        with_work=not without_work,
        history=tuple(history or ()),
        excluded_categories=tuple(without_category or ()),
    )

    async def build() -> tuple[UUID, int | None, str | None]:
        async with runtime() as opened:
            async with opened.workshop.work(SYSTEM) as work:
                row = await request_dataset(work, recipe, is_queued=False)
            await build_dataset(opened.workshop, opened.datasets, row.id)
            async with _reader(opened) as reader:
                built = await reader.one(reading.dataset(row.id))
        return row.id, (built.rows if built else None), (built.failure if built else None)

    row_id, rows, failure = run(build)
    if failure is not None:
        errors.print(f"[red]{FAILURES[failure].indonesian}[/]\n{FAILURES[failure].english}")
        raise typer.Exit(1)
    console.print(f"{row_id}: {rows} rows")


@dataset.command("list")
def dataset_list() -> None:
    """List the newest data sets."""
    table = Table("id", "state", "rows", "asked for", "fingerprint")

    async def read() -> None:
        async with runtime() as opened, _reader(opened) as reader:
            for row in await reader.rows(reading.datasets().statement.order_by(reading.datasets().order.key.desc())):
                day = row.requested_at.date().isoformat()
                table.add_row(str(row.id), row.state, str(row.rows or ""), day, (row.fingerprint or "")[:12])

    run(read)
    console.print(table)


@dataset.command("check")
def dataset_check(
    dataset_id: Annotated[UUID, typer.Argument(help="A data set.")],
    count: Annotated[int, typer.Option(min=1, help="How many doubts to show.")] = 30,
) -> None:
    """Look for labels that are probably wrong, here and now, and show the most doubtful ones."""
    table = Table("example", "target", "label", "likely", "score", "why")

    async def check() -> None:
        async with runtime() as opened:
            async with opened.workshop.work(SYSTEM) as work:
                await request_check(work, dataset_id)
            await check_labels(opened.workshop, opened.datasets, dataset_id)
            async with _reader(opened) as reader:
                for row in await reader.rows(open_doubts(dataset_id, None, count)):
                    table.add_row(
                        row.example_id, row.target, row.given_label, row.likely_label, f"{row.score:.3f}", row.reason
                    )

    run(check)
    console.print(table)


def import_history(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A CSV file in UTF-8 with a header.")],
    source: Annotated[str, typer.Option(help="What to call this history; the same name again adds only new rows.")],
    column: Annotated[list[str], typer.Option(help="FIELD=COLUMN, for example text='Isi Laporan'. Repeatable.")],
    label: Annotated[list[str] | None, typer.Option(help="THEIR LABEL=CODE where names differ. Repeatable.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
) -> None:
    """Bring decided complaints of another system in as lessons: masked, with their labels as our codes.

    Fields: id, text, title, category_main, category, agency, report_type, place, date (2026-01-31).
    """
    layout = Layout(_pairs(column), _pairs(label or []))

    async def bring_in() -> HistoryReport:
        async with runtime() as opened, opened.workshop.work(SYSTEM) as work:
            with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
                return await take_history_in(work, source, lines, layout, dry_run=dry_run)

    report = run(bring_in)
    console.print(
        f"{report.rows} rows: {report.usable} usable, {report.problem_count} not; "
        + ("nothing was written." if dry_run else f"{report.added} added, {report.known} known before.")
    )
    for problem in report.problems[:10]:
        console.print(f"  row {problem.row}: {problem.code}")
    for unknown in report.unknown[:20]:
        near = f", near: {unknown.nearest}" if unknown.nearest else ""
        console.print(f"  unknown {unknown.field} '{unknown.label}' in {unknown.rows} rows{near}", markup=False)


def _pairs(options: list[str]) -> dict[str, str]:
    pairs = {}
    for option in options:
        name, separator, value = option.partition("=")
        if not separator or not name or not value:
            raise typer.BadParameter(f"{option!r} is not NAME=VALUE")
        pairs[name] = value
    return pairs


def train(
    dataset_id: Annotated[UUID, typer.Option("--dataset", help="What to learn from.")],
    source: Annotated[list[UUID] | None, typer.Option(help="A data set of another desk; repeatable.")] = None,
    target: Annotated[list[str] | None, typer.Option(help="What to learn; everything when left out.")] = None,
    without_corpus: Annotated[bool, typer.Option("--without-corpus", help="Leave the shipped texts out.")] = False,
    without_time_split: Annotated[
        bool, typer.Option("--without-time-split", help="Leave the recent slice unjudged: half the time.")
    ] = False,
    threads: Annotated[int, typer.Option(min=1, help="Cores it may use.")] = 1,
    is_queued: Annotated[bool, typer.Option("--queue", help="Leave it to the worker and return at once.")] = False,
) -> None:
    """Train a candidate and compare it with the version in use. Ctrl-C stops it."""
    options = TrainingOptions(
        targets=tuple(target or ()),
        source_ids=tuple(source or ()),
        with_corpus=not without_corpus,
        with_time_split=not without_time_split,
        threads=threads,
    )

    async def train() -> tuple[UUID, JobState, str]:
        async with runtime() as opened:
            most = opened.settings.classifier.training_threads
            async with opened.workshop.work(SYSTEM) as work:
                row = await request_run(work, dataset_id, options, most_threads=most, is_queued=is_queued)
            if is_queued:
                return row.id, JobState.QUEUED, ""
            # The candidate is compared with what serves, so this process has to know it.
            await opened.serving.refresh()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_show_progress, opened, row.id)
                await opened.trainer.train(row.id)
            async with _reader(opened) as reader:
                ended = await reader.one(reading.run(row.id))
        if ended is None:
            return row.id, JobState.FAILED, ""
        return row.id, ended.state, ended.version or ended.failure or ""

    run_id, state, result = run(train)
    console.print(f"{run_id}: {state} {result}".strip())
    if state not in (JobState.DONE, JobState.QUEUED):
        raise typer.Exit(1)


async def _show_progress(opened: Runtime, run_id: UUID) -> None:
    with Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=errors) as shown:
        task = shown.add_task("waiting", total=1.0)
        while True:
            async with _reader(opened) as reader:
                row = await reader.one(reading.run(run_id))
            if row is None:
                return
            shown.update(task, completed=row.fraction, description=(row.stage or str(row.state))[:70])
            if row.finished_at is not None:
                return
            await anyio.sleep(1)


def cancel(run_id: Annotated[UUID, typer.Argument(help="A training run.")]) -> None:
    """Stop a training run."""

    async def stop() -> TrainingRun:
        async with runtime() as opened, opened.workshop.work(SYSTEM) as work:
            return await cancel_run(work, run_id)

    console.print(f"{run(stop).id} stops.")


def runs() -> None:
    """List the newest training runs."""
    table = Table("id", "state", "done", "stage", "version", "asked for")

    async def read() -> None:
        async with runtime() as opened, _reader(opened) as reader:
            listing = reading.runs()
            for row in await reader.rows(listing.statement.order_by(listing.order.key.desc()).limit(30)):
                day = row.requested_at.date().isoformat()
                stage = row.failure or row.stage or ""
                table.add_row(str(row.id), row.state, f"{row.fraction:.0%}", stage[:60], row.version or "", day)

    run(read)
    console.print(table)


def figures(
    head: Annotated[Head, typer.Option(case_sensitive=False, help="Whose answers.")] = Head.CATEGORY,
    by: Annotated[FigureGroup, typer.Option(case_sensitive=False, help="Grouped by.")] = FigureGroup.VERSION,
    version: Annotated[str | None, typer.Option(help="Only this version.")] = None,
    is_shadow: Annotated[bool, typer.Option("--shadow", help="What candidates answered unseen.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """What people took of the suggestions, with 95 % intervals, and whether the answers drift."""

    async def read() -> tuple[list[dict[str, object]], float | None]:
        async with runtime() as opened, _reader(opened) as reader:
            now = opened.workshop.clock()
            wanted = FigureFilter(version=version, is_shadow=is_shadow)
            found = figures_of(await reader.rows(figures_statement(head, by, wanted)))
            drift = drift_of(await reader.rows(drift_statement(now)), now)
            return [asdict(figure) for figure in found], drift.index

    figures, index = run(read)
    if as_json:
        typer.echo(json.dumps({"figures": figures, "drift": index}))
        return
    table = Table(by.value.lower(), "decided", "accepted", "one of three", "corrected", "unsure")
    for row in figures:
        shares = [Share(**row[name]) for name in ("accepted", "among_three", "corrected", "abstained")]  # type: ignore[arg-type]
        table.add_row(str(row["key"]), str(shares[0].cases), *map(_share, shares))
    console.print(table)
    console.print("Drift: not enough answers yet." if index is None else f"Drift of the newest week: {index:.3f}")


@asynccontextmanager
async def _reader(opened: Runtime) -> AsyncIterator[Reader]:
    reader = Reader(opened.database.read)
    try:
        yield reader
    finally:
        await reader.close()


def _share(share: Share) -> str:
    if share.share is None or share.low is None or share.high is None:
        return "–"
    return f"{share.share:.0%} ({share.low:.0%}–{share.high:.0%})"


def alarms() -> None:
    """What about the classifier a person should look at."""
    table = Table("id", "raised", "kind", "about", "data")

    async def read() -> None:
        async with runtime() as opened, _reader(opened) as reader:
            for row in await reader.rows(reading.alarms(only_open=True, count=100)):
                raised = row.raised_at.isoformat(timespec="minutes")
                table.add_row(str(row.id), raised, row.kind, row.subject, json.dumps(row.data))

    run(read)
    console.print(table)


def acknowledge(alarm_id: Annotated[UUID, typer.Argument(help="An alarm.")]) -> None:
    """Say that somebody looked at an alarm; the same one can be raised again."""

    async def note() -> ClassifierAlarm:
        async with runtime() as opened, opened.workshop.work(SYSTEM) as work:
            return await acknowledge_alarm(work, alarm_id)

    console.print(f"{run(note).kind} was seen.")


# Commands of `salur classifier`, each under its own name.
COMMANDS = (import_history, train, cancel, runs, figures, alarms, acknowledge)
