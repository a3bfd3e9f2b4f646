"""New requests, several at once: may they now, when, who takes them; one transaction, a lock for each owner.

Many callers at the same moment share one transaction and its flush. Each is judged for itself: what is refused leaves
nothing and does not touch the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from clobus.core import clock
from clobus.core.db import Connection, rows, run
from clobus.core.errors import ClobusError, Conflict, Invalid, NotFound, TooMany
from clobus.core.events import Event, Origin, publish
from clobus.core.ids import new_id
from clobus.modules.clients import service as clients
from clobus.modules.clients.schemas import ClientIn
from clobus.modules.clients.types import Freedom
from clobus.modules.clients.types import Rules as ClientRules
from clobus.modules.consultations.calendar import Calendar
from clobus.modules.consultations.roster import Roster
from clobus.modules.consultations.schemas import ConsultationIn, CreateIn
from clobus.modules.consultations.selection import Wish
from clobus.modules.consultations.types import USUAL, Kind, Status
from clobus.modules.notifications.service import ABOUT_CLIENT, known_of


@dataclass(frozen=True, slots=True)
class Rules:
    """The limits of opening, from settings; without a `calendar` the usual one of the zone."""

    zone: ZoneInfo
    folder: UUID
    per_day: int
    future_days: int
    calendar: Calendar | None = None

    @property
    def week(self) -> Calendar:
        """When the desk works."""
        return self.calendar or Calendar(self.zone)


@dataclass(frozen=True, slots=True)
class Asked:
    """One who asks: the client is known by id."""

    client_id: UUID
    body: CreateIn
    actor: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A request that was made: `shown` as callers read it, `token` is the client's for the widget."""

    cons_id: UUID
    shown: dict[str, Any]
    token: str | None


@dataclass(slots=True)
class _Counted:
    """What this batch has already made, which its own look at the tables can't show."""

    days: dict[tuple[UUID, datetime], int] = field(default_factory=dict)
    open: set[UUID] = field(default_factory=set)


LOCK = (
    "select pg_advisory_xact_lock(h) from (select distinct hashtextextended("
    "'owner:' || coalesce(k.parent_id, k.client_id)::text, 0) as h from cons.clients k where k.client_id = any(%s)"
    " order by h offset 0) o"
)
FACTS = f"""
select a.n, now() as now, k.client_id, k.phone_number, k.chatwoot_pubsub_token, o.client_id as owner_id,
       o.phone_number as owner_phone, o.cl_ref_key as client_key, o.org_inn,
       {ABOUT_CLIENT},
       a.day is null and exists (select 1 from cons.cons c where c.client_id = k.client_id
           and c.consultation_type = %(support)s and c.status in ('new', 'open', 'pending', 'other')) as has_open,
       case when a.day is not null then (
           select count(*) from cons.clients m join cons.cons c on c.client_id = m.client_id
           where (m.client_id = o.client_id or m.parent_id = o.client_id) and c.consultation_type = %(accounting)s
           and c.status <> 'cancelled' and coalesce(c.start_date, c.create_date) >= a.day
           and coalesce(c.start_date, c.create_date) < a.day + interval '1 day') else 0 end as on_day
from unnest(%(clients)s::uuid[], %(days)s::timestamptz[]) with ordinality as a (id, day, n)
join cons.clients k on k.client_id = a.id join cons.clients o on o.client_id = coalesce(k.parent_id, k.client_id)
left join cons.contact_preferences p on p.client_id = k.client_id
"""  # noqa: S608 - texts of ours
COLUMNS = (
    "cons_id uuid, consultation_type text, status text, client_id uuid, client_key uuid, org_inn text,"
    " importance smallint, create_date timestamptz, start_date timestamptz, lang text, topic text, comment text,"
    " software text, online_question_cat uuid, online_question uuid, source text, manager uuid"
)
NAMES = ", ".join(part.split()[0] for part in COLUMNS.split(", "))


async def hold(connection: Connection, clients: Sequence[UUID]) -> None:
    """Let nobody else open a request for the owners of these clients until the transaction ends.

    Whoever also claims a key does it after this: two orders would wait for each other.
    """
    await connection.execute(LOCK, (list(clients),))


