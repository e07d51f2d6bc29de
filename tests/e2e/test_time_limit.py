"""What takes too long is given up in words, and what was taken for it is given back."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

import server.app
from server.app import create_app
from server.settings import DatabaseSettings, GraphSettings, Settings


@pytest.fixture
async def client(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """A server in this process, with three tenths of a second for an answer and one connection for reading."""
    # The log of the tests stays as it is.
    monkeypatch.setattr(server.app, "set_up_logs", lambda _form: None)
    settings = Settings(
        database_url=database_url,
        data_dir=tmp_path,
        graph=GraphSettings(timeout_seconds=0.3),
        database=DatabaseSettings(pool_size=1),
    )
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://salur.test") as opened:
            yield opened


LIST = {"query": "{ publicComplaints { edges { node { id } } } }"}


async def test_answer_that_takes_too_long_is_given_up_and_the_next_one_is_given(
    client: httpx.AsyncClient, database_url: str
) -> None:
    with nobody_reads(database_url):
        slow = [await client.post("/graphql", json=LIST) for _ in range(3)]
    after = await client.post("/graphql", json=LIST)

    said: list[dict[str, Any]] = [response.json() for response in slow]
    assert {response.status_code for response in slow} == {504}
    assert [answer["errors"][0]["extensions"]["code"] for answer in said] == ["TOO_SLOW"] * 3
    assert after.json() == {"data": {"publicComplaints": {"edges": []}}}


@contextmanager
def nobody_reads(database_url: str) -> Iterator[None]:
    """Another process holds the table, as a migration would."""
    with psycopg.connect(database_url) as connection:
        connection.execute("lock table complaint in access exclusive mode")
        yield
