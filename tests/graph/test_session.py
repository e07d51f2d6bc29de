"""Signing in and out: tokens and cookies, wrong credentials, and nothing left behind by a refusal."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from http.cookies import Morsel, SimpleCookie

import pytest
import strawberry
from sqlalchemy import select, update
from starlette.responses import Response

from complaints.accounts import digest
from complaints.policy import ANYONE, Actor
from complaints.refusals import NotSignedIn
from graph.context import Tools
from models import Person, Session
from rules.vocabulary import Role
from tests.graph.support import Ask, Cast, ContextOf, Do, Stock, mutation
from tests.support import NATIONAL, PASSWORD, ActorOf, Clock, WorkAs


async def test_bearer_gets_a_token_that_proves_who_it_is(
    an_actor: ActorOf, do: Do, tools: Tools, work_as: WorkAs
) -> None:
    person = await an_actor(Role.UNIT_OFFICER, "KOTA_SEMARANG.DPU", "sari")

    answer = await do(ANYONE, "login", login="sari", password=PASSWORD, kind="BEARER")

    assert answer["me"] == {"login": "sari", "name": "Nama sari", "role": "UNIT_OFFICER"}
    assert answer["csrfToken"] is None
    actor = await tools.identify(answer["token"])
    assert (actor.id, actor.role, actor.agency_id, actor.unit_id) == (
        person.id,
        Role.UNIT_OFFICER,
        person.agency_id,
        person.unit_id,
    )
    async with work_as(NATIONAL) as work:
        session = (await work.session.scalars(select(Session))).one()
    assert session.token_hash == digest(answer["token"])


@pytest.mark.parametrize("login", ["sari", "SARI", "  Sari "])
async def test_login_is_read_as_people_type_it(login: str, an_actor: ActorOf, do: Do) -> None:
    await an_actor(Role.REPORTER, login="sari")

    answer = await do(ANYONE, "login", login=login, password=PASSWORD, kind="BEARER")

    assert answer["me"]["login"] == "sari"


async def test_browser_gets_cookies_and_no_token(
    an_actor: ActorOf, schema: strawberry.Schema, context_of: ContextOf
) -> None:
    await an_actor(Role.REPORTER, login="sari")
    response = Response()

    result = await schema.execute(
        mutation("login"),
        variable_values={"login": "sari", "password": PASSWORD, "kind": "COOKIE"},
        context_value=await context_of(ANYONE, response=response),
    )

    assert result.data is not None
    payload = result.data["login"]
    cookies = cookies_of(response)
    assert payload["token"] is None
    assert cookies["salur_csrf"].value == payload["csrfToken"]
    for cookie in cookies.values():
        assert (cookie["secure"], cookie["samesite"], cookie["path"], cookie["max-age"]) == (
            True,
            "strict",
            "/",
            "43200",
        )
    assert (cookies["salur_session"]["httponly"], cookies["salur_csrf"]["httponly"]) == (True, "")


def cookies_of(response: Response) -> dict[str, Morsel[str]]:
    jar: SimpleCookie = SimpleCookie()
    for name, value in response.raw_headers:
        if name == b"set-cookie":
            jar.load(value.decode())
    return dict(jar)


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("sari", "kata sandi yang salah"),
        ("siapa", PASSWORD),
        ("sari", ""),
        ("", ""),
        ("sari\x00", PASSWORD),
        ("sari", f"{PASSWORD}\x00"),
        ("sari", PASSWORD.upper()),
        ("sari", "x" * 10_000),
    ],
    ids=["wrong password", "unknown login", "no password", "nothing", "NUL", "NUL in password", "upper case", "long"],
)
async def test_wrong_credentials_are_one_answer_and_open_nothing(
    login: str, password: str, an_actor: ActorOf, do: Do, stock: Stock
) -> None:
    await an_actor(Role.REPORTER, login="sari")
    before = await stock()

    answer = await do(ANYONE, "login", login=login, password=password, kind="BEARER")

    assert answer == {
        "__typename": "NotSignedInError",
        "code": "NOT_SIGNED_IN",
        "message": "Nama pengguna atau kata sandi salah.",
        "messageEn": "The login or the password is wrong.",
        "field": None,
        "reason": "WRONG_CREDENTIALS",
    }
    assert await stock() == before


async def test_closed_account_cannot_sign_in(an_actor: ActorOf, do: Do, stock: Stock, work_as: WorkAs) -> None:
    await an_actor(Role.REPORTER, login="sari")
    async with work_as(NATIONAL) as work:
        await work.session.execute(update(Person).values(is_active=False))
    before = await stock()

    answer = await do(ANYONE, "login", login="sari", password=PASSWORD, kind="BEARER")

    assert answer["reason"] == "WRONG_CREDENTIALS"
    assert await stock() == before


async def test_ended_session_in_the_browser_does_not_keep_anybody_from_signing_in(
    an_actor: ActorOf, schema: strawberry.Schema, context_of: ContextOf
) -> None:
    await an_actor(Role.REPORTER, login="sari")

    result = await schema.execute(
        mutation("login"),
        variable_values={"login": "sari", "password": PASSWORD, "kind": "BEARER"},
        context_value=await context_of(ANYONE, denied=NotSignedIn("EXPIRED")),
    )

    assert result.data is not None
    assert result.data["login"]["__typename"] == "LoginPayload"


async def test_address_that_guesses_is_slowed_down(do: Do, stock: Stock) -> None:
    before = await stock()

    for _ in range(10):
        await do(ANYONE, "login", login="siapa", password="tebakan", kind="BEARER")
    answer = await do(ANYONE, "login", login="siapa", password="tebakan", kind="BEARER")

    assert answer["__typename"] == "TooManyError"
    assert 1 <= answer["retryAfterSeconds"] <= 60
    assert await stock() == before


async def test_database_in_other_hands_is_busy(
    an_actor: ActorOf, do: Do, stock: Stock, rows_held: Callable[[], AbstractContextManager[None]]
) -> None:
    await an_actor(Role.REPORTER, login="sari")
    before = await stock()

    with rows_held():
        answer = await do(ANYONE, "login", login="sari", password=PASSWORD, kind="BEARER")

    assert answer["__typename"] == "BusyError"
    assert await stock() == before


async def test_service_key_without_that_scope_may_neither_sign_in_nor_out(cast: Cast, do: Do, stock: Stock) -> None:
    before = await stock()

    signed_in = await do(cast.narrow_service, "login", login="sari", password=PASSWORD, kind="BEARER")
    signed_out = await do(cast.narrow_service, "logout")

    assert (signed_in["__typename"], signed_in["action"]) == ("NotAllowedError", "LOG_IN")
    assert (signed_out["__typename"], signed_out["action"]) == ("NotAllowedError", "LOG_IN")
    assert await stock() == before


@pytest.fixture
async def signed_in(an_actor: ActorOf, do: Do, tools: Tools) -> tuple[Actor, str]:
    """Somebody with a session, and its token."""
    await an_actor(Role.REPORTER, login="sari")
    answer = await do(ANYONE, "login", login="sari", password=PASSWORD, kind="BEARER")
    return await tools.identify(answer["token"]), answer["token"]


async def test_signing_out_revokes_the_session_and_takes_the_cookies_away(
    signed_in: tuple[Actor, str], schema: strawberry.Schema, context_of: ContextOf, tools: Tools
) -> None:
    actor, token = signed_in
    response = Response()

    result = await schema.execute(mutation("logout"), context_value=await context_of(actor, response=response))

    assert result.data == {"logout": {"__typename": "LogoutPayload", "signedOut": True}}
    assert {name: cookie["max-age"] for name, cookie in cookies_of(response).items()} == {
        "salur_session": "0",
        "salur_csrf": "0",
    }
    with pytest.raises(NotSignedIn, match="EXPIRED"):
        await tools.identify(token)


async def test_signing_out_twice_changes_nothing_more(
    signed_in: tuple[Actor, str], do: Do, stock: Stock, clock: Clock
) -> None:
    actor, _ = signed_in
    await do(actor, "logout")
    before = await stock()

    clock.forward(minutes=1)
    answer = await do(actor, "logout")

    assert answer == {"__typename": "LogoutPayload", "signedOut": True}
    assert await stock() == before


async def test_signing_out_while_the_session_is_in_other_hands_is_busy(
    signed_in: tuple[Actor, str], do: Do, stock: Stock, rows_held: Callable[[], AbstractContextManager[None]]
) -> None:
    actor, _ = signed_in
    before = await stock()

    with rows_held():
        answer = await do(actor, "logout")

    assert answer["__typename"] == "BusyError"
    assert await stock() == before


async def test_session_ends_after_twelve_hours(signed_in: tuple[Actor, str], tools: Tools, clock: Clock) -> None:
    _, token = signed_in

    clock.forward(hours=12, seconds=-1)
    still = await tools.identify(token)
    clock.forward(seconds=1)

    assert still.role is Role.REPORTER
    with pytest.raises(NotSignedIn, match="EXPIRED"):
        await tools.identify(token)


@pytest.mark.parametrize("who", ["anonymous", "citizen"])
async def test_me_is_the_account_behind_the_session(who: str, a_person: ActorOf, ask: Ask) -> None:
    actor = await a_person(Role.REPORTER, login="sari") if who == "citizen" else ANYONE

    answer = await ask(actor, "{ me { login name role agency { code } actions } }")

    mine = {
        "login": "sari",
        "name": "Nama sari",
        "role": "REPORTER",
        "agency": None,
        "actions": [
            "READ_CATALOGUE", "CONSENT", "RATE", "READ_COMPLAINT", "REOPEN", "REPLY", "SUBMIT", "SUPPORT",
            "TRACK", "WITHDRAW", "READ_FIGURES", "ATTACH", "READ_NOTIFICATIONS", "LOG_IN", "ASK_ADVICE",
        ],
    }  # fmt: skip
    assert answer.data == {"me": mine if who == "citizen" else None}
