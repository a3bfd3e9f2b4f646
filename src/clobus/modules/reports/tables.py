"""The named reports: which columns each has, and the table that people, files and pictures show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from clobus.core.db import Connection, rows
from clobus.modules.reports import figures
from clobus.modules.reports.percentiles import Percentiles
from clobus.modules.reports.sums import Sums
from clobus.modules.reports.types import NOBODY, SERIES, By, Filters, Period

Unit = Literal["count", "seconds", "percent", "mark"]
_POWERS = (1, 10, 100)
DIGITS: dict[Unit, int] = {"seconds": 0, "percent": 1, "mark": 2}


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A column: a count of `over`, a quotient of `over` by `under`, or a percentile of a time."""

    name: str
    unit: Unit
    over: tuple[str, ...] = ()
    under: tuple[str, ...] = ()
    time: str | None = None
    share: Literal["median", "p90"] = "median"

    @property
    def measures(self) -> tuple[str, ...]:
        """The sums that it is made of."""
        return (*self.over, *self.under)

    def values(self, sums: Sums) -> Sequence[int | float | None]:
        """What it shows of each line; None where there is nothing to tell."""
        if self.time is not None:
            places = sums.percentiles.lines
            return places[self.time][self.share == "p90"] if places else [None] * len(sums.keys)
        over = _added(sums, self.over)
        if self.unit == "count":
            return over
        return _quotients(over, _added(sums, self.under), 100 if self.unit == "percent" else 1, DIGITS[self.unit])


def _added(sums: Sums, names: tuple[str, ...]) -> Sequence[int]:
    """The sum of some columns; nearly always there is one."""
    if len(names) == 1:
        return sums.columns[names[0]]
    return [sum(values) for values in zip(*(sums.columns[name] for name in names), strict=True)]


def _quotients(over: Sequence[int], under: Sequence[int], scale: int, digits: int) -> Sequence[int | float | None]:
    """Quotients with so many decimals, halves away from zero as numeric of SQL rounds; integers without decimals."""
    if not digits:
        return [quotient(o * scale, u) for o, u in zip(over, under, strict=True)]
    power = _POWERS[digits]
    more = scale * power
    return [None if (q := quotient(more * o, u)) is None else q / power for o, u in zip(over, under, strict=True)]


def quotient(over: int, under: int) -> int | None:
    """A quotient as the nearest integer, a half upwards; None of nothing."""
    return (2 * over + under) // (2 * under) if under else None


def _count(name: str, *over: str) -> Column:
    return Column(name, "count", over or (name,))


def _time(name: str) -> tuple[Column, ...]:
    return (
        Column(f"{name}_count", "count", (f"{name}_n",)),
        Column(f"{name}_average", "seconds", (f"{name}_sum",), (f"{name}_n",)),
        Column(f"{name}_median", "seconds", time=name),
        Column(f"{name}_p90", "seconds", time=name, share="p90"),
    )


REQUESTS = _count("requests", "n")
CLOSED = _count("closed", "closed_n")
CANCELLED = _count("cancelled", "cancelled_n")
CANCELLED_SHARE = Column("cancelled_share", "percent", ("cancelled_n",), ("n",))
REPEATED = _count("repeated", "repeated_n")
REPEATED_SHARE = Column("repeated_share", "percent", ("repeated_n",), ("n",))
CSAT = Column("csat", "mark", ("marks_sum",), ("marks_n",))
FIRST_SLA = Column("first_sla", "percent", ("first_met",), ("first_met", "first_missed"))
CLOSING_SLA = Column("closing_sla", "percent", ("closing_met",), ("closing_met", "closing_missed"))
_FIRST, _ANSWER, _CLOSING = _time("first"), _time("answer"), _time("closing")


@dataclass(frozen=True, slots=True)
class Report:
    """A report: its columns, what it is grouped by unless asked otherwise, and the columns that its chart draws."""

    name: str
    columns: tuple[Column, ...]
    by: By
    chart: tuple[str, ...]


