"""Which classifier version this process serves: looked up, checked, loaded beside the running one, then swapped."""

import hashlib
from pathlib import Path

import anyio
import anyio.to_thread
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from complaints.classifiers import ActiveVersion, active_version
from complaints.suggest import Adviser
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


class Serving:
    """Keeps the adviser at the promoted version; every process has one."""

    def __init__(self, engine: AsyncEngine, store: Path, adviser: Adviser) -> None:
        self._engine = engine
        self._store = store
        self._adviser = adviser

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
        log.info("classifier.serving", version=wanted.version)
        return True

    def _load(self, wanted: ActiveVersion) -> Predictor:
        if manifest_sha256(self._store, wanted.version) != wanted.manifest_sha256:
            raise Tampered(f"the manifest of {wanted.version} is not the one that was registered")
        return load(self._store, wanted.version)

    async def follow(self, every_seconds: float) -> None:
        """Look again and again, until cancelled."""
        while True:
            await self.refresh()
            await anyio.sleep(every_seconds)
