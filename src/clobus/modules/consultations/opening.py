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
from clobus.modules.consultations import selection
from clobus.modules.consultations.schemas import ClientIn, ConsultationIn, CreateIn
from clobus.modules.consultations.types import Kind, Status


@dataclass(frozen=True, slots=True)
class Rules:
    """The limits of opening, from settings."""

    zone: ZoneInfo
    folder: UUID
    per_day: int
    future_days: int


async def open_consultation(
    connection: Connection, body: CreateIn, rules: Rules, *, origin: Origin, actor: str
) -> UUID:  # fmt: skip
    """Make a request and return its id; publishes Opened. Errors as domain.md §5.4 names them."""
    asked = body.consultation
    client = await _client(connection, body.client or ClientIn(client_id=asked.client_id), rules.folder)
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


async def _client(connection: Connection, given: ClientIn, folder: UUID) -> dict[str, Any]:
    """Find or make the client: by id, 1C key, code among owners of our folder, tax id; a user by his owner."""
    if given.client_id is not None:
        return await _load(connection, given.client_id)
    if given.cl_ref_key is not None:
        found = await one(connection, "select * from cons.clients where cl_ref_key = %s", (given.cl_ref_key,))
        if found is None:
            raise NotFound("client.unknown")
        return found
    if given.is_parent and given.parent_id is not None:
        raise Invalid("client.owner_with_parent")
    if given.parent_id is not None or given.is_parent is False:
        return await _user(connection, given)
    if not given.subscriber_id and not given.org_inn:
        raise Invalid("client.required")
    await _lock(connection, f"client:{given.subscriber_id or given.org_inn}")
    found = await one(
        connection,
        "select * from cons.clients where is_parent and not deleted and (parent_key = %(folder)s or cl_ref_key is null)"
        " and (code_abonent = %(code)s or (%(code)s::text is null and org_inn = %(inn)s))"
        " order by cl_ref_key is null, created_at limit 1",
        {"folder": folder, "code": given.subscriber_id, "inn": given.org_inn},
    )
    if found is not None:
        if given.org_inn and found["org_inn"] and found["org_inn"] != given.org_inn:
            raise Conflict("client.tax_id_differs")
        return await _completed(connection, found, given)
    return await _owner(connection, given, folder)


async def _owner(connection: Connection, given: ClientIn, folder: UUID) -> dict[str, Any]:
    if not given.subscriber_id or not given.org_inn:
        raise Invalid("client.code_and_tax_id_required")
    if not given.subscriber_id.isdigit() or len(given.subscriber_id) > 15:
        raise Invalid("client.code_is_no_number")
    other = await one(
        connection,
        "select 1 from cons.clients where is_parent and not deleted and org_inn = %s and code_abonent is not null"
        " and (parent_key = %s or cl_ref_key is null) limit 1",
        (given.org_inn, folder),
    )
    if other:
        raise Conflict("client.tax_id_taken")
    return await _insert(connection, given, None)


async def _user(connection: Connection, given: ClientIn) -> dict[str, Any]:
    if given.parent_id is None:
        raise Invalid("client.user_without_owner")
    owner = await _load(connection, given.parent_id)
    if owner["parent_id"] is not None:
        raise Invalid("client.owner_is_user")
    if given.org_inn and owner["org_inn"] and given.org_inn != owner["org_inn"]:
        raise Invalid("client.tax_id_of_owner")
    await _lock(connection, f"users:{owner['client_id']}")
    found = await one(
        connection,
        "select * from cons.clients where parent_id = %(parent)s and ((%(mail)s::text is not null and email = %(mail)s)"
        " or (%(phone)s::text is not null and phone_number = %(phone)s)) order by created_at limit 1",
        {"parent": owner["client_id"], "mail": given.email, "phone": given.phone_number},
    )
    return found or await _insert(connection, given, owner)


async def _insert(connection: Connection, given: ClientIn, owner: dict[str, Any] | None) -> dict[str, Any]:
    made = await one(
        connection,
        "insert into cons.clients (client_id, is_parent, parent_id, code_abonent, org_inn, company_name, name,"
        " contact_name, partner, email, phone_number, country, region, city)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning *",
        (new_id(), owner is None, owner["client_id"] if owner else None,
         owner["code_abonent"] if owner else given.subscriber_id, owner["org_inn"] if owner else given.org_inn,
         owner["company_name"] if owner else given.company_name, given.name, given.contact_name, given.partner,
         given.email, given.phone_number, given.country, given.region, given.city),
    )  # fmt: skip
    if made is None:
        raise Conflict("client.not_made")
    return made


async def _completed(connection: Connection, found: dict[str, Any], given: ClientIn) -> dict[str, Any]:
    """Fill in what is not known yet; what 1C knows is not overwritten from the site."""
    missing = {
        name: value
        for name in ("email", "phone_number", "name", "contact_name", "partner", "org_inn")
        if not found[name] and (value := getattr(given, name))
    }
    if missing:
        columns = ", ".join(f"{name} = %({name})s" for name in missing)
        await run(
            connection,
            f"update cons.clients set {columns}, updated_at = now() where client_id = %(id)s",  # noqa: S608 - six names of ours
            {**missing, "id": found["client_id"]},
        )
    return {**found, **missing}
