"""Killed in the middle, changed on disk, swapped under load: citizens get answers, and no version is half there."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import anyio
import psycopg
import pytest
from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy import text

from complaints.policy import SYSTEM
from ml import store as registry
from ml.candidate import write
from ml.dataset import Example, load
from ml.fitting import fit
from models import ClassifierAlarm, ClassifierVersion
from rules.vocabulary import AlarmKind, JobState
from server.keys import kept_secret
from server.runtime import Runtime, wall_clock
from server.settings import Settings
from server.training import CORPUS
from tests.e2e.classifier_support import NAMED, SUGGEST, Installation, Load, stages, whole_versions
from tests.e2e.support import ROOT, House, Process, environment, free_port, until
from tests.support import VAULT_KEY

KEY = b"kunci untuk uji saja, untuk uji saja"
A, B = "a" * 16, "b" * 16


class StartProcess(Protocol):
    """A process that keeps running."""

    def __call__(self, name: str, **more: str) -> Process: ...


class StartCommand(Protocol):
    """A command of Salur that is not waited for."""

    def __call__(self, *arguments: str) -> subprocess.Popen[bytes]: ...


@pytest.fixture(scope="module")
def few() -> Sequence[Example]:
    """Thirty rows of two topics, learned in a second."""
    return load([CORPUS / "mudik.jsonl", CORPUS / "p4gn.jsonl"]).examples


@pytest.fixture(scope="module")
def many() -> Sequence[Example]:
    """Hundreds of rows: enough to be killed before they are learned."""
    return load([CORPUS / "pupr.jsonl", CORPUS / "trantib.jsonl"]).examples


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with three small versions, signed with KEY; to be read only."""
    store = tmp_path_factory.mktemp("rak")
    for topic in ("mudik", "p4gn", "agama"):
        examples = load([CORPUS / f"{topic}.jsonl", CORPUS / "hewan.jsonl"]).examples
        write(fit(examples, ["category_main"]), store, key=KEY)
    return store


@pytest.fixture(scope="module")
def names(shelf: Path) -> tuple[str, str, str]:
    """The three versions, oldest first."""
    first, second, third = registry.versions(shelf)
    return first, second, third


@pytest.fixture
def settings(settings: Settings, shelf: Path) -> Settings:
    """KEY is the key of this installation, and its store has the versions of the shelf, which the test may spoil."""
    kept_secret(settings.data_dir / "classifier.key", KEY.decode)
    shutil.copytree(shelf, settings.store_dir)
    return settings


@pytest.fixture
def installation(runtime: Runtime) -> Installation:
    """On the clock of the processes, because what both write has an order."""
    runtime.workshop.clock = wall_clock
    return Installation(runtime)


@pytest.fixture
async def serving(installation: Installation, names: tuple[str, str, str]) -> str:
    """The first version, promoted."""
    await installation.register(names[0], None)
    await installation.promote(names[0])
    return names[0]


@pytest.fixture
def env(settings: Settings, tmp_path: Path) -> dict[str, str]:
    # Whoever is killed leaves temporary files behind.
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    more = {"SALUR_VAULT_KEYS": VAULT_KEY, "SALUR_LOG_FORMAT": "json", "TMPDIR": str(scratch)}
    return environment(settings.data_dir, settings.url(), **more)


@pytest.fixture
def processes(env: dict[str, str], tmp_path: Path) -> Iterator[StartProcess]:
    """Starts `salur serve` or `salur worker`; whatever still runs at the end is ended."""
    running: list[Process] = []

    def start(name: str, **more: str) -> Process:
        running.append(Process.start(name, env | more, tmp_path / f"{name}-{len(running)}.log"))
        return running[-1]

    yield start
    for process in running:
        process.end()


@pytest.fixture
async def house(processes: StartProcess, env: dict[str, str], settings: Settings, serving: str) -> House:
    """A server that serves the first version, and looks for another as often as it does by itself."""
    more = {
        "SALUR_HTTP__PORT": str(free_port()),
        "SALUR_RATE__SUGGEST": "100000/minute",
        # How long an answer takes is measured elsewhere; here none may be missing because the machine is busy.
        "SALUR_CLASSIFIER__BUDGET_SECONDS": "10",
    }
    server = processes("serve", **more)
    opened = House(f"http://127.0.0.1:{more['SALUR_HTTP__PORT']}", settings.url(), env, [server])
    await opened.ready()
    async with opened.client() as client:

        async def serves() -> bool:
            return bool(((await client.read(SUGGEST))["suggest"] or {}).get("version") == serving)

        await until(serves)
    return opened


