"""Sums and histograms of a period: of the narrowest table that can tell them, whole months at once, edges by week and
day; what no table of sums knows is read from the facts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from clobus.core.db import Connection, rows, tuples
from clobus.modules.reports import plain
from clobus.modules.reports.percentiles import LOWEST, Percentiles, of_counted
from clobus.modules.reports.rollups import CELL, ROLLUPS, VECTORS, ZERO, Rollup
from clobus.modules.reports.sums import Sums, with_count
from clobus.modules.reports.types import MEASURES, SERIES, By, Filters, Period, key_of, name_of

FACTS = "rep.facts"
_SUMS = tuple(rollup for rollup in ROLLUPS if rollup.values == MEASURES)
_TIMES = tuple(rollup for rollup in ROLLUPS if rollup.values == VECTORS)
_GRAINS = {"day": "d", "week": "wd", "month": "md"}
"""The rows that may be added up for each day, week or month; for everything else all of them."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a period and where it is read from: a table's rows of a grain (None: the facts), first and last day."""

    table: str
    grain: str | None
    first: date
    last: date


def pieces(period: Period, grains: str) -> list[tuple[str, date, date]]:
    """A period as rows of grains, the coarsest first in `grains`; days that are left are told as grain `-`."""
    if period.first > period.last:
        return []
    if not grains or grains[0] == "d":
        return [(grains or "-", period.first, period.last)]
    grain, finer = grains[0], grains[1:]
    start, end = _ceiling(period.first, grain), _floor(period.last + timedelta(days=1), grain)
    if start >= end:
        return pieces(period, finer)
    day = timedelta(days=1)
    edges = pieces(Period(period.first, start - day), finer) + pieces(Period(end, period.last), finer)
    return [(grain, start, end - day), *edges]


def _floor(day: date, grain: str) -> date:
    return day - timedelta(days=day.weekday()) if grain == "w" else day.replace(day=1)


def _ceiling(day: date, grain: str) -> date:
    floor = _floor(day, grain)
    if floor == day:
        return day
    return floor + timedelta(days=7) if grain == "w" else (floor + timedelta(days=32)).replace(day=1)


def _source(among: Sequence[Rollup], period: Period, filters: Filters, by: By | None) -> list[Piece]:
    """The parts of a period by the narrowest table that knows all that is asked for."""
    used = {*filters.given(), *(() if by is None or by in SERIES else (by,))}
    known = next((rollup for rollup in among if used <= set(rollup.by)), None)
    if known is None:
        return [Piece(FACTS, None, period.first, period.last)]
    grains = "".join(grain for grain in _GRAINS.get(by or "", "mwd") if grain in known.grains)
    return [
        Piece(FACTS, None, first, last) if grain == "-" else Piece(known.table, grain, first, last)
        for grain, first, last in pieces(period, grains)
    ]


def _where(number: int, piece: Piece, filters: Filters, params: dict[str, Any]) -> str:
    """The condition of a piece; its parameters are added to `params`."""
    params |= {f"a{number}": piece.first, f"b{number}": piece.last}
    grain = f"grain = '{piece.grain}' and " if piece.grain else ""
    narrowed = "".join(f" and {name} = %({name})s" for name in filters.given())
    return f"{grain}day between %(a{number})s and %(b{number})s{narrowed}"


async def read(
    connection: Connection, measures: Sequence[str], period: Period, filters: Filters, by: By | None = None,
    times: tuple[str, ...] = (),
) -> Sums:  # fmt: skip
    """Sums of measures, a line a key in order of keys (without `by` one whatever there is), and of `times` percentiles
    of these lines and of all.
    """
    if await plain.are_few(connection, period, filters, by if times else None):
        return await plain.read(connection, measures, period, filters, by, times)
    found = await sums(connection, measures, period, filters, by)
    if times:
        found.percentiles = await percentiles(connection, times, period, filters, by, found.keys if by else [])
    return found


async def sums(
    connection: Connection, measures: Sequence[str], period: Period, filters: Filters, by: By | None = None
) -> Sums:
    """Sums of measures, a line a key in order of keys; without `by` one whatever there is."""
    params: dict[str, Any] = dict(filters.given())
    named = with_count(measures)
    parts = " union all ".join(
        f"select {key_of(by)} as key, {', '.join(named)} from {piece.table}"
        f" where {_where(number, piece, filters, params)}"
        for number, piece in enumerate(_source(_SUMS, period, filters, by))
    )
    if by is None:
        columns = ", ".join(f"coalesce(sum({name}), 0)::bigint" for name in named)
        sql = f"select null, null, {columns} from ({parts}) p"
    else:
        columns = ", ".join(f"sum({name})::bigint" for name in named)
        sql = f"select key, {name_of(by, 'p.key')}, {columns} from ({parts}) p group by 1 having sum(n) > 0 order by 1"
    return Sums.of(await tuples(connection, sql, params), named)


async def percentiles(
    connection: Connection, times: Sequence[str], period: Period, filters: Filters, by: By | None, keys: Sequence[Any]
) -> Percentiles:
    """Of some times: of the lines of some keys, and of all that there are; histograms, and facts as letters."""
    params: dict[str, Any] = dict(filters.given())
    kept: list[str] = []
    letters: list[str] = []
    for number, piece in enumerate(_source(_TIMES, period, filters, by)):
        ending = "times" if piece.grain else "bucket"
        (kept if piece.grain else letters).append(
            f"select {key_of(by)} as key, {', '.join(f'{time}_{ending}' for time in times)} from {piece.table}"
            f" where {_where(number, piece, filters, params)}"
        )
    parts = []
    if kept:
        sent = " || ".join(f"vector_send(coalesce(sum({time}_times), {ZERO}))" for time in times)
        nothing = ", null::text" * len(times)
        parts.append(f"select key, {sent}{nothing} from ({' union all '.join(kept)}) k group by key")
    if letters:
        texts = ", ".join(f"string_agg(chr({LOWEST} + {time}_bucket), '')" for time in times)
        parts.append(f"select key, null::bytea, {texts} from ({' union all '.join(letters)}) l group by key")
    found = await tuples(connection, " union all ".join(parts), params)
    at = {key: number for number, key in enumerate(keys or (None,))}
    return of_counted(
        [(at[key], held) for key, held, *_ in found if held is not None],
        [(at[key], texts) for key, held, *texts in found if held is None],
        len(at), times, apart=bool(keys),
    )  # fmt: skip


async def hours(connection: Connection, period: Period, filters: Filters) -> list[dict[str, Any]]:
    """How many requests came at each hour of each day of the week: `{weekday, hour, n}`, 1 is Monday."""
    params: dict[str, Any] = dict(filters.given())
    if filters.given().keys() <= set(CELL):
        parts = " union all ".join(
            f"select weekday, hour, n from rep.by_hour where"
            f" {_where(number, Piece('rep.by_hour', grain, first, last), filters, params)}"
            for number, (grain, first, last) in enumerate(pieces(period, "mwd"))
        )
    else:
        where = _where(0, Piece(FACTS, None, period.first, period.last), filters, params)
        # A fact is one request; its column `n` is in no index, all else that is read here is.
        parts = f"select extract(isodow from day)::smallint as weekday, hour, 1 as n from {FACTS} where {where}"
    sql = f"select weekday, hour, sum(n)::bigint as n from ({parts}) p group by 1, 2 having sum(n) > 0 order by 1, 2"
    return [dict(row) for row in await rows(connection, sql, params)]
