"""`salur`: the command line. Every command says what it does, what it needs and what it changed."""

import sys

import typer
from pydantic import ValidationError
from rich.console import Console

from server.commands import classifier, data, demo, learning, people, run, schema
from server.settings import NoDatabase, UnknownSettings

app = typer.Typer(
    name="salur",
    help="Salur, an open complaint service: citizens write, Salur suggests and routes, people decide.",
    epilog="Settings are environment variables with the prefix SALUR_; docs/operating.md lists them. "
    "DATABASE_URL names the PostgreSQL server.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,
)
app.command("up")(run.up)
app.command("serve")(run.serve)
app.command("worker")(run.worker)
app.command("seed")(data.seed)
app.command("import")(data.bring_in)
app.add_typer(data.db, name="db")
app.add_typer(people.user, name="user")
app.add_typer(people.key, name="key")
classifier.classifier.add_typer(learning.dataset, name="dataset")
for command in learning.COMMANDS:
    classifier.classifier.command()(command)
app.add_typer(classifier.classifier, name="classifier")
app.add_typer(schema.schema, name="schema")
app.add_typer(demo.demo, name="demo")


def main() -> None:
    """Run the command; expected failures are told in one line and exit with 2."""
    errors = Console(stderr=True)
    try:
        app()
    except UnknownSettings as unknown:
        errors.print(f"[red]{unknown}[/]")
    except NoDatabase as missing:
        errors.print(f"[red]{missing}[/]")
    except ValidationError as invalid:
        for problem in invalid.errors():
            where = "__".join(str(part) for part in problem["loc"]).upper() or "SALUR"
            errors.print(f"[red]{where}: {problem['msg']}[/]")
    else:
        return
    sys.exit(2)
