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
    source, where, params = _histogram(period, filters, by)
    key = "null::integer" if by is None else _KEYS.get(by, by)
    counts = ", ".join(f"sum({time}_n)::integer as {time}_n" for time in TIMES)
    arrays = ", ".join(f"array_agg({time}_n) as {time}_n" for time in TIMES)
    found = await rows(
        connection,
        f"select key, array_agg(bucket) as buckets, {arrays} from (select {key} as key, bucket::integer as bucket,"
        f" {counts} from {source} where {where} group by 1, 2 order by 1, 2) h group by key",
        params,
    )
    return {row["key"]: {time: _told(row["buckets"], row[f"{time}_n"]) for time in TIMES} for row in found}


def _histogram(period: Period, filters: Filters, by: By | None) -> tuple[str, str, dict[str, Any]]:
    used = {*filters.given(), *(() if by is None or by in SERIES else (by,))}
    if used <= _CELL:
        source = "rep.by_bucket" if used <= {"kind"} else "rep.by_cell_bucket"
        return source, *_where(source, period, filters, by)
    turned = ", ".join(f"({time}_bucket, {', '.join(str(int(time == one)) for one in TIMES)})" for time in TIMES)
    names = ", ".join(f"{time}_n" for time in TIMES)
    columns = ", ".join(dict.fromkeys(("day", *used)))
    where, params = _where(FACTS, period, filters, by)
    facts = f"(select {columns}, first_bucket, answer_bucket, closing_bucket from {FACTS} where {where}) f"
    return f"{facts} cross join lateral (values {turned}) v (bucket, {names})", "bucket is not null", params


def _told(buckets: Sequence[int], counts: Sequence[int]) -> Percentiles:
    total = sum(counts)
    return Percentiles(*(_place(buckets, counts, -(-total * share // 100)) for share in (HALF, NINE_TENTHS)))


def _place(buckets: Sequence[int], counts: Sequence[int], wanted: int) -> int | None:
    """The value at a place among all that were counted, drawn on the width of its bucket; None of none."""
    before = 0
    for bucket, count in zip(buckets, counts, strict=True):
        if before + count >= wanted > 0:
            low = BOUNDS[bucket - 1] if bucket else 0
            high = BOUNDS[bucket] if bucket < len(BOUNDS) else low  # the last has no end
            return low + (high - low) * (wanted - before) // count
        before += count
    return None


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
