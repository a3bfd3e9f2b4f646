"""Whole walks through the running worker: what happens on one side is seen on the others."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from clobus.gateways.onec.entities import Consultation
from clobus.parts import assemble
from clobus.runtime import Runtime
from clobus.sync import drift
from tests.flows.conftest import World
from tests.support.platform import ask, running, until

CALL = Consultation.entity_set
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


async def agreed(runtime: Runtime) -> drift.Report:
    report = await drift.compare_systems(assemble(runtime).comparer)
    assert report.as_json()["items"] == []
    return report


async def an_open_request(runtime: Runtime) -> dict[str, Any]:
    found = await ask(
        runtime,
        "select cons_id, cl_ref_key, conversation_id, chatwoot_source_id, number from cons.cons"
        " where status in ('open', 'pending') and cl_ref_key is not null and conversation_id is not null"
        " order by cons_id limit 1",
    )
    assert found, "no open request has a conversation"
    return found[0]


async def document(runtime: Runtime, row: dict[str, Any]) -> Consultation:
    return await runtime.onec.get(CALL, row["cl_ref_key"], Consultation)


def has_ended(found: Consultation) -> bool:
    return not (found.ended_at or "0001").startswith("0001")


async def test_first_load_gives_exact_counts_and_drift_0(unread_world: World) -> None:
    async with running(unread_world.settings) as runtime:
        found = await ask(runtime, "select status, count(*) from cons.cons group by 1")
        assert {row["status"]: row["count"] for row in found} == {
            "closed": 2874, "cancelled": 94, "resolved": 24, "pending": 7, "open": 1,
        }  # fmt: skip
        report = await agreed(runtime)
        assert (report.onec, report.postgres) == (2976, 3000)

        async def looked_for_reminders() -> bool:
            return bool(await ask(runtime, "select 1 from log.etl_runs where process = 'reminders' and outcome = 'ok'"))

        await until(looked_for_reminders)
        assert await ask(runtime, "select 1 from log.notification_log") == []


async def test_a_close_in_1c_resolves_the_conversation_and_tells_the_client(world: World) -> None:
    async with running(world.settings) as runtime:
        row = await an_open_request(runtime)
        world.onec.change({"set": CALL, "key": str(row["cl_ref_key"]), "fields": {"Конец": "2026-11-24T12:00:00"}})

        async def resolved() -> bool:
            return bool(world.desk(f"conversations/{row['conversation_id']}")["status"] == "resolved")

        async def told() -> bool:
            said = world.desk(f"conversations/{row['conversation_id']}/messages")["payload"]
            return any((message.get("source_id") or "").startswith("note-") for message in said)

        await until(resolved)
        await until(told)
        await agreed(runtime)


async def test_an_agent_resolves_and_1c_learns_it(world: World) -> None:
    async with running(world.settings) as runtime:
        row = await an_open_request(runtime)
        world.desk(f"conversations/{row['conversation_id']}/toggle_status", {"status": "resolved"})

        async def closed() -> bool:
            return has_ended(await document(runtime, row))

        await until(closed)
        assert (await document(runtime, row)).stage == "КонсультацияИТС"
        await agreed(runtime)


async def test_a_client_may_not_close_an_accounting_request(world: World) -> None:
    async with running(world.settings) as runtime:
        row = await an_open_request(runtime)
        shown = world.desk(f"conversations/{row['conversation_id']}")
        source = (
            row["chatwoot_source_id"]
            or (await runtime.chatwoot.contact(shown["meta"]["sender"]["id"])).contact_inboxes[0].source_id
        )
        world.as_client(source, row["conversation_id"], "toggle_status")

        async def refused() -> bool:
            said = world.desk(f"conversations/{row['conversation_id']}/messages")["payload"]
            return any(m["private"] and (m.get("source_id") or "").startswith("note-") for m in said)

        await until(refused)

        async def put_back() -> bool:
            return bool(world.desk(f"conversations/{row['conversation_id']}")["status"] == shown["status"])

        await until(put_back)
        assert not has_ended(await document(runtime, row))
        await agreed(runtime)


async def test_a_worker_ended_in_the_middle_of_the_first_load_is_carried_on(unread_world: World) -> None:
    async with running(unread_world.settings, ready=False) as runtime:

        async def begun() -> bool:
            return bool(await ask(runtime, "select 1 from log.etl_runs where process = 'cons' and read_count > 0"))

        await until(begun)
    async with running(unread_world.settings) as runtime:
        report = await agreed(runtime)
        assert (report.onec, report.postgres) == (2976, 3000)
        await asyncio.sleep(0)


async def test_two_workers_share_the_work(world: World) -> None:
    async with running(world.settings) as runtime, running(world.settings):
        row = await an_open_request(runtime)
        fields = {"ЗакрытоБезКонсультации": True}
        world.onec.change({"set": CALL, "key": str(row["cl_ref_key"]), "fields": fields})

        async def cancelled() -> bool:
            found = await ask(runtime, "select status from cons.cons where cons_id = %s", row["cons_id"])
            return bool(found[0]["status"] == "cancelled")

        await until(cancelled)
        await agreed(runtime)
        told = await ask(runtime, "select notification_type from log.notification_log")
        assert [message["notification_type"] for message in told] == ["cancelled"]
