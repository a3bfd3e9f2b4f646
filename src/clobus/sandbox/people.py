"""One person of each role, so that whoever starts the sandbox can sign in as any of them.

Their passwords are made here and kept in `DATA/logins.json` (0600), nowhere else.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from uuid import UUID

from clobus.core.db import Connection, Database, one, run
from clobus.modules.accounts import organisations, people
from clobus.modules.accounts.passwords import Passwords
from clobus.settings import Accounts

DOMAIN = "clobus.example"
MEMBERS = {"owner": "admin", "user": "user", "viewer": "viewer"}
"""People of one organisation, by their role in it; the first one owns it."""
# A company that has asked, so that its people see something; a manager who has work.
COMPANY = """
select c.client_id, c.org_inn, coalesce(c.company_name, c.name, c.org_inn) as name from cons.clients c
where c.is_parent and not c.deleted and c.org_inn ~ '^[0-9]{9}([0-9]{5})?$' and c.code_abonent is not null
  and not exists (select 1 from cab.organisations o where o.client_id = c.client_id)
order by (select count(*) from cons.cons r where r.client_id = c.client_id) desc, c.client_id limit 1
"""
MANAGER = """
select u.account_id, u.description from cons.users u where u.chatwoot_user_id is not null and not u.deletion_mark
  and not exists (select 1 from cab.people p where p.account_id = u.account_id)
order by (select count(*) from cons.cons r where r.manager = u.cl_ref_key and r.status in ('new', 'open', 'pending'))
  desc, u.account_id limit 1
"""


def logins(data: Path) -> dict[str, dict[str, str]]:
    """E-mail and password by role, as an earlier start left them; empty before."""
    try:
        found: dict[str, dict[str, str]] = json.loads((data / "logins.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return found


async def seed(url: str, data: Path) -> dict[str, dict[str, str]]:
    """Make whoever is absent; e-mail and password by role."""
    known = logins(data)
    given = Accounts()
    hasher = Passwords(memory_kib=given.argon2_memory_kib, rounds=given.argon2_rounds)
    roles = [*MEMBERS, *people.STAFF_ROLES]
    for role in roles:
        known.setdefault(role, {"email": f"{role}@{DOMAIN}", "password": secrets.token_urlsafe(12)})
    _keep(data, known)  # before they work: a start that ends in between leaves nobody without his password
    hashes = {role: await hasher.hash(known[role]["password"]) for role in roles}
    db = Database(url, max_size=1)
    await db.open()
    try:
        async with db.transaction() as connection:
            made = {role: await _person(connection, role, known[role]["email"], hashes[role]) for role in roles}
            await _organisation(connection, made)
            await _manager(connection, made["manager"])
    finally:
        await db.close()
    return known


async def _person(connection: Connection, role: str, email: str, hashed: str) -> UUID:
    staff = role if role in people.STAFF_ROLES else None
    await people.make(
        connection,
        {"email": email, "name": role.capitalize(), "language": "ru", "password_hash": hashed, "role": staff},
    )
    found = await people.by_login(connection, email)
    assert found is not None  # noqa: S101 - made just now, or before
    person_id: UUID = found["person_id"]
    return person_id


async def _organisation(connection: Connection, made: dict[str, UUID]) -> None:
    if await organisations.of_person(connection, made["owner"]):
        return
    company = await one(connection, COMPANY)
    if company is None:
        return
    own = await organisations.make(connection, made["owner"], company["org_inn"], company["name"][:300])
    await organisations.settle(connection, own["organisation_id"], company["client_id"], "staff")
    for role in list(MEMBERS)[1:]:
        await run(
            connection,
            "insert into cab.memberships (organisation_id, person_id, role) values (%s, %s, %s) on conflict do nothing",
            (own["organisation_id"], made[role], MEMBERS[role]),
        )


async def _manager(connection: Connection, person_id: UUID) -> None:
    person = await people.load(connection, person_id)
    user = await one(connection, MANAGER)
    if person is not None and person["account_id"] is None and user is not None:
        await people.change(
            connection, person_id, {"account_id": user["account_id"], "name": user["description"][:200]}
        )


def _keep(data: Path, known: dict[str, dict[str, str]]) -> None:
    path = data / "logins.json"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(known, file, indent=2)
