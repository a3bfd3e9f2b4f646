"""When a consultation can be had: days and hours at which somebody who suits works and is free (domain.md §8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from clobus.core import clock
from clobus.core.db import Connection, rows
from clobus.core.nobody import UNDEFINED_MANAGER
from clobus.modules.consultations.moves import Rules
from clobus.modules.consultations.types import Kind
from clobus.modules.staff.types import ACCOUNTING_DEPARTMENT

HOURS = range(24)
SLOTS = """
with able as (
    select u.cl_ref_key as key, u.start_hour, u.end_hour from cons.users u
    where not u.deletion_mark and not u.invalid and u.consultation_enabled and u.con_limit > 0
      and u.cl_ref_key <> %(undefined)s and u.department = %(department)s
      and u.start_hour is not null and u.end_hour is not null
      and (%(category)s::uuid is null or (
          exists (select 1 from cons.users_skill s where s.user_key = u.cl_ref_key and s.category_key = %(category)s)
          and case %(language)s when 'uz' then u.uz when 'ru' then u.ru else true end))
), slot as (
    select d.day, make_time(h.hour, 0, 0) as at, (d.day + make_time(h.hour, 0, 0)) at time zone %(zone)s as start
    from unnest(%(days)s::date[]) as d (day), unnest(%(hours)s::int[]) as h (hour)
), full_day as (
    select (coalesce(c.start_date, c.create_date) at time zone %(zone)s)::date as day from cons.clients me
    join cons.clients k on coalesce(k.parent_id, k.client_id) = coalesce(me.parent_id, me.client_id)
    join cons.cons c on c.client_id = k.client_id
    where me.client_id = %(client)s and c.consultation_type = %(kind)s and c.status <> 'cancelled'
      and c.cons_id is distinct from %(moved)s and coalesce(c.start_date, c.create_date) >= %(today)s
    group by 1 having count(*) >= %(per_day)s
)
select s.day, s.at from slot s where s.start >= %(from)s and s.start < %(until)s
  and s.day not in (select day from full_day)
  and exists (select 1 from able a
      where case when a.start_hour <= a.end_hour
            then s.at >= a.start_hour and s.at < a.end_hour and s.at + interval '1 hour' <= a.end_hour
                 and s.at < time '23:00'
            else s.at >= a.start_hour or s.at + interval '1 hour' <= a.end_hour end
        and not exists (select 1 from cons.queue_closing q where q.manager_key = a.key
                        and (q.period at time zone %(zone)s)::date = s.day)
        and not exists (select 1 from cons.cons c where c.manager = a.key and c.cons_id is distinct from %(moved)s
                        and c.status in ('new', 'open', 'pending', 'other')
                        and c.start_date >= s.start and c.start_date < s.start + interval '1 hour'))
order by 1, 2
"""


@dataclass(frozen=True, slots=True)
class Wish:
    """For whom and for what a time is looked for; `moved`: a request that is to be moved is not in its own way."""

    client_id: UUID
    category: UUID | None
    language: str
    moved: UUID | None = None


async def free(connection: Connection, wish: Wish, rules: Rules, days: Sequence[date] = ()) -> dict[date, list[time]]:
    """The free hours of each day up to the horizon (or of these days), local; days without any are left out."""
    now, zone = clock.now(), rules.zone
    today = clock.business_day(now, zone)
    asked = days or [today + timedelta(days=number) for number in range(rules.future_days + 1)]
    found = await rows(
        connection,
        SLOTS,
        {"undefined": UNDEFINED_MANAGER, "department": ACCOUNTING_DEPARTMENT, "category": wish.category,
         "language": wish.language, "zone": zone.key, "days": [day for day in asked if rules.calendar.works(day)],
         "hours": list(HOURS), "client": wish.client_id, "kind": Kind.ACCOUNTING.value, "moved": wish.moved,
         "from": now, "today": datetime.combine(today, time(), zone),
         "until": now + timedelta(days=rules.future_days), "per_day": rules.per_day},
    )  # fmt: skip
    by_day: dict[date, list[time]] = {}
    for row in found:
        # A manager may be there before the centre opens; consultations are held in its hours.
        if rules.calendar.is_working(instant(row["day"], row["at"], zone)):
            by_day.setdefault(row["day"], []).append(row["at"])
    return by_day


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant of a local day and hour."""
    return datetime.combine(day, at, zone)
