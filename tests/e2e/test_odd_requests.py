"""What nobody should send and somebody does: bodies, messages and commands out of shape."""

from pathlib import Path

import anyio
import pytest
import websockets

from tests.e2e.support import House, Socket, environment, salur

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize("body", [b"null", b"1", b'"query"'])
async def test_body_that_is_no_object_is_a_bad_request(body: bytes, house: House) -> None:
    async with house.client() as client:
        response = await client.http.post("/graphql", content=body, headers=JSON)

    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize("document", ["{ me {", "{ me { " + "login " * 3_000 + "} }"], ids=["syntax", "too many words"])
async def test_document_that_cannot_be_read_is_told_over_the_socket(document: str, house: House) -> None:
    async with Socket.open(house) as socket:
        await socket.subscribe("rusak", document)
        message = await socket.hear()

    assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "BAD_REQUEST")
    assert "GraphQLSyntaxError" not in house.logs


@pytest.mark.parametrize(
    "message",
    [
        "[]",
        "1",
        "null",
        '"x"',
        '{"type":"subscribe","id":"a","payload":"x"}',
        '{"type":"subscribe","id":[],"payload":{"query":"{me{login}}"}}',
    ],
)
async def test_message_out_of_shape_closes_the_connection_with_a_code(message: str, house: House) -> None:
    async with Socket.open(house) as socket:
        await socket.connection.send(message)
        with pytest.raises(websockets.ConnectionClosed) as closed, anyio.fail_after(5):
            await socket.connection.recv()

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4400


def test_command_before_the_schema_is_told_in_words(empty_url: str, tmp_path: Path) -> None:
    done = salur("seed", env=environment(tmp_path, empty_url))

    assert (done.returncode, "salur db upgrade" in done.stderr) == (1, True), done.stderr
    assert "Traceback" not in done.stderr


def test_url_that_is_none_is_told_in_words(tmp_path: Path) -> None:
    done = salur("user", "list", env=environment(tmp_path, "bukan alamat"))

    assert (done.returncode, "DATABASE_URL" in done.stderr) == (2, True), done.stderr
    assert "Traceback" not in done.stderr
