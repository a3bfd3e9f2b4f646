"""Figures straight from the facts by one statement: where those are few, that is quicker than any sums."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from clobus.core import clock
from clobus.core.db import Connection, one, rows
from clobus.modules.reports.percentiles import Percentiles, of_letters
from clobus.modules.reports.types import By, Filters, Period, key_of

FEW = 3_000
"""So many facts are read at once in about the time that one more statement takes."""
FEW_A_LINE = 30
"""So many facts are read in about the time that the histograms of a line of the table take."""
_DAYS = {"day": 1, "week": 7, "month": 30}
MEMORY_SECONDS = 60.0
_LOWEST = ord("#")
"""The letter of the first bucket: buckets come as letters of one text, the quickest to make and to read."""
_NARROW = 20
"""One manager, or one category, is taken to have the twentieth part of all."""
_busiest: dict[tuple[str, int, str], tuple[float, int]] = {}  # only chooses the way, never changes an answer


async def are_few(connection: Connection, period: Period, filters: Filters, by: By | None) -> bool:
    """Whether a period has few facts, by the busiest month, which is looked up once a minute; `by`: when histograms are
    asked for.
    """
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
    lines = period.days / _DAYS[by] if by in _DAYS else 1
    return bool(busiest * max(1.0, period.days / 30) / share <= FEW + FEW_A_LINE * lines)


async def read(
    connection: Connection,
    measures: Iterable[str],
    period: Period,
    filters: Filters,
    by: By | None,
    times: tuple[str, ...],
) -> tuple[list[dict[str, Any]], Percentiles]:
    """Sums by key, and percentiles of `times`; see `figures.read`."""
    given = filters.given()
    found = await rows(
        connection, _asked(by, tuple(measures), tuple(given), times), {"a": period.first, "b": period.last, **given}
    )
    if not times:
        return found, Percentiles()
    texts = [row.pop(f"{time}_bucket") or "" for time in times for row in found]
    return found, of_letters(texts, _LOWEST, times, apart=by is not None)


@lru_cache(maxsize=256)
def _asked(by: By | None, measures: tuple[str, ...], given: tuple[str, ...], times: tuple[str, ...]) -> str:
    columns = [
        *(f"coalesce(sum({name}), 0)::bigint as {name}" for name in dict.fromkeys(("n", *measures))),
        *(f"string_agg(chr({_LOWEST} + {time}_bucket), '') as {time}_bucket" for time in times),
    ]
    narrowed = "".join(f" and {name} = %({name})s" for name in given)
    return (
        f"select {key_of(by)} as key, {', '.join(columns)} from rep.facts where day between %(a)s and %(b)s{narrowed}"
        f"{'' if by is None else ' group by 1 order by 1'}"
    )
