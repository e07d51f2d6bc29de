"""A worker that is killed with -9 while it tells people: nothing is lost, and nothing arrives as two things."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from procrastinate.exceptions import AlreadyEnqueued
from psycopg.rows import dict_row

from complaints.policy import SYSTEM
from complaints.telling.endpoints import NewWebhook, create_webhook
from complaints.telling.jobs import MEND
from complaints.vault import Contact
from rules.vocabulary import Role
from server.runtime import Runtime, wall_clock
from tests.e2e.support import Process, environment, until
from tests.outside import MailSink, Receiver
from tests.support import VAULT_KEY, ActorOf, Complaints

CONTACT = Contact("Siti Rahasia", "siti@contoh.id", "081234567890")
EASY = {"SALUR_WEBHOOKS__ALLOW_HTTP": "true", "SALUR_WEBHOOKS__ALLOW_PRIVATE": "true"}


class Workers:
    """Starts workers one after another on the test's database."""

    def __init__(self, database_url: str, folder: Path, runtime: Runtime) -> None:
        self._database_url = database_url
        self._folder = folder
        self._runtime = runtime
        self._numbers = count()
        self.started: list[Process] = []
        self.settings: dict[str, str] = {}

    def start(self) -> Process:
        """One more."""
        env = environment(
            self._folder,
            self._database_url,
            SALUR_VAULT_KEYS=VAULT_KEY,
            SALUR_LOG_FORMAT="json",
            SALUR_DATABASE__LOCK_TIMEOUT_MS="60000",
            SALUR_DATABASE__STATEMENT_TIMEOUT_MS="60000",
            **self.settings,
        )
        process = Process.start("worker", env, self._folder / f"worker.{next(self._numbers)}.log")
        self.started.append(process)
        return process

    def kill(self) -> None:
        """kill -9 for the newest, wherever it is."""
        self.started[-1].child.kill()
        self.started[-1].child.wait()

    async def follow_a_dead_one(self) -> None:
        """Half a minute without a heartbeat and the end of the lease, and another worker that tidies up."""
        await self.run("update procrastinate_workers set last_heartbeat = now() - interval '1 minute'")
        await self.run("update delivery set lease_until = now() where state = 'SENDING'")
        self.start()
        # Without waiting for the next full minute, unless that was just now.
        with suppress(AlreadyEnqueued):
            await self._runtime.jobs.configure_task(MEND).defer_async(timestamp=0)

    async def run(self, statement: str) -> None:
        """A statement for its effect."""
        async with await psycopg.AsyncConnection.connect(self._database_url) as connection:
            await connection.execute(statement)

    async def rows(self, statement: str) -> list[dict[str, Any]]:
        """A statement for its rows."""
        async with await psycopg.AsyncConnection.connect(self._database_url, row_factory=dict_row) as connection:
            return await (await connection.execute(statement)).fetchall()

    async def until_all(self, state: str) -> list[dict[str, Any]]:
        """Wait until there are deliveries and all of them are in this state; gives them."""

        async def are() -> list[dict[str, Any]]:
            rows = await self.rows("select * from delivery order by id")
            return rows if {row["state"] for row in rows} == {state} else []

        rows: list[dict[str, Any]] = await until(are, 60)
        return rows


@pytest.fixture
async def workers(database_url: str, tmp_path: Path, runtime: Runtime) -> AsyncIterator[Workers]:
    # What is filed here is of today for the workers: an old complaint would be escalated meanwhile.
    runtime.workshop.clock = wall_clock
    made = Workers(database_url, tmp_path, runtime)
    yield made
    for process in made.started:
        process.end()


def mail_to(sink: MailSink) -> dict[str, str]:
    return {
        "SALUR_MAIL__HOST": "127.0.0.1",
        "SALUR_MAIL__PORT": str(sink.port),
        "SALUR_MAIL__TLS": "none",
        "SALUR_MAIL__SENDER": "Salur <salur@lapor.test>",
        "SALUR_MAIL__TIMEOUT_SECONDS": "60",
    }


