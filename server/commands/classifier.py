"""Commands about versions of the classifier."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import select

from complaints.classifiers import Trained, active_version, promote, register
from complaints.policy import SYSTEM
from ml.store import StoreError, manifest
from models import ClassifierVersion
from server.commands.session import console, errors, run, runtime
from server.serving import manifest_sha256
from server.settings import read_settings

classifier = typer.Typer(help="Versions of the classifier: which exist, which serves.", no_args_is_help=True)

CORPUS = Path(__file__).parents[2] / "ml" / "corpus"
# The corpus has one to four complaints for most of the 600 finer categories: too few to learn from, and most of the
# training time. Main topics it knows well enough.
FIRST_TARGETS = ("category_main", "agency", "report_type")


@classifier.command("list")
def classifier_list() -> None:
    """List registered versions, the newest first, with their state and main figures."""

    async def read() -> list[ClassifierVersion]:
        async with runtime() as opened, opened.workshop.work(SYSTEM) as work:
            statement = select(ClassifierVersion).order_by(ClassifierVersion.registered_at.desc())
            return list(await work.session.scalars(statement))

    table = Table("version", "state", "registered", "promoted because", "accuracy")
    for row in run(read):
        figures = ", ".join(f"{target} {measured['accuracy']:.2f}" for target, measured in sorted(row.metrics.items()))
        table.add_row(row.version, row.state, row.registered_at.date().isoformat(), row.reason or "", figures)
    console.print(table)


@classifier.command("register")
def classifier_register(version: Annotated[str, typer.Argument(help="A version folder in the store.")]) -> None:
    """Note a version that `python -m ml.train` wrote into the store as a candidate."""

    async def note() -> ClassifierVersion:
        async with runtime() as opened:
            trained = _trained(opened.settings.store_dir, version)
            async with opened.workshop.work(SYSTEM) as work:
                return await register(work, trained)

    console.print(f"{run(note).version} is a candidate; `salur classifier promote` lets it serve.")


@classifier.command("promote")
def classifier_promote(
    version: Annotated[str, typer.Argument(help="A registered version; an earlier one to roll back.")],
    reason: Annotated[str, typer.Option(help="Why; kept with the version.")],
) -> None:
    """Let a registered version serve. Every process takes it over by itself; nothing is restarted."""

    async def serve() -> ClassifierVersion:
        async with runtime() as opened, opened.workshop.work(SYSTEM) as work:
            return await promote(work, version, reason)

    console.print(f"{run(serve).version} serves from now on.")


@classifier.command("first")
def classifier_first() -> None:
    """Train a first version from the corpus that Salur ships, unless a version serves already."""

    async def is_served() -> bool:
        async with runtime() as opened, opened.database.write.connect() as connection:
            return await active_version(connection) is not None

    if run(is_served):
        console.print("A version serves already.")
        return

    store = read_settings().store_dir
    version = _train(store)

    async def adopt() -> ClassifierVersion:
        async with runtime() as opened, opened.workshop.work(SYSTEM) as work:
            await register(work, _trained(store, version))
            await work.session.flush()  # promoting looks for the row in the database
            return await promote(work, version, "first version, from the corpus that Salur ships")

    console.print(f"{run(adopt).version} serves from now on.")


def _train(store: Path) -> str:
    """Train in a process of its own, as always; gives the version it wrote."""
    command = [sys.executable, "-m", "ml.train", "--data", str(CORPUS), "--store", str(store), "--json"]
    targets = [part for target in FIRST_TARGETS for part in ("--target", target)]
    done = subprocess.run([*command, *targets], stdout=subprocess.PIPE, check=False, text=True)  # noqa: S603 - ours
    if done.returncode:
        errors.print("[red]Training failed, see above.[/]")
        raise typer.Exit(done.returncode)
    return str(json.loads(done.stdout.splitlines()[-1])["version"])


def _trained(store: Path, version: str) -> Trained:
    try:
        found = manifest(store, version)
    except StoreError as error:
        errors.print(f"[red]{error}[/]")
        raise typer.Exit(1) from error
    metrics = {target: known["metrics"] for target, known in found.targets.items()}
    return Trained(version, manifest_sha256(store, version), metrics)
