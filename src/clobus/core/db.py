"""The database: one pool, one way to open a transaction, and the only place that commits."""

from __future__ import annotations

import select
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from typing import Any

import msgspec
from psycopg import AsyncConnection, OperationalError
from psycopg.pq import TransactionStatus
from psycopg.rows import DictRow, TupleRow, dict_row, tuple_row
from psycopg.types.json import set_json_dumps, set_json_loads
from psycopg_pool import AsyncConnectionPool

from clobus.core import signals

Connection = AsyncConnection[DictRow]

SPARE = 2
"""So many connections for locks are kept by a process."""

_in_transaction: ContextVar[bool] = ContextVar("clobus_in_transaction", default=False)

set_json_dumps(lambda value: msgspec.json.encode(value, enc_hook=str))
set_json_loads(msgspec.json.decode)


def in_transaction() -> bool:
    """Tell whether a write transaction is open in this task: no outside call may be made then."""
    return _in_transaction.get()


@contextmanager
def _marked() -> Iterator[None]:
    token = _in_transaction.set(True)
    try:
        yield
    finally:
        _in_transaction.reset(token)


async def _still_there(connection: Connection) -> None:
    """Check an idle connection with a round trip only when its socket has something to tell.

    A server that ended or was restarted has closed it, and a closed socket is readable; a living one is silent.
    """
    look = select.poll()
    look.register(connection.fileno(), select.POLLIN)
    if look.poll(0):
        await AsyncConnectionPool.check_connection(connection)


class Database:
    """A pool of connections to one PostgreSQL database.

    Rows are dictionaries by column name. Sessions run in UTC, so that no result depends on the server's zone.
    """

    def __init__(self, dsn: str, *, min_size: int = 1, max_size: int = 8, check: bool = True) -> None:
        self.dsn = dsn
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            dsn,
            min_size=min_size,
            max_size=max_size,
            open=False,
            kwargs={"row_factory": dict_row, "autocommit": True, "options": "-c timezone=UTC"},
            check=_still_there if check else None,
            timeout=30,
            reconnect_timeout=5,
        )
        self._spare: list[Connection] = []
        self._closed = False
        self.signals = signals.Signals(self.read, self.dedicated)

    async def open(self) -> None:
        """Start the pool; raises `psycopg_pool.PoolTimeout` when the server can't be reached within 30 s."""
        await self._pool.open(wait=True, timeout=30)

    async def close(self) -> None:
        """Send what is still to be told, and close all connections."""
        self._closed = True
        await self.signals.close()
        while self._spare:
            await self._spare.pop().close()
        await self._pool.close()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        """Give a connection on which each statement stands for itself."""
        async with self._pool.connection() as connection:
            yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Give a connection inside a transaction: committed at the end, rolled back on any exception."""
        with signals.collected() as told:
            async with self._pool.connection() as connection, connection.transaction():
                with _marked():
                    yield connection
        self.signals.send(told)

    @asynccontextmanager
    async def pipeline(self) -> AsyncIterator[Connection]:
        """Give a connection inside a transaction whose statements are sent without waiting for the one before.

        Only fetching waits, so `run` tells no count here, and an error may come at a later statement or at the end.
        """
        with signals.collected() as told:
            async with self._pool.connection() as connection:
                try:
                    async with connection.pipeline():
                        await connection.execute("begin")
                        with _marked():
                            yield connection
                        await connection.execute("commit")
                except BaseException:  # whatever ends the block, the transaction ends with it
                    if connection.info.transaction_status not in (TransactionStatus.IDLE, TransactionStatus.UNKNOWN):
                        await connection.execute("rollback")
                    raise
        self.signals.send(told)

    @asynccontextmanager
    async def dedicated(self) -> AsyncIterator[Connection]:
        """Give a connection of its own, outside of the pool: for LISTEN."""
        connection = await self._connect()
        try:
            yield connection
        finally:
            await connection.close()

    @asynccontextmanager
    async def locking(self) -> AsyncIterator[Connection]:
        """Give a connection of its own for session locks; they end with the block, and with the process.

        A few are kept for the next blocks: to connect costs both sides more than most of what is done under a lock.
        """
        connection = await self._spare_one() or await self._connect()
        kept = False
        try:
            yield connection
            if self._keeps_more():
                with suppress(OperationalError):  # the server is gone, and the locks with it
                    await connection.execute("select pg_advisory_unlock_all()")
                    kept = self._keeps_more()
        finally:
            if kept:
                self._spare.append(connection)
            else:
                await connection.close()

    def _keeps_more(self) -> bool:
        return not self._closed and len(self._spare) < SPARE

    async def _spare_one(self) -> Connection | None:
        while self._spare:
            connection = self._spare.pop()
            try:
                await _still_there(connection)
            except OperationalError:
                await connection.close()
            else:
                return connection
        return None

    async def _connect(self) -> Connection:
        return await AsyncConnection.connect(self.dsn, autocommit=True, row_factory=dict_row, options="-c timezone=UTC")


@asynccontextmanager
async def advisory_lock(db: Database, name: str) -> AsyncIterator[bool]:
    """Hold the named lock for the block, or yield False at once when another session holds it.

    The lock belongs to a connection of its own: it is gone with the process, however that ends.
    """
    async with db.locking() as connection:
        row = await one(connection, "select pg_try_advisory_lock(hashtextextended(%s, 0)) as got", (name,))
        yield bool(row and row["got"])


async def one(connection: Connection, sql: str, params: Any = None) -> DictRow | None:
    """Run a statement and return its first row, or None."""
    return await (await connection.execute(sql, params)).fetchone()


async def rows(connection: Connection, sql: str, params: Any = None) -> list[DictRow]:
    """Run a statement and return all its rows."""
    return await (await connection.execute(sql, params)).fetchall()


async def tuples(connection: Connection, sql: str, params: Any = None) -> list[TupleRow]:
    """Run a statement and return all its rows without names, for whoever turns many of them into columns."""
    cursor = await connection.cursor(row_factory=tuple_row).execute(sql, params)
    return await cursor.fetchall()


async def run(connection: Connection, sql: str, params: Any = None) -> int:
    """Run a statement and return the number of rows it touched."""
    return (await connection.execute(sql, params)).rowcount


def as_json(value: Any) -> str:
    """Encode rows for `jsonb_to_recordset(%s::jsonb)`: the set-based way in for many records."""
    return msgspec.json.encode(value).decode()
