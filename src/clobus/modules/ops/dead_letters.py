"""What could not be done, of all four kinds: another try, or forget it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from clobus.core import outbox
from clobus.core.db import Connection, rows, run
from clobus.core.errors import Conflict, NotFound

RETRY = {
    "record": "update sys.bad_records set state = 'retry', next_at = now(), attempts = 0"
    " where process || ':' || record_key = %s",
    "webhook": "update log.webhook_log set state = 'new', next_at = now(), attempts = 0"
    " where source || ':' || id = %s and state = 'dead'",
}
DROP = {
    "record": "delete from sys.bad_records where process || ':' || record_key = %s",
    "webhook": "update log.webhook_log set state = 'ignored', handled_at = now() where source || ':' || id = %s"
    " and state = 'dead'",
    "outbox": "delete from sys.outbox where system || ':' || subject || ':' || subject_id = %s and state = 'dead'",
    "notification": "update log.notification_log set state = 'expired' where id::text = %s"
    " and state in ('unknown', 'failed')",
}


async def newest(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """The newest dead letters with their payloads."""
    found = await rows(connection, "select * from sys.dead_letters order by last_at desc limit %s", (limit,))
    return [dict(row) for row in found]


async def retry(connection: Connection, kind: str, name: str) -> None:
    """Try one again; Conflict for a message to a person, whose fate is unknown; NotFound when there is no such one."""
    if kind == "notification":
        raise Conflict("dead_letter.message")
    if kind == "outbox":
        system, subject, key = (name.split(":") + ["", "", ""])[:3]
        found = await rows(
            connection, "select subject_id from sys.outbox where system || ':' || subject || ':' || subject_id = %s",
            (name,),
        )  # fmt: skip
        if not found:
            raise NotFound("dead_letter.unknown")
        await outbox.touch(connection, system, subject, [UUID(key)])
        return
    if kind not in RETRY or not await run(connection, RETRY[kind], (name,)):
        raise NotFound("dead_letter.unknown")


async def drop(connection: Connection, kind: str, name: str) -> None:
    """Forget one; NotFound when there is no such one."""
    if kind not in DROP or not await run(connection, DROP[kind], (name,)):
        raise NotFound("dead_letter.unknown")
