"""Executing documents as somebody, on everything a server is made of except the network."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, MutableMapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, suppress
from typing import Any

import anyio
import psycopg
import pytest
import strawberry
from sqlalchemy import event, text
from structlog.testing import capture_logs

from complaints.knowledge import Knowledge
from complaints.policy import Actor
from complaints.reader import Reader
from graph.context import Context, PageLimits, Tools, Topic
from graph.context import Subscription as FeedSubscription
from graph.schema import build_schema
from models import Base, new_id
from server.auth import Doorkeeper
from server.database import libpq_url
from server.embedded import Server
from server.feed import Feed
from server.runtime import Runtime, open_runtime
from server.settings import DatabaseSettings, Settings
from server.throttle import Throttle
from tests.graph.given import (  # noqa: F401 - fixtures
    a_case,
    a_dataset,
    a_full_case,
    a_person,
    a_version,
    advice,
    cast,
)
from tests.graph.support import (
    ROOMY,
    Answer,
    Ask,
    ContextOf,
    Do,
    Hear,
    Listen,
    Stock,
    mutation,
)
from tests.support import VAULT_KEY, Clock

# What tests write. The reference data stays; the trigger that forbids deleting events is off for this one statement.
_WRITTEN = sorted({*Base.metadata.tables} - {
    "agency", "agency_category", "agency_successor", "calendar_override", "category", "clock_rule", "routing_rule",
    "rule_set", "special_mechanism", "term",
} | {"procrastinate_events", "procrastinate_jobs"})  # fmt: skip
# The rules and mechanisms that are shipped stay; what tests drafted beside them goes.
_SHIPPED_ONLY = (
    "delete from routing_rule where rule_set_id in (select id from rule_set where number > 1)",
    "delete from rule_set where number > 1",
    "update rule_set set state = 'ACTIVE', retired_at = null where state <> 'ACTIVE'",
    "delete from special_mechanism where created_by_id is not null or code <> 'COVID'",
    "delete from clock_rule where mechanism is not null and mechanism <> 'COVID'",
)
_EMPTY = "; ".join((
    "set local session_replication_role = replica",
    *(f"delete from {name}" for name in _WRITTEN),  # noqa: S608 - our own names
    *_SHIPPED_ONLY,
))  # fmt: skip


@pytest.fixture(scope="session")
def database_url(postgres: Server, template: str) -> str:
    """One database for this folder: its tests are many, and a fresh one costs more than most of them."""
    with postgres.connect() as connection:
        connection.execute(f"create database graph template {template}")
    return postgres.url("graph")


@pytest.fixture(scope="session")
def settings(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A lock that somebody else holds is waited for a fifth of a second, so that `Busy` can be tested."""
    database = DatabaseSettings(lock_timeout_ms=200)
    return Settings(database_url=database_url, data_dir=tmp_path_factory.mktemp("data"), database=database)


@pytest.fixture(scope="session")
async def opened(settings: Settings) -> AsyncIterator[Runtime]:
    async with open_runtime(settings, settings.url(), (VAULT_KEY,)) as runtime:
        yield runtime


@pytest.fixture(scope="session")
def broom(database_url: str) -> Iterator[Callable[[], None]]:
    """Takes away what the test before wrote."""
    with psycopg.connect(database_url) as connection:

        def sweep() -> None:
            with connection.transaction():
                connection.execute(_EMPTY)

        yield sweep


@pytest.fixture
async def runtime(opened: Runtime, broom: Callable[[], None], clock: Clock) -> Runtime:
    """Everything a process is made of, on a database with reference data and nothing else."""
    opened.workshop.clock = clock
    broom()
    return opened


@pytest.fixture(scope="session")
def schema() -> strawberry.Schema:
    return build_schema(ROOMY)


@pytest.fixture
def feed(runtime: Runtime) -> Feed:
    """A feed that hears nothing yet."""
    return Feed(libpq_url(runtime.url), queue_size=100)


