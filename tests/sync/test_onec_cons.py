"""The feed of requests over a real twin and a real database."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from clobus.core import events
from clobus.core.db import Database, one, rows
from clobus.gateways.onec.client import open_onec
from clobus.sync.onec import sweep
from clobus.sync.onec.feed import Context
from clobus.sync.onec.feeds import CONSULTATIONS
from clobus.sync.onec.pull import Reader, run_feed
from tests.support.twins import TwinProcess

ENTITY = CONSULTATIONS.entity
ZONE = ZoneInfo("Asia/Tashkent")
FOLDER = UUID("7ccd31ca-887b-11eb-938b-00e04cd03b68")


@pytest.fixture
def twin(seeded_twin: Callable[..., Path], _main: None = None) -> Any:
    with TwinProcess("onec", size="small", seeded_from=seeded_twin("onec")) as process:
        yield process


@pytest.fixture
async def reader(twin: TwinProcess, dsn: str) -> AsyncIterator[Reader]:
    told: list[events.Event] = []

    async def note(_: Any, news: Any) -> None:
        told.extend(news)

    events.configure([note])
    db = Database(dsn)
    await db.open()
    given = twin.credentials
    onec = open_onec(twin.base_url + given["base_path"], given["user"], given["password"], zone=ZONE)
    yield Reader(onec, db, Context(ZONE, FOLDER), page_size=500)
    await onec.close()
    await db.close()
    events.configure([])


async def statuses(db: Database) -> Counter[str]:
    async with db.read() as connection:
        found = await rows(connection, "select status, count(*) as n from cons.cons group by 1")
    return Counter({row["status"]: row["n"] for row in found})


async def some(db: Database, where: str) -> dict[str, Any]:
    async with db.read() as connection:
        found = await one(connection, f"select * from cons.cons where {where} order by cons_id limit 1")
    assert found is not None
    return dict(found)


async def test_first_load_gives_the_plan_s_numbers_and_publishes_nothing(reader: Reader) -> None:
    run = await run_feed(reader, CONSULTATIONS)
    assert await statuses(reader.db) == Counter(closed=2874, cancelled=94, pending=7, open=1)
    assert (run.created, run.failed) == (2976, 0)
    async with reader.db.read() as connection:
        assert await rows(connection, "select 1 from log.events limit 1") == []
    again = await run_feed(reader, CONSULTATIONS)
    assert (again.created, again.updated, again.failed) == (0, 0, 0)


async def test_a_change_is_read_once_and_told(reader: Reader, twin: TwinProcess) -> None:
    await run_feed(reader, CONSULTATIONS)
    open_one = await some(reader.db, "status = 'open'")
    twin.change({"set": ENTITY, "key": str(open_one["cl_ref_key"]), "fields": {"Конец": "2026-02-18T12:30:00"}})
    run = await run_feed(reader, CONSULTATIONS)
    assert run.updated == 1
    row = await some(reader.db, f"cons_id = '{open_one['cons_id']}'")
    assert (row["status"], row["end_date"].isoformat()) == ("closed", "2026-02-18T07:30:00+00:00")
    async with reader.db.read() as connection:
        told = await rows(connection, "select name, origin, changes from log.events")
    assert [(e["name"], e["origin"], e["changes"]["status"]) for e in told] == [("Closed", "onec", ["open", "closed"])]


async def test_the_importance_is_read_back(reader: Reader, twin: TwinProcess) -> None:
    await run_feed(reader, CONSULTATIONS)
    async with reader.db.read() as connection:
        seen = {row["importance"] for row in await rows(connection, "select distinct importance from cons.cons")}
    assert seen == {1, 2, 3}
    row = await some(reader.db, "status = 'pending'")
    for word, number in (("Высокая", 3), ("Низкая", 1), ("", 2)):
        twin.change({"set": ENTITY, "key": str(row["cl_ref_key"]), "fields": {"Важность": word}})
        await run_feed(reader, CONSULTATIONS)
        assert (await some(reader.db, f"cons_id = '{row['cons_id']}'"))["importance"] == number


async def test_what_the_increment_can_t_see_the_sweep_finds(reader: Reader, twin: TwinProcess) -> None:
    await run_feed(reader, CONSULTATIONS)
    silent = await some(reader.db, "status = 'pending'")
    erased = await some(reader.db, "status = 'closed'")
    twin.change([
        {"set": ENTITY, "key": str(silent["cl_ref_key"]), "fields": {"ЗакрытоБезКонсультации": True}, "touch": False},
        {"set": ENTITY, "key": str(erased["cl_ref_key"]), "op": "delete"},
    ])  # fmt: skip
    assert (await run_feed(reader, CONSULTATIONS)).updated == 0
    run = await sweep.sweep(reader, CONSULTATIONS)
    assert run.updated == 2
    assert (await some(reader.db, f"cons_id = '{silent['cons_id']}'"))["status"] == "cancelled"
    gone = await some(reader.db, f"cons_id = '{erased['cons_id']}'")
    assert (gone["deleted"], gone["status"]) == (True, "closed")


async def test_open_update_reads_open_requests_by_key(reader: Reader, twin: TwinProcess) -> None:
    await run_feed(reader, CONSULTATIONS)
    silent = await some(reader.db, "status = 'pending'")
    twin.change(
        {"set": ENTITY, "key": str(silent["cl_ref_key"]), "fields": {"ВидОбращения": "КонсультацияИТС"}, "touch": False}
    )
    run = await sweep.open_update(reader, CONSULTATIONS)
    assert (run.read, run.updated) == (8, 1)


async def test_a_bad_record_stops_nobody_and_is_kept_with_its_reason(reader: Reader, twin: TwinProcess) -> None:
    await run_feed(reader, CONSULTATIONS)
    bad = await some(reader.db, "status = 'pending'")
    good = await some(reader.db, "status = 'open'")
    twin.change([
        {"set": ENTITY, "key": str(bad["cl_ref_key"]), "fields": {"ДатаКонсультации": "3100-01-01T00:00:00"}},
        {"set": ENTITY, "key": str(good["cl_ref_key"]), "fields": {"Тема": "другая"}},
    ])  # fmt: skip
    run = await run_feed(reader, CONSULTATIONS)
    assert (run.updated, run.failed) == (1, 1)
    async with reader.db.read() as connection:
        letters = await rows(connection, "select kind, error from sys.dead_letters")
    assert letters == [{"kind": "record", "error": "the planned date lies outside of 2000 to 2100"}]
    twin.change({"set": ENTITY, "key": str(bad["cl_ref_key"]), "fields": {"ДатаКонсультации": "2026-03-01T00:00:00"}})
    await run_feed(reader, CONSULTATIONS)
    async with reader.db.read() as connection:
        assert await rows(connection, "select 1 from sys.dead_letters") == []


@pytest.mark.parametrize("kind", ["page_loses_row", "page_repeats_row"])
async def test_a_faulty_page_is_made_good(reader: Reader, twin: TwinProcess, kind: str) -> None:
    twin.fault(kind, times=2, match="filter")
    await run_feed(reader, CONSULTATIONS)
    await sweep.sweep(reader, CONSULTATIONS)
    assert await statuses(reader.db) == Counter(closed=2874, cancelled=94, pending=7, open=1)


async def test_full_load_and_record_path_give_identical_rows(reader: Reader) -> None:
    columns = (
        "cl_ref_key, data_version, number, status, denied, deleted, client_key, manager, author, create_date,"
        " changed_date, start_date, end_date, lang, topic, comment, online_question_cat, online_question, con_blocks,"
        " importance, source, wanted"
    )
    lines = "cons_ref_key, section, line_number, po_type_key, con_blocks_key, is_repeat, question, answer"

    async def content() -> tuple[Any, Any]:
        async with reader.db.read() as connection:
            return (
                await rows(connection, f"select {columns} from cons.cons order by cl_ref_key"),
                await rows(connection, f"select {lines} from cons.q_and_a order by 1, 2, 3"),
            )

    await run_feed(reader, CONSULTATIONS)
    loaded = await content()
    async with reader.db.transaction() as connection:
        await connection.execute(
            "delete from cons.cons where cl_ref_key in (select cl_ref_key from cons.cons limit 900)"
        )
        await connection.execute("update cons.cons set data_version = 'old', number = 'x', topic = null, lang = null")
        await connection.execute("update cons.q_and_a set answer = 'x'")
    await sweep.sweep(reader, CONSULTATIONS)
    assert await content() == loaded


async def test_pages_split_by_themselves_when_1c_slows(reader: Reader, twin: TwinProcess) -> None:
    twin.fault("status", times=12, match="top=500", status=504)
    run = await run_feed(reader, CONSULTATIONS)
    assert (run.created, run.failed) == (2976, 0)
    asked = [request["query"] for request in twin.received("top=")]
    assert any("top=250" in query for query in asked)
