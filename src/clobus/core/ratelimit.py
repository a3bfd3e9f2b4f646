"""How often one caller may knock: named limits a minute, kept in the memory of this process."""

from __future__ import annotations

import math
from collections.abc import Mapping

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from clobus.core import clock
from clobus.core.errors import TooMany


class Limiter:
    """Counts by (limit, caller). Each process counts for itself."""

    def __init__(self, per_minute: Mapping[str, int]) -> None:
        self._items = {name: RateLimitItemPerMinute(amount) for name, amount in per_minute.items()}
        self._window = SlidingWindowCounterRateLimiter(MemoryStorage())

    def hit(self, name: str, who: str) -> None:
        """Count one knock; TooMany with `retry_after` in seconds when there were too many. An unknown name is a bug."""
        item = self._items[name]
        if not self._window.hit(item, name, who):
            reset = self._window.get_window_stats(item, name, who).reset_time
            wait = max(1, math.ceil(reset - clock.now().timestamp()))
            raise TooMany("rate.limit", {"per_minute": item.amount}, retry_after=min(60, wait))
