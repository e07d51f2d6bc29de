"""The demonstration shows everything there is to see, once, whatever happens while it loads."""

import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import ColumnElement, func, select, text
from typer.testing import CliRunner

from complaints import accounts
from complaints.accounts import log_in
from complaints.desk import archive
from complaints.jobs import expire
from complaints.policy import ANYONE, SYSTEM, Actor
from models import Complaint, ComplaintClock, ComplaintCopy, ComplaintEvent, ComplaintReporter, Message, Person
from rules.deadlines import WorkingCalendar
from rules.vocabulary import Audience, Channel, Classification, ReportType, Role, Status, Urgency
from server.commands.demo import demo
from server.demo import VERBS, load_demo, read_demo_accounts, read_script
from server.embedded import Server
from server.runtime import Runtime, open_runtime
from server.settings import Settings
from tests.support import VAULT_KEY, Clock

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Hashes that cost nothing: three dozen real ones take longer than all the rest."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(scope="module")
async def loaded(postgres: Server, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Runtime]:
    """A database with the demonstration in it, and nothing else."""
    with postgres.connect() as connection:
        connection.execute(f"create database demonstration template {template}")
    settings = Settings(database_url=postgres.url("demonstration"), data_dir=tmp_path_factory.mktemp("demonstration"))
    async with open_runtime(settings, settings.url(), (VAULT_KEY,)) as runtime:
        runtime.workshop.clock = Clock()
        await load_demo(runtime)
        yield runtime
    postgres.drop_database("demonstration")


async def count(runtime: Runtime, *conditions: ColumnElement[bool]) -> int:
    async with runtime.workshop.work(SYSTEM) as work:
        statement = (
            select(func.count(Complaint.id.distinct()))
            .select_from(Complaint)
            .join(ComplaintEvent, ComplaintEvent.complaint_id == Complaint.id)
        )
        return (await work.session.execute(statement.where(*conditions))).scalar_one()


async def histories(runtime: Runtime) -> list[tuple[Any, ...]]:
    """What happened to all complaints, without ids and times."""
    columns = (ComplaintEvent.request_id, ComplaintEvent.seq, ComplaintEvent.kind, ComplaintEvent.status)
    async with runtime.workshop.work(SYSTEM) as work:
        return sorted(map(tuple, (await work.session.execute(select(*columns))).all()))


async def content(runtime: Runtime) -> list[tuple[Any, ...]]:
    """A fingerprint of everything a load writes."""
    models = (Complaint, ComplaintClock, ComplaintEvent, Message, Person)
    async with runtime.workshop.work(SYSTEM) as work:
        return [
            (
                model.__name__,
                *[tuple(row) for row in await work.session.execute(select(model.__table__).order_by("id"))],
            )
            for model in models
        ]


def kind(name: str) -> ColumnElement[bool]:
    return ComplaintEvent.kind == name


MISROUTED = (kind("Returned"), Complaint.status == Status.UNVERIFIED)
SHOWN = {
    "unverified at the national desk": (Complaint.status == Status.UNVERIFIED, Complaint.queue_agency_id.is_(None)),
    "unverified at an agency": (Complaint.status == Status.UNVERIFIED, Complaint.queue_agency_id.is_not(None)),
    "dispatched to an agency": (Complaint.status == Status.DISPATCHED, Complaint.unit_id.is_(None)),
    "dispatched to a unit": (Complaint.status == Status.DISPATCHED, Complaint.unit_id.is_not(None)),
    "answered at the admin's own desk": (kind("Handled"),),
    "answered in public": (Complaint.status == Status.IN_PROGRESS, kind("FollowedUp")),
    "answered by the reporter": (Complaint.status == Status.IN_PROGRESS, kind("Replied")),
    "noted among handlers": (Complaint.status == Status.IN_PROGRESS, kind("Noted")),
    "closed and rated": (Complaint.status == Status.CLOSED, Complaint.rating.is_not(None)),
    "closed and not rated": (
        Complaint.status == Status.CLOSED,
        Complaint.rating.is_(None),
        Complaint.closed_by_silence.is_(False),
    ),
    "closed by silence": (Complaint.status == Status.CLOSED, Complaint.closed_by_silence),
    "reopened": (Complaint.status == Status.IN_PROGRESS, kind("Reopened")),
    "reopened and closed again": (Complaint.status == Status.CLOSED, kind("Reopened")),
    "waiting for the reporter's answer": (Complaint.status == Status.DEFERRED, Complaint.defer_reason.is_not(None)),
    "completed by the reporter": (Complaint.status != Status.DEFERRED, kind("Deferred")),
    "never completed": (Complaint.archive_reason == "TIDAK_DILENGKAPI", kind("Deferred")),
    "restored": (Complaint.status == Status.UNVERIFIED, kind("Restored")),
    "returned once": (*MISROUTED, Complaint.hops == 1, Complaint.queue_agency_id.is_not(None)),
    "returned twice": (*MISROUTED, Complaint.hops == 2, Complaint.queue_agency_id.is_(None)),
    "secret": (Complaint.is_secret,),
    "anonymous": (Complaint.is_anonymous,),
    "supervision": (Complaint.classification == Classification.SUPERVISION,),
    "in the inspectorate's hands": (ComplaintEvent.actor_role == Role.INSPECTORATE,),
    "whistleblowing": (Complaint.classification == Classification.WHISTLEBLOWING,),
    "aspiration": (Complaint.report_type == ReportType.ASPIRATION,),
    "request for information": (Complaint.report_type == ReportType.INFORMATION_REQUEST,),
    "emergency": (Complaint.urgency == Urgency.EMERGENCY,),
    "through a subdomain": (Complaint.channel == Channel.SUBDOMAIN,),
    "at the counter": (
        Complaint.channel == Channel.WALK_IN,
        ComplaintEvent.actor_role == Role.CHANNEL_OFFICER,
        kind("Submitted"),
    ),
    "with copies": (Complaint.id.in_(select(ComplaintCopy.complaint_id)),),
    "of a citizen with an account": (
        Complaint.id.in_(select(ComplaintReporter.complaint_id).where(ComplaintReporter.person_id.is_not(None))),
    ),
    "answered to the reporter alone": (
        Complaint.id.in_(
            select(Message.complaint_id).where(
                Message.audience == Audience.PARTIES, Message.author_role == Role.AGENCY_ADMIN
            )
        ),
    ),
}


