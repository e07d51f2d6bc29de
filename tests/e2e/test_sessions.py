"""Proving who one is over HTTP: cookies with their CSRF token, bearer tokens, and how sessions end."""

import psycopg
import pytest

from tests.e2e.support import House
from tests.support import PASSWORD

ME = "{ me { login } }"


async def test_cookie_works_only_with_the_csrf_token(house: House) -> None:
    async with house.client() as browser:
        signed_in = await browser.do("login", login="warga", password=PASSWORD, kind="COOKIE")
        without = await browser.ask(ME)
        wrong = (await browser.http.post("/graphql", json={"query": ME}, headers={"x-csrf-token": "salah"})).json()
        right = await browser.http.post(
            "/graphql", json={"query": ME}, headers={"x-csrf-token": signed_in["csrfToken"]}
        )

        assert browser.http.cookies["salur_csrf"] == signed_in["csrfToken"]
    for refused in (without, wrong):
        assert refused["data"] == {"me": None}
        assert [error["extensions"]["code"] for error in refused["errors"]] == ["NOT_SIGNED_IN"]
        assert refused["errors"][0]["message"].startswith("Permintaan ditolak: kepala X-CSRF-Token")
    assert right.json() == {"data": {"me": {"login": "warga"}}}


async def test_cookie_without_its_token_changes_nothing(house: House) -> None:
    async with house.client() as browser:
        await browser.do("login", login="warga", password=PASSWORD, kind="COOKIE")
        answer = await browser.do("submitComplaint", input={"text": "Laporan yang dibuat halaman lain"})

    assert (answer["__typename"], answer["reason"]) == ("NotSignedInError", "CSRF")


async def test_bearer_needs_no_csrf_token(house: House) -> None:
    async with house.client() as client:
        await client.sign_in("warga", PASSWORD)

        assert await client.read(ME) == {"me": {"login": "warga"}}


async def test_signing_out_ends_the_session_at_once(house: House) -> None:
    async with house.client() as client:
        await client.sign_in("warga", PASSWORD)
        signed_out = await client.do("logout")
        after = await client.ask(ME)

    assert signed_out == {"__typename": "LogoutPayload", "signedOut": True}
    assert after["errors"][0]["extensions"]["code"] == "NOT_SIGNED_IN"
    assert after["errors"][0]["message"] == "Sesi Anda sudah berakhir. Silakan masuk lagi."


async def test_expired_session_is_told_and_does_not_keep_anybody_from_signing_in_again(house: House) -> None:
    async with house.client() as client:
        await client.sign_in("admin.pln", PASSWORD)
        with psycopg.connect(house.database_url) as connection:
            connection.execute(
                "update session set expires_at = now() from person"
                " where person.id = session.person_id and login = 'admin.pln'"
            )
        expired = await client.do("submitComplaint", input={"text": "Laporan dari sesi yang berakhir"})
        await client.sign_in("admin.pln", PASSWORD)
        again = await client.read(ME)

    assert (expired["__typename"], expired["reason"]) == ("NotSignedInError", "EXPIRED")
    assert again == {"me": {"login": "admin.pln"}}


@pytest.mark.parametrize("token", ["salah", "salur_sk_salah", "x" * 5_000])
async def test_token_nobody_made_is_told(token: str, house: House) -> None:
    async with house.client(authorization=f"Bearer {token}") as client:
        answer = await client.ask(ME)

    assert answer["data"] == {"me": None}
    assert answer["errors"][0]["extensions"]["code"] == "NOT_SIGNED_IN"


async def test_other_kinds_of_authorization_are_nobody(house: House) -> None:
    async with house.client(authorization="Basic d2FyZ2E6eA==") as client:
        assert await client.read(ME) == {"me": None}


async def test_address_that_guesses_is_told_when_to_come_back(house: House) -> None:
    async with house.client() as client, house.client() as other:
        for _ in range(5):
            await client.do("login", login="warga", password="tebakan saja", kind="BEARER")
        refused = await client.do("login", login="warga", password=PASSWORD, kind="BEARER")
        elsewhere = await other.do("login", login="warga", password=PASSWORD, kind="BEARER")

    assert refused["__typename"] == "TooManyError"
    assert 1 <= refused["retryAfterSeconds"] <= 60
    assert elsewhere["__typename"] == "LoginPayload"


async def test_five_wrong_pins_lock_a_ticket_for_every_address(house: House) -> None:
    track = "query($code: String!, $pin: String!) { trackComplaint(code: $code, pin: $pin) { id } }"
    async with house.client() as client, house.client() as other:
        receipt = await client.do("submitComplaint", input={"text": "Saluran air di jalan kami tersumbat"})
        code = receipt["trackingCode"]
        wrong = [await client.ask(track, code=code, pin="abcdef") for _ in range(5)]
        locked = await other.ask(track, code=code, pin=receipt["pin"])

    assert {answer["errors"][0]["extensions"]["code"] for answer in wrong} == {"NOT_FOUND"}
    assert locked["data"] == {"trackComplaint": None}
    assert locked["errors"][0]["extensions"]["code"] == "TOO_MANY"
    assert 890 <= locked["errors"][0]["extensions"]["retryAfterSeconds"] <= 901
