"""`salur up`: from nothing to a running Salur, one visible step after the other, and cleanly back to nothing."""

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from server.demo import read_demo_accounts
from server.embedded import AlreadyRunning, EmbeddedPostgres, StartFailed
from server.settings import Settings

_READY_SECONDS = 60
_STOP_SECONDS = 15
_SALUR = (sys.executable, "-m", "server")


class StepFailed(Exception):
    """A step did not work; the message says what to do."""


class Startup:
    """The steps, in order. Everything started is stopped in the opposite order."""

    def __init__(self, settings: Settings, *, with_demo: bool) -> None:
        self._settings = settings
        self._with_demo = with_demo
        self._console = Console()
        self._stopping = threading.Event()
        self._environment = dict(os.environ)

    def run(self) -> int:
        """Start, wait for Ctrl-C or for a part to fail, stop. Gives the exit code."""
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, self._stop)
        try:
            with ExitStack() as stack:
                self._start(stack)
                return self._watch()
        except StepFailed as failed:
            self._console.print(f"[red]{escape(str(failed))}[/]")
            return 1

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._stopping.set()

    def _start(self, stack: ExitStack) -> None:
        with self._step("Database"):
            self._environment["DATABASE_URL"] = self._database(stack)
        self._call("Schema", "db", "upgrade")
        self._call("Reference data", "seed")
        self._call("Classifier", "classifier", "first")
        if self._with_demo:
            self._call("Demonstration", "demo", "load")
        with self._step("Worker"):
            self._worker = stack.enter_context(self._child("worker"))
        with self._step("Server"):
            self._server = stack.enter_context(self._child("serve"))
            self._wait_until_ready()
        self._announce()

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        if self._stopping.is_set():
            raise StepFailed("Stopped.")
        self._console.print(f"[bold]{name}[/] ...")
        started = time.monotonic()
        yield
        self._console.print(f"[bold]{name}[/] ready ({time.monotonic() - started:.1f} s)")

    def _database(self, stack: ExitStack) -> str:
        settings = self._settings
        if settings.database_url is not None:
            return settings.database_url.get_secret_value()
        try:
            server = stack.enter_context(
                EmbeddedPostgres(
                    settings.data_dir, binaries=settings.postgres.binaries, state_dir=settings.postgres.state_dir
                )
            )
        except (AlreadyRunning, StartFailed) as error:
            raise StepFailed(str(error)) from error
        # So that `salur classifier ...` in another terminal finds the database as long as it runs.
        note = settings.database_note
        note.touch(mode=0o600)
        note.write_text(server.url() + "\n", encoding="utf-8")
        stack.callback(note.unlink, missing_ok=True)
        return server.url()

    def _call(self, name: str, *command: str) -> None:
        """Run one of our own commands to its end, its output below the step's name."""
        with self._step(name):
            done = subprocess.run([*_SALUR, *command], env=self._environment, check=False)  # noqa: S603 - our own
            if done.returncode:
                raise StepFailed(f"`salur {' '.join(command)}` failed, see above. Run it again by itself to try.")

    @contextmanager
    def _child(self, command: str) -> Iterator[subprocess.Popen[bytes]]:
        """One of our own commands that keeps running, in a session of its own: Ctrl-C reaches only this process."""
        child = subprocess.Popen(  # noqa: S603 - our own command
            [*_SALUR, command, "--with-parent"],
            env=self._environment,
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            yield child
        finally:
            child.terminate()
            try:
                child.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._console.print(f"[yellow]`salur {command}` did not stop in time and was killed.[/]")
                child.kill()
                child.wait()

    def _wait_until_ready(self) -> None:
        http = self._settings.http
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline and not self._stopping.is_set():
            if self._server.poll() is not None:
                raise StepFailed(
                    f"The server stopped by itself, see above. If port {http.port} is taken, "
                    "set SALUR_HTTP__PORT to another one."
                )
            try:
                with urllib.request.urlopen(f"{self._address()}/health/ready", timeout=2):  # noqa: S310 - ours
                    return
            except (urllib.error.URLError, OSError):
                self._stopping.wait(0.1)
        if not self._stopping.is_set():
            raise StepFailed(f"The server was not ready after {_READY_SECONDS} s; its log is above.")

    def _address(self) -> str:
        http = self._settings.http
        host = "127.0.0.1" if http.host in ("0.0.0.0", "::") else http.host  # noqa: S104 - compared, not bound
        return f"http://{host}:{http.port}"

    def _announce(self) -> None:
        table = Table.grid(padding=(0, 2))
        for account in read_demo_accounts(self._settings.data_dir) if self._with_demo else ():
            table.add_row(account.login, account.password, account.role)
        self._console.print("\n[green bold]Salur is ready.[/] Ctrl-C stops it.\n")
        self._console.print(f"GraphQL  [bold]{self._address()}/graphql[/]\nHealth   {self._address()}/health/ready\n")
        self._console.print(table, soft_wrap=True)

    def _watch(self) -> int:
        """Wait until told to stop or a part ends by itself."""
        while not self._stopping.wait(0.5):
            for name, child in (("server", self._server), ("worker", self._worker)):
                if child.poll() is not None:
                    raise StepFailed(f"The {name} stopped by itself (exit code {child.returncode}), see above.")
        self._console.print("\nStopping ...")
        return 0
