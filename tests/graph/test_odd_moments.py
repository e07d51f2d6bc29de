"""What happens at odd moments: operations cut off, a feed lost, things that are not there."""

from collections.abc import AsyncGenerator
from typing import Any

import anyio
import psycopg
import pytest
import strawberry

import graph.schema
from complaints.policy import ANYONE
from complaints.suggest import Adviser
from graph.context import Topic
from graph.schema import Unguarded, build_schema
from models import new_id
from server.database import libpq_url
from server.feed import Feed
from server.runtime import Runtime
from tests.graph.support import ROOMY, Ask, Cases, ContextOf, Do, gid
from tests.support import NATIONAL

TEXT = "Jalan di depan pasar berlubang besar sejak minggu lalu"


async def test_ancestors_of_a_region_begin_with_the_largest(ask: Ask) -> None:
    answer = await ask(ANYONE, '{ regions(parent: "33.74") { ancestors { code } } }')

    assert answer.data["regions"][0]["ancestors"] == [{"code": "33"}, {"code": "33.74"}]


async def test_operation_that_is_cut_off_gives_its_connection_back(
    schema: strawberry.Schema, context_of: ContextOf, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forever(*_question: object) -> None:
        await anyio.sleep_forever()

    monkeypatch.setattr(Adviser, "advise", forever)
    document = '{ publicComplaints { edges { node { id } } } suggest(text: "Jalan") { version } }'

    with anyio.move_on_after(0.3) as limit:
        await schema.execute(document, context_value=await context_of(ANYONE))

    pool: Any = runtime.database.read.sync_engine.pool
    assert (limit.cancelled_caught, pool.checkedout()) == (True, 0)


async def test_not_found_is_worded_for_people(do: Do) -> None:
    unknown = {"id": gid("Complaint", new_id()), "seenVersion": 1, "outcome": "Selesai."}

    answer = await do(NATIONAL, "closeComplaint", input=unknown)

    assert answer["message"] == "Laporan tidak ditemukan, atau bukan untuk Anda."


async def test_malformed_id_is_worded_for_people(ask: Ask) -> None:
    answer = await ask(ANYONE, '{ complaint(id: "bukan-id") { id } }')

    assert "Node" not in answer.errors[0]["extensions"]["problems"][0]["message"]


def test_subscription_without_a_guard_stops_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    @strawberry.type
    class Open:
        @strawberry.subscription
        async def unguarded(self) -> AsyncGenerator[int, None]:
            yield 1

    monkeypatch.setattr(graph.schema, "Subscription", Open)

    with pytest.raises(Unguarded, match=r"^Open\.unguarded has no Guard$"):
        build_schema(ROOMY)


async def test_change_while_the_feed_was_lost_is_told_once_it_listens_again(
    runtime: Runtime, live_feed: Feed, a_case: Cases
) -> None:
    with live_feed.subscribe(Topic.COMPLAINT) as subscriber:
        async with await psycopg.AsyncConnection.connect(libpq_url(runtime.url), autocommit=True) as connection:
            await connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen complaint_event%'"
                " and datname = current_database()"
            )
        changes = subscriber.changes()
        with anyio.fail_after(10):
            assert await anext(changes) is None
        await a_case()

        # The change itself, or the news that something was missed.
        with anyio.fail_after(5):
            await anext(changes)
