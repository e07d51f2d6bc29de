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

from complaints.classifiers import WantedVersion, WantedVersions, wanted_versions
from complaints.knowledge import NotSeeded
from complaints.learning.watching import raise_alarm
from complaints.policy import SYSTEM
from complaints.suggest import Advice, Adviser, Question
from complaints.work import Workshop
from ml.predictor import Predictor
from ml.store import MANIFEST, NoSuchVersion, StoreError, Tampered, load
from rules.vocabulary import AlarmKind

log = structlog.get_logger()


def manifest_sha256(store: Path, version: str) -> str:
    """What pins a version folder: the registry keeps this hash, and the manifest holds the hashes of all files.

    Raises `NoSuchVersion`.
    """
    file = store / version / MANIFEST
    if not file.is_file():
        raise NoSuchVersion(f"no version {version} in {store}")
    return hashlib.sha256(file.read_bytes()).hexdigest()


def checked_predictor(store: Path, wanted: WantedVersion, key: bytes) -> Predictor:
    """The registered version and no other, signed with our key. Raises `StoreError`."""
    if manifest_sha256(store, wanted.version) != wanted.manifest_sha256:
        raise Tampered(f"the manifest of {wanted.version} is not the one that was registered")
    return load(store, wanted.version, key=key)


# In the process that `advise_apart` starts: the version is loaded once for all batches.
_loaded = cache(checked_predictor)


def _advise(store: Path, serving: WantedVersion, key: bytes, questions: Sequence[Question]) -> list[Advice]:
    adviser = Adviser(budget_seconds=1, threads=1)
    adviser.adopt(_loaded(store, serving, key), serving.id)
    return adviser.advise_now(questions)


class Serving:
    """Keeps the adviser at the promoted version, and at the candidate that shadows it; every process has one."""

    def __init__(self, engine: AsyncEngine, workshop: Workshop, store: Path, key: bytes, adviser: Adviser) -> None:
        self._engine = engine
        self._workshop = workshop
        self._store = store
        self._key = key
        self._adviser = adviser
        self._serving: WantedVersion | None = None
        # What was told already: a refused version is looked at again every few seconds, and one trace is enough.
        self._refused: set[tuple[str, str]] = set()

    async def refresh(self) -> bool:
        """Load what was promoted since; gives whether the version changed. On failure the old one stays."""
        try:
            async with self._engine.connect() as connection:
                wanted = await wanted_versions(connection)
        except (SQLAlchemyError, OSError):
            log.exception("classifier.refresh_failed", serving=self._adviser.version)
            return False
        await self._follow_shadow(wanted)
        if wanted.active is None or wanted.active.version == self._adviser.version:
            return False
        predictor = await self._load(wanted.active)
        if predictor is None:
            return False
        self._adviser.adopt(predictor, wanted.active.id)
        self._serving = wanted.active
        log.info("classifier.serving", version=wanted.active.version)
        return True

    async def _follow_shadow(self, wanted: WantedVersions) -> None:
        if wanted.shadow is None:
            self._adviser.adopt_shadow(None)
        elif wanted.shadow.version != self._adviser.shadow_version:
            self._adviser.adopt_shadow(await self._load(wanted.shadow), wanted.shadow.id)

    async def _load(self, wanted: WantedVersion) -> Predictor | None:
        try:
            predictor = await anyio.to_thread.run_sync(checked_predictor, self._store, wanted, self._key)
        except (StoreError, OSError) as error:
            told = (wanted.version, str(error))
            if told not in self._refused:
                self._refused.add(told)
                log.exception("classifier.refused", version=wanted.version, serving=self._adviser.version)
            await self._alarm(wanted, error)
            return None
        self._refused.clear()
        return predictor

    async def _alarm(self, wanted: WantedVersion, error: Exception) -> None:
        # A version that was changed, or made with another key, is more than a failure: somebody should look.
        try:
            async with self._workshop.work(SYSTEM) as work:
                data = {"error": type(error).__name__, "detail": str(error)}
                await raise_alarm(work, AlarmKind.VERSION_REFUSED, wanted.version, data)
        except (NotSeeded, SQLAlchemyError, OSError):
            log.exception("classifier.alarm_not_raised", version=wanted.version)

    async def advise_apart(self, questions: Sequence[Question]) -> Sequence[Advice]:
        """The answers for a batch, worked out in a process of its own: for bulk work on more than one core.

        Nothing when no version serves.
        """
        if self._serving is None:
            return ()
        return await anyio.to_process.run_sync(_advise, self._store, self._serving, self._key, questions)

    async def follow(self, every_seconds: float) -> None:
        """Look again and again, until cancelled."""
        while True:
            await self.refresh()
            await anyio.sleep(every_seconds)
