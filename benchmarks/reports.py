"""Every report from its sums, by plain SQL over one narrow row a request, and by DuckDB over the same rows.

Plain SQL is flattered: its rows hold times that were reckoned before. What all three tell is compared.
"""

from __future__ import annotations

import asyncio
import json
import random
import site
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, cast
from uuid import UUID

import psycopg

from benchmarks import machine, report_data
from benchmarks.blocks import PEERS, bench, prepare_peers
from clobus.core.db import Connection, Database, rows, run
from clobus.modules.reports import figures, tables, upkeep
from clobus.modules.reports.types import By, Filters, Period

WHOLE = Period(date.fromisoformat(report_data.FIRST), date.fromisoformat(report_data.LAST))
MONTH = Period(date(2026, 9, 12), date(2026, 10, 11))
MANAGER = UUID("00000000-0000-4000-8000-000000000007")
CATEGORY = UUID("00000000-0000-4000-9000-000000000007")
CASES: tuple[tuple[str, By | None], ...] = (
    ("volume", "day"), ("volume", "week"), ("volume", "month"), ("volume", "kind"), ("volume", "category"),
    ("volume", "channel"), ("volume", "language"), ("volume", "manager"), ("times", "day"), ("times", "week"),
    ("times", "month"), ("times", "kind"), ("times", "manager"), ("times", "category"), ("managers", "manager"),
    ("satisfaction", "month"), ("satisfaction", "manager"), ("sla", "week"), ("sla", "manager"), ("changes", "month"),
    ("overview", None), ("heat", None),
)  # fmt: skip
FILTERS = {
    "none": Filters(), "language": Filters(language="uz"), "manager": Filters(manager=MANAGER),
    "kind": Filters(kind="accounting"), "category": Filters(category=CATEGORY),
    "manager+language": Filters(manager=MANAGER, language="uz"),
    "manager+category": Filters(manager=MANAGER, category=CATEGORY),
}  # fmt: skip
FILTERED: tuple[tuple[str, By | None], ...] = (
    ("volume", "month"), ("times", "day"), ("times", "month"), ("times", "manager"), ("managers", "manager"),
    ("overview", None), ("volume", "category"), ("heat", None),
)  # fmt: skip
REPEATS = 15
WARM = 6
"""After so many the driver has prepared a statement, which is how a report runs from then on."""