@pytest.fixture
async def live_feed(feed: Feed) -> AsyncIterator[Feed]:
    """The feed with its listening connection."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(feed.listen)
        with anyio.fail_after(10):
            await feed.is_listening.wait()
        yield feed
        tasks.cancel_scope.cancel()


@pytest.fixture
def subscribed() -> list[anyio.Event]:
    """One event, set when a subscription holds its place in the feed."""
    return [anyio.Event()]


@pytest.fixture
def tools(runtime: Runtime, clock: Clock, feed: Feed, subscribed: list[anyio.Event]) -> Tools:
    """As `server.app` puts them together."""
    doorkeeper = Doorkeeper(runtime.database.write, clock)

    async def current_knowledge() -> Knowledge:
        return await runtime.knowledge.current(clock())

    def subscribe(topic: Topic) -> AbstractContextManager[FeedSubscription]:
        subscribed[0].set()
        return feed.subscribe(topic)

    return Tools(
        workshop=runtime.workshop,
        adviser=runtime.adviser,
        throttle=Throttle(runtime.settings.rate),
        subscribe=subscribe,
        limits=PageLimits(largest=100, count_ceiling=10_000),
        training_threads=runtime.settings.classifier.training_threads,
        open_reader=lambda: Reader(runtime.database.read),
        identify=doorkeeper.actor_of,
        current_knowledge=current_knowledge,
        secure_cookies=True,
        files=runtime.files,
    )


@pytest.fixture
def context_of(tools: Tools) -> ContextOf:
    """The context of one operation."""

    async def make(actor: Actor, /, **more: Any) -> Context:
        knowledge = await tools.current_knowledge()
        return Context(tools, actor, knowledge, **{"address": "192.0.2.1", "request_id": "permintaan1"} | more)

    return make


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[MutableMapping[str, Any]]]:
    """What is logged, kept instead of printed."""
    with capture_logs() as entries:
        yield entries


@pytest.fixture
def ask(schema: strawberry.Schema, context_of: ContextOf, logs: list[MutableMapping[str, Any]]) -> Ask:
    """`await ask(actor, document, name=value)`: execute a document with variables. An unexpected error is raised."""

    async def execute(actor: Actor, document: str, /, **variables: Any) -> Answer:
        result = await schema.execute(document, variable_values=variables, context_value=await context_of(actor))
        for entry in logs:
            if entry["event"] == "graphql.unexpected":
                raise AssertionError(entry["path"]) from entry["exc_info"]
        return Answer(result.data, [dict(error.formatted) for error in result.errors or []])

    return execute


@pytest.fixture
def do(ask: Ask) -> Do:
    """`await do(actor, "closeComplaint", input={...})`: one mutation, and the member of its union."""

    async def execute(actor: Actor, field: str, payload: str | None = None, /, **arguments: Any) -> dict[str, Any]:
        answer = await ask(actor, mutation(field, payload), **arguments)
        assert answer.errors == []
        member: dict[str, Any] = answer.data[field]
        return member

    return execute


@pytest.fixture
def listen(
    schema: strawberry.Schema,
    context_of: ContextOf,
    runtime: Runtime,
    live_feed: Feed,
    subscribed: list[anyio.Event],
) -> Listen:
    """`async with listen(actor, document, id=...) as hear`: `await hear()` gives the next message, None at the end."""

    async def hear_the_past() -> None:
        """Wait until the feed has told everything that was committed before, so that what comes now is new.

        The database announces in the order of commits, whatever the topic.
        """
        mark = new_id()
        with live_feed.subscribe(Topic.COMPLAINT) as subscriber, anyio.fail_after(10):
            async with await psycopg.AsyncConnection.connect(libpq_url(runtime.url)) as connection:
                await connection.execute("select pg_notify('complaint_event', %s)", [str(mark)])
            async for heard in subscriber.changes():
                if heard == mark:
                    return

    @asynccontextmanager
    async def open_(actor: Actor, document: str, **variables: Any) -> AsyncIterator[Hear]:
        await hear_the_past()
        context = await context_of(actor, **variables.pop("context", {}))
        stream = await schema.subscribe(document, variable_values=variables, context_value=context)
        assert not isinstance(stream, strawberry.types.ExecutionResult)
        send, receive = anyio.create_memory_object_stream[Any](100)

        async def follow() -> None:
            async for message in stream:
                await send.send(message)
            await send.send(None)

        async def hear() -> Any:
            with anyio.fail_after(10):
                message = await receive.receive()
            if message is None:
                return None
            if message.errors:
                return [error.extensions["code"] for error in message.errors]
            return next(iter(message.data.values()))

        subscribed[0] = anyio.Event()
        # A task of its own, cancelled at the end, as the server does when a browser goes away.
        following = asyncio.create_task(follow())
        try:
            with anyio.fail_after(10):
                await subscribed[0].wait()
            yield hear
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following
            send.close()
            receive.close()

    return open_


@pytest.fixture
def stock(runtime: Runtime) -> Stock:
    """A fingerprint of every table: equal before and after means that nothing was written."""
    contents = "coalesce(string_agg(t::text, '|' order by t::text), '')"
    counts = " union all ".join(
        f"select '{name}', count(*) || ':' || md5({contents}) from {name} t"  # noqa: S608 - our own names
        for name in _WRITTEN
    )

    async def read() -> dict[str, str]:
        async with runtime.database.write.connect() as connection:
            return {row[0]: row[1] for row in await connection.execute(text(counts))}

    return read


@pytest.fixture
def statements(runtime: Runtime) -> Iterator[list[str]]:
    """Every statement sent from now on."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    engines = (runtime.database.read.sync_engine, runtime.database.write.sync_engine)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield sent
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def rows_held(runtime: Runtime) -> Callable[[], AbstractContextManager[None]]:
    """Another process works on everything at once, for as long as the block lasts."""

    @contextmanager
    def hold() -> Iterator[None]:
        with psycopg.connect(libpq_url(runtime.url)) as connection:
            connection.execute(
                "lock table complaint, complaint_ticket, person, session, classifier_version, release_proposal,"
                " classifier_alarm, dataset, training_run, training_label, label_doubt, history_example,"
                " rule_set, routing_rule, rule_proposal, rule_replay, rule_alarm, special_mechanism"
                " in exclusive mode"
            )
            yield

    return hold
