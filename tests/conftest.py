"""A real PostgreSQL for every worker, a database of its own for every test."""

import logging
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from uuid import UUID

import anyio
import pytest
import structlog
from sqlalchemy import create_engine, select

from complaints.accounts import NewPerson, add_person
from complaints.catalogue import load_reference
from complaints.files.uploads import Brought, UploadWish, request_upload
from complaints.knowledge import Knowledge
from complaints.policy import ANYONE, SYSTEM, Actor
from models import Complaint, ComplaintEvent
from models.schema import upgrade
from rules.vocabulary import Role
from server.database import driver_url
from server.embedded import EmbeddedPostgres, Server
from server.runtime import Runtime, open_runtime
from server.settings import Settings
from tests.support import MONDAY, PASSWORD, VAULT_KEY, ActorOf, Bring, Clock, Complaints, EventsOf, WorkAs


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(autouse=True)
def default_logs() -> Iterator[None]:
    """A test that sets up logs as a process does leaves nothing of it behind, a closed terminal least of all."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def memory_or_disk() -> str | None:
    """A file system in memory where there is one with room: a copy of the template takes a tenth of the time there."""
    memory = Path("/dev/shm")  # noqa: S108 - made for this, and the folder in it has a name nobody can foresee
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > 2 * 2**30 else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A server of this test process, without the care for power failures."""
    # Open to look through, so that the unprivileged account can reach it when tests run as root.
    with tempfile.TemporaryDirectory(prefix="salur-tests-", dir=memory_or_disk()) as folder:
        Path(folder).chmod(0o755)
        with EmbeddedPostgres(Path(folder) / "data", state_dir=Path(folder) / "state", durable=False) as server:
            yield server


@pytest.fixture(scope="session")
def template(postgres: Server) -> str:
    """A database with schema and reference data, which every test gets a copy of."""
    name = "template_salur"
    postgres.create_database(name)
    engine = create_engine(driver_url(postgres.url(name)))
    with engine.connect() as connection:
        upgrade(connection)
    engine.dispose()

    async def load() -> None:
        url = postgres.url(name)
        async with (
            open_runtime(Settings(database_url=url), url, (VAULT_KEY,)) as runtime,
            runtime.database.sessions() as session,
            session.begin(),
        ):
            await load_reference(session, MONDAY)

    anyio.run(load)
    return name


_numbers = count()


@pytest.fixture
def database_url(postgres: Server, template: str) -> Iterator[str]:
    """A fresh database: real commits, no test sees another's rows (14 ms, so nothing needs to be rolled back)."""
    name = f"test_{next(_numbers)}"
    with postgres.connect() as connection:
        connection.execute(f"create database {name} template {template}")
    yield postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(database_url=database_url, data_dir=tmp_path)


@pytest.fixture
async def runtime(settings: Settings, clock: Clock) -> AsyncIterator[Runtime]:
    """Everything a process is made of, on the test's own database and clock."""
    async with open_runtime(settings, settings.url(), (VAULT_KEY,)) as opened:
        opened.workshop.clock = clock
        yield opened


@pytest.fixture
async def knowledge(runtime: Runtime) -> Knowledge:
    return await runtime.knowledge.current(MONDAY)


@pytest.fixture
def work_as(runtime: Runtime) -> WorkAs:
    """A transaction as somebody."""
    return runtime.workshop.work


@pytest.fixture
def an_actor(runtime: Runtime, knowledge: Knowledge) -> ActorOf:
    """Somebody with an account: `await an_actor(Role.AGENCY_ADMIN, "PLN")`; a unit officer by the unit's code."""
    numbers = count()

    async def make(role: Role, agency: str | None = None, login: str | None = None) -> Actor:
        chosen = login or f"{role.lower()}.{next(numbers)}"
        async with runtime.workshop.work(SYSTEM) as work:
            person = await add_person(work, NewPerson(chosen, f"Nama {chosen}", PASSWORD, role, agency))
        row = None if person.agency_id is None else knowledge.agency_rows[person.agency_id]
        is_unit = row is not None and row.parent_id is not None and row.level == "UNIT"
        return Actor(
            role,
            id=person.id,
            agency_id=knowledge.owner_id(row.id) if row is not None and is_unit else person.agency_id,
            unit_id=person.agency_id if is_unit else None,
        )

    return make


@pytest.fixture
def a_complaint(runtime: Runtime, knowledge: Knowledge) -> Complaints:
    return Complaints(runtime, knowledge)


@pytest.fixture
def bring(runtime: Runtime) -> Bring:
    """An upload whose bytes have arrived, as it is seen when it is about to be attached."""

    async def make(
        content: bytes, name: str = "foto.jpg", *, by: Actor = ANYONE, to: UUID | None = None, place: bool = False
    ) -> Brought:
        async with runtime.workshop.work(by) as work:
            ticket = await request_upload(work, UploadWish(name, len(content), place), to)
        await runtime.files.store.write(ticket.row.storage_key, content, "")
        return await Brought.seen(runtime.files, ticket.secret)

    return make


@pytest.fixture
def events_of(work_as: WorkAs) -> EventsOf:
    """The stored history of a complaint, oldest first."""

    async def read(complaint: Complaint) -> list[ComplaintEvent]:
        statement = (
            select(ComplaintEvent).where(ComplaintEvent.complaint_id == complaint.id).order_by(ComplaintEvent.seq)
        )
        async with work_as(SYSTEM) as work:
            return list(await work.session.scalars(statement))

    return read