async def open_consultation(
    connection: Connection, body: CreateIn, rules: Rules, *, origin: Origin, actor: str, roster: Roster | None = None,
    freedom: Freedom = Freedom.FILL,
) -> UUID:  # fmt: skip
    """Make one request, its client found or made, and return its id; publishes Opened. Errors as domain.md §5.4.

    `freedom`: what may be done to a client who is known already.
    """
    roster = roster or Roster(rules.week)
    await roster.refresh(connection)
    given = body.client or ClientIn(client_id=body.consultation.client_id)
    bounds = ClientRules(rules.folder, freedom)
    client = (await clients.save(connection, given, bounds, actor=actor, origin=origin)).row
    asked = Asked(client["client_id"], body, actor)
    outcome = (await open_all(connection, [asked], rules, roster, origin=origin))[0]
    if isinstance(outcome, ClobusError):
        raise outcome
    return outcome.cons_id


async def open_all(
    connection: Connection, asked: Sequence[Asked], rules: Rules, roster: Roster, *, origin: Origin
) -> list[Opened | ClobusError]:
    """Make requests; for each in order what was made, or its refusal as domain.md §5.4 names them. Publishes Opened."""
    now = clock.now().replace(microsecond=0)
    plans = [await _plan(connection, one.body.consultation, now, rules, roster) for one in asked]
    asking = [one.client_id for one in asked]
    await hold(connection, asking)
    days = [plan.day if isinstance(plan, _Plan) else None for plan in plans]
    params = {"support": Kind.SUPPORT.value, "accounting": Kind.ACCOUNTING.value, "clients": asking, "days": days}
    facts = {row["n"]: row for row in await rows(connection, FACTS, params)}
    counted, made, outcomes = _Counted(), [], list[Opened | ClobusError]()
    for n, (one, plan) in enumerate(zip(asked, plans, strict=True), 1):
        try:
            known = facts.get(n)
            if known is None:
                raise NotFound("client.unknown")
            _ensure(one.body, known, plan, counted, rules)
        except ClobusError as refusal:
            outcomes.append(refusal)
            continue
        assert isinstance(plan, _Plan)  # noqa: S101 - _ensure raises what else it may be
        row, shown, event = _make(one, known, plan, now, roster, origin)
        made.append((row, event))
        outcomes.append(Opened(row["cons_id"], shown, known["chatwoot_pubsub_token"]))
    if made:
        await run(
            connection,
            f"insert into cons.cons ({NAMES}) select {NAMES} from jsonb_to_recordset(%s::jsonb) as n ({COLUMNS})",  # noqa: S608 - names of ours, values are parameters
            (Jsonb([row for row, _ in made]),),
        )
        await publish(connection, [event for _, event in made])
    return outcomes


@dataclass(frozen=True, slots=True)
class _Plan:
    """When a request is planned: `moment` decides who takes it; `start` is kept, `day` is where the limit counts."""

    wish: Wish
    moment: datetime
    start: datetime | None
    day: datetime | None


async def _plan(
    connection: Connection, asked: ConsultationIn, now: datetime, rules: Rules, roster: Roster
) -> _Plan | ClobusError:  # fmt: skip
    """The planned moment, moved to working time (domain.md §8.3), or why there can be none."""
    try:
        wish = roster.wish(asked)
        if asked.online_question is not None and not await roster.knows(connection, asked.online_question):
            raise Invalid("dictionary.unknown", {"field": "online_question"})
        wanted = _wanted(asked.scheduled_at, now, rules)
    except ClobusError as refusal:
        return refusal
    moment = wanted or now
    if asked.consultation_type is Kind.SUPPORT:
        start = None if wanted is None else rules.week.next_opening(wanted)
        return _Plan(wish, moment, start, None)
    moment = roster.moment(wish, moment).replace(microsecond=0)
    start = None if wanted is None else moment
    day = datetime.combine(clock.business_day(start or now, rules.zone), time(), rules.zone)
    return _Plan(wish, moment, start, day)


