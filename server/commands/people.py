"""Commands about accounts and service keys."""

import sys
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import select

from complaints.accounts import (
    NewPerson,
    add_person,
    add_service_key,
    close_account,
    revoke_service_key,
    set_password,
)
from complaints.policy import SYSTEM
from models import Agency, Person, ServiceKey
from rules.vocabulary import Action, Role
from server.commands.session import console, run, runtime

user = typer.Typer(help="Accounts of staff and citizens.", no_args_is_help=True)
key = typer.Typer(help="Keys for other systems.", no_args_is_help=True)

_TYPED_IN = "Read from standard input when it is not a terminal, else asked for; 12 to 200 characters."


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    answer: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return answer


@user.command("add")
def user_add(
    login: Annotated[str, typer.Argument(help="What the person types to sign in; stored in lower case.")],
    role: Annotated[Role, typer.Option(help="What the person is.", case_sensitive=False)],
    name: Annotated[str, typer.Option(help="The person's name.")],
    agency: Annotated[
        str | None, typer.Option(help="The code of the agency or unit, for roles that work for one.")
    ] = None,
) -> None:
    """Open an account. The password is read from standard input or asked for, never taken from the command line."""
    password = _password()

    async def add() -> Person:
        async with runtime() as opened, opened.workshop.work(SYSTEM) as work:
            return await add_person(work, NewPerson(login, name, password, role, agency))

    person = run(add)
    console.print(f"{person.login} is {person.role}.")


@user.command("passwd", help=f"Give an account a new password and end its sessions. {_TYPED_IN}")
def user_passwd(login: Annotated[str, typer.Argument(help="Whose.")]) -> None:
    """Give an account a new password."""
    password = _password()

    async def change() -> Person:
        async with runtime() as opened, opened.workshop.work(SYSTEM) as work:
            return await set_password(work, login, password)

    console.print(f"{run(change).login} has a new password; all its sessions ended.")


@user.command("close")
def user_close(login: Annotated[str, typer.Argument(help="Whose.")]) -> None:
    """Close an account: nobody signs in with it any more, its sessions end. What it did stays in the history."""

    async def close() -> Person:
        async with runtime() as opened, opened.workshop.work(SYSTEM) as work:
            return await close_account(work, login)

    console.print(f"{run(close).login} is closed; all its sessions ended.")


@user.command("list")
def user_list() -> None:
    """List all accounts with role, agency and last login."""

    async def read() -> list[tuple[Person, str | None]]:
        async with runtime() as opened, opened.workshop.work(SYSTEM) as work:
            statement = (
                select(Person, Agency.code).outerjoin(Agency, Agency.id == Person.agency_id).order_by(Person.login)
            )
            return list(await work.session.execute(statement))

    table = Table("login", "name", "role", "agency", "active", "last login")
    for person, agency in run(read):
        seen = "never" if person.last_login_at is None else person.last_login_at.isoformat(timespec="minutes")
        table.add_row(person.login, person.name, person.role, agency or "", "yes" if person.is_active else "no", seen)
    console.print(table)


@key.command("add")
def key_add(
    name: Annotated[str, typer.Argument(help="Which system it is for.")],
    scope: Annotated[list[Action], typer.Option(help="An action it may take; repeat for several.")],
    agency: Annotated[str | None, typer.Option(help="The code of the agency it acts for; none: for all.")] = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long it lasts.")] = 365,
) -> None:
    """Make a service key. It is printed once and stored as a digest only."""

    async def add() -> str:
        async with runtime() as opened, opened.workshop.work(SYSTEM) as work:
            return await add_service_key(work, name, frozenset(scope), agency_code=agency, days=days)

    console.print(run(add), highlight=False)


@key.command("revoke")
def key_revoke(name: Annotated[str, typer.Argument(help="Which system's.")]) -> None:
    """End a service key at once."""

    async def revoke() -> ServiceKey:
        async with runtime() as opened, opened.workshop.work(SYSTEM) as work:
            return await revoke_service_key(work, name)

    console.print(f"The key of {run(revoke).name} is revoked.")


@key.command("list")
def key_list() -> None:
    """List all service keys with scopes and end; the keys themselves are not stored."""

    async def read() -> list[ServiceKey]:
        async with runtime() as opened, opened.workshop.work(SYSTEM) as work:
            return list(await work.session.scalars(select(ServiceKey).order_by(ServiceKey.name)))

    table = Table("system", "scopes", "until", "revoked")
    for row in run(read):
        revoked = "" if row.revoked_at is None else row.revoked_at.date().isoformat()
        table.add_row(row.name, ", ".join(row.scopes), row.expires_at.date().isoformat(), revoked)
    console.print(table)
