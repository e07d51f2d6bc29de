"""Which classifier version this process serves: looked up, checked, loaded beside the running one, then swapped."""

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import anyio
import anyio.to_process
import anyio.to_thread
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from complaints.classifiers import ActiveVersion, active_version
from complaints.suggest import Advice, Adviser, Question
from ml.predictor import Predictor
from ml.store import MANIFEST, NoSuchVersion, StoreError, Tampered, load

log = structlog.get_logger()


def manifest_sha256(store: Path, version: str) -> str:
    """What pins a version folder: the registry keeps this hash, and the manifest holds the hashes of all files.

    Raises `NoSuchVersion`.
    """
    file = store / version / MANIFEST
    if not file.is_file():
        raise NoSuchVersion(f"no version {version} in {store}")
    return hashlib.sha256(file.read_bytes()).hexdigest()


def checked_predictor(store: Path, wanted: ActiveVersion) -> Predictor:
    """The registered version and no other. Raises `StoreError`."""
    if manifest_sha256(store, wanted.version) != wanted.manifest_sha256:
        raise Tampered(f"the manifest of {wanted.version} is not the one that was registered")
    return load(store, wanted.version)


# In the process that `advise_apart` starts: the version is loaded once for all batches.
_loaded = cache(checked_predictor)


def _advise(store: Path, serving: ActiveVersion, questions: Sequence[Question]) -> list[Advice]:
    adviser = Adviser(budget_seconds=1, threads=1)
    adviser.adopt(_loaded(store, serving), serving.id)
    return adviser.advise_now(questions)


class Serving:
    """Keeps the adviser at the promoted version; every process has one."""

    def __init__(self, engine: AsyncEngine, store: Path, adviser: Adviser) -> None:
        self._engine = engine
        self._store = store
        self._adviser = adviser
        self._serving: ActiveVersion | None = None

    async def refresh(self) -> bool:
        """Load what was promoted since; gives whether the version changed. On failure the old one stays."""
        try:
            async with self._engine.connect() as connection:
                wanted = await active_version(connection)
            if wanted is None or wanted.version == self._adviser.version:
                return False
            predictor = await anyio.to_thread.run_sync(self._load, wanted)
        except (StoreError, SQLAlchemyError, OSError):
            log.exception("classifier.refresh_failed", serving=self._adviser.version)
            return False
        self._adviser.adopt(predictor, wanted.id)
        self._serving = wanted
        log.info("classifier.serving", version=wanted.version)
        return True

    def _load(self, wanted: ActiveVersion) -> Predictor:
        return checked_predictor(self._store, wanted)

    async def advise_apart(self, questions: Sequence[Question]) -> Sequence[Advice]:
        """The answers for a batch, worked out in a process of its own: for bulk work on more than one core.

        Nothing when no version serves.
        """
        if self._serving is None:
            return ()
        return await anyio.to_process.run_sync(_advise, self._store, self._serving, questions)

    async def follow(self, every_seconds: float) -> None:
        """Look again and again, until cancelled."""
        while True:
            await self.refresh()
            await anyio.sleep(every_seconds)
