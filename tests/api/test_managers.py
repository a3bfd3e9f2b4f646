"""How loaded managers are, who is at work, and how long one waits: right figures, for the office alone."""

from __future__ import annotations

from datetime import time
from typing import Any
from uuid import UUID

import pytest

from clobus.core.db import run
from clobus.core.ids import new_id
from clobus.core.nobody import UNDEFINED_MANAGER
from clobus.modules.staff.types import ACCOUNTING_DEPARTMENT
from tests.api.conftest import Api

AT_WORK = "2026-11-25T10:00:00"
CATEGORY = UUID(int=77)


async def manager(api: Api, name: str, limit: int = 10, hours: tuple[int, int] = (9, 18), **over: Any) -> UUID:
    key: UUID = over.pop("key", None) or new_id()
    values = {
        "account_id": new_id(), "cl_ref_key": key, "description": name, "department": ACCOUNTING_DEPARTMENT, "ru": True,
        "con_limit": limit, "start_hour": time(hours[0]), "end_hour": time(hours[1]), **over,
    }  # fmt: skip
    async with api.runtime.db.transaction() as connection:
        names, places = ", ".join(values), ", ".join(f"%({each})s" for each in values)
        await run(connection, f"insert into cons.users ({names}) values ({places})", values)
    return key


async def request(
    api: Api, manager_key: UUID | None, status: str = "pending", *, made: str = "now()", minutes: int | None = None
) -> UUID:  # fmt: skip
    """A request; with `minutes` it was planned for its own making and took so long."""
    cons_id = new_id()
    async with api.runtime.db.transaction() as connection:
        await run(
            connection,
            "insert into cons.cons (cons_id, consultation_type, status, client_id, create_date, start_date, end_date,"
            f" source, manager) values (%s, 'Консультация по ведению учёта', %s, %s, {made}, {made},"
            f" {made} + make_interval(mins => %s), 'SITE', %s)",
            (cons_id, status, api.client_id, minutes, manager_key),
        )
    return cons_id


async def got(api: Api, path: str, status: int = 200) -> Any:
    answer = await api.get(f"/api/managers/{path}", "manager")
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_load_counts_who_waits(api: Api) -> None:
    busy, free = await manager(api, "Занятый", 2), await manager(api, "Свободный", 10)
    for status in ("open", "pending", "pending", "closed", "new", "cancelled"):
        await request(api, busy, status)
    await request(api, free)
    found = await got(api, "load")
    assert [(m["name"], m["queue_count"], m["load_percent"], m["available_slots"]) for m in found] == [
        ("Свободный", 1, 10.0, 9), ("Занятый", 3, 100.0, 0),
    ]  # fmt: skip
    assert await got(api, f"{busy}/load") == {"queue_count": 3, "limit": 2, "load_percent": 100, "available_slots": 0}
    assert (await got(api, f"{new_id()}/load", 404))["code"] == "manager.unknown"
    assert (await got(api, f"{UNDEFINED_MANAGER}/load", 404))["code"] == "manager.unknown"
    await got(api, "nobody/load", 422)


async def test_available_looks_at_hours_queue_skill_and_language_in_local_time(api: Api) -> None:
    day, night = await manager(api, "День"), await manager(api, "Ночь", hours=(22, 6), ru=False, uz=True)
    closed = await manager(api, "Закрыл очередь")
    await manager(api, "Другой отдел", department="Бухгалтерия")
    await manager(api, "Не принимает", consultation_enabled=False)
    await manager(api, "Не определено", key=UNDEFINED_MANAGER)
    async with api.runtime.db.transaction() as connection:
        await run(connection, "insert into cons.queue_closing (period, manager_key) values ('2026-11-24 20:00+00', %s)",
                  (closed,))  # fmt: skip
        await run(connection, "insert into cons.users_skill values (%s, %s)", (day, CATEGORY))

    async def who(query: str) -> list[str]:
        return [m["name"] for m in await got(api, f"available?{query}")]

    assert await who(f"current_time={AT_WORK}") == ["День"]
    assert await who("current_time=2026-11-25T05:00:00Z") == ["День"]
    assert await who("current_time=2026-11-26T10:00:00") == ["День", "Закрыл очередь"]
    assert await who("current_time=2026-11-25T23:30:00") == ["Ночь"]
    assert await who("current_time=2026-11-25T05:30:00") == ["Ночь"]
    assert await who(f"current_time={AT_WORK}&category_key={CATEGORY}") == ["День"]
    assert await who(f"current_time={AT_WORK}&category_key={UUID(int=78)}") == []
    assert await who(f"current_time={AT_WORK}&language=uz") == []
    assert "start_hour" not in (await got(api, f"available?current_time={AT_WORK}"))[0]
    assert night != day


async def test_waiting_is_told_by_what_was_measured_and_the_range_is_in_order(api: Api) -> None:
    key = await manager(api, "М")
    first, second = await request(api, key, made="now() - interval '2 hours'"), await request(api, key)
    unknown = await got(api, f"{key}/wait-time")
    assert (unknown["queue_position"], unknown["estimated_wait_minutes"], unknown["show_range"]) == (3, 30, False)
    for minutes in (40, 40, 40, -30, 5000):
        await request(api, key, "closed", made="now() - interval '5 days'", minutes=minutes)
    measured = await got(api, f"{key}/wait-time")
    assert measured == {
        "queue_position": 3, "estimated_wait_minutes_min": 30, "estimated_wait_minutes_max": 80,
        "estimated_wait_minutes": 80, "estimated_wait_hours": 1, "show_range": True,
    }  # fmt: skip
    given = await got(api, f"{key}/wait-time?average_duration_minutes=60")
    assert (given["estimated_wait_minutes_min"], given["estimated_wait_minutes_max"]) == (30, 120)
    await got(api, f"{key}/wait-time?average_duration_minutes=0", 422)
    places = {each: await got(api, f"consultations/{each}/queue-info") for each in (first, second)}
    assert [places[each]["queue_position"] for each in (first, second)] == [1, 2]
    assert places[first]["estimated_wait_hours"] == 0
    assert places[second]["manager_key"] == str(key)


@pytest.mark.parametrize(("held", "status"), [(False, "pending"), (True, "closed")])
async def test_who_does_not_wait_has_no_place(api: Api, held: bool, status: str) -> None:
    key = await manager(api, "М") if held else None
    info = await got(api, f"consultations/{await request(api, key, status)}/queue-info")
    assert {name for name, value in info.items() if value is not None} <= {"manager_key"}
    assert (await got(api, "consultations/none/queue-info", 404))["code"] == "consultation.unknown"
