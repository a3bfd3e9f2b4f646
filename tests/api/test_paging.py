"""Walking a list by cursors loses nothing and doubles nothing, whatever is made meanwhile."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clobus.core.db import Database
from clobus.core.errors import Invalid
from clobus.core.ids import new_id
from clobus.core.pagination import Cursor, cursor_of
from clobus.modules.consultations import reading
from clobus.modules.consultations.reading import ALL, Filters
from clobus.modules.consultations.types import Kind

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
# Few distinct moments, so that many rows share one and the id has to decide.
MOMENTS = st.integers(0, 6)


def insert(connection: psycopg.Connection[Any], moments: list[int]) -> set[UUID]:
    rows = [(new_id(), BEGIN + timedelta(seconds=moment)) for moment in moments]
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into cons.cons (cons_id, consultation_type, status, create_date, source)"
            f" values (%s, '{Kind.SUPPORT.value}', 'open', %s, 'SITE')",
            rows,
        )
    return {key for key, _ in rows}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    before=st.lists(MOMENTS, max_size=25),
    during=st.lists(st.lists(MOMENTS, max_size=4), max_size=12),
    gone=st.integers(0, 5),
    limit=st.integers(1, 7),
)
def test_a_walk_gives_each_row_once(
    dsn: str, before: list[int], during: list[list[int]], gone: int, limit: int
) -> None:
    """Rows that come or go between pages must not shift those that stay."""

    async def walk(connection: psycopg.Connection[Any], there: set[UUID]) -> list[UUID]:
        db, seen, after, news = Database(dsn), [], None, iter(during)
        await db.open()
        try:
            while True:
                async with db.read() as reader:
                    found, after = await reading.page(reader, ALL, Filters(), after=after, limit=limit)
                assert len(found) <= limit
                seen += [UUID(row["cons_id"]) for row in found]
                if after is None:
                    return seen
                after = cursor_of(str(after))
                insert(connection, next(news, []))
                leaving = [key for key in seen if key in there][:gone]
                connection.execute("delete from cons.cons where cons_id = any(%s)", (leaving,))
        finally:
            await db.close()

    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("delete from cons.cons")
        there = insert(connection, before)
        seen = asyncio.run(walk(connection, there))
    assert len(seen) == len(set(seen))
    assert there <= set(seen)


async def test_pages_while_others_insert(dsn: str) -> None:
    """The same with writers really at work at the same time."""
    db = Database(dsn)
    await db.open()
    stop = asyncio.Event()
    try:
        with psycopg.connect(dsn, autocommit=True) as connection:
            there = insert(connection, [n % 7 for n in range(300)])

        def write() -> None:
            with psycopg.connect(dsn, autocommit=True) as connection:
                while not stop.is_set():
                    insert(connection, [0, 3, 6, 100])

        writers = [asyncio.create_task(asyncio.to_thread(write)) for _ in range(2)]
        for _ in range(3):
            seen, after = [], None
            for _ in range(200):
                async with db.read() as reader:
                    found, after = await reading.page(reader, ALL, Filters(), after=after, limit=20)
                seen += [UUID(row["cons_id"]) for row in found]
                if after is None or there <= set(seen):
                    break
            assert len(seen) == len(set(seen))
            assert there <= set(seen)
        stop.set()
        await asyncio.gather(*writers)
    finally:
        stop.set()
        await db.close()


@given(at=st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)), id_=st.uuids())  # noqa: DTZ001 - made aware below
def test_a_cursor_comes_back_as_it_was(at: datetime, id_: UUID) -> None:
    cursor = Cursor(at.replace(tzinfo=UTC), id_)
    assert cursor_of(str(cursor)) == cursor


@given(text=st.text(min_size=1, max_size=80))
def test_a_foreign_cursor_is_refused_and_breaks_nothing(text: str) -> None:
    try:
        assert isinstance(cursor_of(text), Cursor)
    except Invalid as error:
        assert error.code == "page.cursor"  # noqa: PT017 - both outcomes are right, none else
