"""Users of 1C and what five registers say of them become managers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from clobus.gateways.onec.entities import Consultant, Department, User, UserDepartment, UserLanguage
from clobus.gateways.onec.wire import local_to_time
from clobus.sync.onec.feed import InvalidRecord
from clobus.sync.onec.mapping.clients import EMAIL
from clobus.sync.onec.mapping.consultations import LANGUAGES
from clobus.sync.onec.mapping.text import text

ACCOUNTING_TEAM = "консультация по ведению учета"
SUPPORT_TEAM = "техническая поддержка"
TEAMS = {
    "ИТС консультанты": ACCOUNTING_TEAM,
    "1С:УК 3.0 и Розница 3.0": ACCOUNTING_TEAM,
    "Техническая поддержка": SUPPORT_TEAM,
}


def departments(names: Sequence[Department], links: Sequence[UserDepartment]) -> dict[UUID, str]:
    """The department of each user."""
    by_key = {d.ref_key: d.description or "" for d in names if not d.deletion_mark}
    return {
        link.manager_key: by_key[link.department_key]
        for link in links
        if link.manager_key and link.department_key in by_key
    }


def languages(links: Sequence[UserLanguage]) -> dict[UUID, set[str]]:
    """The languages of each user."""
    found: dict[UUID, set[str]] = {}
    for link in links:
        if link.manager_key and link.language_key in LANGUAGES:
            found.setdefault(link.manager_key, set()).add(LANGUAGES[link.language_key])
    return found


def newest(lines: Sequence[Consultant]) -> dict[UUID, Consultant]:
    """The row of the consultants' list that holds for each user now."""
    found: dict[UUID, Consultant] = {}
    for line in lines:
        key = line.manager_key
        if key and (key not in found or (line.period or "") > (found[key].period or "")):
            found[key] = line
    return found


def user(row: User, department: str | None, speaks: set[str], line: Consultant | None) -> dict[str, Any]:
    """One user; InvalidRecord when he has no name or hours that are no times."""
    name = text(row.description, 500)
    if name is None:
        raise InvalidRecord("the user has no name")
    try:
        start, end = (local_to_time(line.work_from), local_to_time(line.work_to)) if line else (None, None)
        limit = line.limit if line else None
    except ValueError:
        raise InvalidRecord("the hours or the limit make no sense") from None
    if limit is not None and limit < 0:
        raise InvalidRecord("the limit is negative")
    email = next(
        (text(c.email or c.presentation, 200) for c in row.contacts or [] if c.type == EMAIL), None
    )  # fmt: skip
    return {
        "cl_ref_key": row.ref_key, "data_version": row.data_version, "user_id": text(row.code, 100),
        "description": name,
        "email": email.lower() if email else None, "department": department,
        "chatwoot_team": TEAMS.get(department or ""), "deletion_mark": row.deletion_mark,
        "invalid": bool(row.invalid) or bool(row.service), "ru": "ru" in speaks, "uz": "uz" in speaks,
        "con_limit": limit, "start_hour": start.isoformat() if start else None,
        "end_hour": end.isoformat() if end else None,
    }  # fmt: skip