def _wanted(wanted: datetime | None, now: datetime, rules: Rules) -> datetime | None:
    """The asked moment as an instant: a time without a zone is local, one in the past is now."""
    if wanted is None:
        return None
    moment = wanted.replace(tzinfo=rules.zone) if wanted.tzinfo is None else wanted
    if moment > now + timedelta(days=rules.future_days):
        raise Invalid("consultation.too_far", {"days": rules.future_days})
    return max(moment, now).replace(microsecond=0)


def _ensure(body: CreateIn, known: DictRow, plan: _Plan | ClobusError, counted: _Counted, rules: Rules) -> None:
    """All that may forbid a request; what is let through is counted."""
    if not (known["phone_number"] or known["owner_phone"] or body.telegram_phone_number):
        raise Invalid("client.phone_required")
    if isinstance(plan, ClobusError):
        raise plan
    if plan.day is None:
        if known["has_open"] or known["client_id"] in counted.open:
            raise Conflict("consultation.support_open")
        counted.open.add(known["client_id"])
        return
    if not known["org_inn"]:
        raise Invalid("client.tax_id_required")
    place = (known["owner_id"], plan.day)
    if known["on_day"] + counted.days.get(place, 0) >= rules.per_day:
        raise TooMany("consultation.day_limit", {"limit": rules.per_day})
    counted.days[place] = counted.days.get(place, 0) + 1


def _make(
    one: Asked, known: DictRow, plan: _Plan, now: datetime, roster: Roster, origin: Origin
) -> tuple[dict[str, Any], dict[str, Any], Event]:
    """The row to write, the request as callers read it, and the event."""
    asked, cons_id, support = one.body.consultation, new_id(), plan.day is None
    choice = None if support else roster.choose(plan.wish, plan.moment)
    status = Status.OPEN if support else Status.PENDING
    row = {
        "cons_id": cons_id, "consultation_type": asked.consultation_type.value, "status": status.value,
        "client_id": known["client_id"], "client_key": known["client_key"], "org_inn": known["org_inn"],
        "importance": asked.importance or (None if support else USUAL),
        "create_date": now, "start_date": plan.start, "lang": asked.lang,
        "topic": asked.topic, "comment": asked.comment, "software": asked.selected_software,
        "online_question_cat": asked.online_question_cat, "online_question": asked.online_question,
        "source": one.body.source, "manager": choice.manager if choice else None,
    }  # fmt: skip
    changes: dict[str, tuple[Any, Any]] = {"status": (None, status.value)}
    if choice is not None:
        changes["why"] = (None, choice.why)
    if plan.start is not None and asked.scheduled_at is not None:
        changes["start_date"] = (asked.scheduled_at.isoformat(), plan.start.astimezone(UTC).isoformat())
    name = choice.name if choice else None
    told = known_of(row, known, name, roster.people)
    return row, _shown(row, name, known["now"]), Event("Opened", cons_id, origin, one.actor, changes, told)


def _shown(row: dict[str, Any], manager_name: str | None, at: datetime) -> dict[str, Any]:
    """A new request as `reading.read` will give it."""
    start = row["start_date"]
    shown: dict[str, Any] = msgspec.to_builtins({
        "cons_id": row["cons_id"], "cl_ref_key": None, "client_id": row["client_id"], "client_key": row["client_key"],
        "number": None, "status": row["status"], "org_inn": row["org_inn"], "importance": row["importance"],
        "create_date": row["create_date"].isoformat(), "start_date": start and start.astimezone(UTC).isoformat(),
        "end_date": None, "redate_time": None, "redate": None, "lang": row["lang"],
        "consultation_type": row["consultation_type"], "denied": False, "manager": row["manager"],
        "manager_name": manager_name, "author": None, "comment": row["comment"],
        "online_question_cat": row["online_question_cat"], "online_question": row["online_question"],
        "con_blocks": None, "con_rates": None, "con_calls": None, "chatwoot_source_id": None, "source": row["source"],
        "created_at": at.isoformat(), "updated_at": at.isoformat(),
    })  # fmt: skip
    return shown
