"""Files that are put to a request: kept in pieces, then sent into its conversation, each once."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from clobus.core import clock, outbox
from clobus.core.db import Connection, Database, one, rows, run
from clobus.core.errors import NotFound, TooLarge, Unprocessable, Unsupported
from clobus.core.events import Event, Origin, publish
from clobus.core.ids import new_id
from clobus.modules.consultations import content, policy
from clobus.modules.consultations.types import Row

SUBJECT = "attachment"
PIECE = 256 * 1024
SHOWN = (
    "a.attachment_id, a.name, a.content_type, a.size, a.side, case when a.sent_at is null then 'waiting' else 'sent'"
    " end as state, a.created_at"
)

Read = Callable[[int], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Rules:
    """What is taken, from settings."""

    file_bytes: int
    per_consultation: int
    types: frozenset[str]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way in: `read` gives so many bytes of what is left."""

    name: str | None
    read: Read


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file that its conversation does not have yet."""

    attachment_id: UUID
    cons_id: UUID
    conversation_id: int | None
    name: str
    content_type: str
    comment: str | None
    incoming: bool


async def add(
    connection: Connection, row: Row, upload: Upload, rules: Rules, *, side: str, by: str, comment: str | None
) -> UUID:
    """Keep one file for an open request and queue it for the conversation; gives its id.

    Conflict for an ended request, Unprocessable for an empty file, TooLarge, Unsupported for a kind that is not taken
    or a name that lies about it.
    """
    policy.ensure_open(row.status)
    name = content.safe_name(upload.name)
    head = await upload.read(PIECE)
    if not head:
        raise Unprocessable("attachment.empty", {"name": name})
    family = content.family_of(head[: content.HEAD], name)
    if family is None or family not in rules.types or not content.fits(family, name):
        raise Unsupported("attachment.type", {"name": name})
    attachment_id = new_id()
    await run(
        connection,
        "insert into cons.attachments (attachment_id, cons_id, name, content_type, size, sha256, comment, side, actor)"
        " values (%s, %s, %s, %s, 1, '', %s, %s, %s)",
        (attachment_id, row.cons_id, name, content.media_type(family, name), comment or None, side, by),
    )
    size, digest = await _pieces(connection, attachment_id, head, upload.read, rules.file_bytes, name)
    await run(
        connection,
        "update cons.attachments set size = %s, sha256 = %s where attachment_id = %s",
        (size, digest, attachment_id),
    )
    return attachment_id


async def finish(connection: Connection, row: Row, ids: list[UUID], rules: Rules, *, by: str) -> list[dict[str, Any]]:
    """Count the files of a request under its lock, tell of the new ones and queue them; gives them as the API does."""
    await run(connection, "select 1 from cons.cons where cons_id = %s for no key update", (row.cons_id,))
    counted = await one(connection, "select count(*) as n from cons.attachments where cons_id = %s", (row.cons_id,))
    if counted and counted["n"] > rules.per_consultation:
        raise TooLarge("attachment.too_many", {"limit": rules.per_consultation})
    found = await rows(
        connection,
        f"select {SHOWN} from cons.attachments a where a.attachment_id = any(%s) order by a.attachment_id",  # noqa: S608 - names of ours, values are parameters
        (ids,),
    )
    await publish(
        connection,
        [
            Event("Attached", row.cons_id, Origin.API, by, {"file": (None, str(one_["attachment_id"]))})
            for one_ in found
        ],
    )
    await outbox.touch(connection, "chatwoot", SUBJECT, ids)
    return [dict(one_) for one_ in found]


async def _pieces(
    connection: Connection, attachment_id: UUID, head: bytes, read: Read, limit: int, name: str
) -> tuple[int, bytes]:
    digest, size, position, data = hashlib.sha256(), 0, 0, head
    while data:
        size += len(data)
        if size > limit:
            raise TooLarge("attachment.too_large", {"name": name, "megabytes": limit // 1_000_000})
        digest.update(data)
        await run(
            connection,
            "insert into cons.attachment_pieces (attachment_id, position, data) values (%s, %s, %s)",
            (attachment_id, position, data),
        )
        position += 1
        data = await read(PIECE)
    return size, digest.digest()


async def of_request(connection: Connection, cons_id: UUID) -> list[dict[str, Any]]:
    """The files of a request, oldest first."""
    return [
        dict(row)
        for row in await rows(
            connection,
            f"select {SHOWN} from cons.attachments a where a.cons_id = %s order by a.attachment_id",  # noqa: S608 - names of ours, values are parameters
            (cons_id,),
        )
    ]


async def shown(connection: Connection, cons_id: UUID, attachment_id: UUID) -> dict[str, Any]:
    """One file of a request, without its content; NotFound when the request has no such."""
    found = await one(
        connection,
        f"select {SHOWN} from cons.attachments a where a.cons_id = %s and a.attachment_id = %s",  # noqa: S608 - names of ours, values are parameters
        (cons_id, attachment_id),
    )
    if found is None:
        raise NotFound("attachment.unknown")
    return dict(found)


async def read_pieces(db: Database, attachment_id: UUID) -> AsyncIterator[bytes]:
    """The content, piece by piece; no connection is held while the taker is slow."""
    position = 0
    while True:
        async with db.read() as connection:
            found = await one(
                connection,
                "select data from cons.attachment_pieces where attachment_id = %s and position = %s",
                (attachment_id, position),
            )
        if found is None:
            return
        yield found["data"]
        position += 1


async def waiting(connection: Connection, attachment_id: UUID) -> Waiting | None:
    """A file that is still to be sent, and the conversation that its request has now; None for nothing to do."""
    found = await one(
        connection,
        "select a.attachment_id, a.cons_id, c.conversation_id, a.name, a.content_type, a.comment,"
        " a.side = 'client' as incoming from cons.attachments a join cons.cons c using (cons_id)"
        " where a.attachment_id = %s and a.sent_at is null",
        (attachment_id,),
    )
    return Waiting(**found) if found else None


async def sent(connection: Connection, attachment_id: UUID, message_id: int) -> None:
    """Note that a conversation has the file."""
    await run(
        connection,
        "update cons.attachments set message_id = %s, sent_at = %s where attachment_id = %s and sent_at is null",
        (message_id, clock.now(), attachment_id),
    )


async def wake(connection: Connection, cons_ids: list[UUID]) -> None:
    """Send what waited for a conversation."""
    found = await rows(
        connection,
        "select attachment_id from cons.attachments where cons_id = any(%s) and sent_at is null",
        (cons_ids,),
    )
    await outbox.touch(connection, "chatwoot", SUBJECT, [row["attachment_id"] for row in found])