async def test_killed_between_claim_and_send_the_letter_leaves_once(workers: Workers, a_complaint: Complaints) -> None:
    async with MailSink.open() as sink:
        workers.settings = mail_to(sink)
        sink.greets.clear()
        workers.start()
        await a_complaint(contact=CONTACT)
        # The worker has claimed the letter and waits for the server to say hello.
        await sink.called.wait()
        workers.kill()
        (claimed,) = await workers.rows("select state, attempts from delivery")

        sink.greets.set()
        await workers.follow_a_dead_one()
        (row,) = await workers.until_all("SENT")

    assert claimed == {"state": "SENDING", "attempts": 1}
    assert (len(sink.letters), row["attempts"]) == (1, 2)


async def test_killed_between_acceptance_and_noting_it_the_letter_leaves_twice_as_one(
    workers: Workers, a_complaint: Complaints
) -> None:
    async with MailSink.open() as sink:
        workers.settings = mail_to(sink)
        # The server has the letter; its yes reaches nobody.
        sink.meanwhile = once(workers.kill)
        workers.start()
        await a_complaint(contact=CONTACT)
        await sink.arrived.wait()

        await workers.follow_a_dead_one()
        (row,) = await workers.until_all("SENT")
        # Whoever comes after finds nothing more to send.
        workers.kill()
        await workers.follow_a_dead_one()
        await until_mended(workers)

    assert [letter["Message-ID"] for letter in sink.letters] == [f"<{row['id']}@lapor.test>"] * 2
    assert row["attempts"] == 2


async def test_killed_while_the_receiver_answers_the_webhook_comes_again_under_its_id(
    workers: Workers, runtime: Runtime, a_complaint: Complaints, an_actor: ActorOf
) -> None:
    workers.settings = EASY
    async with Receiver.open() as receiver, endpoint(runtime, receiver, an_actor):
        receiver.meanwhile = once(workers.kill)
        workers.start()
        await a_complaint()
        await until(lambda: seen(receiver))

        await workers.follow_a_dead_one()
        (row,) = await workers.until_all("SENT")

    assert [request.headers["webhook-id"] for request in receiver.requests] == [str(row["id"])] * 2
    assert len({request.body for request in receiver.requests}) == 1


async def test_killed_in_the_middle_of_telling_everybody_hears_once(
    workers: Workers, a_complaint: Complaints, an_actor: ActorOf, database_url: str
) -> None:
    for _ in range(3):
        await an_actor(Role.NATIONAL_ADMIN)
    async with MailSink.open() as sink:
        workers.settings = mail_to(sink)
        async with await psycopg.AsyncConnection.connect(database_url) as holder:
            await holder.execute("lock table notification in access exclusive mode")
            workers.start()
            await a_complaint(contact=CONTACT)
            # The reporter's letter is written, the notifications of the desk wait.
            await until(lambda: workers.rows("select 1 from pg_locks where not granted"))
            workers.kill()
        nothing = await workers.rows("select 1 from notification")

        await workers.follow_a_dead_one()
        await workers.until_all("SENT")

    told = await workers.rows(
        "select kind, count(*) as told, count(distinct person_id) as people from notification group by 1"
    )
    assert nothing == []
    assert told == [{"kind": "NEW_IN_QUEUE", "told": 3, "people": 3}]
    assert len(sink.letters) == 1


def once(act: Callable[[], None]) -> Callable[[], None]:
    """Does it the first time only."""
    left = [act]

    def run() -> None:
        if left:
            left.pop()()

    return run


async def seen(receiver: Receiver) -> bool:
    return bool(receiver.requests)


async def until_mended(workers: Workers) -> None:
    """Wait until no job of telling waits or runs."""

    async def are_done() -> bool:
        statement = "select 1 from procrastinate_jobs where task_name like 'telling.%' and status in ('todo', 'doing')"
        return not await workers.rows(statement)

    await until(are_done, 60)


@asynccontextmanager
async def endpoint(runtime: Runtime, receiver: Receiver, an_actor: ActorOf) -> AsyncIterator[None]:
    """A webhook of the national desk for new complaints."""
    pusat = await an_actor(Role.NATIONAL_ADMIN)
    async with runtime.workshop.work(pusat) as work:
        made = await create_webhook(work, NewWebhook("https://penerima.contoh.id", ("complaint.submitted",)))
    async with runtime.workshop.work(SYSTEM) as work:
        # The test's own machine, which the settings of this process do not allow.
        webhook = await work.session.merge(made.webhook)
        webhook.url = receiver.url
    yield
