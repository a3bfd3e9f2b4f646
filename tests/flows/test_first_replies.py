"""When the desk first answered before our first load: read from Chatwoot's list, in pieces, into the reports."""

from __future__ import annotations

from typing import Any

import pytest

from clobus.core.db import Database, rows, run
from clobus.core.errors import GatewayError
from clobus.modules.reports import service as reports
from clobus.runtime import Runtime, open_runtime
from clobus.settings import Settings
from clobus.sync.chatwoot.first_replies import PLACE, FirstReplies
from tests.flows.conftest import World
from tests.support.platform import running, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def answered(world: World) -> dict[int, int]:
    """When each conversation of the twin was first answered, by its number."""
    inbox, found, number = world.settings.chatwoot.inbox_id, {}, 1
    while True:
        page = world.desk(f"conversations?status=all&sort_by=created_at_asc&inbox_id={inbox}&page={number}")
        shown: list[dict[str, Any]] = page["data"]["payload"]
        found |= {one["id"]: one["first_reply_created_at"] for one in shown if one["first_reply_created_at"]}
        if len(shown) < 25:
            return found
        number += 1


async def kept(db: Database) -> dict[int, int]:
    async with db.read() as connection:
        found = await rows(
            connection,
            "select conversation_id, extract(epoch from at)::bigint as at from cons.first_replies join cons.cons"
            " using (cons_id)",
        )
    return {row["conversation_id"]: row["at"] for row in found}


async def facts(db: Database) -> dict[int, int]:
    """Working seconds before the first answer, as reports count them, by conversation."""
    async with db.read() as connection:
        found = await rows(
            connection,
            "select c.conversation_id, f.first_sum from rep.facts f join cons.cons c using (cons_id)"
            " where f.first_n = 1 and c.conversation_id is not null",
        )
    return {row["conversation_id"]: row["first_sum"] for row in found}


def reader(runtime: Runtime) -> FirstReplies:
    return FirstReplies(runtime.db, runtime.chatwoot, runtime.settings.chatwoot.inbox_id)


async def anew(db: Database, settings: Settings) -> None:
    """As a database that was loaded by a version which did not ask for first replies."""
    async with db.transaction() as connection:
        await run(connection, "delete from cons.first_replies")
        await run(connection, "delete from sys.settings where key = %s", (PLACE,))
    async with db.transaction() as connection:
        await reports.rebuild(connection, settings.tz)


async def test_history_is_read_in_pieces_and_goes_on_where_it_was_left(world: World) -> None:
    settings = world.settings
    async with open_runtime(settings) as runtime:
        db, calendar = runtime.db, settings.calendar.of(settings.tz)
        await anew(db, settings)
        truth, seen_live = answered(world), await facts(db)
        assert len(truth) > 30
        assert len(seen_live) < len(truth), "there is history that nobody here read"
        assert await reader(runtime).some(pages=2) is True
        half = await kept(db)
        assert 0 < len(half) < len(truth)
        world.chatwoot.fault("status", None, match="conversations", status=503)
        with pytest.raises(GatewayError):
            await reader(runtime).some(pages=2)
        world.chatwoot.reset()
        assert await kept(db) == half
        while await reader(runtime).some(pages=2):
            pass
        linked = await kept(db)
        assert linked.items() <= truth.items()
        assert len(linked) + len(seen_live) >= len(truth) - await unlinked(db, truth)
        await reports.keep_up(db, calendar)
        assert (await facts(db)).keys() >= linked.keys() | seen_live.keys()
        async with db.read() as connection:
            runs = await rows(connection, "select * from log.etl_runs where process = 'chatwoot_first_replies'")
        assert {row["outcome"] for row in runs} == {"ok", "failed"}
        assert await reader(runtime).some() is False


async def unlinked(db: Database, truth: dict[int, int]) -> int:
    async with db.read() as connection:
        found = await rows(
            connection, "select 1 from cons.cons where conversation_id = any(%s)", (list(truth),)
        )  # fmt: skip
    return len(truth) - len(found)


async def test_what_was_read_message_by_message_is_left_alone(world: World) -> None:
    async with open_runtime(world.settings) as runtime:
        db, settings = runtime.db, world.settings
        await anew(db, settings)
        number = sorted(answered(world))[0]
        async with db.transaction() as connection:
            [row] = await rows(
                connection, "select cons_id, create_date from cons.cons where conversation_id = %s", (number,)
            )
            await run(
                connection,
                "insert into cons.messages (cons_id, conversation_id, message_id, direction, via, digest, created_at)"
                " values (%s, %s, 999999999, 'out', 'chatwoot', ''::bytea, %s)",
                (row["cons_id"], number, row["create_date"]),
            )
        while await reader(runtime).some():
            pass
        await reports.keep_up(db, settings.calendar.of(settings.tz))
        assert number not in await kept(db)
        assert (await facts(db))[number] == 0


async def test_the_worker_does_it_by_itself(world: World) -> None:
    async with running(world.settings, ready=False) as runtime:
        await anew(runtime.db, world.settings)

        async def there() -> bool:
            found = await kept(runtime.db)
            return bool(found) and found.keys() <= (await facts(runtime.db)).keys()

        await until(there, 60)
