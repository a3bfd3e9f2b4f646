"""Every report, filter and grouping against plain SQL over facts that were reckoned slowly, to the last digit."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from clobus.core import clock
from clobus.core.db import Connection, Database, one, rows, run
from clobus.modules.reports import figures, plain, tables, upkeep, worktime
from clobus.modules.reports.rollups import ROLLUPS, VECTORS
from clobus.modules.reports.types import BOUNDS, TIMES, Filters, Period
from tests.support.report_desk import CALENDAR, NOW, ZONE, Desk

SHORT = Period(date(2026, 2, 11), date(2026, 3, 12))
WHOLE = Period(date(2026, 1, 1), date(2026, 4, 30))
ODD = Period(date(2026, 1, 20), date(2026, 4, 7))
KEYS = {"day": "day", "week": "date_trunc('week', day)::date", "month": "date_trunc('month', day)::date"}
SHOWN = {
    "requests": "count(*)", "closed": "count(*) filter (where status in ('closed', 'resolved'))",
    "cancelled": "count(*) filter (where status = 'cancelled')",
    "cancelled_share": "round(count(*) filter (where status = 'cancelled') * 100.0 / nullif(count(*), 0), 1)::float8",
    "repeated": "count(*) filter (where again)",
    "repeated_share": "round(count(*) filter (where again) * 100.0 / nullif(count(*), 0), 1)::float8",
    "redated": "count(*) filter (where redates > 0)", "redates": "coalesce(sum(redates), 0)",
    "redated_share": "round(count(*) filter (where redates > 0) * 100.0 / nullif(count(*), 0), 1)::float8",
    "rated": "count(*) filter (where marks_n > 0)", "marks": "coalesce(sum(marks_n), 0)",
    "rated_share": "round(count(*) filter (where marks_n > 0) * 100.0"
                   " / nullif(count(*) filter (where status in ('closed', 'resolved')), 0), 1)::float8",
    "csat": "round(sum(marks_sum)::numeric / nullif(sum(marks_n), 0), 2)::float8",
    "first_due": "coalesce(sum(first_met + first_missed), 0)", "first_met": "coalesce(sum(first_met), 0)",
    "first_missed": "coalesce(sum(first_missed), 0)", "closing_missed": "coalesce(sum(closing_missed), 0)",
    "first_sla": "round(sum(first_met) * 100.0 / nullif(sum(first_met + first_missed), 0), 1)::float8",
    "closing_due": "coalesce(sum(closing_met + closing_missed), 0)", "closing_met": "coalesce(sum(closing_met), 0)",
    "closing_sla": "round(sum(closing_met) * 100.0 / nullif(sum(closing_met + closing_missed), 0), 1)::float8",
    **{f"{time}_count": f"count({time})" for time in TIMES},
    **{f"{time}_average": f"round(sum({time})::numeric / nullif(count({time}), 0))::bigint" for time in TIMES},
}  # fmt: skip
"""What each column shows, in plain SQL."""


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    database = Database(dsn)
    await database.open()
    async with database.transaction() as connection:
        await worktime.keep(connection, CALENDAR, 2026)
    with clock.freeze(NOW):
        yield database
    await database.close()


async def caught_up(db: Database) -> None:
    for _ in range(50):
        async with db.transaction() as connection:
            if not await upkeep.catch_up(connection, ZONE, 100):
                return
    raise AssertionError("changes never end")


async def told_plainly(connection: Connection, desk: Desk) -> None:
    """The reference as a table: one row a request, reckoned without our SQL."""
    await run(
        connection,
        "create temp table plain (cons_id uuid, day date, hour int, kind text, channel text, language text,"
        " category uuid, manager uuid, status text, first int, answer int, closing int, marks_sum int, marks_n int,"
        " redates int, again bool, first_met int, first_missed int, closing_met int, closing_missed int)",
    )
    for request in desk.requests:
        fact = request.fact(desk.requests, clock.now())
        names = ", ".join(fact)
        await run(connection, f"insert into plain ({names}) values ({', '.join(['%s'] * len(fact))})",
                  tuple(fact.values()))  # fmt: skip


def condition(period: Period, filters: Filters) -> tuple[str, dict[str, Any]]:
    given = filters.given()
    text = "day between %(first)s and %(last)s" + "".join(f" and {name} = %({name})s" for name in given)
    return text, {"first": period.first, "last": period.last, **given}


async def plainly(
    connection: Connection, report: tables.Report, period: Period, filters: Filters, by: str | None
) -> dict[Any, dict[str, Any]]:
    """The same report by plain SQL over the reference."""
    where, params = condition(period, filters)
    columns = [c for c in report.columns if c.time is None]
    shown = ", ".join(f"{SHOWN[c.name]} as {c.name}" for c in columns)
    key = KEYS.get(by, by) if by else "null"
    grouped = " group by 1" if by else ""
    found = await rows(connection, f"select {key} as key, {shown} from plain where {where}{grouped}", params)
    told = {row["key"]: {c.name: row[c.name] for c in columns} for row in found}
    for time in {c.time for c in report.columns if c.time}:
        values_of = await rows(
            connection, f"select {key} as key, array_agg({time} order by {time}) filter (where {time} is not null)"
            f" as values from plain where {where}{grouped}", params)  # fmt: skip
        for row in values_of:
            for share, name in ((50, "median"), (90, "p90")):
                told[row["key"]][f"{time}_{name}"] = of_buckets(row["values"], share)
    return told


def of_buckets(values: list[int] | None, share: int) -> int | None:
    """A percentile of the buckets that values fall into, drawn on the width of its bucket."""
    if not values:
        return None
    wanted = -(-len(values) * share // 100)
    edges = [0, *BOUNDS]
    low = max(edge for edge in edges if edge <= values[wanted - 1])
    high = next((edge for edge in edges if edge > values[wanted - 1]), low)
    mates = [v for v in values if low <= v and (v < high or high == low)]
    before = sum(v < low for v in values)
    return low + (high - low) * (2 * (wanted - before) - 1) // (2 * len(mates))


def every_filter(desk: Desk) -> list[Filters]:
    singles: list[dict[str, Any]] = [
        {}, {"kind": "support"}, {"channel": "SITE"}, {"language": "uz"}, {"language": ""},
        {"category": desk.categories[0]}, {"category": UUID(int=0)}, {"manager": desk.managers[1]},
        {"manager": UUID(int=0)},
    ]  # fmt: skip
    pairs = [{**a, **b} for a, b in itertools.combinations(singles[1:], 2) if not a.keys() & b.keys()]
    return [Filters(**given) for given in [*singles, *pairs]]


async def all_agree(db: Database, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> int:
    count = 0
    monkeypatch.setattr(plain, "FEW_A_LINE", 0)
    async with db.read() as connection:
        await told_plainly(connection, desk)
        for report, period, filters in itertools.product(
            tables.REPORTS.values(), (SHORT, WHOLE, ODD), every_filter(desk)
        ):
            total = (await plainly(connection, report, period, filters, None))[None]
            for by in (*KEYS, "kind", "channel", "language", "category", "manager"):
                want = await plainly(connection, report, period, filters, by)
                for few in (-1, 10**9):  # from the sums, and straight from the facts
                    monkeypatch.setattr(plain, "FEW", few)
                    # mypy takes the name for any text
                    table = await tables.table(connection, report, period, filters, by, compare=False)  # type: ignore[arg-type]
                    shown = {line.key: line.values for line in table.lines}
                    assert shown == want, (report.name, period, filters, by, few)
                    assert table.total == {name: total[name] for name in table.total}
                    count += 1
        await run(connection, "drop table plain")
    return count


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_every_report_and_filter_tells_what_plain_sql_tells(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(5)
    async with db.transaction() as connection:
        await desk.open(connection, 400)
    await caught_up(db)
    assert await all_agree(db, desk, monkeypatch) > 4000


async def test_after_any_changes_sums_are_as_if_made_anew(db: Database) -> None:
    desk = Desk(11)
    async with db.transaction() as connection:
        await desk.open(connection, 150)
    await caught_up(db)
    for _ in range(6):
        async with db.transaction() as connection:
            for _ in range(25):
                await desk.change(connection)
            for _ in range(5):
                await desk.add(connection, desk.request())
        await caught_up(db)
    kept = await everything(db)
    async with db.transaction() as connection:
        assert await upkeep.rebuild(connection, ZONE) == len(desk.requests)
    assert await everything(db) == kept


async def everything(db: Database) -> dict[str, list[tuple[Any, ...]]]:
    """All facts and all sums that are not nothing."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    async with db.read() as connection:
        for table in ("facts", *(rollup.table.removeprefix("rep.") for rollup in ROLLUPS)):
            held = await rows(connection, f"select t.*, t::text as whole from rep.{table} t order by t::text")
            alive = [
                row for row in held if row.get("n") or any(set(str(row.get(v, ""))) - set("[,0]") for v in VECTORS)
            ]
            found[table] = [tuple(row.values()) for row in alive]
    assert all(found.values())
    return found


