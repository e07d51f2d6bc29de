"""The two processes as an operator meets them: advice that comes later, and stopping."""

import json
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import httpx
import psycopg
import pytest

from server.keys import kept_secret
from tests.e2e.support import ROOT, House, Process, environment, free_port, salur, until

CASE = "query($code: String!, $pin: String!) { trackComplaint(code: $code, pin: $pin) { status events { kind } } }"
SUGGEST = '{ suggest(text: "Listrik di rumah kami padam") { version } }'


async def test_complaint_filed_without_a_classifier_is_advised_after_one_was_promoted(
    database_url: str, tmp_path: Path, small_corpus: Path
) -> None:
    version = trained(small_corpus, tmp_path)
    registered = salur("classifier", "register", version, env=environment(tmp_path, database_url))
    assert (registered.returncode, version in registered.stdout) == (0, True), registered.stderr
    async with House.open(database_url, tmp_path) as house, house.client() as client:
        report = {"text": "Listrik di rumah kami padam setiap malam, sudah lapor PLN belum ditangani"}
        await client.do("submitComplaint", input=report)
        assert await client.read(SUGGEST) == {"suggest": None}

        # Promoted while both processes run.
        promoted = salur("classifier", "promote", version, "--reason", "uji", env=house.env)
        assert (promoted.returncode, version in promoted.stdout) == (0, True), promoted.stderr

        async def serves() -> bool:
            return bool((await client.read(SUGGEST))["suggest"] == {"version": version})

        async def kinds() -> list[str]:
            async with await psycopg.AsyncConnection.connect(database_url) as connection:
                found = await connection.execute("select kind from complaint_event order by seq")
                return [row[0] for row in await found.fetchall()]

        async def is_advised() -> bool:
            return "Suggested" in await kinds()

        await until(serves)
        # The pause before the next attempt is over.
        async with await psycopg.AsyncConnection.connect(database_url) as connection:
            await connection.execute("update procrastinate_jobs set scheduled_at = now() where status = 'todo'")
        await until(is_advised, 60)
        assert await kinds() == ["Submitted", "Routed", "Suggested", "Routed"]
        assert (await client.http.get("/health/ready")).json()["classifier"] == version


def trained(data: Path, folder: Path) -> str:
    """Train a version into the store of a data folder, signed with its key, as an operator does; gives its name."""
    key = folder / "classifier.key"
    kept_secret(key, lambda: "kunci untuk uji")
    command = [sys.executable, "-m", "ml.train", "--data", str(data), "--store", str(folder / "classifiers"), "--json"]
    options = ["--key-file", str(key), "--target", "category", "--target", "agency"]
    done = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, timeout=90, check=True)
    version: str = json.loads(done.stdout.splitlines()[-1])["version"]
    return version


@pytest.mark.parametrize("name", ["serve", "worker"])
async def test_process_stops_when_told(name: str, database_url: str, tmp_path: Path) -> None:
    env = environment(tmp_path, database_url, SALUR_HTTP__PORT=str(free_port()), SALUR_LOG_FORMAT="json")
    process = Process.start(name, env, tmp_path / "log")
    try:
        house = House(f"http://127.0.0.1:{env['SALUR_HTTP__PORT']}", database_url, env, [process])
        await (house.ready() if name == "serve" else works(database_url))

        code = process.stop()
    finally:
        process.end()

    assert code in (0, -signal.SIGTERM)
    assert "Traceback" not in process.log.read_text()


async def works(database_url: str) -> None:
    """Wait until a worker has put itself on the list."""

    async def is_listed() -> bool:
        async with await psycopg.AsyncConnection.connect(database_url) as connection:
            found = await connection.execute("select from procrastinate_workers")
            return await found.fetchone() is not None

    await until(is_listed)


async def test_server_on_an_empty_database_lives_says_why_it_is_not_ready_and_stops(
    tmp_path: Path, empty_url: str
) -> None:
    env = environment(tmp_path, empty_url, SALUR_HTTP__PORT=str(free_port()), SALUR_LOG_FORMAT="json")
    process = Process.start("serve", env, tmp_path / "log")
    try:

        async def answers() -> httpx.Response | None:
            assert process.child.poll() is None, process.log.read_text()
            async with httpx.AsyncClient() as client:
                with suppress(httpx.TransportError):
                    return await client.get(f"http://127.0.0.1:{env['SALUR_HTTP__PORT']}/health/ready")
            return None

        response = await until(answers)
        process.child.send_signal(signal.SIGINT)
        code = process.child.wait(15)
    finally:
        process.end()

    report = response.json()
    assert (response.status_code, report["status"], report["schema_revision"]) == (503, "not ready", None)
    assert code in (0, -signal.SIGINT)
