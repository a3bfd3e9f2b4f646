"""Sums and histograms of a period: of the narrowest table that can tell them, whole months at once and edges by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from clobus.core.db import Connection, rows
from clobus.modules.reports.types import BOUNDS, SERIES, TIMES, By, Filters, Period

_CELL = frozenset({"kind", "channel", "language"})
_SOURCES = ((_CELL, "rep.by_cell"), (frozenset({"manager", "kind"}), "rep.by_manager"),
            (frozenset({"category", "kind"}), "rep.by_category"))  # fmt: skip
FACTS = "rep.facts"
_KEYS = {
    "day": "day", "week": "date_trunc('week', day)::date", "month": "date_trunc('month', day)::date",
}  # fmt: skip
HALF, NINE_TENTHS = 50, 90


@dataclass(frozen=True, slots=True)
class Percentiles:
    """The median and the ninth decile of a time in working seconds; None where nothing was measured."""

    median: int | None
    p90: int | None


def source_of(filters: Filters, by: By | None) -> str:
    """The narrowest table that knows all that is asked for."""
    used = {*filters.given(), *(() if by is None or by in SERIES else (by,))}
    return next((table for known, table in _SOURCES if used <= known), FACTS)


def pieces(period: Period, grain: str) -> list[tuple[str, date, date]]:
    """A period as whole weeks (w) or months (m) and the days (d) beside them: grain, first and last key."""
    if grain == "d":
        return [("d", period.first, period.last)]
    first, after = period.first, period.last + timedelta(days=1)
    start = _ceiling(first, grain)
    end = _floor(after, grain)
    if start >= end:
        return [("d", period.first, period.last)]
    found = [(grain, start, end - timedelta(days=1))]
    if first < start:
        found.append(("d", first, start - timedelta(days=1)))
    if end < after:
        found.append(("d", end, period.last))
    return found


def _floor(day: date, grain: str) -> date:
    return day - timedelta(days=day.weekday()) if grain == "w" else day.replace(day=1)


def _ceiling(day: date, grain: str) -> date:
    floor = _floor(day, grain)
    if floor == day:
        return day
    return floor + timedelta(days=7) if grain == "w" else (floor + timedelta(days=32)).replace(day=1)


def _where(source: str, period: Period, filters: Filters, by: By | None) -> tuple[str, dict[str, Any]]:
    params: dict[str, Any] = dict(filters.given())
    if source == FACTS:
        params |= {"first": period.first, "last": period.last}
        text = "day between %(first)s and %(last)s"
    else:
        parts = []
        grain = {"day": "d", "week": "w"}.get(by or "", "m")
        for number, (letter, first, last) in enumerate(pieces(period, grain)):
            parts.append(f"(grain = '{letter}' and day between %(a{number})s and %(b{number})s)")
            params |= {f"a{number}": first, f"b{number}": last}
        text = "(" + " or ".join(parts) + ")"
    for name in filters.given():
        text += f" and {name} = %({name})s"
    return text, params


async def sums(
    connection: Connection, measures: Sequence[str], period: Period, filters: Filters, by: By | None = None
) -> list[dict[str, Any]]:
    """Sums of measures, a row a `key` in order of keys; without `by` one row whatever there is."""
    source = source_of(filters, by)
    where, params = _where(source, period, filters, by)
    named = dict.fromkeys(("n", *measures))
    if by is None:
        columns = ", ".join(f"coalesce(sum({name}), 0)::bigint as {name}" for name in named)
        sql = f"select null as key, {columns} from {source} where {where}"
    else:
        columns = ", ".join(f"sum({name})::bigint as {name}" for name in named)
        sql = (
            f"select {_KEYS.get(by, by)} as key, {columns} from {source} where {where}"
            " group by 1 having sum(n) > 0 order by 1"
        )
    return [dict(row) for row in await rows(connection, sql, params)]


async def percentiles(
    connection: Connection, period: Period, filters: Filters, by: By | None = None
) -> dict[Any, dict[str, Percentiles]]:
    """Median and ninth decile of each time, by key (None without `by`), of histograms: exact to a bucket's width."""
    where, params, source, counts = _histogram(period, filters, by)
    key = "null::integer" if by is None else _KEYS.get(by, by)
    tells = ", ".join(_tell(time, share) for time in TIMES for share in (HALF, NINE_TENTHS))
    running = ", ".join(
        f"{time}_n, sum({time}_n) over (partition by key order by bucket) as {time}_c,"
        f" sum({time}_n) over (partition by key) as {time}_t"
        for time in TIMES
    )
    found = await rows(
        connection,
        f"select key, {tells} from (select key, bucket, {running} from ("
        f" select {key} as key, bucket, {counts} from {source} where {where} group by 1, 2) h) c group by key",
        params,
    )
    return {row["key"]: {time: _read(row, time) for time in TIMES} for row in found}


