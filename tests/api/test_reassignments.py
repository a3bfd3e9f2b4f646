"""Handing over by a person: what is proposed when a queue closes, and a word on it."""

from __future__ import annotations

import random
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import httpx

from clobus.core import clock
from clobus.core.db import one, run
from clobus.core.ids import new_id
from clobus.modules.consultations import reassignment
from clobus.modules.consultations.calendar import Calendar
from clobus.modules.consultations.roster import Roster
from clobus.modules.staff.types import ACCOUNTING_DEPARTMENT
from tests.api.conftest import Api

NOW = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Tashkent")


async def proposed(api: Api, count: int = 2) -> list[int]:
    """Proposals for so many requests of a manager whose queue is closed today."""
    away, free = new_id(), new_id()
    async with api.runtime.db.transaction() as connection:
        for key, name in ((away, "Away"), (free, "Free")):
            await run(
                connection,
                "insert into cons.users (account_id, cl_ref_key, description, department, ru, con_limit, start_hour,"
                " end_hour) values (%s, %s, %s, %s, true, 10, %s, %s)",
                (new_id(), key, name, ACCOUNTING_DEPARTMENT, time(9), time(18)),
            )
        for _ in range(count):
            await run(
                connection,
                "insert into cons.cons (cons_id, consultation_type, status, client_id, create_date, source, lang,"
                " manager) values (%s, 'Консультация по ведению учёта', 'pending', %s, %s, 'SITE', 'ru', %s)",
                (new_id(), api.client_id, NOW, away),
            )
        await run(connection, "insert into cons.queue_closing values (%s, %s)", (NOW, away))
        return await reassignment.propose(connection, Roster(Calendar(ZONE), random.Random(1)))


async def said(api: Api, number: int, verb: str, role: str = "head") -> httpx.Response:
    return await api.post(f"/api/reassignments/{number}/{verb}", None, role=role)


async def test_a_person_decides_once(api: Api) -> None:
    with clock.freeze(NOW):
        first, second = await proposed(api)
        listed = (await api.get("/api/reassignments?lang=en", "manager")).json()
        assert [item["id"] for item in listed["items"]] == [second, first]
        assert {(item["from_name"], item["to_name"], item["state"]) for item in listed["items"]} == {
            ("Away", "Free", "proposed")
        }
        assert all(item["text"] and "{" not in item["text"] for item in listed["items"])
        done = await said(api, first, "accept")
        assert (done.status_code, done.json()["state"], done.json()["id"]) == (200, "accepted", first)
        assert (await said(api, second, "decline")).json()["state"] == "declined"
        for number, verb in ((first, "accept"), (first, "decline"), (second, "accept")):
            again = await said(api, number, verb)
            assert (again.status_code, again.json()["code"]) == (409, "reassignment.decided")
        async with api.runtime.db.read() as connection:
            found = await one(
                connection,
                "select count(*) filter (where u.description = 'Free') as free, count(*) as n from cons.cons c"
                " join cons.users u on u.cl_ref_key = c.manager",
            )
        assert found == {"free": 1, "n": 2}
        assert (await api.get("/api/reassignments", "head")).json() == {"items": [], "next": None}
        both = (await api.get("/api/reassignments?state=accepted&state=declined&limit=1", "auditor")).json()
        assert ([item["id"] for item in both["items"]], both["next"]) == ([second], second)


async def test_what_is_none_is_said(api: Api) -> None:
    missing = await said(api, 4711, "accept")
    assert (missing.status_code, missing.json()["code"]) == (404, "reassignment.unknown")
    assert (await said(api, 4711, "accept", "auditor")).status_code == 403
    assert (await api.get("/api/reassignments?state=nonsense", "head")).status_code == 422
    assert (await api.get("/api/reassignments", "client")).status_code == 403
