"""The outside world as tests meet it: an SMTP server that keeps letters, a receiver of webhooks that can fail."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http import HTTPStatus
from typing import Any, Self

import anyio
import orjson
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession

ANSWERS_OK = "250 OK"


@dataclass
class MailSink:
    """Accepts every letter unless `answers` says otherwise, one answer for each attempt."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    answers: deque[str] = field(default_factory=deque)
    # Set when a letter is in, before the sender hears so; `meanwhile` runs then.
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    meanwhile: Callable[[], None] | None = None
    # Set when somebody connected; while `greets` is not set, nobody is greeted.
    called: asyncio.Event = field(default_factory=asyncio.Event)
    greets: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_DATA(self, _server: SMTP, _session: SmtpSession, envelope: Envelope) -> str:  # noqa: N802
        """What aiosmtpd calls with a letter."""
        answer = self.answers.popleft() if self.answers else ANSWERS_OK
        if answer == ANSWERS_OK:
            content = envelope.original_content or b""
            message = message_from_bytes(content, policy=default)
            assert isinstance(message, EmailMessage)
            self.letters.append(message)
            self.recipients += envelope.rcpt_tos
        self.arrived.set()
        if self.meanwhile is not None:
            self.meanwhile()
        return answer

    @classmethod
    @asynccontextmanager
    async def open(cls, **options: Any) -> AsyncIterator[Self]:
        """A server on a port of its own; `options` are those of aiosmtpd."""
        sink = cls()
        sink.greets.set()

        async def wait_then_serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            # The conversation runs behind this door, which can be kept shut.
            sink.called.set()
            await sink.greets.wait()
            ours_reader, ours_writer = await asyncio.open_connection("127.0.0.1", inner_port)
            await _pipe_both(reader, writer, ours_reader, ours_writer)

        loop = asyncio.get_running_loop()
        inner = await loop.create_server(lambda: SMTP(sink, hostname="sink.test", **options), "127.0.0.1", 0)
        inner_port = inner.sockets[0].getsockname()[1]
        outer = await asyncio.start_server(wait_then_serve, "127.0.0.1", 0)
        sink.port = outer.sockets[0].getsockname()[1]
        try:
            yield sink
        finally:
            outer.close()
            inner.close()


async def _pipe_both(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    other_reader: asyncio.StreamReader,
    other_writer: asyncio.StreamWriter,
) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_pipe, reader, other_writer)
        tasks.start_soon(_pipe, other_reader, writer)


async def _pipe(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(65_536):
            target.write(data)
            await target.drain()
    except ConnectionError:
        pass
    finally:
        target.close()


@dataclass(frozen=True)
class Request:
    """One webhook as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> dict[str, Any]:
        """The JSON in it."""
        said: dict[str, Any] = orjson.loads(self.body)
        return said


@dataclass
class Receiver:
    """Answers 200 unless `answers` says otherwise: a status for each attempt, with headers if need be."""

    port: int = 0
    requests: list[Request] = field(default_factory=list)
    answers: deque[int | tuple[int, str]] = field(default_factory=deque)
    meanwhile: Callable[[], None] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/salur?kunci=ya"

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator[Self]:
        """A server on a port of its own."""
        receiver = cls()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                first, *lines = head.split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                receiver.requests.append(Request(first.split()[1], headers, body))
                if receiver.meanwhile is not None:
                    receiver.meanwhile()
                answer = receiver.answers.popleft() if receiver.answers else 200
                status, more = answer if isinstance(answer, tuple) else (answer, "")
                phrase = HTTPStatus(status).phrase
                writer.write(f"HTTP/1.1 {status} {phrase}\r\ncontent-length: 0\r\n{more}\r\n".encode())
                await writer.drain()
            except (ConnectionError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        receiver.port = server.sockets[0].getsockname()[1]
        try:
            yield receiver
        finally:
            server.close()
