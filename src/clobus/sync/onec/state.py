"""How far a feed has come: sys.sync_state, moved in the same breath as the run that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from clobus.core.db import Database, one, run


@dataclass(frozen=True, slots=True)
class State:
    """The cursor of a feed, and whether its history is here."""

    cursor: datetime | None
    loaded: bool


async def read(db: Database, name: str) -> State:
    """The state of a feed; nothing stored yet means nothing loaded yet."""
    async with db.read() as connection:
        row = await one(
            connection,
            "select last_synced_at, first_load_done from sys.sync_state where entity_name = %s",
            (name,),
        )
    return State(row["last_synced_at"], row["first_load_done"]) if row else State(None, loaded=False)


async def succeeded(db: Database, name: str, cursor: datetime | None) -> None:
    """Move the cursor, forward only, and note the success."""
    async with db.read() as connection:
        await run(
            connection,
            "insert into sys.sync_state as s (entity_name, last_synced_at, first_load_done, last_run_at,"
            " last_success_at) values (%s, %s, true, now(), now()) on conflict (entity_name) do update"
            " set last_synced_at = greatest(s.last_synced_at, excluded.last_synced_at), first_load_done = true,"
            " last_run_at = now(), last_success_at = now(), failures_in_row = 0, last_error = null",
            (name, cursor),
        )


async def failed(db: Database, name: str, error: str) -> None:
    """Note a failure; the cursor stays."""
    async with db.read() as connection:
        await run(
            connection,
            "insert into sys.sync_state as s (entity_name, last_run_at, failures_in_row, last_error)"
            " values (%s, now(), 1, %s) on conflict (entity_name) do update"
            " set last_run_at = now(), failures_in_row = s.failures_in_row + 1, last_error = excluded.last_error",
            (name, error[:1000]),
        )
