"""A repeated request is answered, not done again: a row by (principal, operation, key), claimed before anything else.

The claim stands in the transaction of the work: a crash before the commit leaves nothing, a crash after it leaves the
row with its `resource_id`, from which a replay is answered. Answers 409, 429 and 503 are not kept.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from clobus.core import clock
from clobus.core.db import Connection, one, run
from clobus.core.errors import Conflict, Invalid, Unprocessable

KEEP = timedelta(hours=24)
MAX_KEY = 200
LEASE_SECONDS = 30.0


class InFlight(Conflict):
    """The first request with this key is still being answered; `retry_after` in seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("idempotency.in_flight")
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Key:
    """What makes two requests the same: who, what, the caller's key, and the hash of the body."""

    principal: str
    operation: str
    key: str
    request_hash: str


@dataclass(frozen=True, slots=True)
class Stored:
    """What is known of an earlier request with the same key and body. `answer` is None while none was kept."""

    resource_id: UUID | None
    status: int
    answer: Any


def make_key(principal: str, operation: str, key: str | None, body: bytes) -> Key | None:
    """The key of a request, None when the caller gave none; Invalid for one that is empty or too long."""
    return key_of(principal, operation, key, request_hash(body) if key is not None else "")


def key_of(principal: str, operation: str, key: str | None, body_hash: str) -> Key | None:
    """`make_key` for a body whose hash is known already."""
    if key is None:
        return None
    if not 1 <= len(key) <= MAX_KEY:
        raise Invalid("idempotency.key_length")
    return Key(principal, operation, key, body_hash)


def request_hash(body: bytes) -> str:
    """SHA-256 over the JSON with sorted members, as it was sent: nothing is normalised before.

    Unprocessable for what is no JSON, though laxer readers take it: NaN, halves of characters, a bottomless nest.
    """
    try:
        canonical = msgspec.json.encode(msgspec.json.decode(body), order="sorted")
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        raise Unprocessable("request.invalid") from None
    return hashlib.sha256(canonical).hexdigest()


CLAIM = (
    "insert into sys.idempotency_keys as k (principal, operation_type, key, request_hash, expires_at)"
    " values (%s, %s, %s, %s, %s) on conflict (principal, operation_type, key) do update set"
    " request_hash = excluded.request_hash, state = 'in_flight', resource_id = null, status_code = null,"
    " response_data = null, locked_at = now(), created_at = now(), expires_at = excluded.expires_at"
    " where k.expires_at < now() returning true as mine"
)
"""Waits for another transaction that holds the same key; returns a row only to the one who got it."""


def claim_params(key: Key) -> tuple[str, str, str, str, datetime]:
    """Parameters of `CLAIM`."""
    return key.principal, key.operation, key.key, key.request_hash, clock.now() + KEEP


async def earlier(connection: Connection, key: Key, lease_seconds: float) -> Stored:
    """What became of the request that has the key, its row locked; InFlight while that one may still answer itself.

    Raises Unprocessable when the key was used with another body.
    """
    row = await one(
        connection,
        "select request_hash, state, resource_id, status_code, response_data,"
        " extract(epoch from now() - locked_at)::float8 as age from sys.idempotency_keys"
        " where principal = %s and operation_type = %s and key = %s for update",
        (key.principal, key.operation, key.key),
    )
    if row is None:  # released between our insert and this look
        raise InFlight(1)
    if row["request_hash"] != key.request_hash:
        raise Unprocessable("idempotency.other_body")
    if row["state"] == "done":
        return Stored(row["resource_id"], row["status_code"], row["response_data"])
    if row["age"] < lease_seconds:
        raise InFlight(max(1, round(lease_seconds - row["age"])))
    return Stored(row["resource_id"], 0, None)


async def once(connection: Connection, key: Key | None, resource_id: UUID, work: Awaitable[Any]) -> Any:
    """Do work that stands in this transaction as a whole, or give the answer that it got before under this key.

    Raises as `earlier` does; the work of a replay is not begun.
    """
    if key is not None and not await one(connection, CLAIM, claim_params(key)):
        if inspect.iscoroutine(work):
            work.close()
        return (await earlier(connection, key, LEASE_SECONDS)).answer
    made = await work
    if key is not None:
        await keep(connection, key, resource_id, 200, made)
    return made


async def keep(
    connection: Connection, key: Key, resource_id: UUID, status: int | None = None, answer: Any = None
) -> None:
    """Note what was made; with a `status` also the answer, so that a replay gets the same."""
    await run(
        connection,
        "update sys.idempotency_keys set resource_id = %s, state = %s, status_code = %s, response_data = %s"
        " where principal = %s and operation_type = %s and key = %s",
        (resource_id, "done" if status else "in_flight", status, None if answer is None else Jsonb(answer),
         key.principal, key.operation, key.key),
    )  # fmt: skip


async def keep_new(connection: Connection, made: Sequence[tuple[Key, UUID, bytes | None]]) -> None:
    """Keep keys that nobody has, with what was made and, when it is known, the answer (JSON, status 200).

    One that was used before, even long ago, breaks the transaction with `psycopg.IntegrityError`.
    """
    if not made:
        return
    items = [
        {"principal": key.principal, "operation": key.operation, "key": key.key, "hash": key.request_hash,
         "id": resource_id, "answer": None if answer is None else msgspec.Raw(answer)}
        for key, resource_id, answer in made
    ]  # fmt: skip
    await run(
        connection,
        "insert into sys.idempotency_keys (principal, operation_type, key, request_hash, state, resource_id,"
        " status_code, response_data, expires_at) select principal, operation, key, hash,"
        " case when answer is null then 'in_flight' else 'done' end, id, case when answer is not null then 200 end,"
        " answer, %s from jsonb_to_recordset(%s::jsonb) as n (principal text, operation text, key text, hash text,"
        " id uuid, answer jsonb) order by 1, 2, 3",
        (clock.now() + KEEP, Jsonb(items)),
    )


async def take_over(connection: Connection, key: Key) -> None:
    """Start a new lease for answering an earlier request whose process is gone."""
    await run(
        connection,
        "update sys.idempotency_keys set locked_at = now() where principal = %s and operation_type = %s and key = %s",
        (key.principal, key.operation, key.key),
    )


async def release(connection: Connection, key: Key) -> None:
    """Forget the key: the request was refused in a way that may pass."""
    await run(
        connection,
        "delete from sys.idempotency_keys where principal = %s and operation_type = %s and key = %s",
        (key.principal, key.operation, key.key),
    )
