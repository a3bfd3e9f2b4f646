"""Figures straight from the facts by one statement: where those are few, that is quicker than any sums."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from weakref import WeakKeyDictionary

from clobus.core import clock
from clobus.core.db import Connection, one, tuples
from clobus.modules.reports.percentiles import LOWEST, of_letters
from clobus.modules.reports.sums import Sums, with_count
from clobus.modules.reports.types import By, Filters, Period, key_of, name_of

FEW = 3_000
"""So many facts are read at once in about the time that one more statement takes."""
FEW_A_LINE = 30
"""So many facts are read in about the time that the histograms of a line of the table take."""
_DAYS = {"day": 1, "week": 7, "month": 30}
MEMORY_SECONDS = 60.0
_NARROW = 20
"""One manager, or one category, is taken to have the twentieth part of all."""
_busiest: WeakKeyDictionary[Connection, tuple[float, int]] = WeakKeyDictionary()
"""By connection, when it was looked up and what it is; only chooses the way, never changes an answer."""


async def are_few(connection: Connection, period: Period, filters: Filters, by: By | None) -> bool:
    """Whether a period has few facts, by the busiest month, which a connection looks up once a minute; `by`: when
    histograms are asked for.
    """
    at, busiest = _busiest.get(connection, (float("-inf"), 0))
    if clock.monotonic() - at > MEMORY_SECONDS:
        row = await one(
            connection,
            "select coalesce(max(n), 0) as n"
            " from (select sum(n) as n from rep.by_cell where grain = 'm' group by day) m",
        )
        busiest = int(row["n"]) if row else 0
        _busiest[connection] = (clock.monotonic(), busiest)
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
) -> Sums:
    """Sums by key, and percentiles of `times`; see `figures.read`."""
    given = filters.given()
    named = with_count(measures)
    sql = _asked(by, named, tuple(given), times)
    found = await tuples(connection, sql, {"a": period.first, "b": period.last, **given})
    sums = Sums.of(found, named)
    if times and found:
        texts = [text or "" for letters in list(zip(*found, strict=True))[-len(times) :] for text in letters]
        sums.percentiles = of_letters(texts, times, apart=by is not None)
    return sums


@lru_cache(maxsize=256)
def _asked(by: By | None, measures: tuple[str, ...], given: tuple[str, ...], times: tuple[str, ...]) -> str:
    key = key_of(by)
    columns = [
        f"{key} as key", f"{name_of(by, 'facts.' + key)} as name",
        *(f"coalesce(sum({name}), 0)::bigint" for name in measures),
        *(f"string_agg(chr({LOWEST} + {time}_bucket), '')" for time in times),
    ]  # fmt: skip
    narrowed = "".join(f" and {name} = %({name})s" for name in given)
    return (
        f"select {', '.join(columns)} from rep.facts where day between %(a)s and %(b)s{narrowed}"
        f"{'' if by is None else ' group by 1 order by 1'}"
    )
