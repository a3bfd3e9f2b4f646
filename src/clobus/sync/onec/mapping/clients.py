"""A counterparty becomes a client: the name without its mask, tax id and code cleaned, contacts out of their lines."""

from __future__ import annotations

import re
from typing import Any

from clobus.gateways.onec.entities import ContactRow, Counterparty
from clobus.modules.clients.names import company_name
from clobus.sync.onec.feed import Context, InvalidRecord
from clobus.sync.onec.mapping.text import instant, text

PHONE = "Телефон"
EMAIL = "АдресЭлектроннойПочты"
SPACES = re.compile(r"[\s-]+")


def tax_id(raw: str | None) -> str | None:
    """Digits of ИНН (9) or ПИНФЛ (14); another length is kept, since 1C holds such; letters are refused."""
    found = SPACES.sub("", raw or "")
    if not found:
        return None
    if not found.isdigit() or len(found) > 20:
        raise InvalidRecord("the tax id is not a number")
    return found


def from_onec(row: Counterparty, ctx: Context) -> dict[str, Any] | None:
    """Translate; None for a folder."""
    if row.is_folder:
        return None
    inn = tax_id(row.inn) or tax_id(row.person_inn)
    code = row.subscriber_code
    name = text(row.description or row.name, 1000)
    if name is None:
        raise InvalidRecord("the counterparty has no name")
    phone, email = _contacts(row.contacts or [])
    subscription = None if row.subscription in (None, "", False) else str(row.subscription)
    return {
        "cl_ref_key": row.ref_key, "data_version": row.data_version, "parent_key": row.parent_key,
        "code": text(row.code, 50), "deleted": row.deletion_mark, "code_abonent": code, "org_inn": inn,
        "company_name": company_name(name, code, inn), "email": email, "phone_number": phone,
        "country": text(row.country, 200), "region": text(row.region, 200), "city": text(row.city, 200),
        "subs_id": subscription, "subs_start": instant(row.subscription_from, ctx.zone, "the subscription's start"),
        "subs_end": instant(row.subscription_to, ctx.zone, "the subscription's end"), "tariff_id": row.tariff_key,
        "tariffperiod_id": row.tariff_period_key, "org_id": row.organization_key,
    }  # fmt: skip


def _contacts(lines: list[ContactRow]) -> tuple[str | None, str | None]:
    phone = email = None
    for line in lines:
        if line.type == PHONE:
            phone = text(line.phone or line.presentation, 100) or phone
        elif line.type == EMAIL:
            email = text(line.email or line.presentation, 200) or email
    return phone, email
