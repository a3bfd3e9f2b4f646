"""Drift: every kind of difference is found, told since when, repaired; what is only on its way is not drift."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from clobus.runtime import Runtime
from clobus.sync import drift
from clobus.sync.onec.feeds import CONSULTATIONS
from tests.support.platform import ask
from tests.support.twins import TwinProcess
from tests.sync.agreement import compared, comparer

CALL = CONSULTATIONS.entity


async def some(runtime: Runtime, condition: str) -> dict[str, Any]:
    found = await ask(runtime, f"select cons_id, cl_ref_key from cons.cons where {condition} order by cons_id limit 1")
    return found[0]


@pytest.mark.parametrize("deep", [True, False])
async def test_every_kind_is_found_and_repaired(world: tuple[Runtime, TwinProcess], deep: bool) -> None:
    runtime, onec = world
    agreed = await compared(runtime, deep=deep)
    assert (agreed.onec, agreed.postgres, agreed.total) == (2976, 2976, 0)
    ended = await some(runtime, "status = 'closed'")
    reopened = await some(runtime, "status = 'open'")
    handed = await some(runtime, "status = 'pending'")
    gone = await some(runtime, "status = 'cancelled'")
    unknown, born = str(uuid4()), str(uuid4())
    onec.change(
        [
            {"set": CALL, "key": str(reopened["cl_ref_key"]), "fields": {"ЗакрытоБезКонсультации": True}},
            {"set": CALL, "key": str(handed["cl_ref_key"]), "fields": {"Менеджер_Key": unknown}, "touch": False},
            {"set": CALL, "key": str(ended["cl_ref_key"]), "fields": {"Тема": "другая"}, "touch": False},
            {"set": CALL, "key": str(gone["cl_ref_key"]), "op": "delete"},
            {
                "set": CALL,
                "key": born,
                "op": "create",
                "fields": {"ДатаСоздания": "2020-01-01T00:00:00", "ДатаИзменения": "2020-01-01T00:00:00"},
            },
        ]
    )
    report = await compared(runtime, deep=deep)
    found = {(item.suspect.consultation, item.suspect.kind) for item in report.items}
    assert found == {
        (str(reopened["cons_id"]), "status"),
        (str(reopened["cons_id"]), "fields"),
        (str(handed["cons_id"]), "manager"),
        (str(ended["cons_id"]), "fields"),
        (str(gone["cons_id"]), "missing_in_onec"),
        (born, "missing_in_postgres"),
    }
    assert report.total == 5
    again = await compared(runtime, deep=deep)
    assert {i.suspect.identity: i.since for i in again.items} == {i.suspect.identity: i.since for i in report.items}
    await drift.repair(comparer(runtime), again)
    mended = await compared(runtime, deep=deep)
    assert (mended.total, mended.postgres, mended.onec) == (0, 2977, 2976)
    assert await ask(runtime, "select 1 from sys.drift") == []


async def test_a_bad_record_is_told(world: tuple[Runtime, TwinProcess]) -> None:
    runtime, onec = world
    row = await some(runtime, "status = 'closed'")
    fields = {"ДатаСоздания": "1753-01-01T00:00:00"}
    onec.change({"set": CALL, "key": str(row["cl_ref_key"]), "fields": fields})
    report = await compared(runtime)
    assert [(item.suspect.cons_id, item.suspect.kind) for item in report.items] == [(row["cons_id"], "invalid")]


async def test_what_waits_for_1c_is_pending(world: tuple[Runtime, TwinProcess]) -> None:
    runtime, _ = world
    row = await some(runtime, "status = 'open'")
    async with runtime.db.transaction() as connection:
        await connection.execute(
            "update cons.cons set status = 'closed', end_date = now(), wanted = '{\"status\": \"closed\"}'"
            " where cons_id = %s",
            (row["cons_id"],),
        )
    report = await compared(runtime)
    assert [(item.suspect.cons_id, item.suspect.kind) for item in report.items] == [(row["cons_id"], "pending_onec")]
    await drift.repair(comparer(runtime), report)
    assert await ask(runtime, "select system, subject_id from sys.outbox where subject = 'consultation'") == [
        {"system": "onec", "subject_id": row["cons_id"]}
    ]
    form = report.as_json()
    assert form["compared"] == {"onec": 2976, "postgres": 2976, "chatwoot": 0}
    assert form["total"] == 1
    assert {"consultation", "kind", "systems", "since"} <= form["items"][0].keys()
    assert UUID(form["items"][0]["consultation"]) == row["cons_id"]
