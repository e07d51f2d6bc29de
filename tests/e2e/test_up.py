"""`salur up`: everything from an empty folder with one command, and nothing left behind."""

import os
import re
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import anyio.to_thread
import httpx
import psycopg
import pytest

from tests.e2e.support import ROOT, environment, free_port, salur, until


@pytest.fixture
def program(tmp_path: Path, small_corpus: Path) -> Path:
    """The program as it is, except that it ships sixty complaints to learn from: the whole corpus takes minutes."""
    home = tmp_path / "program"
    (home / "ml" / "corpus").mkdir(parents=True)
    small_corpus.rename(home / "ml" / "corpus" / "kecil.jsonl")
    for room in ("server", "graph", "complaints", "models", "rules"):
        (home / room).symlink_to(ROOT / room)
    for module in (ROOT / "ml").glob("*.py"):
        (home / "ml" / module.name).symlink_to(module)
    return home


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder that the unprivileged account of the database can reach when tests run as root."""
    with tempfile.TemporaryDirectory(prefix="salur-up-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@dataclass
class Up:
    """A running `salur up`."""

    child: subprocess.Popen[bytes]
    output: Path
    url: str

    async def ready(self) -> dict[str, str]:
        """Wait for the word "ready", and ask whether it is true."""

        async def said() -> bool:
            assert self.child.poll() is None, self.output.read_text()
            return "Salur is ready." in self.output.read_text()

        await until(said, 90)
        async with httpx.AsyncClient() as client:
            report: dict[str, str] = (await client.get(f"{self.url}/health/ready")).json()
            return report

    def interrupt(self) -> int:
        """What Ctrl-C does; gives the exit code."""
        self.child.send_signal(signal.SIGINT)
        return self.child.wait(40)


def start(program: Path, folder: Path, output: Path, *options: str) -> Up:
    """Run `salur up` in a session of its own."""
    port = free_port()
    env = environment(
        folder / "data", None, SALUR_HTTP__PORT=str(port), SALUR_POSTGRES__STATE_DIR=str(folder / "state")
    )
    with output.open("wb") as stdout:
        child = subprocess.Popen(
            [sys.executable, "-m", "server", "up", *options],
            env=env, cwd=program, stdout=stdout, stderr=stdout, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    return Up(child, output, f"http://127.0.0.1:{port}")


def database_pid(folder: Path) -> int:
    """The process of the database that runs on the folder."""
    (file,) = folder.rglob("postmaster.pid")
    return int(file.read_text().splitlines()[0])


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_everything_starts_from_nothing_stops_without_a_trace_and_finds_its_data_again(
    program: Path, folder: Path, tmp_path: Path
) -> None:
    submit = 'mutation { submitComplaint(input: {text: "Jalan di depan pasar berlubang"}) { __typename } }'
    count = "{ regions { code } publicComplaints { totalCount } }"

    first = start(program, folder, tmp_path / "first", "--no-demo")
    try:
        report = await first.ready()
        pid = database_pid(folder)
        async with httpx.AsyncClient(base_url=first.url, timeout=30) as client:
            filed = (await client.post("/graphql", json={"query": submit})).json()
            read = (await client.post("/graphql", json={"query": count})).json()
        # Another terminal finds the database without being told where it is.
        note = folder / "data" / "database.url"
        mode = stat.S_IMODE(note.stat().st_mode)
        listed = await anyio.to_thread.run_sync(
            partial(salur, "classifier", "list", env=environment(folder / "data", None))
        )
        code = first.interrupt()
    finally:
        end(first)

    assert (report["status"], re.fullmatch("[0-9a-f]{16}", report["classifier"]) is not None) == ("ready", True)
    assert filed == {"data": {"submitComplaint": {"__typename": "SubmitComplaintPayload"}}}
    assert (len(read["data"]["regions"]), read["data"]["publicComplaints"]) == (38, {"totalCount": 0})
    said = first.output.read_text()
    assert [step for step in STEPS if f"{step} ready" not in said] == []
    assert (code, "Traceback" in said) == (0, False)
    assert not runs(pid)
    assert (mode, note.exists()) == (0o600, False)
    assert (listed.returncode, report["classifier"] in listed.stdout) == (0, True), listed.stderr

    second = start(program, folder, tmp_path / "second", "--no-demo")
    try:
        again = await second.ready()
        stored = complaints(folder)
        pid = database_pid(folder)
        code = second.interrupt()
    finally:
        end(second)

    assert again["classifier"] == report["classifier"]
    assert stored == 1
    assert "A version serves already." in second.output.read_text()
    assert (code, runs(pid)) == (0, False)


STEPS = ("Database", "Schema", "Reference data", "Classifier", "Worker", "Server")


def complaints(folder: Path) -> int:
    """How many complaints the running database of the folder holds."""
    lines = next(folder.rglob("postmaster.pid")).read_text().splitlines()
    with psycopg.connect(host=lines[4], port=int(lines[3]), user="salur", dbname="salur") as connection:
        row = connection.execute("select count(*) from complaint").fetchone()
    return 0 if row is None else int(row[0])


def end(up: Up) -> None:
    """Nothing of a failed test stays behind: the children end with their parent."""
    if up.child.poll() is None:
        up.child.kill()
        up.child.wait()
