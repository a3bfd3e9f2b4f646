"""Pains of the predecessor (docs/pains.md) that no other test proves to be over."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import msgspec
import psycopg
import pytest

from clobus.core import clock, i18n, runs
from clobus.core.errors import ClobusError
from clobus.modules.consultations.calendar import Calendar
from clobus.modules.consultations.roster import Roster
from clobus.modules.consultations.schemas import ConsultationIn
from clobus.modules.consultations.types import TERMINAL, Kind, Status
from clobus.modules.notifications.catalogue import TYPES
from clobus.modules.staff.types import ACCOUNTING_DEPARTMENT
from clobus.parts import assemble
from clobus.runtime import Runtime
from clobus.schedule import named
from clobus.sync.onec import pull, records
from clobus.sync.onec.feeds import CONSULTATIONS, FEEDS
from tests.support.platform import ask
from tests.support.twins import TwinProcess

World = tuple[Runtime, TwinProcess]
CLIENTS = next(feed for feed in FEEDS if feed.process == "clients")
ZONE = ZoneInfo("Asia/Tashkent")


async def write(runtime: Runtime, sql: str, *params: Any) -> None:
    async with runtime.db.transaction() as connection:
        await connection.execute(sql, params)


async def test_a_second_element_with_the_code_of_a_client_takes_nothing(world: World) -> None:
    runtime, onec = world
    [client] = await ask(
        runtime,
        "select k.client_id, k.cl_ref_key, k.code_abonent, k.org_inn, k.parent_key from cons.clients k"
        " join cons.cons c using (client_id) where k.code_abonent is not null limit 1",
    )
    before = await ask(runtime, "select cons_id from cons.cons where client_id = %s order by 1", client["client_id"])
    fields = {"Description": "Двойник", "ИНН": client["org_inn"], "КодАбонентаClobus": int(client["code_abonent"])}
    twin = onec.change(
        {"op": "create", "set": CLIENTS.entity, "fields": fields | {"Parent_Key": str(client["parent_key"])}}
    )
    await pull.run_feed(assemble(runtime).reader, CLIENTS)
    same = await ask(
        runtime, "select client_id, cl_ref_key from cons.clients where code_abonent = %s", client["code_abonent"]
    )
    assert {row["cl_ref_key"] for row in same} == {client["cl_ref_key"], UUID(twin["Ref_Key"])}
    assert next(row["cl_ref_key"] for row in same if row["client_id"] == client["client_id"]) == client["cl_ref_key"]
    after = await ask(runtime, "select cons_id from cons.cons where client_id = %s order by 1", client["client_id"])
    assert after == before


async def test_an_edited_client_is_loaded(world: World) -> None:
    runtime, onec = world
    [row] = await ask(runtime, "select cl_ref_key from cons.clients where cl_ref_key is not null order by code limit 1")
    onec.change({"set": CLIENTS.entity, "key": str(row["cl_ref_key"]), "fields": {"Город": "Хива"}})
    run = await pull.run_feed(assemble(runtime).reader, CLIENTS)
    [kept] = await ask(runtime, "select city from cons.clients where cl_ref_key = %s", row["cl_ref_key"])
    assert (kept["city"], run.updated, run.created) == ("Хива", 1, 0)


async def a_new_request(runtime: Runtime, **columns: Any) -> UUID:
    """A request of a client, as the platform makes it, that 1C does not know yet."""
    cons_id = uuid4()
    await write(
        runtime,
        "insert into cons.cons (cons_id, consultation_type, status, client_id, client_key, create_date, source, topic)"
        " select %s, %s, 'pending', client_id, cl_ref_key, now(), 'site', %s from cons.clients"
        " where cl_ref_key is not null and not deleted limit 1",
        cons_id, Kind.ACCOUNTING.value, columns.get("topic"),
    )  # fmt: skip
    return cons_id


async def test_counterparties_are_never_patched(world: World) -> None:
    runtime, onec = world
    await assemble(runtime).onec_push.handle("consultation", await a_new_request(runtime))
    assert len(onec.received("^POST .*Document_")) == 1
    assert onec.received("^(PATCH|PUT|DELETE) .*Catalog_") == []


async def test_the_topic_reaches_1c(world: World) -> None:
    runtime, onec = world
    await assemble(runtime).onec_push.handle("consultation", await a_new_request(runtime, topic="Закрытие месяца"))
    [sent] = onec.received("^POST .*Document_")
    assert sent["body"]["Тема"] == "Закрытие месяца"


async def test_a_manager_is_chosen_by_local_hours_and_local_days(world: World) -> None:
    runtime, _ = world
    one = uuid4()
    await write(runtime, "update cons.users set consultation_enabled = false")
    await write(
        runtime,
        "insert into cons.users (account_id, cl_ref_key, description, department, ru, con_limit, start_hour, end_hour)"
        " values (gen_random_uuid(), %s, 'Один', %s, true, 5, '09:00', '18:00')",
        one, ACCOUNTING_DEPARTMENT,
    )  # fmt: skip

    async def planned(instant: datetime) -> str:
        """When the only manager has time for it, by the wall clock of the office."""
        roster = Roster(Calendar(ZONE, weekend=frozenset(), opens=time(0), closes=time(0)))
        async with runtime.db.read() as connection:
            await roster.refresh(connection)
        wish = roster.wish(ConsultationIn.model_validate({"client_id": one, "lang": "ru"}))
        assert roster.choose(wish, roster.moment(wish, instant)).manager == one
        return f"{roster.moment(wish, instant).astimezone(ZONE):%d %H:%M}"

    with clock.freeze(datetime(2026, 3, 1, 12, tzinfo=UTC)):
        assert await planned(datetime(2026, 3, 2, 4, 30, tzinfo=UTC)) == "02 09:30", "half past nine in Tashkent"
        assert await planned(datetime(2026, 3, 2, 13, 30, tzinfo=UTC)) == "03 09:00", "half past six in the evening"
        await write(
            runtime, "update cons.users set start_hour = '00:00', end_hour = '23:59' where cl_ref_key = %s", one
        )
        await write(runtime, "insert into cons.queue_closing values ('2026-03-02T00:00+05', %s)", one)
        assert await planned(datetime(2026, 3, 1, 20, 0, tzinfo=UTC)) == "03 00:00", "one in the morning of that day"
        assert await planned(datetime(2026, 3, 2, 20, 0, tzinfo=UTC)) == "03 01:00", "one in the morning of the next"


def test_new_and_other_are_open() -> None:
    assert {Status.CLOSED, Status.RESOLVED, Status.CANCELLED} == TERMINAL
    assert not {Status.NEW, Status.OTHER, Status.OPEN, Status.PENDING} & TERMINAL


async def test_a_read_that_fails_is_a_failed_run_and_the_cursor_stays(world: World) -> None:
    runtime, onec = world
    reader = assemble(runtime).reader
    [row] = await ask(runtime, "select cl_ref_key from cons.cons where status = 'open' limit 1")
    cursor = "select last_synced_at from sys.sync_state where entity_name = %s"
    before = await ask(runtime, cursor, CONSULTATIONS.entity)
    onec.change({"set": CONSULTATIONS.entity, "key": str(row["cl_ref_key"]), "fields": {"Тема": "новая"}})
    body = {"odata.error": {"code": "14", "message": {"lang": "ru", "value": "Ошибка при разборе"}}}
    onec.fault("status", times=1, status=400, body=body)
    with pytest.raises(ClobusError):
        await pull.run_feed(reader, CONSULTATIONS)
    assert await ask(runtime, cursor, CONSULTATIONS.entity) == before
    [run] = await ask(runtime, "select outcome, error from log.etl_runs order by id desc limit 1")
    assert (run["outcome"], bool(run["error"])) == ("failed", True)
    await pull.run_feed(reader, CONSULTATIONS)
    [kept] = await ask(runtime, "select topic from cons.cons where cl_ref_key = %s", row["cl_ref_key"])
    assert kept["topic"] == "новая"


async def test_lines_alone_are_news_enough(world: World) -> None:
    runtime, onec = world
    [row] = await ask(runtime, "select cons_id, cl_ref_key from cons.cons where status = 'closed' order by 1 limit 1")
    lines = [{"Вопрос": "что?", "Ответ": "то"}, {"Вопрос": "как?", "Ответ": "так"}]
    onec.change({"set": CONSULTATIONS.entity, "key": str(row["cl_ref_key"]), "fields": {"ВопросыИОтветы": lines}})
    run = await pull.run_feed(assemble(runtime).reader, CONSULTATIONS)
    kept = await ask(
        runtime, "select question, answer from cons.q_and_a where cons_id = %s and section = 'qa' order by line_number",
        row["cons_id"],
    )  # fmt: skip
    assert ([tuple(line.values()) for line in kept], run.updated) == ([("что?", "то"), ("как?", "так")], 1)


async def test_a_page_costs_a_fixed_number_of_statements(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime, _ = world
    reader = assemble(runtime).reader
    raws = json.loads(await reader.onec.page(CONSULTATIONS.entity, top=600))["value"]
    pages = [[msgspec.Raw(msgspec.json.encode(raw)) for raw in part] for part in (raws[:10], raws[10:600])]
    await write(runtime, "update cons.cons set data_version = null, topic = 'другая'")
    counts = []
    real = psycopg.AsyncConnection.execute
    for page in pages:
        asked: list[Any] = []

        async def counting(self: Any, query: Any, *args: Any, to: list[Any] = asked, **options: Any) -> Any:
            to.append(query)
            return await real(self, query, *args, **options)

        monkeypatch.setattr(psycopg.AsyncConnection, "execute", counting)
        async with runs.record(runtime.db, "cons") as this:
            await records.apply_page(runtime.db, CONSULTATIONS, page, reader.ctx, this)
        assert this.updated == len(page)
        counts.append(len(asked))
    assert counts[0] == counts[1] > 0


@pytest.mark.parametrize("language", ["uz", "ru", "en"])
def test_no_message_tells_a_wait_or_a_position(language: str) -> None:
    texts = [text for key, text in i18n.catalogue(language).items() if key.split(".")[0] in TYPES]
    assert len(texts) > 6
    for word in ("ожидани", "kutish", "position", "wait ", "№ в очереди", "15–20"):
        assert not [text for text in texts if word in str(text).lower()], word


async def test_old_deliveries_are_pruned_and_dead_ones_kept(world: World) -> None:
    runtime, _ = world
    for state, days in (("handled", 40), ("dead", 40), ("handled", 2)):
        await write(
            runtime,
            "insert into log.webhook_log (source, delivery_id, event, payload, state, created_at)"
            " values ('chatwoot', gen_random_uuid()::text, 'x', '{}', %s, now() - make_interval(days => %s))",
            state, days,
        )  # fmt: skip
    cleanup = named("cleanup")
    assert cleanup is not None
    await cleanup.cycle(assemble(runtime))
    left = await ask(runtime, "select state, created_at < now() - interval '30 days' as old from log.webhook_log")
    assert sorted((row["state"], row["old"]) for row in left) == [("dead", True), ("handled", False)]
