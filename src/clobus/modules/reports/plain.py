"""Figures straight from the facts by one statement: where those are few, that is quicker than any sums."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from clobus.core import clock
from clobus.core.db import Connection, one, rows
from clobus.modules.reports.types import BOUNDS, NOTHING, SHARES, TIMES, By, Filters, Percentiles, Period, key_of

FEW = 3_000
"""So many facts are read at once in about the time that one more statement takes."""
MEMORY_SECONDS = 60.0
_BUCKETS = tuple(f"{time}_bucket" for time in TIMES)
_LOWEST = ord("#")
"""The letter of the first bucket: buckets come as letters of one text, the quickest to make and to read."""
_NARROW = 20
"""One manager, or one category, is taken to have the twentieth part of all."""
_busiest: dict[tuple[str, int, str], tuple[float, int]] = {}  # only chooses the way, never changes an answer


async def are_few(connection: Connection, period: Period, filters: Filters) -> bool:
    """Whether a period has few facts, by the busiest month, which is looked up once a minute."""
    place = (connection.info.host, connection.info.port, connection.info.dbname)
    at, busiest = _busiest.get(place, (float("-inf"), 0))
    if clock.monotonic() - at > MEMORY_SECONDS:
        row = await one(
            connection,
            "select coalesce(max(n), 0) as n"
            " from (select sum(n) as n from rep.by_cell where grain = 'm' group by day) m",
        )
        busiest = int(row["n"]) if row else 0
        _busiest[place] = (clock.monotonic(), busiest)
    share = float(_NARROW ** ((filters.manager is not None) + (filters.category is not None)))
    return bool(busiest * max(1.0, period.days / 30) / share <= FEW)


async def read(
    connection: Connection, measures: Iterable[str], period: Period, filters: Filters, by: By | None, *, timed: bool
) -> tuple[list[dict[str, Any]], dict[Any, dict[str, Percentiles]]]:
    """Sums by key and, when `timed`, percentiles by key and (as None) of all; see `figures.read`."""
    given = filters.given()
    found = await rows(
        connection, _asked(by, tuple(measures), tuple(given), timed), {"a": period.first, "b": period.last, **given}
    )
    if not timed:
        return found, {}
    letters = {row["key"]: [row.pop(name) or "" for name in _BUCKETS] for row in found}
    whole = ["".join(each) for each in zip(*letters.values(), strict=True)] or [""] * len(TIMES)
    if by in ("manager", "category"):
        letters.clear()
    letters[None] = whole
    return found, {key: {t: _told(text) for t, text in zip(TIMES, each, strict=True)} for key, each in letters.items()}


@lru_cache(maxsize=256)
def _asked(by: By | None, measures: tuple[str, ...], given: tuple[str, ...], timed: bool) -> str:
    columns = [
        *(f"coalesce(sum({name}), 0)::bigint as {name}" for name in dict.fromkeys(("n", *measures))),
        *(f"string_agg(chr({_LOWEST} + {name}), '') as {name}" for name in (_BUCKETS if timed else ())),
    ]
    narrowed = "".join(f" and {name} = %({name})s" for name in given)
    return (
        f"select {key_of(by)} as key, {', '.join(columns)} from rep.facts where day between %(a)s and %(b)s{narrowed}"
        f"{'' if by is None else ' group by 1 order by 1'}"
    )


def _told(letters: str) -> Percentiles:
    """Percentiles of buckets, each a letter: values at their places among all, drawn on the width of a bucket."""
    if not letters:
        return NOTHING
    places, before = [-(-len(letters) * share // 100) for share in SHARES], 0
    told: list[int] = []
    for letter in sorted(set(letters)):
        held = letters.count(letter)
        while before + held >= places[len(told)]:
            bucket = ord(letter) - _LOWEST
            low = BOUNDS[bucket - 1] if bucket else 0
            high = BOUNDS[bucket] if bucket < len(BOUNDS) else low  # the last has no end
            told.append(low + (high - low) * (places[len(told)] - before) // held)
            if len(told) == len(places):
                return Percentiles(*told)
        before += held
    raise AssertionError("a place is within what was counted")
