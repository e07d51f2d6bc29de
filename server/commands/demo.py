"""Commands about the demonstration."""

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from rules.vocabulary import Status
from server.commands.session import console, errors, run, runtime
from server.demo import Loaded, load_demo, read_demo_accounts
from server.settings import read_settings

demo = typer.Typer(
    help="Invented accounts and complaints to try Salur with. Never in production.", no_args_is_help=True
)


@demo.callback()
def _demo() -> None:
    """Keep `load` a command of its own although it is the only one."""


@demo.command("load")
def demo_load() -> None:
    """Load accounts for every role, and complaints in every state, with their history through the real rules.

    Run it as often as you like: what is there stays, and an interrupted load goes on where it was. The passwords are
    made once and kept in the data folder, in demo-accounts.json. Needs DATABASE_URL and the reference data.
    """
    settings = read_settings()
    if settings.is_production:
        errors.print(
            "[red]Data peragaan tidak dimuat di lingkungan produksi.[/]\n"
            "Demonstration data is not loaded in production (SALUR_ENVIRONMENT=production)."
        )
        raise typer.Exit(1)

    async def load() -> Loaded:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        async with runtime(settings) as opened:
            with Progress(*columns, console=console, transient=True) as progress:
                task = progress.add_task("demonstration", total=None)
                return await load_demo(
                    opened,
                    expect=lambda total: progress.update(task, total=total),
                    progress=lambda steps: progress.advance(task, steps),
                )

    loaded = run(load)
    table = Table("status", "complaints", title="Demonstration")
    for status in Status:
        table.add_row(status, str(loaded.by_status[status]))
    console.print(table)
    console.print(f"Complaints: {loaded.filed} filed, {loaded.steps} steps of their history taken.")
    if loaded.left_alone:
        keys = ", ".join(loaded.left_alone)
        console.print(f"Left as they are, because somebody else went on with them: {keys}", style="yellow")
    console.print(
        f"Accounts: {loaded.accounts_opened} opened, {loaded.accounts_reset} given their password back; "
        f"{len(read_demo_accounts(settings.data_dir))} can sign in."
    )