@dataclass(frozen=True)
class Case:
    """A report, what it is grouped by, over which days and requests."""

    report: str
    by: By | None
    period: Period
    filters: Filters

    @property
    def columns(self) -> tuple[tables.Column, ...]:
        if self.report == "heat":
            return (tables.REQUESTS,)
        return tables.OVERVIEW if self.report == "overview" else tables.REPORTS[self.report].columns

    def plain(self, *, duck: bool) -> tuple[str, dict[str, Any]]:
        """The report as a person would ask it of one table, all its columns reckoned by the database."""
        parts = ["sum(n) as n", *(self._part(column, duck=duck) for column in self.columns)]
        params: dict[str, Any] = {"a": self.period.first, "b": self.period.last, **self.filters.given()}
        mark = (lambda name: f"${name}") if duck else (lambda name: f"%({name})s")
        where = f"day between {mark('a')} and {mark('b')}"
        where += "".join(f" and {name} = {mark(name)}" for name in self.filters.given())
        keys = {"day": "day", "week": "date_trunc('week', day)", "month": "date_trunc('month', day)"}
        table = "facts" if duck else "rep.facts"
        weekday = "isodow(day)" if duck else "extract(isodow from day)"
        if self.report == "heat":
            return f"select {weekday}, hour, sum(n) from {table} where {where} group by 1, 2", params
        if self.by is None:
            return f"select {', '.join(parts)} from {table} where {where}", params
        key = keys.get(self.by, self.by)
        select = f"select {key} as key, {', '.join(parts)} from {table} where {where}"
        return f"{select} group by grouping sets (({key}), ())", params

    @staticmethod
    def _part(column: tables.Column, *, duck: bool) -> str:
        if column.time is not None:
            share = 0.5 if column.share == "median" else 0.9
            least = (
                f"quantile_disc({column.time}_sum, {share})" if duck
                else f"percentile_disc({share}) within group (order by {column.time}_sum)"
            )  # fmt: skip
            return f"{least} filter (where {column.time}_n > 0) as {column.name}"
        over = " + ".join(f"sum({name})" for name in column.over)
        if not column.under:
            return f"{over} as {column.name}"
        under = " + ".join(f"sum({name})" for name in column.under)
        scale = 100 if column.unit == "percent" else 1
        quotient = f"({over}) * {scale}::numeric / nullif({under}, 0)"
        return f"round({quotient}, {tables.DIGITS[column.unit]})::float8 as {column.name}"

    async def asked(self, connection: Connection) -> None:
        """The report by plain SQL, with the names of what has one, and ordered."""
        held = await rows(connection, *self.plain(duck=False))
        if self.by in ("manager", "category"):
            names = await tables.names_of(connection, self.by, [row["key"] for row in held if row["key"]])
            for row in held:
                row["name"] = names.get(row["key"])
        if self.by is not None:
            first = self.columns[0].name
            held.sort(key=lambda row: (-(row[first] or 0), str(row["key"])))

    async def ours(self, connection: Connection) -> Any:
        """The report as the API makes it, without the period before."""
        if self.report == "heat":
            return await figures.hours(connection, self.period, self.filters)
        if self.report == "overview":
            return await tables.totals(connection, tables.OVERVIEW, self.period, self.filters)
        made = tables.REPORTS[self.report]
        return await tables.table(connection, made, self.period, self.filters, self.by, compare=False)


def cases() -> list[tuple[str, str, Case]]:
    """Name of the period and of the filter, and the case."""
    spans = (("whole", WHOLE), ("month", MONTH))
    plain = [(span, "none", Case(name, by, period, Filters())) for span, period in spans for name, by in CASES]
    narrowed = [
        (span, name, Case(report, by, period, filters))
        for span, period in spans
        for name, filters in FILTERS.items()
        if name != "none"
        for report, by in FILTERED
    ]
    return plain + narrowed


def measure(data: Path, blocks: int, total: int) -> None:
    """Measure all reports over so many requests, all three ways, one after another in each block."""
    with bench("reports", data) as this:
        url = report_data.make(this.server, total)
        duck = _duck(url, data / f"facts_{total}.duckdb")
        for block in range(blocks):
            asyncio.run(_block(this, url, duck, total, block))


def generate(data: Path, total: int) -> None:
    """Only make the base: this may go on beside others' work."""
    with bench("reports", data) as this:
        _duck(report_data.make(this.server, total), data / f"facts_{total}.duckdb")


async def _block(this: Any, url: str, duck: Any, total: int, block: int) -> None:
    db = Database(url, max_size=1)
    await db.open()
    for span, narrowed, case in cases():
        others = machine.others_busy(0.2)
        async with db.read() as connection:
            shown = await case.ours(connection)
            sql, params = case.plain(duck=False)
            held = await rows(connection, sql, params)
            _same(case, shown, held)
            small = total < 1_000_000
            ours = await _timed(partial(case.ours, connection), WARM, REPEATS)
            plain = await _timed(partial(case.asked, connection), *((WARM, REPEATS) if small else (0, 1)))
        asked, values = case.plain(duck=True)
        started = time.perf_counter()
        for _ in range(3):
            duck.execute(asked, values).fetchall()
        fast = (time.perf_counter() - started) / 3 * 1000
        this.keep({
            "question": "reports", "block": this.first + block, "contestant": f"{case.report} by {case.by}",
            "total": total, "span": span, "filter": narrowed, "ours_ms": ours, "plain_ms": plain, "duck_ms": fast,
            "others_busy": others,
        })  # fmt: skip
    for recent in (True, False):
        await _upkeep(this, db, total, block, recent=recent)
    await db.close()


