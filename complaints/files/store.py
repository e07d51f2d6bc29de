"""Where files lie: one small protocol, and the folder that keeps it."""

import os
import re
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

import anyio.to_thread

Answer = TypeVar("Answer")

_KEY = re.compile(r"[a-z0-9]+(/[a-z0-9]+)+")
# Files that are being received; on the same file system as the others, so that they are renamed and not copied.
_ARRIVING = "arriving"


def is_key(key: str) -> bool:
    """Whether it is written as our keys are."""
    return _KEY.fullmatch(key) is not None


class StorageDown(Exception):
    """The storage does not answer; what was asked is to be tried again."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file as the storage lists it."""

    key: str
    modified_at: datetime


class FileStore(Protocol):
    """Bytes under keys of ours: lower-case letters and digits, parts divided by slashes. All raise `StorageDown`."""

    async def size(self, key: str) -> int | None:
        """How many bytes there are, or None when there is no such file."""

    async def head(self, key: str, length: int) -> bytes | None:
        """The first bytes, or None when there is no such file."""

    async def read(self, key: str) -> bytes | None:
        """All bytes, or None when there is no such file."""

    async def write(self, key: str, content: bytes, media_type: str) -> None:
        """Keep the bytes, whole or not at all; the same key again replaces them."""

    async def remove(self, key: str) -> None:
        """Forget the file; also when it is not there."""

    def listed(self) -> AsyncIterator[list[Stored]]:
        """Everything there is, a batch at a time."""


class Arrival:
    """A file that is being received; it is gone with the block unless it was put in its place."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file = file
        self._path = path
        self.size = 0

    async def add(self, chunk: bytes) -> None:
        """Write what came next."""
        self.size += len(chunk)
        await anyio.to_thread.run_sync(self._file.write, chunk)

    async def finished(self, head: int) -> bytes:
        """Make sure that all of it is on the disk; gives its first bytes."""

        def finish() -> bytes:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.seek(0)
            return self._file.read(head)

        return await anyio.to_thread.run_sync(finish)

    def put(self, target: Path) -> None:
        """Give it its place, in one step."""
        _make(target.parent)
        self._path.replace(target)
        _sync(target.parent)


class LocalStore:
    """A folder. A file is written under another name and then renamed: whoever finds it finds all of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, key: str) -> Path:
        """Where the file of a key lies. Raises `ValueError` for a key that is none of ours."""
        if not is_key(key):
            raise ValueError(key)
        return self._folder / key

    @asynccontextmanager
    async def receiving(self) -> AsyncIterator[Arrival]:
        """A place for bytes that come one after the other."""
        arriving = self._folder / _ARRIVING

        def begin() -> tuple[BinaryIO, Path]:
            _make(arriving)
            path = arriving / secrets.token_hex(16)
            return path.open("x+b"), path

        file, path = await anyio.to_thread.run_sync(begin)
        try:
            yield Arrival(file, path)
        finally:
            file.close()
            path.unlink(missing_ok=True)

    async def put(self, arrival: Arrival, key: str) -> None:
        """Keep what was received under its key."""
        await anyio.to_thread.run_sync(arrival.put, self.path(key))

    async def size(self, key: str) -> int | None:
        path = self.path(key)

        def measure() -> int | None:
            try:
                return path.stat().st_size
            except FileNotFoundError:
                return None

        return await _in_thread(measure)

    async def head(self, key: str, length: int) -> bytes | None:
        path = self.path(key)

        def read() -> bytes | None:
            try:
                with path.open("rb") as file:
                    return file.read(length)
            except FileNotFoundError:
                return None

        return await _in_thread(read)

    async def read(self, key: str) -> bytes | None:
        return await self.head(key, -1)

    async def write(self, key: str, content: bytes, media_type: str) -> None:
        del media_type
        try:
            async with self.receiving() as arrival:
                await arrival.add(content)
                await arrival.finished(0)
                await self.put(arrival, key)
        except OSError as error:
            raise StorageDown from error

    async def remove(self, key: str) -> None:
        path = self.path(key)

        def forget() -> None:
            path.unlink(missing_ok=True)
            if path.parent.parent.parent != self._folder and path.parent.parent != self._folder:
                with suppress(OSError):
                    # The folder of one file and its smaller sizes goes with the last of them; shared ones stay.
                    path.parent.rmdir()

        await _in_thread(forget)

    async def listed(self) -> AsyncIterator[list[Stored]]:
        walk = self._walk()
        while batch := await _in_thread(lambda: list(islice(walk, 1_000))):
            yield batch

    def _walk(self) -> Iterator[Stored]:
        for path in self._folder.rglob("*"):
            with suppress(FileNotFoundError):
                if path.is_file():
                    at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                    yield Stored(path.relative_to(self._folder).as_posix(), at)


async def _in_thread(do: Callable[[], Answer]) -> Answer:
    try:
        return await anyio.to_thread.run_sync(do)
    except OSError as error:
        raise StorageDown from error


def _make(folder: Path) -> None:
    """A folder for its owner alone, and those above it: `mkdir` gives its mode to the last one only."""
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
