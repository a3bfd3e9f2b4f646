"""How often one caller may knock: named limits a minute, kept in the memory of this process."""

from __future__ import annotations

from collections.abc import Mapping

from clobus.core import clock
from clobus.core.errors import TooMany

MINUTE = 60.0
MANY = 100_000


class Limiter:
    """Counts by (limit, caller) in a sliding window. Each process counts for itself.

    Of the minute before, as much counts as still lies within the last sixty seconds (as the strategy of that name of
    the library `limits` does, whose storage starts a thread a hundred times a second to forget).
    """

    def __init__(self, per_minute: Mapping[str, int]) -> None:
        self._limits = dict(per_minute)
        self._counts: dict[tuple[str, str], tuple[int, int, int]] = {}

    def hit(self, name: str, who: str) -> None:
        """Count one knock; TooMany with `retry_after` in seconds when there were too many. An unknown name is a bug."""
        limit = self._limits[name]
        now = clock.now().timestamp()
        minute, passed = divmod(now, MINUTE)
        this, count, before = self._counts.get((name, who), (0, 0, 0))
        if this != minute:
            count, before = 0, count if this == minute - 1 else 0
        weight = before * (1 - passed / MINUTE)
        if count + weight >= limit:
            raise TooMany("rate.limit", {"per_minute": limit}, retry_after=max(1, round(MINUTE - passed)))
        if len(self._counts) >= MANY:
            self._forget(int(minute))
        self._counts[name, who] = (int(minute), count + 1, before)

    def _forget(self, minute: int) -> None:
        """Drop who has not knocked in this minute or the last; all when that helps too little."""
        kept = {key: value for key, value in self._counts.items() if value[0] >= minute - 1}
        self._counts = kept if len(kept) < MANY // 2 else {}
