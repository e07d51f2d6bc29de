"""Commands about data: the schema of the database, the reference data, bulk import."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy import create_engine

from complaints.catalogue import Changes, load_reference
from complaints.importing import Importer, Rejected, Tally
from models.schema import current_revision, newest_revision, upgrade
from server.commands.session import console, run, runtime
from server.database import driver_url
from server.settings import read_settings

db = typer.Typer(help="The schema of the database.", no_args_is_help=True)


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to the newest schema. Safe to run again; it says where it was and is."""
    engine = create_engine(driver_url(read_settings().url()))
    with engine.connect() as connection:
        before = current_revision(connection)
        connection.rollback()
        upgrade(connection)
    engine.dispose()
    if before == newest_revision():
        console.print(f"The schema is at {before} already.")
    else:
        console.print(f"The schema went from {before or 'nothing'} to {newest_revision()}.")


def seed() -> None:
    """Load the reference data: terms, clocks, categories, agencies, routing rules.

    Run it as often as you like: it changes only what differs from the files and says what that was.
    Nothing is deleted; agencies and categories that ended carry a date.
    """

    async def load() -> dict[str, Changes]:
        async with runtime() as opened:
            async with opened.database.sessions() as session, session.begin():
                report = await load_reference(session, opened.workshop.clock())
            opened.knowledge.forget()
            return dict(report)

    table = Table("list", "added", "changed", "unchanged", title="Reference data")
    for name, changes in run(load).items():
        table.add_row(name, _some(changes.added), _some(changes.changed), str(changes.unchanged))
    console.print(table)


def _some(codes: list[str]) -> str:
    return f"{len(codes)}: {', '.join(codes)}" if 0 < len(codes) <= 5 else str(len(codes))


def bring_in(
    files: Annotated[
        list[Path],
        typer.Argument(exists=True, dir_okay=False, readable=True, help="CSV or JSONL, also gzipped (.gz)."),
    ],
    report: Annotated[
        Path | None,
        typer.Option(
            help="Where rejected rows go, one JSON object a line.",
            show_default="in the data folder",
        ),
    ] = None,
) -> None:
    """Bring in complaints from files; each gets suggestions, a route and clocks that start on its own date.

    Columns: id, title, text, location, date, report_type, source (others are ignored); only text is needed.
    A row is known by its source and id: run it again after an interruption and it goes on where it was, nothing
    comes in twice. Rows that cannot be taken are written to the report file with the reason.
    """

    async def work() -> tuple[Tally, Path]:
        async with runtime() as opened:
            await opened.serving.refresh()
            if opened.adviser.version is None:
                console.print("No classifier serves: complaints come in without suggestions.", style="yellow")
            target = report or opened.settings.data_dir / "import-rejected.jsonl"
            target.parent.mkdir(parents=True, exist_ok=True)
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            with target.open("w", encoding="utf-8") as rejected, Progress(*columns, console=console) as progress:
                task = progress.add_task("complaints", total=None)

                def reject(row: Rejected) -> None:
                    line = {"file": row.file, "row": row.row, "reason": row.reason}
                    rejected.write(json.dumps(line, ensure_ascii=False) + "\n")

                importer = Importer(
                    opened.workshop,
                    advise=opened.serving.advise_apart,
                    reject=reject,
                    expect=lambda rows: progress.update(task, total=rows),
                    progress=lambda rows: progress.advance(task, rows),
                )
                for path in files:
                    await importer.bring_in(path)
            return importer.tally, target

    tally, written = run(work)
    console.print(f"{tally.added} came in, {tally.known} were known already, {tally.rejected} were rejected.")
    if tally.rejected:
        console.print(f"The rejected rows and the reasons are in {written}.")
