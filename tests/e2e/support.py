"""What end-to-end tests speak with: processes, HTTP, WebSockets, and waiting without guessing how long."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import chain, count, repeat
from pathlib import Path
from typing import Any, Self

import anyio
import httpx
import websockets
from websockets.asyncio.client import ClientConnection

from tests.graph.support import mutation

ROOT = Path(__file__).parents[2]
PAGE = "http://halaman.test"
_addresses = count(1)


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(data_dir: Path, database_url: str | None, **more: str) -> dict[str, str]:
    """The variables of a process: ours and nothing that happens to be set where the tests run."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SALUR_", "DATABASE_URL"))}
    url = {} if database_url is None else {"DATABASE_URL": database_url}
    # Wide enough that no table of the command line breaks a word.
    return {**kept, "COLUMNS": "200", "NO_COLOR": "1", "SALUR_DATA_DIR": str(data_dir), **url, **more}


def salur(
    *arguments: str, env: Mapping[str, str], stdin: str = "", cwd: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Run a command of Salur in a process of its own, to its end."""
    command = [sys.executable, "-m", "server", *arguments]
    return subprocess.run(
        command, env=env, cwd=cwd, input=stdin, capture_output=True, text=True, timeout=90, check=False
    )


async def until(condition: Callable[[], Awaitable[Any]], seconds: float = 30) -> Any:
    """Ask again and again until the answer is true; gives it."""
    answer = None
    with anyio.fail_after(seconds):
        for pause in chain([0], repeat(0.05)):
            await anyio.sleep(pause)
            if answer := await condition():
                break
    return answer


@dataclass
class Process:
    """A command of Salur that keeps running, its standard error kept in a file."""

    name: str
    child: subprocess.Popen[bytes]
    log: Path

    @classmethod
    def start(cls, name: str, env: Mapping[str, str], log: Path) -> Self:
        """Start `salur serve` or `salur worker`."""
        with log.open("wb") as stderr:
            command = [sys.executable, "-m", "server", name]
            child = subprocess.Popen(command, env=env, cwd=ROOT, stdout=stderr, stderr=stderr, stdin=subprocess.DEVNULL)
        return cls(name, child, log)

    def stop(self) -> int:
        """Ask it to stop and give its exit code; it has fifteen seconds."""
        self.child.send_signal(signal.SIGTERM)
        return self.child.wait(15)

    def end(self) -> None:
        """Make sure that nothing stays behind."""
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()


@dataclass
class House:
    """A server and a worker on a database of their own."""

    url: str
    database_url: str
    env: Mapping[str, str]
    processes: list[Process] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def open(cls, database_url: str, data_dir: Path, **more: str) -> AsyncIterator[Self]:
        """Both processes, ready; stopped at the end."""
        port = free_port()
        env = environment(
            data_dir,
            database_url,
            SALUR_HTTP__PORT=str(port),
            SALUR_HTTP__SECURE_COOKIES="false",
            SALUR_HTTP__ALLOWED_ORIGINS=json.dumps([PAGE]),
            # Every test speaks from an address of its own, as if through a proxy.
            SALUR_HTTP__TRUSTED_PROXIES=json.dumps(["127.0.0.1"]),
            SALUR_CLASSIFIER__POLL_SECONDS="0.5",
            SALUR_LOG_FORMAT="json",
            **more,
        )
        house = cls(f"http://127.0.0.1:{port}", database_url, env)
        house.processes = [Process.start(name, env, data_dir / f"{name}.log") for name in ("serve", "worker")]
        try:
            await house.ready()
            yield house
            for process in house.processes:
                process.stop()
        finally:
            for process in house.processes:
                process.end()

    async def ready(self) -> None:
        """Wait until the server says so."""

        async def asks() -> bool:
            for process in self.processes:
                assert process.child.poll() is None, process.log.read_text()
            try:
                async with httpx.AsyncClient() as client:
                    return (await client.get(f"{self.url}/health/ready")).status_code == 200
            except httpx.TransportError:
                return False

        await until(asks, 60)

    def client(self, **headers: str) -> "Client":
        """Somebody with a browser, at an address nobody else has."""
        number = next(_addresses)
        address = {"x-forwarded-for": f"198.51.{number // 250}.{number % 250}"}
        return Client(httpx.AsyncClient(base_url=self.url, headers=address | headers, timeout=30))

    @property
    def logs(self) -> str:
        """What both processes wrote to their standard error."""
        return "".join(process.log.read_text() for process in self.processes)


@dataclass
class Client:
    """Speaks GraphQL over HTTP."""

    http: httpx.AsyncClient

    async def ask(self, document: str, /, **variables: Any) -> dict[str, Any]:
        """The whole answer to a document."""
        response = await self.http.post("/graphql", json={"query": document, "variables": variables})
        answer: dict[str, Any] = response.json()
        return answer

    async def read(self, document: str, /, **variables: Any) -> Any:
        """The data of a document that is answered without errors."""
        answer = await self.ask(document, **variables)
        assert "errors" not in answer, answer
        return answer["data"]

    async def do(self, name: str, payload: str | None = None, /, **arguments: Any) -> dict[str, Any]:
        """One mutation; gives the member of its union."""
        member: dict[str, Any] = (await self.read(mutation(name, payload), **arguments))[name]
        return member

    async def sign_in(self, login: str, password: str) -> str:
        """Sign in for everything asked from now on; gives the token."""
        answer = await self.do("login", login=login, password=password, kind="BEARER")
        token: str = answer["token"]
        self.http.headers["authorization"] = f"Bearer {token}"
        return token

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.http.aclose()


@dataclass
class Socket:
    """Speaks graphql-transport-ws."""

    connection: ClientConnection

    @classmethod
    @asynccontextmanager
    async def open(cls, house: House, token: str | None = None, **options: Any) -> AsyncIterator[Self]:
        """A connection that was acknowledged; the token goes with connection_init, as browsers do it."""
        options = {"subprotocols": [websockets.Subprotocol("graphql-transport-ws")], **options}
        async with websockets.connect(f"{house.url.replace('http', 'ws')}/graphql", **options) as connection:
            proof = {} if token is None else {"payload": {"authorization": f"Bearer {token}"}}
            await connection.send(json.dumps({"type": "connection_init", **proof}))
            opened = cls(connection)
            assert (await opened.hear())["type"] == "connection_ack"
            yield opened

    async def subscribe(self, name: str, document: str, /, **variables: Any) -> None:
        """Begin an operation."""
        payload = {"query": document, "variables": variables}
        await self.connection.send(json.dumps({"id": name, "type": "subscribe", "payload": payload}))

    async def hear(self) -> dict[str, Any]:
        """The next message."""
        with anyio.fail_after(20):
            message: dict[str, Any] = json.loads(await self.connection.recv())
            return message
