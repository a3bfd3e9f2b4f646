"""One request as reports see it: the SQL that makes facts of what the desk holds."""

from __future__ import annotations

from clobus.modules.reports.types import BOUNDS, MEASURES, REPEAT_DAYS, TIMES

COLUMNS = (
    "cons_id", "created_at", "day", "hour", "kind", "channel", "language", "category", "manager", "client_id", "due_at",
    *(f"{time}_bucket" for time in TIMES), *MEASURES,
)  # fmt: skip
EDGES = "array[" + ", ".join(str(bound) for bound in BOUNDS) + "]"


def worked(moment: str) -> str:
    """Working seconds before an instant (see rep.shifts); zero before the first shift."""
    return (
        f"coalesce((select h.before + least(h.seconds, floor(extract(epoch from {moment} - h.opens))::bigint)"
        f" from rep.shifts h where h.opens <= {moment} order by h.opens desc limit 1), 0)"
    )


_REQUEST = """
    select c.cons_id, c.create_date as created_at, c.create_date at time zone %(zone)s as local, c.end_date,
        case when c.consultation_type = %(support)s then 'support' else 'accounting' end as kind,
        c.source as channel, coalesce(c.lang, '') as language,
        coalesce(c.online_question_cat, %(nobody)s) as category,
        coalesce(nullif(c.manager, %(placeholder)s), %(nobody)s) as manager,
        c.client_id, c.importance, c.status in ('closed', 'resolved') as closed, c.status = 'cancelled' as cancelled,
        array[c.cl_ref_key, c.cons_id] as keys
    from cons.cons c where not c.deleted"""

# A turn of the client begins with his message after one of ours; nobody has waited until it is answered.
_SAID = f"""
    select coalesce(min(m.at) filter (where m.direction = 'out'),
            (select r.at from cons.first_replies r where r.cons_id = c.cons_id)) as first_at,
        floor(avg(greatest(0, {worked("m.answered")} - {worked("m.at")}))
            filter (where m.direction = 'in' and m.before is distinct from 'in' and m.answered is not null))::integer
            as answer
    from (
        select created_at as at, direction, lag(direction) over (order by message_id) as before,
            min(created_at) filter (where direction = 'out')
                over (order by message_id rows between current row and unbounded following) as answered
        from cons.messages where cons_id = c.cons_id and direction <> 'note' and via <> 'platform') m"""

_GATHERED = f"""
    select c.*, {worked("c.created_at")} as began, {worked("%(now)s::timestamptz")} as present,
        said.answer, case when said.first_at is not null then {worked("said.first_at")} end as first_worked,
        case when c.closed and c.end_date is not null then {worked("c.end_date")} end as closing_worked,
        p.first_seconds, p.closing_seconds, k.marks_sum, k.marks_n,
        (select count(*) from cons.cons_redate r where r.cons_key = any(c.keys)) as redates,
        c.client_id is not null and exists (select 1 from cons.cons o where o.client_id = c.client_id
            and not o.deleted and (o.create_date, o.cons_id) < (c.created_at, c.cons_id)
            and o.create_date >= c.created_at - interval '{REPEAT_DAYS} days') as repeated
    from request c
    left join lateral ({_SAID}) said on true
    left join lateral (select l.first_seconds, l.closing_seconds from rep.sla_policies l where l.kind = c.kind
        and (l.importance is null or l.importance = c.importance) order by l.importance nulls last limit 1) p on true
    left join lateral (select coalesce(sum(a.rating), 0)::integer as marks_sum, count(a.rating) as marks_n
        from cons.cons_rating_answers a where a.cons_key = any(c.keys)) k on true"""

_TIMED = """
    select g.*,
        case when first_worked is not null then greatest(0, first_worked - began)::integer end as first,
        case when closing_worked is not null then greatest(0, closing_worked - began)::integer end as closing,
        present - began as age,
        first_seconds is not null and first_worked is null and not closed and not cancelled as first_open,
        closing_seconds is not null and not closed and not cancelled as closing_open
    from gathered g"""

# The working second at which the first of the promises that still hold is broken, as an instant.
_DUE = """(select s.opens + make_interval(secs => t.target - s.before) from rep.shifts s where s.before < t.target
        order by s.before desc limit 1)"""

_FACT = f"""
    select cons_id, created_at, local::date as day, extract(hour from local)::smallint as hour, kind, channel, language,
        category, manager, client_id, {_DUE} as due_at,
        width_bucket(first, {EDGES})::smallint as first_bucket,
        width_bucket(answer, {EDGES})::smallint as answer_bucket,
        width_bucket(closing, {EDGES})::smallint as closing_bucket,
        1::smallint as n, closed::int::smallint as closed_n, cancelled::int::smallint as cancelled_n,
        coalesce(first, 0) as first_sum, (first is not null)::int::smallint as first_n,
        coalesce(answer, 0) as answer_sum, (answer is not null)::int::smallint as answer_n,
        coalesce(closing, 0) as closing_sum, (closing is not null)::int::smallint as closing_n,
        marks_sum, marks_n::smallint as marks_n, (marks_n > 0)::int::smallint as rated_n,
        redates::smallint as redates_n, (redates > 0)::int::smallint as redated_n,
        repeated::int::smallint as repeated_n,
        coalesce(first <= first_seconds, false)::int::smallint as first_met,
        (coalesce(first > first_seconds, false) or (first_open and age > first_seconds))::int::smallint as first_missed,
        coalesce(closing <= closing_seconds and not cancelled, false)::int::smallint as closing_met,
        (coalesce(closing > closing_seconds and not cancelled, false) or (closing_open and age > closing_seconds)
            )::int::smallint as closing_missed
    from (select t.*, began + 1 + least(case when first_open and age <= first_seconds then first_seconds end,
        case when closing_open and age <= closing_seconds then closing_seconds end) as target from timed t) t"""


def facts_of(which: str) -> str:
    """A query for the facts of the requests `c` of cons.cons that a condition names.

    Parameters: `zone`, `support` (the value of that kind), `nobody`, `placeholder` (what 1C puts for nobody), `now`,
    and those of the condition.
    """
    return (
        f"with request as materialized ({_REQUEST} and {which}), gathered as materialized ({_GATHERED}),"
        f" timed as ({_TIMED}), fact as ({_FACT}) select {', '.join(COLUMNS)} from fact"
    )