async def test_a_training_that_is_killed_fails_and_what_serves_goes_on(
    house: House,
    serving: str,
    installation: Installation,
    processes: StartProcess,
    settings: Settings,
    many: Sequence[Example],
    names: tuple[str, str, str],
) -> None:
    processes("worker")
    run_id = await installation.ask_for_training("banyak", many, is_long=True)
    process = await installation.process_of(run_id)

    os.kill(process, signal.SIGKILL)

    run = await installation.ended(run_id)
    assert (run.state, run.failure, run.version_id) == (JobState.FAILED, "PROCESS_DIED", None)
    assert whole_versions(settings.store_dir, KEY) == list(names)
    async with house.client() as client:
        assert (await client.read(SUGGEST))["suggest"]["version"] == serving


async def test_a_training_whose_worker_is_killed_is_given_up_and_the_next_one_runs(
    installation: Installation,
    processes: StartProcess,
    settings: Settings,
    few: Sequence[Example],
    many: Sequence[Example],
    names: tuple[str, str, str],
) -> None:
    worker = processes("worker")
    lost_id = await installation.ask_for_training("banyak", many, is_long=True)
    await installation.process_of(lost_id)

    worker.child.kill()
    worker.child.wait()
    next_id = await installation.ask_for_training("sedikit", few, is_long=False)
    # As if it had been silent for two minutes.
    async with await psycopg.AsyncConnection.connect(settings.url()) as connection:
        await connection.execute("update training_run set heartbeat_at = heartbeat_at - interval '2 minutes'")
        await connection.execute("update procrastinate_workers set last_heartbeat = now() - interval '2 minutes'")
    processes("worker")
    with suppress(AlreadyEnqueued):  # then the new worker came first, as it does every minute
        await installation.runtime.jobs.tasks["learning.mend"].defer_async(timestamp=0)

    lost, trained = await installation.ended(lost_id), await installation.ended(next_id)
    assert (lost.state, lost.failure, lost.version_id) == (JobState.FAILED, "WORKER_LOST", None)
    assert (trained.state, trained.failure) == (JobState.DONE, None)
    (version,) = await installation.rows(ClassifierVersion)
    assert (version.id, version.state) == (trained.version_id, "CANDIDATE")

    async def nobody_trains() -> bool:
        return not installation.training_processes()

    # The training that nobody listens to any more ends by itself and leaves nothing behind.
    await until(nobody_trains, 60)
    assert whole_versions(settings.store_dir, KEY) == [*names, version.version]


@pytest.fixture
def savers(settings: Settings, shelf: Path, names: tuple[str, str, str]) -> Iterator[subprocess.Popen[str]]:
    """A process that starts one saving process per line and tells its id, and once more when it is gone."""
    paths = map(str, (shelf / names[0], settings.store_dir, settings.data_dir / "classifier.key"))
    command = [sys.executable, "-m", "tests.e2e.classifier_support", *paths]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True, bufsize=1, start_new_session=True
    ) as started:
        yield started
        os.killpg(started.pid, signal.SIGKILL)


def test_versions_are_whole_whenever_the_process_that_saves_is_killed(
    settings: Settings, savers: subprocess.Popen[str], names: tuple[str, str, str]
) -> None:
    assert savers.stdin is not None
    assert savers.stdout is not None
    store = settings.store_dir

    # Before the first file, after each of the five, and when the folder got its name; three times over.
    for stage in [*range(NAMED + 1)] * 3:
        known = {folder.name for folder in store.iterdir()}
        savers.stdin.write("\n")
        victim = int(savers.stdout.readline())
        deadline = time.monotonic() + 30
        while stage not in stages(store, known):
            assert time.monotonic() < deadline
        os.kill(victim, signal.SIGKILL)
        assert int(savers.stdout.readline()) == victim
        assert registry.latest(store) in registry.versions(store)

    kept = whole_versions(store, KEY)
    assert kept == registry.versions(store)
    assert set(kept) > set(names)
    # They were hit at different moments, and what was left there is no version.
    assert len(stages(store, kept)) > 1
    assert NAMED not in stages(store, kept)


