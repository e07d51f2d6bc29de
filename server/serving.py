"""Which classifier version this process serves: looked up, checked, loaded beside the running one, then swapped."""

from pathlib import Path

import anyio
import anyio.to_thread
import structlog
from ml.predictor import Predictor
from ml.store import StoreError
from sqlalchemy.ext.asyncio import AsyncEngine

from complaints.classifiers import ActiveVersion, active_version
from complaints.suggest import Adviser

log = structlog.get_logger()


class Serving:
    """Keeps the adviser at the promoted version; every process has one."""

    def __init__(self, engine: AsyncEngine, store: Path, adviser: Adviser, key: bytes | None) -> None:
        self._engine = engine
        self._store = store
        self._adviser = adviser
        self._key = key

    async def refresh(self) -> bool:
        """Load what was promoted since; gives whether the version changed. On failure the old one stays."""
        async with self._engine.connect() as connection:
            wanted = await active_version(connection)
        if wanted is None or wanted.version == self._adviser.version:
            return False
        try:
            predictor = await anyio.to_thread.run_sync(self._load, wanted)
        except (StoreError, OSError):
            log.exception("classifier.load_failed", version=wanted.version)
            return False
        self._adviser.adopt(predictor, wanted.id)
        log.info("classifier.serving", version=wanted.version)
        return True

    def _load(self, wanted: ActiveVersion) -> Predictor:
        return Predictor.load(self._store, wanted.version, key=self._key, manifest_sha256=wanted.manifest_sha256)

    async def follow(self, every_seconds: float) -> None:
        """Look again and again, until cancelled."""
        while True:
            await self.refresh()
            await anyio.sleep(every_seconds)