async def test_no_complaint_is_missing_and_every_status_is_there(loaded: Runtime) -> None:
    assert await count(loaded) == len(read_script().complaints) >= 48
    for status in Status:
        assert await count(loaded, Complaint.status == status), status


@pytest.mark.parametrize("conditions", SHOWN.values(), ids=SHOWN.keys())
async def test_every_kind_of_case_is_shown(loaded: Runtime, conditions: tuple[ColumnElement[bool], ...]) -> None:
    assert await count(loaded, *conditions)


@pytest.mark.parametrize("status", [Status.UNVERIFIED, Status.DISPATCHED, Status.IN_PROGRESS])
async def test_some_work_is_late(loaded: Runtime, status: Status) -> None:
    assert await count(loaded, Complaint.status == status, Complaint.due_at < loaded.workshop.clock())


async def test_history_lies_in_the_past_and_in_order(loaded: Runtime) -> None:
    columns = (ComplaintEvent.complaint_id, ComplaintEvent.at)
    async with loaded.workshop.work(SYSTEM) as work:
        order = (ComplaintEvent.complaint_id, ComplaintEvent.seq)
        events = (await work.session.execute(select(*columns).order_by(*order))).all()

    assert max(at for _, at in events) <= loaded.workshop.clock()
    assert events == sorted(events)


async def test_nothing_is_due_to_end_by_itself_at_once(loaded: Runtime) -> None:
    assert await expire(loaded.workshop) == 0


async def test_the_same_load_again_changes_nothing(loaded: Runtime) -> None:
    before = await content(loaded)
    passwords = read_demo_accounts(loaded.settings.data_dir)

    again = await load_demo(loaded)

    assert (again.accounts_opened, again.accounts_reset, again.filed, again.steps, again.left_alone) == (0, 0, 0, 0, [])
    assert again.by_status.total() == len(read_script().complaints)
    assert await content(loaded) == before
    assert read_demo_accounts(loaded.settings.data_dir) == passwords