@pytest.fixture
def started(env: dict[str, str]) -> Iterator[StartCommand]:
    """A command that runs until the test kills it."""
    running: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "server", *arguments]
        quiet = subprocess.DEVNULL
        running.append(subprocess.Popen(command, env=env, cwd=ROOT, stdin=quiet, stdout=quiet, stderr=quiet))
        return running[-1]

    yield start
    for child in running:
        child.kill()
        child.wait()


CONNECTED = """
select count(*) from pg_stat_activity
where datname = current_database() and backend_type = 'client backend' and pid <> all(%(others)s)
"""
WAITS = "select count(*) from pg_locks where not granted and pid <> all(%(others)s)"
COMMITTED = "select count(*) from classifier_release where reason = 'uji'"


@pytest.mark.parametrize(
    ("way", "held", "moment", "outcomes"),
    [
        ("promote", None, CONNECTED, {"before", "after"}),
        ("promote", "lock table classifier_version in exclusive mode", WAITS, {"before"}),
        ("promote", "lock table classifier_release in share mode", WAITS, {"before"}),
        ("promote", None, COMMITTED, {"after"}),
        ("roll-back", "lock table classifier_release in share mode", WAITS, {"before"}),
        ("roll-back", None, COMMITTED, {"after"}),
    ],
    ids=["it has connected", "it reads", "half is written", "it has committed", "half is back", "it is back"],
)
async def test_one_version_is_active_whenever_the_process_that_promotes_is_killed(
    way: str,
    held: str | None,
    moment: str,
    outcomes: set[str],
    installation: Installation,
    settings: Settings,
    started: StartCommand,
) -> None:
    for version, against in ((A, None), (B, A)):
        await installation.register(version, against)
    await installation.promote(A)
    if way == "roll-back":
        await installation.promote(B)
    expected = {"before": A, "after": B} if way == "promote" else {"before": B, "after": A}
    async with await psycopg.AsyncConnection.connect(settings.url(), autocommit=True) as watcher:
        others = [pid for (pid,) in await (await watcher.execute("select pid from pg_stat_activity")).fetchall()]

        async def is_at(question: str) -> bool:
            row = await (await watcher.execute(question.encode(), {"others": others})).fetchone()
            return row is not None and row[0] > 0

        async with installation.runtime.workshop.work(SYSTEM) as work:
            if held is not None:
                await work.session.execute(text(held))
            child = started("classifier", way, *([B] if way == "promote" else []), "--reason", "uji")
            await until(lambda: is_at(moment))
            child.kill()
            child.wait()

        async def is_forgotten() -> bool:
            return not await is_at(CONNECTED)

        await until(is_forgotten)

    active = await installation.active()
    assert active in {expected[outcome] for outcome in outcomes}
    # Nothing stands in the way of the next one.
    await (installation.promote(B) if active == A else installation.roll_back())
    assert {active, await installation.active()} == {A, B}


async def test_no_request_fails_while_versions_change_and_one_of_them_is_damaged(
    house: House, settings: Settings, installation: Installation, names: tuple[str, str, str]
) -> None:
    first, second, damaged = names
    for version, against in ((first, second), (second, first), (damaged, first)):
        await installation.register(version, against)
    weights = bytearray((settings.store_dir / damaged / registry.ARRAYS).read_bytes())
    weights[-100] ^= 1
    (settings.store_dir / damaged / registry.ARRAYS).write_bytes(weights)

    async def open_alarms() -> Sequence[ClassifierAlarm]:
        return await installation.rows(ClassifierAlarm, ClassifierAlarm.acknowledged_at.is_(None))

    async with house.client() as client, anyio.create_task_group() as tasks:
        load = Load(client.http)
        tasks.start_soon(load.run)
        await load.hears(first)
        await installation.promote(second)
        await load.hears(second)
        for expected in (first, second):
            assert await installation.roll_back() == expected
            await load.hears(expected)
        await installation.promote(first)
        await load.hears(first)
        await installation.promote(damaged)
        alarms = await until(open_alarms, 10)
        await load.hears(first)
        assert await installation.roll_back() == first
        await load.hears(first)
        await installation.promote(second)
        await load.hears(second)
        load.goes_on = False

    assert load.failures == []
    assert {version for version, _ in load.answers} == {first, second}
    # Each version gave one answer, whole, and never one that is a mixture of both.
    told = dict(load.answers)
    assert set(load.answers) == set(told.items())
    assert all('"label"' in answer and '"titles": []' not in answer for answer in told.values())
    assert [(alarm.kind, alarm.subject) for alarm in alarms] == [(AlarmKind.VERSION_REFUSED, damaged)]
