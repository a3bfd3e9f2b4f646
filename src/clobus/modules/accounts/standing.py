"""Whether who listens to live pages still may: his session or key stands, and he belongs to the client as before."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from clobus.core.db import Connection, rows

# Of a session that is nobody's account the clients are its own, and go with it.
FALLEN = """
select l.at from unnest(%(at)s::int[], %(sessions)s::uuid[], %(keys)s::bytea[], %(clients)s::uuid[])
  as l(at, session_id, key, client_id)
where (l.session_id is not null and not exists (
    select 1 from sys.sessions s left join sys.api_keys k on k.key_hash = s.key_hash
    left join cab.people p on p.person_id = s.person_id
    where s.id = l.session_id and s.revoked_at is null and s.expires_at > now() and p.locked_at is null
      and s.seen_at > now() - make_interval(secs => s.idle_seconds)
      and (s.method <> 'key' or (k.revoked_at is null and (k.expires_at is null or k.expires_at > now())))
      and (s.method <> 'person' or l.client_id is null or exists (
          select 1 from cab.memberships m join cab.organisations o using (organisation_id)
          where m.person_id = s.person_id and o.client_id = l.client_id))))
  or (l.session_id is null and l.key is not null and not exists (
    select 1 from sys.api_keys k left join cab.people p on p.person_id = k.made_by
    where substring(k.key_hash for 12) = l.key and k.revoked_at is null
      and (k.expires_at is null or k.expires_at > now()) and p.locked_at is null))
"""


async def fallen(
    connection: Connection, sessions: Sequence[UUID | None], keys: Sequence[bytes | None],
    clients: Sequence[UUID | None],
) -> set[int]:  # fmt: skip
    """The places of those who may listen no more: each has a session, or the first 12 bytes of a key's hash.

    `clients`: for whom a person with an account listens. Looking keeps no session alive.
    """
    found = await rows(
        connection, FALLEN,
        {"at": list(range(len(sessions))), "sessions": list(sessions), "keys": list(keys), "clients": list(clients)},
    )  # fmt: skip
    return {row["at"] for row in found}