async def test_days_later_nothing_is_filed_again(loaded: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    later = Clock()
    later.forward(days=9, hours=5)
    monkeypatch.setattr(loaded.workshop, "clock", later)

    again = await load_demo(loaded)

    assert (again.filed, again.steps, again.left_alone) == (0, 0, [])


async def test_every_account_signs_in(loaded: Runtime) -> None:
    kept = read_demo_accounts(loaded.settings.data_dir)

    assert [account.login for account in kept] == [account.login for account in read_script().accounts]
    for account in kept:
        async with loaded.workshop.work(ANYONE) as work:
            assert (await log_in(work, account.login, account.password)).person.role is account.role


async def test_only_the_owner_reads_the_passwords(loaded: Runtime) -> None:
    file = loaded.settings.data_dir / "demo-accounts.json"

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert min(len(account.password) for account in read_demo_accounts(loaded.settings.data_dir)) >= 16
    assert {path.name for path in loaded.settings.data_dir.iterdir()} == {file.name, "classifier.key"}


async def test_the_thirteen_of_2020_are_there_as_they_are_called_today(loaded: Runtime) -> None:
    knowledge = await loaded.knowledge.current(loaded.workshop.clock())
    statement = text("select code from agency where is_in_seed")
    today = loaded.workshop.clock().date()
    admins = {account.agency for account in read_script().accounts if account.role is Role.AGENCY_ADMIN}

    async with loaded.workshop.work(SYSTEM) as work:
        codes = list(await work.session.scalars(statement))

    assert len(codes) == 13
    for code in codes:
        assert admins & set(knowledge.directory.current(code, today)), code


async def test_lost_passwords_are_made_anew_and_open_the_accounts(loaded: Runtime) -> None:
    before = read_demo_accounts(loaded.settings.data_dir)
    (loaded.settings.data_dir / "demo-accounts.json").unlink()

    again = await load_demo(loaded)

    after = read_demo_accounts(loaded.settings.data_dir)
    assert (again.accounts_reset, again.filed, again.steps) == (len(before), 0, 0)
    assert not {account.password for account in before} & {account.password for account in after}
    async with loaded.workshop.work(ANYONE) as work:
        await log_in(work, after[0].login, after[0].password)


class Interrupted(Exception):
    """Stands for the plug that is pulled."""


class Plug:
    """Progress that ends a load when it was told something so many times."""

    def __init__(self, times: int) -> None:
        self._left = times

    def __call__(self, _: int) -> None:
        self._left -= 1
        if not self._left:
            raise Interrupted


async def test_a_load_that_was_interrupted_goes_on_where_it_was(loaded: Runtime, runtime: Runtime) -> None:
    for times in (1, 20, 39, 41, 43, 60, 80, 90):
        with suppress(Interrupted):
            await load_demo(runtime, progress=Plug(times))

    last = await load_demo(runtime)

    assert 0 < last.filed < len(read_script().complaints)
    assert last.left_alone == []
    assert await histories(runtime) == await histories(loaded)


async def test_a_load_goes_on_days_later_as_if_it_had_never_stopped(
    loaded: Runtime, runtime: Runtime, clock: Clock
) -> None:
    with suppress(Interrupted):
        await load_demo(runtime, progress=Plug(120))
    clock.forward(days=4, hours=7)

    await load_demo(runtime)

    assert await histories(runtime) == await histories(loaded)


async def test_what_somebody_touched_after_an_interruption_is_left_alone(runtime: Runtime) -> None:
    script = read_script()
    with suppress(Interrupted):
        await load_demo(runtime, progress=Plug(len(script.accounts) + 1))  # all accounts, the first complaint
    async with runtime.workshop.work(Actor(Role.NATIONAL_ADMIN)) as work:
        (complaint,) = await work.session.scalars(select(Complaint))
        await archive(work, complaint.id, "DUPLIKAT", None, seen_version=complaint.version)

    last = await load_demo(runtime)

    assert last.left_alone == [script.complaints[0].key]
    assert last.filed == len(script.complaints) - 1


@pytest.mark.parametrize("hour", [0, 6, 12, 23])
def test_no_history_reaches_into_the_future_on_any_day_of_the_year(hour: int) -> None:
    calendar = WorkingCalendar()
    for day in range(0, 366, 3):
        now = datetime(2026, 1, 1, hour, 30, tzinfo=UTC) + timedelta(days=day)
        for story in read_script().complaints:
            moments = story.moments(story.ago.away_from(now, calendar, direction=-1), calendar)
            assert moments == sorted(moments), story.key
            assert moments[-1] < now, (story.key, now)


def test_every_step_names_a_verb_and_every_verb_is_used() -> None:
    assert {step.do for story in read_script().complaints for step in story.steps} == set(VERBS)


def test_keys_are_unique_and_nobody_can_file_under_a_short_one() -> None:
    keys = [story.mark("idempotency") for story in read_script().complaints]

    assert len(set(keys)) == len(keys)
    assert min(map(len, keys)) >= 16


def test_production_refuses_before_it_asks_the_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SALUR_ENVIRONMENT", "production")
    monkeypatch.setenv("SALUR_VAULT_KEYS", VAULT_KEY)
    monkeypatch.setenv("SALUR_CLASSIFIER__KEY_FILE", str(tmp_path / "classifier.key"))
    monkeypatch.setenv("SALUR_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")

    told = CliRunner().invoke(demo, ["load"])

    assert told.exit_code == 1
    assert "tidak dimuat di lingkungan produksi" in told.output
    assert "not loaded in production" in told.output
    assert not list(tmp_path.iterdir())


def test_the_command_tells_how_many_complaints_stand_where(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", settings.url())
    monkeypatch.setenv("SALUR_DATA_DIR", str(settings.data_dir))

    told = CliRunner().invoke(demo, ["load"])

    assert told.exit_code == 0, told.output
    assert f"{len(read_script().complaints)} filed" in told.output
    assert all(status in told.output for status in Status)
