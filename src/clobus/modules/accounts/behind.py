"""The session behind a pass: who holds something that was made from his session, while that lives."""

from __future__ import annotations

from uuid import UUID

from clobus.core.auth import STAFF, Principal, Role, Via
from clobus.core.db import Connection, one

FIND = """
select s.id, s.method, s.role, s.key_hash, s.strong, s.person_id, k.name, p.name as person_name, p.role as person_role
from sys.sessions s left join sys.api_keys k on k.key_hash = s.key_hash left join cab.people p using (person_id)
where s.id = %s and s.revoked_at is null and s.expires_at > now() and p.locked_at is null
  and s.seen_at > now() - make_interval(secs => s.idle_seconds)
  and (s.method <> 'key' or (k.revoked_at is null and (k.expires_at is null or k.expires_at > now())))
"""
MANAGER = """
select cl_ref_key from cons.users where not deletion_mark and not invalid
  and (account_id = any(%(ids)s) or cl_ref_key = any(%(ids)s)
       or account_id = (select p.account_id from cab.people p where p.person_id = %(person)s))
order by created_at limit 1
"""


async def of_staff(connection: Connection, session_id: UUID) -> Principal | None:
    """The person of the staff whose session this is; None when it is over, or not of the staff any more.

    Looking keeps a session alive no longer: that does only its own use. That it is strong enough was asked when the
    pass was made from it.
    """
    row = await one(connection, FIND, (session_id,))
    if row is None:
        return None
    role = Role(row["person_role"] or Role.CLIENT) if row["method"] == "person" else Role(row["role"])
    if role not in (*STAFF, Role.AUDITOR):
        return None
    name = f"person:{row['person_id']}" if row["person_id"] else f"key:{row['key_hash'].hex()[:24]}"
    shown = row["person_name"] or row["name"]
    return Principal(name, shown, role, via=Via.SESSION, session_id=row["id"], person_id=row["person_id"])


async def manager_of(connection: Connection, principal: Principal) -> UUID | None:
    """The key in 1C of the manager that a caller is: as a person, or for whom his key was made."""
    row = await one(connection, MANAGER, {"ids": list(principal.subjects), "person": principal.person_id})
    return row["cl_ref_key"] if row else None
