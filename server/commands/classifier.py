"""Commands about versions of the classifier: which exist, which serves, how a first one is made."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import select

from complaints.classifiers import (
    promote,
    register,
    roll_back,
    start_shadow,
    stop_shadow,
    wanted_versions,
)
from complaints.learning.descriptions import label_descriptions
from complaints.policy import SYSTEM
from ml.store import Incompatible, StoreError
from models import ClassifierVersion
from server.commands.session import console, errors, run, runtime
from server.keys import classifier_key_file
from server.runtime import Runtime
from server.serving import checked_predictor
from server.settings import read_settings
from server.training import CORPUS, trained_version

classifier = typer.Typer(help="The classifier: its versions, its lessons, its training.", no_args_is_help=True)

# The corpus has one to four complaints for most of the 600 finer categories: too few to learn from, and most of the
# training time. Main topics it knows well enough.
FIRST_TARGETS = ("category_main", "agency", "report_type", "urgency", "noise")


@classifier.command("list")
def classifier_list() -> None:
    """List registered versions, the newest first, with their state and main figures."""

    async def read() -> list[ClassifierVersion]:
        async with runtime() as opened, opened.workshop.work(SYSTEM) as work:
            statement = select(ClassifierVersion).order_by(ClassifierVersion.registered_at.desc())
            return list(await work.session.scalars(statement))

    table = Table("version", "state", "registered", "gate", "promoted because", "accuracy")
    for row in run(read):
        figures = ", ".join(f"{target} {measured['accuracy']:.2f}" for target, measured in sorted(row.metrics.items()))
        state = f"{row.state} (shadow)" if row.is_shadow else row.state
        table.add_row(row.version, state, row.registered_at.date().isoformat(), _gate(row), row.reason or "", figures)
    console.print(table)


def _gate(row: ClassifierVersion) -> str:
    if row.gate is None:
        return "not compared"
    if row.gate["passed"]:
        return "passed, on few rows: look yourself" if row.gate["needs_human"] else "passed"
    return "refused: " + "; ".join(row.gate["reasons"])


@classifier.command("register")
def classifier_register(
    version: Annotated[str, typer.Argument(help="A version folder in the store.")],
    report: Annotated[
        Path | None, typer.Option(help="What `python -m ml.train --report` wrote; without it the gate knows nothing.")
    ] = None,
) -> None:
    """Note a version that `python -m ml.train` wrote into the store, signed with our key, as a candidate."""
    told = {} if report is None else json.loads(report.read_bytes())

    async def note() -> ClassifierVersion:
        async with runtime() as opened, opened.workshop.work(SYSTEM) as work:
            settings = opened.settings
            trained = trained_version(settings.store_dir, classifier_key_file(settings), version, told)
            return await register(work, trained)

    try:
        row = run(note)
    except StoreError as error:
        errors.print(f"[red]{error}[/]")
        raise typer.Exit(1) from error
    console.print(f"{row.version} is a candidate; `salur classifier promote` lets it serve.")


@classifier.command("promote")
def classifier_promote(
    version: Annotated[str, typer.Argument(help="A registered version that the gate passed.")],
    reason: Annotated[str, typer.Option(help="Why; kept with the version.")],
) -> None:
    """Let a registered version serve. Every process takes it over by itself; nothing is restarted.

    One that the gate refused takes two people with accounts: `proposeRelease` and `decideRelease` in GraphQL.
    """

    async def serve() -> ClassifierVersion:
        async with runtime() as opened, opened.workshop.work(SYSTEM) as work:
            return await promote(work, version, reason)

    console.print(f"{run(serve).version} serves from now on.")


@classifier.command("roll-back")
def classifier_roll_back(reason: Annotated[str, typer.Option(help="Why; kept with the version.")]) -> None:
    """Let the version before the present one serve again."""

    async def serve() -> ClassifierVersion:
        async with runtime() as opened, opened.workshop.work(SYSTEM) as work:
            return await roll_back(work, reason)

    console.print(f"{run(serve).version} serves again.")


@classifier.command("shadow")
def classifier_shadow(
    version: Annotated[str | None, typer.Argument(help="A registered version; none ends shadowing.")] = None,
) -> None:
    """Let a candidate answer beside the version in use without being shown; its answers are recorded."""

    async def mark() -> None:
        async with runtime() as opened, opened.workshop.work(SYSTEM) as work:
            if version is None:
                await stop_shadow(work)
            else:
                await start_shadow(work, version)

    run(mark)
    console.print("No candidate answers unseen." if version is None else f"{version} answers unseen from now on.")


@classifier.command("first")
def classifier_first() -> None:
    """Train a first version from the corpus that Salur ships, unless a version serves already.

    A version that this release cannot read any more is replaced as well.
    """

    async def needed() -> tuple[bool, bytes]:
        async with runtime() as opened:
            knowledge = await opened.knowledge.current(opened.workshop.clock())
            return not await _is_served(opened), label_descriptions(knowledge)

    is_needed, descriptions = run(needed)
    if not is_needed:
        console.print("A version serves already.")
        return

    version = _train(descriptions)

    async def adopt() -> ClassifierVersion:
        async with runtime() as opened, opened.workshop.work(SYSTEM) as work:
            settings = opened.settings
            await register(work, trained_version(settings.store_dir, classifier_key_file(settings), version, {}))
            await work.session.flush()  # promoting looks for the row in the database
            reason = "first version, from the corpus that Salur ships"
            return await promote(work, version, reason, replaces_unreadable=True)

    console.print(f"{run(adopt).version} serves from now on.")


async def _is_served(opened: Runtime) -> bool:
    async with opened.database.write.connect() as connection:
        active = (await wanted_versions(connection)).active
    if active is None:
        return False
    try:
        key = classifier_key_file(opened.settings).read_bytes().strip()
        checked_predictor(opened.settings.store_dir, active, key)
    except Incompatible:
        return False
    except StoreError as error:
        # Changed or foreign is not outdated: a person has to look before anything is replaced.
        errors.print(f"[red]{active.version} serves but is refused: {error}[/]")
        raise typer.Exit(1) from error
    return True


def _train(descriptions: bytes) -> str:
    """Train in a process of its own, as always; gives the version it wrote."""
    settings = read_settings()
    with tempfile.TemporaryDirectory(prefix="salur-training-") as scratch:
        labels = Path(scratch) / "labels.jsonl"
        labels.write_bytes(descriptions)
        command = [sys.executable, "-m", "ml.train", "--data", str(CORPUS), "--store", str(settings.store_dir)]
        command += ["--labels", str(labels), "--key-file", str(classifier_key_file(settings)), "--json"]
        targets = [part for target in FIRST_TARGETS for part in ("--target", target)]
        done = subprocess.run([*command, *targets], stdout=subprocess.PIPE, check=False, text=True)  # noqa: S603 - ours
    if done.returncode:
        errors.print("[red]Training failed, see above.[/]")
        raise typer.Exit(done.returncode)
    return str(json.loads(done.stdout.splitlines()[-1])["version"])
