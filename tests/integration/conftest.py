"""Rows as stored, staff without accounts, and the answers of a classifier."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import anyio
import pytest
from sqlalchemy import inspect, select, text

from complaints.classifiers import Trained, register
from complaints.knowledge import Knowledge
from complaints.learning.recipes import Recipe
from complaints.policy import SYSTEM, Actor
from complaints.suggest import Advice
from complaints.telling.delivering import deliver
from complaints.telling.fan_out import tell
from complaints.telling.outlets import Outlets
from complaints.work import TELL
from ml.predictor import Ranking, Suggestion
from models import Complaint, ComplaintClock, Dataset, Delivery, new_id
from rules.vocabulary import Clock, JobState, Role
from server.runtime import Runtime
from tests.integration.given import (
    WRITTEN,
    AdviceOf,
    Again,
    DatasetOf,
    Jobs,
    Row,
    Rows,
    RunningClocks,
    Staff,
    State,
    Waiting,
)
from tests.integration.telling_given import DeliverAll, TellAll
from tests.support import MONDAY, WorkAs


@pytest.fixture
def state(work_as: WorkAs) -> State:
    tables = "union all ".join(
        f"select '{table}', count(*) || ' ' || coalesce(md5(string_agg(t::text, ';' order by t::text)), '')"  # noqa: S608
        f" from {table} t "
        for table in WRITTEN
    )

    async def read() -> Mapping[str, str]:
        async with work_as(SYSTEM) as work:
            return dict((await work.session.execute(text(tables))).all())

    return read


@pytest.fixture
def rows(work_as: WorkAs) -> Rows:
    async def read(model: type[Row], *conditions: Any) -> Sequence[Row]:
        async with work_as(SYSTEM) as work:
            statement = select(model).where(*conditions).order_by(*inspect(model).primary_key)
            return list(await work.session.scalars(statement))

    return read


@pytest.fixture
def again(rows: Rows) -> Again:
    """The complaint as it is stored now."""

    async def read(complaint: Complaint) -> Complaint:
        (row,) = await rows(Complaint, Complaint.id == complaint.id)
        return row

    return read


@pytest.fixture
def running_clocks(rows: Rows) -> RunningClocks:
    async def read(complaint: Complaint) -> Mapping[Clock, ComplaintClock]:
        mine = ComplaintClock.complaint_id == complaint.id
        return {row.clock: row for row in await rows(ComplaintClock, mine, ComplaintClock.stopped_at.is_(None))}

    return read


@pytest.fixture
def jobs(work_as: WorkAs) -> Jobs:
    """Deferred jobs as (name, arguments), oldest first."""

    async def read() -> Sequence[tuple[str, Mapping[str, str]]]:
        async with work_as(SYSTEM) as work:
            found = await work.session.execute(text("select task_name, args from procrastinate_jobs order by id"))
            return [(name, arguments) for name, arguments in found]

    return read


@pytest.fixture
def waiting(runtime: Runtime) -> Waiting:
    """Returns once another connection waits for a lock."""
    # Not pg_stat_activity: within a transaction that one never changes.
    statement = text("select count(*) from pg_locks where not granted")

    async def wait() -> None:
        with anyio.fail_after(10):
            async with runtime.database.write.connect() as connection:
                while not await connection.scalar(statement):  # noqa: ASYNC110 - another process cannot set an event
                    await anyio.sleep(0.01)

    return wait


@pytest.fixture
def staff(knowledge: Knowledge) -> Staff:
    def make(role: Role, agency: str | None = None) -> Actor:
        row_id = None if agency is None else knowledge.agency_ids[agency]
        row = None if row_id is None else knowledge.agency_rows[row_id]
        if row is not None and row.level == "UNIT":
            return Actor(role, agency_id=knowledge.owner_id(row.id), unit_id=row.id)
        return Actor(role, agency_id=row_id)

    return make


@pytest.fixture
def an_advice(work_as: WorkAs) -> AdviceOf:
    async def make(
        version: str = "v1", titles: tuple[str, str, str] = ("Satu", "Dua", "Tiga"), **heads: Ranking
    ) -> Advice:
        async with work_as(SYSTEM) as work:
            row = await register(work, Trained(version, "0" * 64, {}))
        return Advice(row.id, version, Suggestion(titles, heads))

    return make


@pytest.fixture
def a_dataset(work_as: WorkAs) -> DatasetOf:
    """A row without a file: for what only asks whether it is ready."""

    async def make(state: JobState = JobState.DONE) -> Dataset:
        row = Dataset(id=new_id(), recipe=Recipe().data(), state=state, requested_at=MONDAY)
        if state is JobState.DONE:
            row.rows, row.labels, row.fingerprint, row.sha256 = 1, {}, row.id.hex, "0" * 64
        async with work_as(SYSTEM) as work:
            work.session.add(row)
        return row

    return make


@pytest.fixture
def tell_all(runtime: Runtime, jobs: Jobs) -> TellAll:
    async def run(outlets: Outlets) -> None:
        waiting = [arguments["event_ids"] for name, arguments in await jobs() if name == TELL]
        for event_ids in waiting:
            await tell(runtime.workshop, outlets, [UUID(event_id) for event_id in event_ids])

    return run


@pytest.fixture
def deliver_all(runtime: Runtime, rows: Rows) -> DeliverAll:
    async def run(outlets: Outlets) -> None:
        for delivery in await rows(Delivery):
            await deliver(runtime.workshop, outlets, delivery.id)

    return run
