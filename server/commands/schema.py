"""Commands about the GraphQL schema."""

import sys
from difflib import unified_diff
from pathlib import Path

import typer

from graph.schema import printed_schema
from server.commands.session import errors

schema = typer.Typer(help="The GraphQL schema that web clients are generated from.", no_args_is_help=True)
COMMITTED = Path("graph/schema.graphql")


@schema.command("print")
def schema_print() -> None:
    """Print the schema in GraphQL's own language."""
    sys.stdout.write(printed_schema())


@schema.command("check")
def schema_check() -> None:
    """Compare the committed schema with the code; exit with 1 and a diff where they differ."""
    committed = COMMITTED.read_text(encoding="utf-8") if COMMITTED.exists() else ""
    difference = list(
        unified_diff(committed.splitlines(), printed_schema().splitlines(), "committed", "code", lineterm="")
    )
    if difference:
        errors.print("\n".join(difference), markup=False, highlight=False)
        errors.print("[red]graph/schema.graphql is stale:[/] run `make format`.")
        raise typer.Exit(1)
