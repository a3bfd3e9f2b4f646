"""The other feeds over a real twin and a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from clobus.core import clock, events
from clobus.core.db import Database, one, rows
from clobus.gateways.onec.client import open_onec
from clobus.gateways.onec.wire import instant_to_local
from clobus.sync.onec.feed import Context, Feed
from clobus.sync.onec.feeds import CONSULTATIONS, FEEDS
from clobus.sync.onec.pull import Reader, run_feed
from tests.support.twins import TwinProcess

ZONE = ZoneInfo("Asia/Tashkent")
FOLDER = UUID("7ccd31ca-887b-11eb-938b-00e04cd03b68")


@pytest.fixture
def twin(seeded_twin: Callable[..., Path]) -> Any:
    with TwinProcess("onec", size="small", seeded_from=seeded_twin("onec")) as process:
        yield process


@pytest.fixture
async def reader(twin: TwinProcess, dsn: str) -> AsyncIterator[Reader]:
    events.configure([])
    db = Database(dsn)
    await db.open()
    given = twin.credentials
    onec = open_onec(twin.base_url + given["base_path"], given["user"], given["password"], zone=ZONE)
    yield Reader(onec, db, Context(ZONE, FOLDER))
    await onec.close()
    await db.close()


def feed(process: str) -> Feed:
    return next(found for found in FEEDS if found.process == process)


async def fetch(reader: Reader, sql: str, *params: Any) -> list[dict[str, Any]]:
    async with reader.db.read() as connection:
        return [dict(row) for row in await rows(connection, sql, params or None)]


async def test_clients_are_loaded_from_all_folders_and_linked(reader: Reader, twin: TwinProcess) -> None:
    await run_feed(reader, CONSULTATIONS)
    run = await run_feed(reader, feed("clients"))
    assert run.failed == 0
    ours = await fetch(reader, "select * from cons.clients where parent_key = %s", FOLDER)
    everybody = await fetch(reader, "select count(*) as n from cons.clients")
    assert (len(ours), everybody[0]["n"]) == (300, 2300)
    assert not [c["company_name"] for c in ours if c["company_name"].lower().startswith("clobus")]
    assert await fetch(reader, "select 1 from cons.cons where client_key is not null and client_id is null") == []
    again = await run_feed(reader, feed("clients"))
    assert (again.created, again.updated) == (0, 0)
    twin.change(
        {"set": feed("clients").entity, "key": str(ours[0]["cl_ref_key"]), "fields": {"Город": "Хива"}, "touch": False}
    )
    assert (await run_feed(reader, feed("clients"))).updated == 1
    async with reader.db.read() as connection:
        row = await one(connection, "select city from cons.clients where client_id = %s", (ours[0]["client_id"],))
    assert row == {"city": "Хива"}


async def test_staff_comes_with_languages_hours_and_skills(reader: Reader) -> None:
    run = await run_feed(reader, feed("users"))
    assert run.failed == 0
    managers = await fetch(reader, "select * from cons.users where con_limit is not null and not invalid")
    assert len(managers) == 40
    assert all(m["ru"] or m["uz"] for m in managers)
    assert await fetch(reader, "select 1 from cons.users_skill limit 1")
    assert (await fetch(reader, "select count(*) as n from sys.outbox where subject = 'manager'"))[0][
        "n"
    ] == run.created
    again = await run_feed(reader, feed("users"))
    assert (again.created, again.updated) == (0, 0)


@pytest.mark.parametrize(
    ("process", "table"),
    [
        ("redate", "cons.cons_redate"),
        ("calls", "cons.calls"),
        ("rates", "cons.cons_rating_answers"),
        ("queue_closing", "cons.queue_closing"),
    ],
)
async def test_registers_are_read_once(reader: Reader, process: str, table: str) -> None:
    await run_feed(reader, CONSULTATIONS)
    run = await run_feed(reader, feed(process))
    assert run.failed == 0
    assert run.created
    count = (await fetch(reader, f"select count(*) as n from {table}"))[0]["n"]
    again = await run_feed(reader, feed(process))
    assert again.created == 0
    assert (await fetch(reader, f"select count(*) as n from {table}"))[0]["n"] == count


async def test_ratings_are_summed_up_on_the_request(reader: Reader) -> None:
    await run_feed(reader, CONSULTATIONS)
    await run_feed(reader, feed("rates"))
    differing = await fetch(
        reader,
        "select 1 from cons.cons c join (select cons_key, round(avg(rating), 2) as average from"
        " cons.cons_rating_answers group by 1) a on a.cons_key = c.cl_ref_key"
        " where (c.con_rates ->> 'average')::numeric is distinct from a.average",
    )
    assert differing == []


async def test_dictionaries_are_loaded(reader: Reader) -> None:
    for one_feed in FEEDS:
        if one_feed.process == "dictionaries":
            assert (await run_feed(reader, one_feed)).failed == 0
    assert (await fetch(reader, "select count(*) as n from dict.knowledge_base"))[0]["n"] == 300
    for table in ("po_types", "po_sections", "online_question_cat", "online_question", "consultation_interference"):
        assert await fetch(reader, f"select 1 from dict.{table} limit 1"), table


async def test_a_row_without_its_request_is_a_dead_letter(reader: Reader, twin: TwinProcess) -> None:
    await run_feed(reader, feed("calls"))
    twin.change({
        "set": feed("calls").entity, "op": "create",
        "fields": {"Period": instant_to_local(clock.now(), ZONE),
                   "ДокументОбращения_Key": "00000000-0000-0000-0000-000000000000",
                   "Менеджер_Key": "00000000-0000-0000-0000-000000000000"},
    })  # fmt: skip
    run = await run_feed(reader, feed("calls"))
    assert run.failed == 1
    assert len(await fetch(reader, "select 1 from sys.dead_letters")) == 1
