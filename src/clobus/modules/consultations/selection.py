"""Who takes a new accounting request (domain.md §8.1): works now, speaks the language, knows the category, has room."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from clobus.core.db import Connection, one
from clobus.modules.staff.types import ACCOUNTING_DEPARTMENT, UNDEFINED_MANAGER

SQL = """
with able as (
    select u.cl_ref_key, u.con_limit from cons.users u
    where not u.deletion_mark and not u.invalid and u.consultation_enabled and u.con_limit > 0
      and u.cl_ref_key <> %(undefined)s and u.department = %(department)s
      and u.start_hour is not null and u.end_hour is not null
      and case when u.start_hour <= u.end_hour then %(clock)s::time >= u.start_hour and %(clock)s::time < u.end_hour
               else %(clock)s::time >= u.start_hour or %(clock)s::time < u.end_hour end
      and not exists (select 1 from cons.queue_closing q where q.manager_key = u.cl_ref_key
                      and (q.period at time zone 'Asia/Tashkent')::date = %(day)s::date)
      and (%(category)s::uuid is null or (
          exists (select 1 from cons.users_skill s where s.user_key = u.cl_ref_key and s.category_key = %(category)s)
          and case %(language)s when 'uz' then u.uz when 'ru' then u.ru else true end))
), queue as (
    select a.cl_ref_key, a.con_limit, count(c.cons_id) as waiting,
           count(c.cons_id) filter (where c.create_date > now() - interval '1 hour') as recent
    from able a left join cons.cons c on c.manager = a.cl_ref_key and c.status in ('open', 'pending') and not c.denied
    group by 1, 2
), ranked as (
    select *, waiting::numeric / con_limit as load, min(waiting::numeric / con_limit) over () as best from queue
)
select cl_ref_key from ranked where load <= best + 0.1 order by recent, random() limit 1
"""


async def manager_for(connection: Connection, *, category: UUID | None, language: str, at: datetime) -> UUID:
    """The manager for a request made at local time `at`; the undefined one when nobody fits."""
    found = await one(
        connection,
        SQL,
        {"undefined": UNDEFINED_MANAGER, "department": ACCOUNTING_DEPARTMENT, "clock": at.time(), "day": at.date(),
         "category": category, "language": language},
    )  # fmt: skip
    return found["cl_ref_key"] if found else UNDEFINED_MANAGER
