"""Wrong proofs are slowed down, and nobody can lock another out (OWASP, "Slow down guessing with device cookies").

Three counts: of a log-in from one network, of a log-in from all unknown devices together, of a device that the person
signed in with before. Whoever guesses from many networks shuts unknown devices out; a known one is counted by itself.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from clobus.core.auth import hash_token
from clobus.core.db import Connection, rows, run
from clobus.core.errors import TooMany

NEAR, ALL, OWN = 5, 50, 10
"""Wrong proofs that are free: from one network, from unknown devices together, from a known device."""
LONGEST_WAIT = 900.0
FORGOTTEN = 3600.0


@dataclass(frozen=True, slots=True)
class Trial:
    """One try to prove something: the counts that a failure raises, each with how many are free."""

    counts: tuple[tuple[bytes, int], ...]

    @property
    def keys(self) -> list[bytes]:
        """The names of the counts."""
        return [key for key, _ in self.counts]


def trial(login: str, address: str, device: str | None) -> Trial:
    """A try for a log-in; `device` is the token of a device that this log-in is known from."""
    if device is not None:
        return Trial(((hash_token(f"own\n{login}\n{device}"), OWN),))
    return Trial(((hash_token(f"near\n{login}\n{network(address)}"), NEAR), (hash_token(f"all\n{login}"), ALL)))


def network(address: str) -> str:
    """The network of an address: /24 of IPv4, /56 of IPv6; what is no address counts as it is."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((known, 24 if known.version == 4 else 56), strict=False))


def wait(failures: int, free: int) -> float:
    """Seconds to wait after so many failures: twice as long each time, a quarter of an hour at most."""
    return 0.0 if failures < free else min(LONGEST_WAIT, 5.0 * 2 ** min(failures - free, 10))


async def begin(connection: Connection, this: Trial) -> None:
    """Count a try as failed before it is looked at, so that many at once are no way around.

    TooMany with `retry_after` while a count has to wait, whether there is such a log-in or not.
    """
    await connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (this.keys[-1].hex(),))
    found = await rows(
        connection,
        "select key, failures, extract(epoch from now() - last_at)::float8 as age from cab.tries"
        " where key = any(%s) and last_at > now() - make_interval(secs => %s)",
        (this.keys, FORGOTTEN),
    )
    free = dict(this.counts)
    left = max((wait(row["failures"], free[bytes(row["key"])]) - row["age"] for row in found), default=0.0)
    if left > 0:
        raise TooMany("auth.too_many", retry_after=left)
    await run(
        connection,
        "insert into cab.tries as t (key, failures) select k, 1 from unnest(%s::bytea[]) as k order by k"
        " on conflict (key) do update set last_at = now(), failures = case"
        " when t.last_at < now() - make_interval(secs => %s) then 1 else t.failures + 1 end",
        (this.keys, FORGOTTEN),
    )


async def passed(connection: Connection, this: Trial) -> None:
    """It was right: this network or device begins anew. What others tried from elsewhere stays counted."""
    await run(connection, "delete from cab.tries where key = %s", (this.keys[0],))
    await run(
        connection, "update cab.tries set failures = greatest(failures - 1, 0) where key = any(%s)", (this.keys[1:],)
    )


async def forget_old(connection: Connection) -> int:
    """Delete counts that nobody looks at any more."""
    return await run(
        connection, "delete from cab.tries where last_at < now() - make_interval(secs => %s)", (FORGOTTEN,)
    )
