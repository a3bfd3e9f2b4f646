"""The session behind a pass: who holds something that was made from his session, while that lives."""

from __future__ import annotations

from uuid import UUID

from clobus.core.auth import STAFF, Principal, Role, Via
from clobus.core.db import Connection, one

FIND = """
select s.id, s.method, s.role, s.key_hash, k.name
from sys.sessions s left join sys.api_keys k on k.key_hash = s.key_hash
where s.id = %s and s.revoked_at is null and s.expires_at > now()
  and s.seen_at > now() - make_interval(secs => s.idle_seconds)
  and (s.method <> 'key' or (k.revoked_at is null and (k.expires_at is null or k.expires_at > now())))
"""


async def of_staff(connection: Connection, session_id: UUID) -> Principal | None:
    """The person of the staff whose session this is; None when it is over, or not of the staff any more.

    Looking keeps a session alive no longer: that does only its own use.
    """
    row = await one(connection, FIND, (session_id,))
    if row is None or Role(row["role"]) not in (*STAFF, Role.AUDITOR):
        return None
    name = f"key:{row['key_hash'].hex()[:24]}"
    return Principal(name, row["name"], Role(row["role"]), via=Via.SESSION, session_id=row["id"])
