"""WebSockets at their edges: whose page may connect, how they prove who they are, and what they may send."""

import json
from contextlib import suppress
from typing import Any

import pytest
import websockets

from tests.e2e.support import PAGE, House, Socket
from tests.support import PASSWORD

QUEUE = "subscription { queueChanged { isInQueue } }"


async def test_page_of_another_origin_is_refused(house: House) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with Socket.open(house, origin=websockets.Origin("http://jahat.test")):
            pass

    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("origin", [PAGE, None], ids=["our page", "no browser"])
async def test_our_own_page_and_programs_may_connect(origin: str | None, house: House) -> None:
    given = {} if origin is None else {"origin": websockets.Origin(origin)}

    async with Socket.open(house, **given) as socket:
        await socket.subscribe("siapa", "{ me { login } }")

        assert (await socket.hear())["payload"] == {"data": {"me": None}}


async def test_token_of_connection_init_proves_who_it_is(house: House) -> None:
    async with house.client() as client:
        token = await client.sign_in("admin.pln", PASSWORD)

    async with Socket.open(house, token) as socket:
        await socket.subscribe("siapa", "{ me { login } }")

        assert (await socket.hear())["payload"] == {"data": {"me": {"login": "admin.pln"}}}


async def test_cookie_of_our_own_page_proves_who_it_is(house: House) -> None:
    async with house.client() as browser:
        await browser.do("login", login="warga", password=PASSWORD, kind="COOKIE")
        cookie = f"salur_session={browser.http.cookies['salur_session']}"

    async with Socket.open(house, origin=websockets.Origin(PAGE), additional_headers={"cookie": cookie}) as socket:
        await socket.subscribe("siapa", "{ me { login } }")

        assert (await socket.hear())["payload"] == {"data": {"me": {"login": "warga"}}}


@pytest.mark.parametrize(
    ("token", "code"), [(None, "NOT_SIGNED_IN"), ("salah", "NOT_SIGNED_IN")], ids=["no token", "wrong token"]
)
async def test_queue_is_not_for_strangers(token: str | None, code: str, house: House) -> None:
    async with Socket.open(house, token) as socket:
        await socket.subscribe("antrean", QUEUE)
        message = await socket.hear()

    errors = message["payload"] if isinstance(message["payload"], list) else message["payload"]["errors"]
    assert [error["extensions"]["code"] for error in errors] == [code]


async def test_session_that_ends_ends_its_streams(house: House) -> None:
    async with house.client() as client, house.client() as citizen:
        token = await client.sign_in("pusat", PASSWORD)
        async with Socket.open(house, token) as socket:
            await socket.subscribe("antrean", QUEUE)
            await socket.subscribe("siap", "{ me { login } }")
            assert [(await socket.hear())["id"] for _ in range(2)] == ["siap", "siap"]
            await client.do("logout")
            await citizen.do("submitComplaint", input={"text": "Laporan setelah sesi berakhir"})
            message, end = await socket.hear(), await socket.hear()

    assert message["payload"]["errors"][0]["extensions"]["code"] == "NOT_SIGNED_IN"
    assert (end["id"], end["type"]) == ("antrean", "complete")


async def test_only_the_current_protocol_is_spoken(house: House) -> None:
    async with websockets.connect(
        f"{house.url.replace('http', 'ws')}/graphql", subprotocols=[websockets.Subprotocol("graphql-ws")]
    ) as connection:
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await connection.recv()

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4406


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("bukan json", 4400),
        ('{"type": "tidak ada"}', 4400),
        (json.dumps({"id": "a", "type": "subscribe", "payload": {"query": "{ me { login } }"}}), 4401),
    ],
    ids=["no JSON", "unknown type", "before connection_init"],
)
async def test_message_out_of_turn_closes_the_connection(message: str, code: int, house: House) -> None:
    async with websockets.connect(
        f"{house.url.replace('http', 'ws')}/graphql", subprotocols=[websockets.Subprotocol("graphql-transport-ws")]
    ) as connection:
        await connection.send(message)
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await connection.recv()

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == code


async def test_document_over_the_limits_is_refused_here_too(house: House) -> None:
    async with Socket.open(house) as socket:
        await socket.subscribe("dalam", f"{{ {' '.join(f'a{n}: me {{ login }}' for n in range(50))} }}")
        message = await socket.hear()

    assert message["type"] == "error"
    assert {error["extensions"]["code"] for error in message["payload"]} == {"BAD_REQUEST"}


async def test_message_of_six_megabytes_closes_the_connection(house: House) -> None:
    async with Socket.open(house) as socket:
        with suppress(websockets.ConnectionClosed):
            await socket.subscribe("besar", "{ me { login } }", text="x" * 6_000_000)
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await socket.hear()

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


async def test_changes_travel_over_the_socket_as_well(house: House) -> None:
    document = "mutation($input: SubmitComplaintInput!) { submitComplaint(input: $input) { __typename } }"

    async with Socket.open(house) as socket:
        await socket.subscribe("lapor", document, input={"text": "Laporan lewat soket yang sama"})
        message: dict[str, Any] = await socket.hear()

    assert message["payload"] == {"data": {"submitComplaint": {"__typename": "SubmitComplaintPayload"}}}
