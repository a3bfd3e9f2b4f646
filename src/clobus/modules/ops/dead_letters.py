"""What could not be done, of all five kinds: another try, or forget it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from clobus.core import clock, outbox
from clobus.core.db import Connection, one, rows, run
from clobus.core.errors import Conflict, NotFound

RETRY = {
    "record": "update sys.bad_records set state = 'retry', next_at = now(), attempts = 0"
    " where process || ':' || record_key = %s",
    "webhook": "update log.webhook_log set state = 'new', next_at = now(), attempts = 0"
    " where source || ':' || id = %s and state = 'dead'",
    "letter": "update log.letters set state = 'queued', next_at = now(), error = null where id::text = %s"
    " and state = 'failed' and expires_at > now()",
}
DROP = {
    "record": "delete from sys.bad_records where process || ':' || record_key = %s",
    "webhook": "update log.webhook_log set state = 'ignored', handled_at = now() where source || ':' || id = %s"
    " and state = 'dead'",
    "outbox": "delete from sys.outbox where system || ':' || subject || ':' || subject_id = %s and state = 'dead'",
    "notification": "update log.notification_log set state = 'expired' where id::text = %s"
    " and state in ('unknown', 'failed')",
    "letter": "update log.letters set state = 'expired', params = params - 'url' where id::text = %s"
    " and state in ('unknown', 'failed')",
}

EDIT = {
    "record": "update sys.bad_records set payload = %s where process || ':' || record_key = %s",
    "webhook": "update log.webhook_log set payload = %s where source || ':' || id = %s and state = 'dead'",
}
"""Those that are tried again from what they hold; of others the present is computed anew."""
COUNTS = "select kind, count(*)::int as n from sys.dead_letters group by 1 order by 1"


async def page(
    connection: Connection, *, kind: str | None = None, text: str | None = None, skip: int = 0, limit: int = 50
) -> list[dict[str, Any]]:
    """Dead letters without their payloads, newest first; `text` is looked for in names and errors."""
    found = await rows(
        connection,
        "select kind, id, error_class, error, attempts, first_at, last_at from sys.dead_letters"
        " where (%(kind)s::text is null or kind = %(kind)s) and (%(text)s::text is null"
        " or strpos(lower(concat_ws(' ', id, error_class, error)), lower(%(text)s)) > 0)"
        " order by last_at desc, kind, id offset %(skip)s limit %(limit)s",
        {"kind": kind, "text": text or None, "skip": skip, "limit": limit},
    )
    return [dict(row) for row in found]


async def counts(connection: Connection) -> dict[str, int]:
    """How many there are of each kind."""
    return {row["kind"]: row["n"] for row in await rows(connection, COUNTS)}


async def one_of(connection: Connection, kind: str, name: str) -> dict[str, Any]:
    """One with its payload, which may hold personal data; NotFound when there is no such one."""
    found = await one(connection, "select * from sys.dead_letters where kind = %s and id = %s", (kind, name))
    if found is None:
        raise NotFound("dead_letter.unknown")
    return {**found, "editable": kind in EDIT, "repeatable": kind != "notification" and not _over(found)}


def _over(found: Mapping[str, Any]) -> bool:
    """Whether a letter is never sent again: it may have gone out, or what it tells of is over, its link too."""
    if found["kind"] != "letter":
        return False
    return found["error_class"] != "failed" or datetime.fromisoformat(found["payload"]["expires_at"]) <= clock.now()


async def edit(connection: Connection, kind: str, name: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Replace what is tried again, and return what it was; NotFound; Conflict for a kind that holds only names."""
    found = await one_of(connection, kind, name)
    if kind not in EDIT:
        raise Conflict("dead_letter.not_editable")
    if not await run(connection, EDIT[kind], (Jsonb(payload), name)):
        raise NotFound("dead_letter.unknown")
    before: dict[str, Any] = found["payload"]
    return before


async def retry(connection: Connection, kind: str, name: str) -> None:
    """Try one again; Conflict for what a person may have received, and a letter that is over; NotFound."""
    if kind == "notification":
        raise Conflict("dead_letter.message")
    if kind == "letter" and not (await one_of(connection, kind, name))["repeatable"]:
        raise Conflict("dead_letter.letter")
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
