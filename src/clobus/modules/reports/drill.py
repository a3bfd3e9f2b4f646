"""The requests behind a figure: the newest first, page by page."""

from __future__ import annotations

from typing import Any, Literal

from clobus.core.db import Connection, rows
from clobus.core.pagination import Cursor
from clobus.modules.reports.types import Filters, Period

Only = Literal[
    "closed", "cancelled", "rated", "redated", "repeated", "first_met", "first_missed", "closing_met", "closing_missed",
    "first", "answer", "closing",
]  # fmt: skip
_ONLY = {
    "closed": "closed_n", "cancelled": "cancelled_n", "rated": "rated_n", "redated": "redated_n",
    "repeated": "repeated_n", "first": "first_n", "answer": "answer_n", "closing": "closing_n",
}  # fmt: skip


async def behind(
    connection: Connection, period: Period, filters: Filters, *, only: Only | None = None, weekday: int | None = None,
    hour: int | None = None, cursor: Cursor | None = None, limit: int = 50,
) -> tuple[list[dict[str, Any]], str | None]:  # fmt: skip
    """A page of the requests that a figure counts, and the cursor of the next one. Times are working seconds."""
    parts = ["f.day between %(first)s and %(last)s", *(f"f.{name} = %({name})s" for name in filters.given())]
    params: dict[str, Any] = {
        "first": period.first, "last": period.last, "weekday": weekday, "hour": hour, "limit": limit + 1,
        **filters.given(),
    }  # fmt: skip
    if only is not None:
        parts.append(f"f.{_ONLY.get(only, only)} > 0")
    if weekday is not None:
        parts.append("extract(isodow from f.day) = %(weekday)s")
    if hour is not None:
        parts.append("f.hour = %(hour)s")
    if cursor is not None:
        parts.append("(f.created_at, f.cons_id) < (%(at)s, %(id)s)")
        params |= {"at": cursor.at, "id": cursor.id}
    found = await rows(
        connection,
        "select f.cons_id, c.number, f.created_at, f.kind, c.status, f.channel, nullif(f.language, '') as language,"
        " u.description as manager_name, coalesce(k.company_name, k.name) as client_name,"
        " q.description as category_name, case when f.first_n > 0 then f.first_sum end as first_seconds,"
        " case when f.answer_n > 0 then f.answer_sum end as answer_seconds,"
        " case when f.closing_n > 0 then f.closing_sum end as closing_seconds,"
        " round(f.marks_sum::numeric / nullif(f.marks_n, 0), 2)::float8 as mark, f.redates_n as redates,"
        " f.first_missed > 0 or f.closing_missed > 0 as late"
        " from (select * from rep.facts f where " + " and ".join(parts) + " order by f.created_at desc, f.cons_id desc"
        " limit %(limit)s) f join cons.cons c using (cons_id) left join cons.users u on u.cl_ref_key = f.manager"
        " left join cons.clients k on k.client_id = f.client_id"
        " left join dict.online_question_cat q on q.ref_key = f.category order by f.created_at desc, f.cons_id desc",
        params,
    )
    items = [dict(row) for row in found[:limit]]
    last = items[-1] if len(found) > limit else None
    return items, str(Cursor(last["created_at"], last["cons_id"])) if last else None
