"""Knocks are counted in a window that slides."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from clobus.core import clock
from clobus.core.errors import TooMany
from clobus.core.ratelimit import Limiter


def knock(limiter: Limiter, times: int, who: str = "a") -> int:
    let_in = 0
    for _ in range(times):
        try:
            limiter.hit("x", who)
        except TooMany:
            continue
        let_in += 1
    return let_in


def test_a_window_that_slides() -> None:
    limiter = Limiter({"x": 60})
    with clock.freeze(datetime(2026, 3, 10, 6, 0, 30, tzinfo=UTC)) as time:
        assert knock(limiter, 100) == 60
        assert knock(limiter, 5, "b") == 5
        with pytest.raises(TooMany) as refused:
            limiter.hit("x", "a")
        assert refused.value.retry_after == 30
        time.move(45)  # a quarter into the next minute: three quarters of the last one still count
        assert knock(limiter, 100) == 15
        time.move(120)
        assert knock(limiter, 100) == 60


def test_an_unknown_limit_is_a_bug() -> None:
    with pytest.raises(KeyError):
        Limiter({}).hit("x", "a")


def test_many_callers_are_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clobus.core.ratelimit.MANY", 100)
    limiter = Limiter({"x": 1})
    with clock.freeze(datetime(2026, 3, 10, 6, 0, 30, tzinfo=UTC)) as time:
        for number in range(100):
            limiter.hit("x", str(number))
        time.move(200)
        for number in range(40):
            limiter.hit("x", f"new{number}")
        assert len(limiter._counts) == 40  # noqa: SLF001 - what it remembers is the matter
