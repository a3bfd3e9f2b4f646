"""People and requests for tests of messages, and a Chatwoot that keeps what is written into it."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from psycopg.types.json import Jsonb

from clobus.core.db import Database, rows
from clobus.core.errors import OutcomeUnknown
from clobus.core.events import Event, Origin
from clobus.gateways.chatwoot.wire import Message
from clobus.modules.notifications import service

ZONE = ZoneInfo("Asia/Tashkent")
ACCOUNTING, SUPPORT = "Консультация по ведению учёта", "Техническая поддержка"


class Desk:
    """A Chatwoot that keeps messages; `fails` are raised in turn, an OutcomeUnknown after the write."""

    def __init__(self) -> None:
        self.written: list[dict[str, Any]] = []
        self.fails: list[Exception] = []
        self.writes_when_lost = True

    async def create_message(self, conversation_id: int, content: str, **options: Any) -> Message:
        error = self.fails.pop(0) if self.fails else None
        if error is None or (isinstance(error, OutcomeUnknown) and self.writes_when_lost):
            self.written.append({"conversation": conversation_id, "content": content, **options})
        if error is not None:
            raise error
        return _message(len(self.written), conversation_id, options["source_id"])

    async def find_message(self, conversation_id: int, source_id: str, *, after: int = 0) -> Message | None:
        for number, written in enumerate(self.written, 1):
            if written["source_id"] == source_id:
                return _message(number, conversation_id, source_id)
        return None


def _message(number: int, conversation_id: int, source_id: str) -> Message:
    return Message(
        id=number, conversation_id=conversation_id, message_type=1, created_at=0, private=False, source_id=source_id
    )


async def add(db: Database, table: str, **values: Any) -> None:
    """Insert one row."""
    async with db.transaction() as connection:
        await connection.execute(
            f"insert into {table} ({', '.join(values)}) values ({', '.join(['%s'] * len(values))})",
            list(values.values()),
        )


async def client(db: Database, **values: Any) -> UUID:
    """A client."""
    client_id = uuid4()
    await add(db, "cons.clients", client_id=client_id, **values)
    return client_id


async def manager(db: Database, name: str = "Анна Петрова", *, key: UUID | None = None, **values: Any) -> UUID:
    """A manager; gives the key by which 1C and requests name him."""
    key = key or uuid4()
    await add(db, "cons.users", account_id=uuid4(), cl_ref_key=key, description=name, **({"ru": True} | values))
    return key


async def in_telegram(db: Database, id_: int, *, client_id: UUID | None = None, staff: UUID | None = None,
                      language: str | None = None) -> None:  # fmt: skip
    """A person who opened the bot, linked to a client or to the manager with this key."""
    await add(db, "cons.telegram_users", telegram_user_id=id_, chat_id=id_, language=language)
    if client_id is not None:
        await add(db, "cons.telegram_links", telegram_user_id=id_, client_id=client_id, proof="link")
    if staff is not None:
        async with db.transaction() as connection:
            await connection.execute(
                "insert into cons.telegram_staff (telegram_user_id, account_id)"
                " select %s, account_id from cons.users where cl_ref_key = %s", (id_, staff),
            )  # fmt: skip


async def request(db: Database, **columns: Any) -> UUID:
    """A request of accounting with a number and a conversation."""
    values: dict[str, Any] = {
        "cons_id": uuid4(), "consultation_type": ACCOUNTING, "status": "open", "create_date": "2026-11-24T03:00:00Z",
        "start_date": "2026-11-25T05:30:00Z", "source": "site", "number": "Т-000001", "conversation_id": 7,
        "lang": "ru",
    } | columns  # fmt: skip
    async with db.transaction() as connection:
        await connection.execute(
            f"insert into cons.cons ({', '.join(values)}) values ({', '.join(['%s'] * len(values))})",
            list(values.values()),
        )
    cons_id: UUID = values["cons_id"]
    return cons_id


async def happen(db: Database, name: str, cons_id: UUID, *, by: str | None = None, **changes: Any) -> None:
    """Something happened: a change is its new value, or a pair of the old and the new one."""
    pairs = {key: value if isinstance(value, tuple) else (None, value) for key, value in changes.items()}
    event = Event(name, cons_id, Origin.ONEC, by, pairs)
    async with db.transaction() as connection:
        await connection.execute(
            "insert into log.events (name, cons_id, origin, changes) values (%s, %s, 'onec', %s)",
            (name, cons_id, Jsonb(pairs)),
        )
        await service.on_events(connection, [event])


async def states(db: Database) -> list[tuple[str, str]]:
    """Type and state of all messages."""
    async with db.read() as connection:
        found = await rows(connection, "select notification_type, state from log.notification_log order by id")
    return [(row["notification_type"], row["state"]) for row in found]


async def messages(db: Database, *columns: str) -> list[tuple[Any, ...]]:
    """Columns of all messages in the order in which they were queued."""
    async with db.read() as connection:
        found = await rows(connection, f"select {', '.join(columns)} from log.notification_log order by id")
    return [tuple(row.values()) for row in found]


async def due(db: Database) -> None:
    """Let everything that waits be due now."""
    async with db.transaction() as connection:
        await connection.execute("update log.notification_log set next_at = now() where state in ('queued', 'sending')")
