"""A difference that stands in the list is put right at once, by the rules of the scheduled comparison."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from clobus.core import outbox
from clobus.core.db import Connection, one, run
from clobus.sync import drift
from clobus.sync.drift import Comparer, Item, Report
from clobus.sync.suspect import Suspect


async def mend(this: Comparer, row: Mapping[str, Any]) -> bool:
    """Let the owner of each field win for one row of `sys.drift`; whether it was one that can be found again.

    1C is read and pushed to, Chatwoot by the outbox; GatewayErrors when the partner that is to be read is away.
    """
    async with this.db.read() as connection:
        suspect = await _suspect(connection, row)
    if suspect is None:
        return False
    await drift.repair(this, Report(0, 0, 0, [Item(suspect, row["since"])]))
    if suspect.cons_id is not None:
        async with this.db.transaction() as connection:
            for system in ("onec", "chatwoot"):
                await outbox.touch(connection, system, "consultation", [suspect.cons_id])
    return True


async def settle(this: Comparer, row: Mapping[str, Any]) -> bool:
    """Look once more at a row that was mended, and take it off the list when the systems agree; whether they do."""
    async with this.db.read() as connection:
        suspect = await _suspect(connection, row)
    if suspect is None or await drift.look_again(this, [suspect]):
        return False
    async with this.db.transaction() as connection:
        await run(
            connection, "delete from sys.drift where consultation = %s and kind = %s",
            (row["consultation"], row["kind"]),
        )  # fmt: skip
    return True


async def _suspect(connection: Connection, row: Mapping[str, Any]) -> Suspect | None:
    """The suspect that a row was made of."""
    name, kind, systems = row["consultation"], row["kind"], tuple(row["systems"])
    if name.startswith("conversation:"):
        return Suspect(kind, systems, conversation_id=int(name.partition(":")[2]), detail=row["detail"])
    if ":" in name:
        key = name.partition(":")[2]
        return Suspect(kind, systems, ref_key=_uuid(key), subject=name, detail=row["detail"])
    found = await one(
        connection,
        "select cons_id, cl_ref_key, conversation_id from cons.cons where cons_id = %(id)s or cl_ref_key = %(id)s",
        {"id": _uuid(name)},
    )
    if found is None:
        key = _uuid(name)
        return Suspect(kind, systems, ref_key=key, detail=row["detail"]) if key else None
    return Suspect(kind, systems, found["cons_id"], found["cl_ref_key"], found["conversation_id"], row["detail"])


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
