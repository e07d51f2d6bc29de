"""How often one address may ask for one thing, counted in this process."""

import time
from collections.abc import Mapping

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from complaints.refusals import TooMany
from server.settings import RateSettings


class Throttle:
    """A moving window per address and kind. Each process counts for itself: limits are per process."""

    def __init__(self, settings: RateSettings) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._limits: Mapping[str, RateLimitItem] = {
            kind: parse(notation) for kind, notation in settings.model_dump().items()
        }

    async def count(self, what: str, who: str) -> None:
        """Count one request; raises `TooMany` with the seconds until the next one is welcome."""
        limit = self._limits[what]
        if not await self._limiter.hit(limit, what, who):
            window = await self._limiter.get_window_stats(limit, what, who)
            raise TooMany(max(1, round(window.reset_time - time.time())))