async def _timed(work: Callable[[], Awaitable[Any]], warm: int, times: int) -> float:
    found = []
    for _ in range(warm):
        await work()
    for _ in range(times):
        started = time.perf_counter()
        await work()
        found.append((time.perf_counter() - started) * 1000)
    return median(found)


def _same(case: Case, shown: Any, held: list[Any]) -> None:
    """What the sums tell is what plain SQL tells; percentiles of buckets are only near to it."""
    if case.report == "heat":
        assert {(c["weekday"], c["hour"]): c["n"] for c in shown} == {tuple(r.values())[:2]: r["sum"] for r in held}
        return
    told = {column.name: 0 if column.unit == "count" else None for column in case.columns if column.time is None}
    asked = {
        _key(row.get("key")): {name: nothing if row[name] is None else row[name] for name, nothing in told.items()}
        for row in held
    }
    if case.by is None:
        assert {name: shown[name] for name in told} == asked[None]
        return
    ours = {line.key: {name: line.values[name] for name in told} for line in shown.lines}
    ours[None] = {name: shown.total[name] for name in told}
    assert ours == asked, case


def _key(value: Any) -> Any:
    return value.date() if hasattr(value, "hour") else value


async def _upkeep(this: Any, db: Database, total: int, block: int, *, recent: bool) -> None:
    """A hundred requests change, at random among all or those of the last month, as they do in the life of a desk; then
    the sums follow. The change itself is not counted.
    """
    found = []
    first = total - total // 36 if recent else 0
    chance = random.Random(block)
    for number in range(5):
        async with db.transaction() as connection:
            changed = await rows(
                connection,
                "update cons.cons set status = case status when 'cancelled' then 'closed' else 'cancelled' end"
                " where number = any(%s) and consultation_type <> 'Техническая поддержка' returning cons_id",
                ([f"B-{chance.randrange(first, total)}" for _ in range(134 if number else 1)],),
            )
            names = [row["cons_id"] for row in changed]
        started = time.perf_counter()
        async with db.transaction() as connection:
            await upkeep.catch_up(connection, report_data.ZONE, 10_000)
        if number:
            found.append((time.perf_counter() - started) * 1000 * 100 / len(names))
    this.keep({
        "question": "reports", "block": this.first + block, "contestant": "upkeep of 100", "total": total,
        "span": "month" if recent else "whole", "filter": "-", "ours_ms": median(found),
        "others_busy": machine.others_busy(0.2),
    })  # fmt: skip
    async with db.read() as connection:
        await run(connection, "vacuum rep.facts")


def _duck(url: str, path: Path) -> Any:
    """The facts in DuckDB's own form, copied once."""
    prepare_peers()
    site.addsitedir(str(next(PEERS.parents[1].glob("lib/python*/site-packages"))))
    import duckdb  # noqa: PLC0415 - only in the environment of benchmarks

    made = path.exists()
    base = duckdb.connect(str(path))
    base.execute("set threads = 2")
    if not made:
        started = time.perf_counter()
        csv = path.with_suffix(".csv")
        names = [name for name in upkeep.COLUMNS if name not in ("cons_id", "client_id", "created_at", "due_at")]
        with psycopg.connect(url) as connection, csv.open("wb") as out:
            copy = f"copy (select {', '.join(names)} from rep.facts) to stdout (format csv, header)"
            with connection.cursor().copy(cast(Any, copy)) as stream:
                for piece in stream:
                    out.write(piece)
        kinds = json.dumps({"category": "UUID", "manager": "UUID", "day": "DATE"}).replace('"', "'")
        base.execute(f"create table facts as select * from read_csv('{csv}', types = {kinds})")
        csv.unlink()
        print(f"copied into DuckDB in {time.perf_counter() - started:.1f} s", flush=True)
    return base
