"""The embedded PostgreSQL starts, keeps its data and ends with its starter."""

import json
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest
import sqlalchemy

from server import embedded_account
from server.embedded import AlreadyRunning, StartFailed
from tests.embedded.support import (
    DEBIANS_BINARIES,
    Eventually,
    Make,
    only_linux,
)


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