async def test_a_promise_is_broken_by_the_mere_passing_of_time(db: Database) -> None:
    desk = Desk(3)
    made = desk.request()
    made.status, made.ended, made.messages, made.kind, made.importance = "open", None, [], "support", None
    made.key, made.marks, made.created = None, [], NOW - timedelta(minutes=10)
    async with db.transaction() as connection:
        await desk.open(connection, 0)
        await desk.add(connection, made)
    await caught_up(db)
    with clock.freeze(NOW) as stopped:
        for minutes, told in ((19, (0, 0)), (2, (1, 0)), (9 * 60 + 24 * 60, (1, 1))):
            stopped.move(minutes * 60)
            await caught_up(db)
            async with db.read() as connection:
                fact = await one(connection, "select first_missed, closing_missed from rep.facts")
                total = await one(connection, "select first_missed, closing_missed from rep.by_cell where grain = 'm'")
            assert fact == total == {"first_missed": told[0], "closing_missed": told[1]}


async def test_an_answer_that_bears_an_earlier_moment_took_no_time(db: Database) -> None:
    desk = Desk(4)
    made = desk.request()
    made.created = NOW.replace(hour=5) - timedelta(days=3)  # a Friday
    asked = made.created + timedelta(hours=2)
    made.messages = [(asked, "in", "chatwoot"), (asked - timedelta(hours=1), "out", "chatwoot")]
    async with db.transaction() as connection:
        await desk.open(connection, 0)
        await desk.add(connection, made)
    await caught_up(db)
    async with db.read() as connection:
        fact = await one(connection, "select answer_sum, answer_n, answer_bucket from rep.facts")
    assert fact == {"answer_sum": 0, "answer_n": 1, "answer_bucket": 0}


async def test_hours_and_another_calendar(db: Database) -> None:
    desk = Desk(8)
    async with db.transaction() as connection:
        await desk.open(connection, 80)
    await caught_up(db)
    async with db.transaction() as connection:
        await told_plainly(connection, desk)
        for filters in every_filter(desk):
            where, params = condition(ODD, filters)
            want = await rows(
                connection, "select extract(isodow from day)::int as weekday, hour, count(*) as n from plain"
                f" where {where} group by 1, 2 order by 1, 2", params)  # fmt: skip
            assert await figures.hours(connection, ODD, filters) == want
        assert not await worktime.keep(connection, CALENDAR, 2026)
        before = await one(connection, "select sum(closing_sum) as n from rep.facts")
        assert await worktime.keep(connection, CALENDAR.__class__(ZONE, weekend=frozenset({7})), 2026)
    await caught_up(db)
    async with db.read() as connection:
        after = await one(connection, "select sum(closing_sum) as n from rep.facts")
    assert before is not None
    assert after is not None
    assert after["n"] > before["n"]
