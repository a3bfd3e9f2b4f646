"""Averages of marks by manager, over a period."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from clobus.core.db import Connection, rows


async def summary(
    connection: Connection, zone: ZoneInfo, *, first: date | None = None, last: date | None = None,
    manager: UUID | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Marks given on the days from `first` to `last`, both included, on the wall clock of `zone`.

    `{managers, total}`, each with the average (two decimals), the number of marks, of requests, and of each mark. Old
    marks of 1C without a date count only where no day is named. The best come first.
    """
    params = {
        "since": datetime.combine(first, time(), zone) if first else None,
        "until": datetime.combine(last + timedelta(days=1), time(), zone) if last else None,
        "manager": manager,
    }
    found = await rows(
        connection,
        "select a.manager_key::text, min(u.description) as manager_name, grouping(a.manager_key) = 1 as whole,"
        " round(avg(a.rating), 2)::float8 as average, count(*) as marks, count(distinct a.cons_key) as requests,"
        " array[count(*) filter (where a.rating = 1), count(*) filter (where a.rating = 2),"
        " count(*) filter (where a.rating = 3), count(*) filter (where a.rating = 4),"
        " count(*) filter (where a.rating = 5)] as by_mark"
        " from cons.cons_rating_answers a left join cons.users u on u.cl_ref_key = a.manager_key"
        " where a.rating is not null and (%(since)s::timestamptz is null or a.rating_date >= %(since)s)"
        " and (%(until)s::timestamptz is null or a.rating_date < %(until)s)"
        " and (%(manager)s::uuid is null or a.manager_key = %(manager)s)"
        " group by grouping sets ((a.manager_key), ()) order by whole, average desc, marks desc, a.manager_key",
        params,
    )
    numbers = ("average", "marks", "requests", "by_mark")
    managers = [
        {"manager_key": row["manager_key"], "manager_name": row["manager_name"], **{n: row[n] for n in numbers}}
        for row in found
        if not row["whole"]
    ]
    [total] = [{n: row[n] for n in numbers} for row in found if row["whole"]]
    return {"first": first, "last": last, "managers": managers, "total": total}
