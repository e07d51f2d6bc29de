"""What a file of many cases costs: `python -m bench.exports --rows 100000`.

The same export by the worker's job, of a twentieth of all complaints and of half of them: memory that stays and seconds
that grow no faster than the rows are what the two together say.
"""

import json
import os
import secrets
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import anyio
import psycopg
import typer
from rich.console import Console
from rich.table import Table

from bench.figures import a_country
from bench.processes import cpu_seconds, forget_peak, peak_mb
from complaints.accounts import NewPerson, add_person
from complaints.figures.asking import FigureQuestion, Period
from complaints.figures.cases import CasesPart
from complaints.figures.exporting import WRITE_EXPORT, request_export
from complaints.policy import SYSTEM, Actor
from models import ExportRequest
from rules.deadlines import local_date
from rules.vocabulary import ExportFormat, ExportKind, JobState, Role
from server.keys import vault_keys
from server.runtime import Runtime, open_runtime
from server.settings import Settings

# `bench.lives` makes so many complaints for each day, and no texts.
_A_DAY = 1_000
_TITLES = """
insert into complaint_text (complaint_id, original_body, title)
select id, 'Lampu jalan di depan pasar mati sejak minggu lalu, mohon diperbaiki.', 'Lampu jalan di depan pasar mati'
from complaint on conflict do nothing
"""


async def export(runtime: Runtime, actor: Actor, days: int, format_: ExportFormat) -> dict[str, Any]:
    """One file of the complaints received in the last `days`."""
    today = local_date(runtime.workshop.clock())
    question = FigureQuestion(figures=("RECEIVED",), period=Period(today - timedelta(days=days), today))
    async with runtime.workshop.work(actor) as work:
        wanted = (await request_export(work, ExportKind.CASES, format_, question, CasesPart.COUNTED)).id
    forget_peak()
    before, started, used = peak_mb(os.getpid()), time.perf_counter(), cpu_seconds(os.getpid())
    await runtime.jobs.tasks[WRITE_EXPORT](export_id=str(wanted))
    seconds = time.perf_counter() - started
    async with runtime.workshop.work(SYSTEM) as work:
        row = await work.session.get_one(ExportRequest, wanted)
        if row.state is not JobState.DONE:
            raise SystemExit(f"the export ended as {row.state}: {row.failure}")
        rows = row.rows
    file = runtime.settings.export_dir / f"{wanted}.{format_.lower()}"
    size = file.stat().st_size
    file.unlink()
    return {
        "format": format_.value,
        "rows": rows,
        "file_mb": round(size / 2**20, 1),
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu_seconds(os.getpid()) - used, 1),
        "us_per_row": round(1e6 * seconds / rows, 1),
        "memory_mb_before": before,
        "memory_mb_peak": peak_mb(os.getpid()),
    }


async def measure(settings: Settings, rows: int) -> Sequence[dict[str, Any]]:
    """Every format, the small file first."""
    new = NewPerson(f"bench.{secrets.token_hex(8)}", "Bench", secrets.token_urlsafe(24), Role.NATIONAL_ADMIN)
    async with open_runtime(settings, settings.url(), vault_keys(settings)) as runtime:
        async with runtime.workshop.work(SYSTEM) as work:
            person = await add_person(work, new)
        actor = Actor(Role.NATIONAL_ADMIN, id=person.id)
        parts = [max(1, rows // part // _A_DAY) for part in (20, 2)]
        return [await export(runtime, actor, days, format_) for format_ in ExportFormat for days in parts]


def run(
    rows: Annotated[int, typer.Option(help="Complaints in the database.")] = 100_000,
    folder: Annotated[Path | None, typer.Option(help="Where the database is kept; default: a temporary one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
) -> None:
    """Fill a database of its own, and export from it."""
    with a_country(rows, folder) as settings:
        with psycopg.connect(settings.url(), autocommit=True) as connection:
            connection.execute("set session_replication_role = replica")
            connection.execute(_TITLES)
            connection.execute("vacuum analyze complaint_text")
        found = anyio.run(measure, settings.model_copy(update={"export_rows_max": rows}), rows)
    if as_json:
        print(json.dumps(found))
        return
    table = Table(*found[0])
    for one in found:
        table.add_row(*map(str, one.values()))
    Console(width=140).print(table)


if __name__ == "__main__":
    typer.run(run)
