"""How much Salur adds to the SQL it needs: `python -m bench.run --rows 100000`.

Each pair runs interleaved in the same process against the same database, so the ratio means something on a busy
machine where milliseconds do not.
"""

import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated
from uuid import UUID

import anyio
import psycopg
import typer
from rich.console import Console
from rich.table import Table
from strawberry import relay

from bench.fill import fill
from bench.processes import free_port, run_salur, wait_until_ready
from bench.recorder import Statements, recording, renewed, replay
from bench.requests import ONE, QUEUE, SUBMIT, SUGGEST, TEXT, Client
from complaints import reading
from complaints.accounts import NewPerson, add_person, log_in
from complaints.edges import fetch_edges
from complaints.policy import SYSTEM, Actor
from complaints.reader import Reader, Window, read_page
from complaints.reading import Desk, QueueFilter, QueueOrder
from complaints.submit import Draft, submit
from complaints.suggest import Question
from graph.types.complaint import standing_of
from rules.vocabulary import Role
from server.database import libpq_url
from server.embedded import EmbeddedPostgres
from server.keys import vault_keys
from server.runtime import Runtime, open_runtime
from server.settings import Settings

_PASSWORD = secrets.token_urlsafe(16)
_QUEUE_EDGES = ("text", "suggestion", "clocks")
_ONE_EDGES = ("text", "suggestion", "clocks", "events", "messages")


class Prepared:
    """What the timed part needs: a token, a complaint, and the recorded SQL."""

    token: str
    complaint_id: UUID
    queue: Statements
    one: Statements
    submit: Statements
    kept: frozenset[UUID]


async def prepare(settings: Settings) -> Prepared:
    """Make an account, and record the SQL of each request once."""
    prepared = Prepared()
    async with open_runtime(settings, settings.url(), vault_keys(settings)) as runtime:
        await runtime.serving.refresh()
        async with runtime.workshop.work(SYSTEM) as work:
            await add_person(work, NewPerson("bench", "Bench", _PASSWORD, Role.NATIONAL_ADMIN))
        async with runtime.workshop.work(SYSTEM) as work:
            prepared.token = (await log_in(work, "bench", _PASSWORD)).token
        knowledge = await runtime.knowledge.current(runtime.workshop.clock())
        actor = Actor(Role.NATIONAL_ADMIN)
        listing = reading.queue(actor, QueueFilter(desk=Desk.VERIFICATION), QueueOrder.OLDEST, knowledge)
        reader = Reader(runtime.database.read)
        with recording(runtime.database.read) as prepared.queue:
            page = await read_page(reader, listing, Window(50))
            await fetch_edges(reader, _QUEUE_EDGES, {row.id: standing_of(row) for row in page.rows})
        prepared.complaint_id = page.rows[0].id
        with recording(runtime.database.read) as prepared.one:
            row = await reader.one(reading.one(actor, prepared.complaint_id))
            if row is not None:
                await fetch_edges(reader, _ONE_EDGES, {row.id: standing_of(row)})
        await reader.close()
        prepared.submit, prepared.kept = await _record_submit(runtime, actor)
    return prepared


async def _record_submit(runtime: Runtime, actor: Actor) -> tuple[Statements, frozenset[UUID]]:
    knowledge = await runtime.knowledge.current(runtime.workshop.clock())
    advice = runtime.adviser.advise_now([Question(TEXT)])[0]
    with recording(runtime.database.write) as statements:
        draft = Draft(TEXT, idempotency_key=secrets.token_urlsafe(24))
        await submit(runtime.workshop, actor, draft, advice, None)
    kept = {*knowledge.agencies, *knowledge.category_rows, knowledge.rule_set_id, advice.version_id}
    return statements, frozenset(kept)


def timed(rounds: int, salur: Callable[[], object], direct: Callable[[], object]) -> tuple[float, float]:
    """Median milliseconds of both, interleaved."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for side, work in enumerate((salur, direct)):
            started = time.perf_counter()
            work()
            times[side].append((time.perf_counter() - started) * 1000)
    return statistics.median(times[0]), statistics.median(times[1])


def measure(settings: Settings, prepared: Prepared, port: int, rounds: int) -> dict[str, tuple[float, float]]:
    """Every pair: (Salur over HTTP, the same SQL directly), in milliseconds."""
    client = Client(port, prepared.token)
    global_id = str(relay.GlobalID("Complaint", str(prepared.complaint_id)))
    with psycopg.connect(libpq_url(settings.url())) as connection:
        pairs: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
            "queue page of 50": (lambda: client.ask(QUEUE), lambda: replay(connection, prepared.queue)),
            "single complaint": (lambda: client.ask(ONE, id=global_id), lambda: replay(connection, prepared.one)),
            "submit": (
                lambda: client.ask(SUBMIT, text=TEXT, key=secrets.token_urlsafe(24)),
                lambda: replay(connection, renewed(prepared.submit, prepared.kept)),
            ),
            "suggest (against `select 1`)": (
                lambda: client.ask(SUGGEST, text=TEXT),
                lambda: connection.execute("select 1").fetchall(),
            ),
        }
        for salur, direct in pairs.values():
            for _ in range(20):
                salur()
                direct()
        return {name: timed(rounds, salur, direct) for name, (salur, direct) in pairs.items()}


def run(
    rows: Annotated[int, typer.Option(help="Complaints in the database.")] = 100_000,
    rounds: Annotated[int, typer.Option(help="Interleaved repetitions of each pair.")] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
) -> None:
    """Fill a database of its own, start a server on it, and compare."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="salur-bench-")))
        folder.chmod(0o755)
        server = stack.enter_context(EmbeddedPostgres(folder / "data", state_dir=folder / "state"))
        port = free_port()
        environment = os.environ | {
            "DATABASE_URL": server.url(),
            "SALUR_DATA_DIR": str(folder / "data"),
            "SALUR_HTTP__PORT": str(port),
            "SALUR_RATE__SUBMIT": "1000000/minute",
            "SALUR_RATE__SUGGEST": "1000000/minute",
        }
        for command in (["db", "upgrade"], ["seed"], ["classifier", "first"]):
            run_salur(environment, *command)
        fill(server.url(), rows)
        settings = Settings(database_url=server.url(), data_dir=folder / "data")
        prepared = anyio.run(prepare, settings)
        process = subprocess.Popen([sys.executable, "-m", "server", "serve"], env=environment)
        stack.callback(process.wait)
        stack.callback(process.terminate)
        wait_until_ready(port)
        found = measure(settings, prepared, port, rounds)
    if as_json:
        print(json.dumps({name: {"salur_ms": a, "sql_ms": b, "ratio": a / b} for name, (a, b) in found.items()}))
        return
    table = Table("", "Salur over HTTP, ms", "the same SQL, ms", "ratio", title=f"{rows:,} complaints, medians")
    for name, (salur, direct) in found.items():
        table.add_row(name, f"{salur:.2f}", f"{direct:.2f}", f"{salur / direct:.1f}")
    Console().print(table)


if __name__ == "__main__":
    typer.run(run)
