"""How loaded managers are and how long one waits, for staff and services: clients are never told (plan 2.2)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from clobus.core.db import Connection, one, rows
from clobus.core.errors import NotFound
from clobus.core.nobody import UNDEFINED_MANAGER
from clobus.modules.staff.types import ACCOUNTING_DEPARTMENT

USUAL_MINUTES = 15.0
"""How long one consultation takes when there are no figures."""
LONGEST_MINUTES = 480.0
"""What took longer was not one talk, but a request that stayed open."""

LOADS = """
select u.cl_ref_key as manager_key, u.user_id as manager_id, u.chatwoot_user_id, u.description as name,
       count(c.cons_id) as queue_count, coalesce(u.con_limit, 0) as limit,
       case when u.con_limit > 0 then least(100, round(100.0 * count(c.cons_id) / u.con_limit, 2))::float8
            else 100 end as load_percent,
       greatest(0, coalesce(u.con_limit, 0) - count(c.cons_id)) as available_slots, u.start_hour::text, u.end_hour::text
from cons.users u left join cons.cons c on c.manager = u.cl_ref_key and not c.denied and c.status in ('open', 'pending')
where not u.deletion_mark and not u.invalid and u.cl_ref_key <> %(undefined)s
"""
WORKING = """
and u.consultation_enabled and u.con_limit > 0 and u.department = %(department)s
and u.start_hour is not null and u.end_hour is not null
and case when u.start_hour <= u.end_hour then %(clock)s::time >= u.start_hour and %(clock)s::time < u.end_hour
         else %(clock)s::time >= u.start_hour or %(clock)s::time < u.end_hour end
and not exists (select 1 from cons.queue_closing q where q.manager_key = u.cl_ref_key
                and (q.period at time zone 'Asia/Tashkent')::date = %(day)s::date)
and (%(category)s::uuid is null
     or exists (select 1 from cons.users_skill s where s.user_key = u.cl_ref_key and s.category_key = %(category)s))
and (%(language)s::text is null or case %(language)s when 'uz' then u.uz when 'ru' then u.ru else true end)
"""
LIMITED = " and u.con_limit > 0"
ORDER = " group by u.account_id order by load_percent, name, manager_key"

# A talk begins at the planned moment, or with a request that came after it; what is not plausible is left out.
AVERAGE = """
select percentile_cont(0.5) within group (order by minutes)::float8 as minutes from (
    select extract(epoch from end_date - greatest(start_date, create_date)) / 60 as minutes from cons.cons
    where manager = %(manager)s and status in ('closed', 'resolved') and not denied and start_date is not null
      and end_date > now() - interval '30 days') t
where minutes > 0 and minutes <= %(longest)s
"""


async def loads(connection: Connection) -> list[dict[str, Any]]:
    """Managers with limits, least loaded first, whatever their hours."""
    found = await rows(connection, LOADS + LIMITED + ORDER, {"undefined": UNDEFINED_MANAGER})
    return [dict(row) for row in found]


async def load_of(connection: Connection, manager_key: UUID) -> dict[str, Any]:
    """How loaded one manager is; NotFound when there is none."""
    found = await one(
        connection, f"{LOADS} and u.cl_ref_key = %(key)s{ORDER}",  # noqa: S608 - text of ours
        {"undefined": UNDEFINED_MANAGER, "key": manager_key},
    )  # fmt: skip
    if found is None:
        raise NotFound("manager.unknown")
    return dict(found)


async def available(
    connection: Connection, at: datetime, category: UUID | None, language: str | None
) -> list[dict[str, Any]]:  # fmt: skip
    """Who takes accounting requests at a local moment: at work, queue open, knows the category and the language."""
    params = {
        "undefined": UNDEFINED_MANAGER, "department": ACCOUNTING_DEPARTMENT, "clock": at.time(), "day": at.date(),
        "category": category, "language": language,
    }  # fmt: skip
    return [dict(row) for row in await rows(connection, LOADS + WORKING + ORDER, params)]


async def wait_of(connection: Connection, manager_key: UUID, average: float | None = None) -> dict[str, Any]:
    """How long a request waits that comes to a manager now; `average` minutes instead of his own figures."""
    loaded = await load_of(connection, manager_key)
    return _wait(int(loaded["queue_count"]) + 1, average or await _average(connection, manager_key))


async def place_of(connection: Connection, cons_id: UUID) -> dict[str, Any]:
    """Where a request stands in its manager's queue; all null when it has no manager or does not wait."""
    row = await one(
        connection,
        "select c.manager, c.status in ('open', 'pending') and not c.denied as waits, (select count(*) from cons.cons b"
        " where b.manager = c.manager and b.status in ('open', 'pending') and not b.denied"
        " and (b.create_date, b.cons_id) <= (c.create_date, c.cons_id)) as position"
        " from cons.cons c where c.cons_id = %s",
        (cons_id,),
    )
    if row is None:
        raise NotFound("consultation.unknown")
    if row["manager"] in (None, UNDEFINED_MANAGER) or not row["waits"]:
        return dict.fromkeys(_wait(1, USUAL_MINUTES)) | {"manager_key": row["manager"]}
    average = await _average(connection, row["manager"])
    return {**_wait(int(row["position"]), average), "manager_key": row["manager"]}


async def _average(connection: Connection, manager_key: UUID) -> float | None:
    found = await one(connection, AVERAGE, {"manager": manager_key, "longest": LONGEST_MINUTES})
    return found["minutes"] if found else None


def _wait(position: int, average: float | None) -> dict[str, Any]:
    """From the number of those before: between the usual and the measured time of each, the longer one told."""
    before = max(0, position - 1)
    measured = average if average is not None else USUAL_MINUTES
    low, high = before * min(measured, USUAL_MINUTES), before * max(measured, USUAL_MINUTES)
    return {
        "queue_position": position,
        "estimated_wait_minutes_min": round(low),
        "estimated_wait_minutes_max": round(high),
        "estimated_wait_minutes": round(high),
        "estimated_wait_hours": max(1, round(high / 60)) if high > 0 else 0,
        "show_range": round(low) != round(high),
    }
