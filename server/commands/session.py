"""What every command that touches the database begins with."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

import anyio
import typer
from rich.console import Console
from sqlalchemy.exc import OperationalError, ProgrammingError

from complaints.knowledge import NotSeeded
from complaints.refusals import Refusal
from graph.errors import InvalidError, told
from server.keys import vault_keys
from server.logs import set_up_logs
from server.runtime import Runtime, open_runtime
from server.settings import Settings, read_settings

Result = TypeVar("Result")
console = Console()
errors = Console(stderr=True)


@asynccontextmanager
async def runtime(settings: Settings | None = None) -> AsyncIterator[Runtime]:
    """The parts of Salur for one command."""
    chosen = settings or read_settings()
    set_up_logs(chosen.log_format)
    async with open_runtime(chosen, chosen.url(), vault_keys(chosen)) as opened:
        yield opened


def run(command: Callable[[], Awaitable[Result]]) -> Result:
    """Run an asynchronous command; what can be expected to go wrong is told in words and exits with 1."""
    with _told():
        return anyio.run(command, backend_options={"use_uvloop": True})


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except Refusal as refusal:
        error = told(refusal)
        errors.print(f"[red]{error.message}[/]\n{error.message_en}")
        for problem in error.problems if isinstance(error, InvalidError) else ():
            errors.print(f"  {problem.field}: {problem.message} / {problem.message_en}")
    except NotSeeded:
        errors.print("[red]The database has no reference data yet.[/] Run `salur db upgrade`, then `salur seed`.")
    except ProgrammingError as error:
        errors.print(f"[red]The database does not fit this version:[/] {error.orig}\nRun `salur db upgrade`.")
    except OperationalError as error:
        errors.print(f"[red]The database does not answer:[/] {error.orig}\nCheck DATABASE_URL and that it runs.")
    else:
        return
    raise typer.Exit(1)
