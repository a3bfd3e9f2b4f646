"""Managers as the desk's console shows them: load, hours, languages, skills, and the days they take no more."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from clobus.core import clock
from clobus.core.db import Connection, rows
from clobus.core.nobody import UNDEFINED_MANAGER

LIST = """
select u.cl_ref_key::text as manager_key, u.description as name, u.department, u.email, u.ru, u.uz,
       u.con_limit as "limit", to_char(u.start_hour, 'HH24:MI') as start_hour,
       to_char(u.end_hour, 'HH24:MI') as end_hour,
       u.consultation_enabled as enabled, m.chatwoot_user_id as agent_id, coalesce(w.waiting, 0)::int as waiting,
       coalesce(w.overdue, 0)::int as overdue, coalesce(w.today, 0)::int as today,
       case when u.con_limit > 0 then round(100.0 * coalesce(w.waiting, 0) / u.con_limit)::int end as load_percent,
       array(select q.description from cons.users_skill s join dict.online_question_cat q on q.ref_key = s.category_key
             where s.user_key = u.cl_ref_key and not q.deleted order by 1) as skills,
       array(select (q.period at time zone %(zone)s)::date from cons.queue_closing q where q.manager_key = u.cl_ref_key
             and (q.period at time zone %(zone)s)::date >= %(today)s order by 1) as closed,
       array(select x.day from cons.closing_wishes x where x.manager_key = u.cl_ref_key and x.sent_at is null) as unsent
from cons.users u left join sys.user_mapping m on m.cl_manager_key = u.cl_ref_key left join (
    select c.manager, count(*) filter (where c.status in ('open', 'pending')) as waiting,
           count(*) filter (where c.start_date < %(now)s) as overdue,
           count(*) filter (where (c.start_date at time zone %(zone)s)::date = %(today)s) as today
    from cons.cons c where c.status in ('new', 'open', 'pending', 'other') and not c.denied and not c.deleted group by 1
) w on w.manager = u.cl_ref_key
where not u.deletion_mark and not u.invalid and u.cl_ref_key <> %(undefined)s
  and (u.con_limit is not null or w.manager is not null) and (%(key)s::uuid is null or u.cl_ref_key = %(key)s)
order by load_percent desc nulls last, u.description, u.cl_ref_key
"""


async def listed(connection: Connection, zone: ZoneInfo, key: UUID | None = None) -> list[dict[str, Any]]:
    """Managers who take requests or have some, the most loaded first; `unsent` are days that 1C is still to be told."""
    now = clock.now()
    today: date = now.astimezone(zone).date()
    params = {"zone": zone.key, "now": now, "today": today, "key": key, "undefined": UNDEFINED_MANAGER}
    return [dict(row) for row in await rows(connection, LIST, params)]
