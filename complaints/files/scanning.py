"""Asking ClamAV about bytes, over its own protocol: https://docs.clamav.net/manual/Usage/Scanning.html#clamd."""

from dataclasses import dataclass

import anyio
from anyio.abc import ByteStream

_CHUNK = 256 * 1024
_LONGEST_ANSWER = 1_024


class ScannerDown(Exception):
    """No answer, or none about the file: it stays in quarantine and is tried again."""


@dataclass(frozen=True, slots=True)
class ClamAv:
    """The daemon behind a socket: the path of a Unix socket, or host and port."""

    address: str
    timeout_seconds: float = 60

    async def is_infected(self, content: bytes) -> bool:
        """Whether a signature was found. Raises `ScannerDown`."""
        try:
            with anyio.fail_after(self.timeout_seconds):
                async with await self._connected() as stream:
                    answer = await _asked(stream, content)
        except (OSError, TimeoutError, anyio.EndOfStream, anyio.BrokenResourceError) as error:
            raise ScannerDown from error
        if answer.endswith(" FOUND"):
            return True
        if not answer.endswith(": OK"):
            # "INSTREAM size limit exceeded. ERROR" among others: nobody looked at the file.
            raise ScannerDown(answer)
        return False

    async def _connected(self) -> ByteStream:
        if self.address.startswith("/"):
            return await anyio.connect_unix(self.address)
        host, _, port = self.address.rpartition(":")
        return await anyio.connect_tcp(host.strip("[]"), int(port))


async def _asked(stream: ByteStream, content: bytes) -> str:
    await stream.send(b"zINSTREAM\0")
    for start in range(0, len(content), _CHUNK):
        chunk = content[start : start + _CHUNK]
        await stream.send(len(chunk).to_bytes(4, "big") + chunk)
    await stream.send(bytes(4))
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < _LONGEST_ANSWER:
        answer += await stream.receive()
    return answer.rstrip(b"\0\n").decode("utf-8", "replace")
