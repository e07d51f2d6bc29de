"""A socket server that speaks the protocol of ClamAV's daemon; the daemon itself comes from no package registry."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
from anyio.abc import SocketAttribute, SocketStream
from anyio.streams.buffered import BufferedByteReceiveStream
from anyio.streams.stapled import MultiListener

from tests.file_samples import EICAR


@dataclass
class Daemon:
    """Finds the test signature, and remembers what it was given. `answer` is said instead of the truth when set."""

    address: str = ""
    scanned: list[bytes] = field(default_factory=list)
    answer: bytes | None = None

    async def serve(self, client: SocketStream) -> None:
        """One connection: a command, chunks with their length before them, a chunk of none, the answer."""
        async with client:
            stream = BufferedByteReceiveStream(client)
            assert await stream.receive_until(b"\0", 32) == b"zINSTREAM"
            content = b""
            while length := int.from_bytes(await stream.receive_exactly(4), "big"):
                content += await stream.receive_exactly(length)
            self.scanned.append(content)
            found = b"stream: Eicar-Test-Signature FOUND" if EICAR in content else b"stream: OK"
            await client.send((found if self.answer is None else self.answer) + b"\0")


@asynccontextmanager
async def clamd(path: str | None = None) -> AsyncIterator[Daemon]:
    """The daemon on a Unix socket, or on a port of its own."""
    daemon = Daemon()
    if path is None:
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
        port = listener.extra(SocketAttribute.local_port)  # noqa: S610 - a socket, not Django
        daemon.address = f"127.0.0.1:{port}"
    else:
        listener, daemon.address = MultiListener([await anyio.create_unix_listener(path)]), path
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, daemon.serve)
        yield daemon
        tasks.cancel_scope.cancel()