def _histogram(period: Period, filters: Filters, by: By | None) -> tuple[str, dict[str, Any], str, str]:
    used = {*filters.given(), *(() if by is None or by in SERIES else (by,))}
    if used <= _CELL:
        source = "rep.by_bucket" if used <= {"kind"} else "rep.by_cell_bucket"
        where, params = _where(source, period, filters, by)
        return where, params, source, ", ".join(f"sum({time}_n)::bigint as {time}_n" for time in TIMES)
    where, params = _where(FACTS, period, filters, by)
    turned = " union all ".join(
        f"select day, {', '.join(dict.fromkeys((*filters.given(), *(used - {'day'}))))}, {time}_bucket as bucket,"
        f" {', '.join(f'{int(time == other)} as {other}_n' for other in TIMES)} from {FACTS} where {where}"
        f" and {time}_bucket is not null"
        for time in TIMES
    )
    return "true", params, f"({turned}) f", ", ".join(f"sum({time}_n)::bigint as {time}_n" for time in TIMES)


def _tell(time: str, share: int) -> str:
    """The bucket in which a share is reached, how many are before it and with it, and how many there are in all."""
    reached = f"{time}_c * 100 >= {time}_t * {share} and {time}_n > 0"
    name = f"{time}_{share}"
    return (
        f"min(bucket) filter (where {reached}) as {name}, min({time}_c) filter (where {reached})::bigint as {name}_c,"
        f" coalesce(max({time}_c) filter (where {time}_c * 100 < {time}_t * {share}), 0)::bigint as {name}_b,"
        f" max({time}_t)::bigint as {name}_t"
    )


def _read(row: dict[str, Any], time: str) -> Percentiles:
    values = [
        within(
            row[f"{time}_{share}"], row[f"{time}_{share}_b"], row[f"{time}_{share}_c"], row[f"{time}_{share}_t"], share
        )
        for share in (HALF, NINE_TENTHS)
    ]
    return Percentiles(*values)


def within(bucket: int | None, before: int, reached: int, total: int, share: int) -> int | None:
    """The value of a percentile: its place among those of its bucket, drawn on the bucket's width."""
    if bucket is None:
        return None
    low = BOUNDS[bucket - 1] if bucket else 0
    high = BOUNDS[bucket] if bucket < len(BOUNDS) else low  # the last has no end
    wanted = -(-total * share // 100)
    return low + (high - low) * (wanted - before) // (reached - before)


async def hours(connection: Connection, period: Period, filters: Filters) -> list[dict[str, Any]]:
    """How many requests came at each hour of each day of the week: `{weekday, hour, n}`, 1 is Monday."""
    used = set(filters.given())
    if used <= _CELL:
        where, params = _where("rep.by_hour", period, filters, None)
        sql = f"select weekday, hour, sum(n)::bigint as n from rep.by_hour where {where}"
    else:
        where, params = _where(FACTS, period, filters, None)
        sql = (
            "select extract(isodow from day)::smallint as weekday, hour, sum(n)::bigint as n"
            f" from {FACTS} where {where}"
        )
    return [dict(row) for row in await rows(connection, f"{sql} group by 1, 2 having sum(n) > 0 order by 1, 2", params)]
