"""A client's new request: who asks, may he now, who takes it; all in one transaction and under one lock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from clobus.core import clock
from clobus.core.db import Connection, one, run
from clobus.core.errors import Conflict, Invalid, NotFound, TooMany
from clobus.core.events import Event, Origin, publish
from clobus.core.ids import new_id
from clobus.modules.clients import service as clients
from clobus.modules.clients.schemas import ClientIn
from clobus.modules.clients.types import Freedom
from clobus.modules.clients.types import Rules as ClientRules
from clobus.modules.consultations import selection
from clobus.modules.consultations.schemas import ConsultationIn, CreateIn
from clobus.modules.consultations.types import Kind, Status


@dataclass(frozen=True, slots=True)
class Rules:
    """The limits of opening, from settings."""

    zone: ZoneInfo
    folder: UUID
    per_day: int
    future_days: int


async def open_consultation(
    connection: Connection, body: CreateIn, rules: Rules, *, origin: Origin, actor: str,
    freedom: Freedom = Freedom.FILL,
) -> UUID:  # fmt: skip
    """Make a request and return its id; publishes Opened. Errors as domain.md §5.4 names them.

    `freedom`: what may be done to a client who is known already.
    """
    asked = body.consultation
    given = body.client or ClientIn(client_id=asked.client_id)
    bounds = ClientRules(rules.folder, freedom)
    client = (await clients.save(connection, given, bounds, actor=actor, origin=origin)).row
    owner = client if client["parent_id"] is None else await _load(connection, client["parent_id"])
    await _lock(connection, f"owner:{owner['client_id']}")
    if not (client["phone_number"] or owner["phone_number"] or body.telegram_phone_number):
        raise Invalid("client.phone_required")
    now = clock.now().replace(microsecond=0)
    support = asked.consultation_type is Kind.SUPPORT
    start = _planned(asked.scheduled_at, now, rules)
    if support:
        await _ensure_one_open(connection, client["client_id"])
    else:
        if not owner["org_inn"]:
            raise Invalid("client.tax_id_required")
        await _ensure_day(connection, owner, start or now, rules)
    await _ensure_words(connection, asked)
    manager = None if support else await selection.manager_for(
        connection, category=asked.online_question_cat, language=asked.lang, at=now.astimezone(rules.zone)
    )  # fmt: skip
    cons_id = new_id()
    await run(
        connection,
        "insert into cons.cons (cons_id, consultation_type, status, client_id, client_key, org_inn, importance,"
        " create_date, start_date, lang, topic, comment, software, online_question_cat, online_question, source,"
        " manager) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (cons_id, asked.consultation_type.value, (Status.OPEN if support else Status.PENDING).value,
         client["client_id"], owner["cl_ref_key"], owner["org_inn"], asked.importance, now, start, asked.lang,
         asked.topic, asked.comment, asked.selected_software, asked.online_question_cat, asked.online_question,
         body.source, manager),
    )  # fmt: skip
    status = Status.OPEN if support else Status.PENDING
    await publish(connection, [Event("Opened", cons_id, origin, actor, {"status": (None, status.value)})])
    return cons_id


def _planned(wanted: datetime | None, now: datetime, rules: Rules) -> datetime | None:
    """The planned moment as an instant: a time without a zone is local, one in the past is now."""
    if wanted is None:
        return None
    moment = wanted.replace(tzinfo=rules.zone) if wanted.tzinfo is None else wanted
    if moment > now + timedelta(days=rules.future_days):
        raise Invalid("consultation.too_far", {"days": rules.future_days})
    return max(moment, now).replace(microsecond=0)


async def _ensure_one_open(connection: Connection, client_id: UUID) -> None:
    found = await one(
        connection,
        "select 1 from cons.cons where client_id = %s and consultation_type = %s and status in ('new', 'open',"
        " 'pending', 'other') limit 1",
        (client_id, Kind.SUPPORT.value),
    )
    if found:
        raise Conflict("consultation.support_open")


async def _ensure_day(connection: Connection, owner: dict[str, Any], moment: datetime, rules: Rules) -> None:
    """Not more than so many on one business day of Tashkent, over all users of the subscriber."""
    day = clock.business_day(moment, rules.zone)
    start = datetime.combine(day, time(), rules.zone)
    found = await one(
        connection,
        "select count(*) as n from cons.cons c join cons.clients k on k.client_id = c.client_id"
        " where (k.client_id = %(id)s or k.parent_id = %(id)s) and c.consultation_type = %(kind)s"
        " and c.status <> 'cancelled' and coalesce(c.start_date, c.create_date) >= %(start)s"
        " and coalesce(c.start_date, c.create_date) < %(end)s",
        {"id": owner["client_id"], "kind": Kind.ACCOUNTING.value, "start": start, "end": start + timedelta(days=1)},
    )
    if found and found["n"] >= rules.per_day:
        raise TooMany("consultation.day_limit", {"limit": rules.per_day})


async def _ensure_words(connection: Connection, asked: ConsultationIn) -> None:
    for table, key in (("online_question_cat", asked.online_question_cat), ("online_question", asked.online_question)):
        if key is None:
            continue
        known = await one(connection, f"select 1 from dict.{table} where ref_key = %s and not deleted", (key,))  # noqa: S608 - two names of ours
        if not known:
            raise Invalid("dictionary.unknown", {"field": table})


async def _lock(connection: Connection, name: str) -> None:
    await connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (name,))


async def _load(connection: Connection, client_id: UUID) -> dict[str, Any]:
    found = await one(connection, "select * from cons.clients where client_id = %s", (client_id,))
    if found is None:
        raise NotFound("client.unknown")
    return found
