"""A desk with a past of three years for the reports: requests, messages, marks and moves, made inside the database."""

from __future__ import annotations

import asyncio
import time
from zoneinfo import ZoneInfo

from benchmarks.database import Server
from clobus.core import migrations
from clobus.core.db import Database, run
from clobus.modules.consultations.calendar import Calendar
from clobus.modules.reports import worktime
from clobus.modules.reports.facts import COLUMNS, EDGES
from clobus.modules.reports.rollups import ROLLUPS
from clobus.modules.reports.types import NOBODY

ZONE = ZoneInfo("Asia/Tashkent")
CALENDAR = Calendar(ZONE, holidays=frozenset({(1, 1), (3, 8), (3, 21), (5, 9), (9, 1), (12, 8)}))
MANAGERS, CATEGORIES, DAYS = 60, 100, 1096
FIRST, LAST = "2023-11-01", "2026-10-31"
_REQUESTS = """
insert into cons.cons (cons_id, cl_ref_key, consultation_type, status, client_id, manager, create_date, end_date, lang,
    source, online_question_cat, importance, number)
select gen_random_uuid(), case when accounting then gen_random_uuid() end,
    case when accounting then 'Консультация по ведению учёта' else 'Техническая поддержка' end,
    case when fate < 0.12 then 'cancelled' when day > 1090 and fate < 0.6 then 'open'
        when accounting then 'closed' else 'resolved' end,
    clients[1 + floor(random() * array_length(clients, 1))::int],
    ('00000000-0000-4000-8000-' || lpad(floor({managers} * power(random(), 1.3))::int::text, 12, '0'))::uuid, at,
    case when day > 1090 and fate < 0.6 and fate >= 0.12 then null
        else at + make_interval(secs => floor(-90000 * ln(random() + 1e-9))) end,
    case when accounting then (array['ru', 'ru', 'uz'])[1 + floor(random() * 3)::int] end,
    case when not accounting then 'CHATWOOT'
        else (array['1C_CL', '1C_CL', 'SITE', 'TELEGRAM'])[1 + floor(random() * 4)::int] end,
    case when accounting then
        ('00000000-0000-4000-9000-' || lpad(floor({categories} * power(random(), 1.5))::int::text, 12, '0'))::uuid end,
    1 + floor(random() * 3)::int, 'B-' || g
from (select g, day, random() < 0.75 as accounting, random() as fate,
        timestamptz '{first} 03:00+00'
            + make_interval(days => day, secs => floor(36000 * (random() + random()) / 2)) as at
    from (select g, (g * {days}::bigint / {total})::int as day from generate_series(0, {total} - 1) g) n) r,
    (select array_agg(client_id) as clients from cons.clients) c
"""
_MESSAGES = """
insert into cons.messages (message_id, cons_id, conversation_id, direction, via, created_at)
select row_number() over (), cons_id, 1, case when n % 2 = 1 then 'in' else 'out' end, 'chatwoot',
    create_date + make_interval(secs => n * floor(-4000 * ln(random() + 1e-9)))
from cons.cons, generate_series(1, 2) n where random() < 0.9
"""
_MARKS = """
insert into cons.cons_rating_answers (cons_key, manager_key, question_number, rating)
select coalesce(cl_ref_key, cons_id), manager, 1, 5 - floor(4 * power(random(), 3))::int from cons.cons
where status in ('closed', 'resolved') and random() < 0.35
"""
_MOVES = """
insert into cons.cons_redate (cons_key, manager_key, period, new_date)
select cl_ref_key, manager, create_date, create_date + interval '1 day' from cons.cons
where cl_ref_key is not null and random() < 0.08
"""


_FACTS = f"""
insert into rep.facts ({", ".join(COLUMNS)})
select cons_id, create_date, local::date, extract(hour from local), kind, source, coalesce(lang, ''),
    coalesce(online_question_cat, %(nobody)s), coalesce(manager, %(nobody)s), client_id, null,
    width_bucket(first, {EDGES}), width_bucket(answer, {EDGES}), width_bucket(closing, {EDGES}),
    1, closed, cancelled, coalesce(first, 0), (first is not null)::int, coalesce(answer, 0), (answer is not null)::int,
    coalesce(closing, 0), (closing is not null)::int, rated * (1 + floor(5 * random())), rated, rated,
    moved, moved, again, (first <= 7200)::int, (first > 7200)::int, coalesce((closing <= 97200)::int, 0),
    coalesce((closing > 97200)::int, 0)
from (select c.*, create_date at time zone 'Asia/Tashkent' as local,
        case when cl_ref_key is null then 'support' else 'accounting' end as kind,
        (status in ('closed', 'resolved'))::int as closed, (status = 'cancelled')::int as cancelled,
        floor(-4000 * ln(random() + 1e-9))::int as first, floor(-6000 * ln(random() + 1e-9))::int as answer,
        case when status in ('closed', 'resolved') then floor(-60000 * ln(random() + 1e-9))::int end as closing,
        (random() < 0.3)::int as rated, (random() < 0.08)::int as moved, (random() < 0.2)::int as again
    from cons.cons c) c order by create_date
"""


def make(server: Server, total: int) -> str:
    """The address of a base with so many requests and their sums; made once in a data directory."""
    name = f"reports_{total}"
    if server.execute(f"select 1 from pg_database where datname = '{name}'"):
        started = time.perf_counter()
        migrations.upgrade(server.server.url(name))
        print(f"{name} brought up to date in {time.perf_counter() - started:.0f} s", flush=True)
        return server.server.url(name)
    draft = f"{name}_draft"
    started = time.perf_counter()
    with server.database(draft) as url:
        filled = {"managers": MANAGERS, "categories": CATEGORIES, "first": FIRST, "days": DAYS, "total": total}
        texts = [_REQUESTS.format(**filled), _MESSAGES, _MARKS, _MOVES]
        # Replica: neither triggers nor foreign keys, which would only note three million changes.
        server.execute("set session_replication_role = replica; select setseed(0.5);" + ";".join(texts), draft)
        server.execute("analyze", draft)
        print(f"{total} requests made in {time.perf_counter() - started:.0f} s", flush=True)
        asyncio.run(_summed(url))
        server.execute("vacuum analyze", draft)
    server.execute(f"alter database {draft} rename to {name}")
    return server.server.url(name)


async def _summed(url: str) -> None:
    """Facts of likely values, not reckoned one by one from the desk: that takes 130 microseconds a request."""
    db = Database(url)
    await db.open()
    started = time.perf_counter()
    async with db.transaction() as connection:
        await worktime.keep(connection, CALENDAR, 2026)
        await run(connection, "truncate rep.changed")
        await run(connection, _FACTS, {"nobody": NOBODY})
        for rollup in ROLLUPS:
            for sql in rollup.made():
                await run(connection, sql)
    print(f"facts and their sums in {time.perf_counter() - started:.0f} s", flush=True)
    await db.close()