REPORTS: dict[str, Report] = {
    report.name: report
    for report in (
        Report("volume", (REQUESTS, CLOSED, CANCELLED, CANCELLED_SHARE, REPEATED, REPEATED_SHARE), "day",
               ("requests", "closed", "cancelled")),
        Report("times", (*_FIRST, *_ANSWER, *_CLOSING), "week", ("first_median", "answer_median", "closing_median")),
        Report("managers", (REQUESTS, CLOSED, CANCELLED_SHARE, _FIRST[1], _ANSWER[1], _CLOSING[1], CSAT, FIRST_SLA,
                            CLOSING_SLA), "manager", ("requests", "closed")),
        Report("satisfaction", (CLOSED, _count("rated", "rated_n"),
                                Column("rated_share", "percent", ("rated_n",), ("closed_n",)),
                                _count("marks", "marks_n"), CSAT), "month", ("csat",)),
        Report("sla", (_count("first_due", "first_met", "first_missed"), _count("first_met"),
                       _count("first_missed"), FIRST_SLA, _count("closing_due", "closing_met", "closing_missed"),
                       _count("closing_met"), _count("closing_missed"), CLOSING_SLA),
               "week", ("first_sla", "closing_sla")),
        Report("changes", (REQUESTS, _count("redated", "redated_n"),
                           Column("redated_share", "percent", ("redated_n",), ("n",)),
                           _count("redates", "redates_n"), REPEATED, REPEATED_SHARE, CANCELLED, CANCELLED_SHARE),
               "month", ("redated_share", "repeated_share", "cancelled_share")),
    )
}  # fmt: skip
OVERVIEW = (REQUESTS, CLOSED, CANCELLED_SHARE, _FIRST[1], _FIRST[2], _FIRST[3], _ANSWER[1], _CLOSING[1], _CLOSING[2],
            _CLOSING[3], CSAT, FIRST_SLA, CLOSING_SLA, REPEATED_SHARE,
            Column("redated_share", "percent", ("redated_n",), ("n",)))  # fmt: skip
HEAT = "heat"


class Line(NamedTuple):
    """A row: its key (a day, a code, a uuid), the name of what has one, and values by column."""

    key: Any
    name: str | None
    values: dict[str, int | float | None]


@dataclass(frozen=True, slots=True)
class Table:
    """A report over a period, beside the period before."""

    report: Report
    by: By
    period: Period
    filters: Filters
    lines: list[Line]
    total: dict[str, int | float | None]
    previous: dict[str, int | float | None] = field(default_factory=dict)


async def table(
    connection: Connection, report: Report, period: Period, filters: Filters, by: By | None = None, *,
    compare: bool = True,
) -> Table:  # fmt: skip
    """Make a report."""
    by = by or report.by
    found = await _read(connection, report.columns, period, filters, by)
    *shown, total = _values(report.columns, found.with_whole())
    lines = [Line(key, name, values) for key, name, values in zip(found.keys, found.names, shown, strict=True)]
    if by not in SERIES:
        first = report.columns[0].name
        lines.sort(key=lambda line: (-(line.values[first] or 0), line.name or str(line.key)))
    before = await totals(connection, report.columns, period.before(), filters) if compare else {}
    return Table(report, by, period, filters, lines, total, before)


async def totals(
    connection: Connection, columns: Sequence[Column], period: Period, filters: Filters
) -> dict[str, int | float | None]:
    """Columns over a whole period."""
    found = await _read(connection, columns, period, filters, None)
    return _values(columns, replace(found, percentiles=Percentiles(found.percentiles.whole)))[0]


async def _read(
    connection: Connection, columns: Sequence[Column], period: Period, filters: Filters, by: By | None
) -> Sums:
    measures, times, _ = _needed(tuple(columns))
    return await figures.read(connection, measures, period, filters, by, times)


def _values(columns: Sequence[Column], found: Sums) -> list[dict[str, int | float | None]]:
    """What each line shows by column."""
    _, _, heads = _needed(tuple(columns))
    shown = zip(*[column.values(found) for column in columns], strict=True)
    return [dict(zip(heads, values, strict=True)) for values in shown]


@lru_cache
def _needed(columns: tuple[Column, ...]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The sums that columns are made of, the times of which they show percentiles, their names."""
    measures = dict.fromkeys(name for column in columns for name in column.measures)
    times = dict.fromkeys(column.time for column in columns if column.time)
    return tuple(measures), tuple(times), tuple(column.name for column in columns)


async def names_of(connection: Connection, by: By, keys: Sequence[Any]) -> dict[Any, str]:
    """Names of managers and categories by key; others are named by the catalogues."""
    if by == "manager":
        sql = "select cl_ref_key as key, description as name from cons.users where cl_ref_key = any(%s)"
    elif by == "category":
        sql = "select ref_key as key, description as name from dict.online_question_cat where ref_key = any(%s)"
    else:
        return {}
    found = await rows(connection, sql, ([key for key in keys if key != NOBODY],))
    return {row["key"]: row["name"] for row in found}


async def choices(connection: Connection) -> dict[str, list[tuple[Any, str | None]]]:
    """Values of each filter that any request has, with the names of those that are named in tables."""
    found: dict[str, list[tuple[Any, str | None]]] = {}
    for by, source in (("kind", "by_cell"), ("channel", "by_cell"), ("language", "by_cell"),
                       ("category", "by_category"), ("manager", "by_manager")):  # fmt: skip
        held = await rows(
            connection,
            f"select {by} as key from rep.{source} where grain = 'm' group by 1 having sum(n) > 0 order by 1",
        )
        names = await names_of(connection, by, [row["key"] for row in held])  # type: ignore[arg-type]  # five of its values
        values = [(row["key"], names.get(row["key"])) for row in held]
        found[by] = sorted(values, key=lambda pair: (pair[1] or "", str(pair[0])))
    return found
