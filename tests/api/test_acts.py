"""What the log of acts holds of what people do: before and after, nobody's addresses, nothing twice."""

from __future__ import annotations

from typing import Any

from clobus.core.db import rows
from clobus.modules.accounts.audit import bare
from tests.api.conftest import Api
from tests.api.matrix import SCHEDULE
from tests.api.requests import put
from tests.support.workdays import working


async def acts(api: Api, kind: str) -> list[dict[str, Any]]:
    async with api.runtime.db.read() as connection:
        found = await rows(connection, "select * from log.audit where starts_with(act, %s) order by id", (kind,))
    return [dict(row) for row in found]


async def call(api: Api, method: str, path: str, body: Any, role: str = "head", **headers: str) -> Any:
    known = {"Authorization": f"Bearer {api.keys[role]}", **headers}
    answer = await api.http.request(method, path, json=body, headers=known)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


async def test_a_schedule_s_life_with_before_and_after_but_not_to_whom_it_goes(api: Api) -> None:
    mail = SCHEDULE | {"channel": "email", "recipient": "nodira@example.uz"}
    made = await call(api, "POST", "/api/report-settings/schedules", mail)
    path = f"/api/report-settings/schedules/{made['schedule_id']}"
    await call(api, "PUT", path, mail | {"at": "10:30"})
    await call(api, "DELETE", path, None)
    first, second, third = await acts(api, "schedule")
    assert [each["act"] for each in (first, second, third)] == ["schedule.made", "schedule.changed", "schedule.removed"]
    assert (second["before"]["at"], second["after"]["at"], third["before"]["at"]) == ("09:00", "10:30", "10:30")
    assert {each["target"] for each in (first, second, third)} == {made["schedule_id"]}
    assert "nodira" not in str((first, second, third))
    assert first["after"]["recipient"] == "n…@example.uz"
    assert (first["actor"][:4], first["actor_role"], first["address"]) == ("key:", "head", "127.0.0.1")


async def test_promises(api: Api) -> None:
    before = (await call(api, "GET", "/api/report-settings/sla", None))["items"]
    promise = {"kind": "support", "importance": None, "first_seconds": 600, "closing_seconds": 3600}
    await call(api, "PUT", "/api/report-settings/sla", {"items": [promise]})
    [act] = await acts(api, "sla")
    assert (act["before"], act["after"]) == ({"items": before}, {"items": [promise]})


async def test_what_becomes_of_a_request(api: Api) -> None:
    cons_id = await put(api)
    path = f"/api/consultations/{cons_id}"
    moved = {"new_date": working(2).isoformat()}
    for _ in range(2):
        await call(api, "POST", f"{path}/redates", moved, "client", **{"Idempotency-Key": "k" * 20})
    await call(api, "PUT", path, {"comment": "Чья-то тайна", "importance": 3}, "manager")
    await call(api, "POST", f"{path}/cancel", {}, "client")
    move, change, cancel = await acts(api, "request")
    assert (move["act"], change["act"], cancel["act"]) == ("request.moved", "request.changed", "request.cancelled")
    assert move["before"]["start_date"] < move["after"]["start_date"]
    assert change["after"] == {"importance": 3, "texts": ["comment"]}
    assert (cancel["before"], cancel["after"]) == ({"status": "pending"}, {"status": "cancelled"})


async def test_a_service_is_no_person(api: Api) -> None:
    assert (await api.create(role="service")).is_success
    assert await acts(api, "request") == []
    assert (await api.create("once-and-once-again", role="client")).is_success
    assert (await api.create("once-and-once-again", role="client")).is_success
    assert [each["act"] for each in await acts(api, "request")] == ["request.made"]


async def test_signing_in_and_out_by_a_key(api: Api) -> None:
    assert (await api.http.post("/api/auth/key", json={"token": api.keys["auditor"]})).is_success
    assert (await api.http.post("/api/auth/sign-out", headers={"Sec-Fetch-Site": "same-origin"})).status_code == 204
    begun, ended = await acts(api, "session")
    assert (begun["act"], begun["after"], ended["act"]) == ("session.begun", {"how": "key"}, "session.ended")
    assert begun["actor"] == ended["actor"]
    assert begun["session_id"] == ended["session_id"] is not None


def test_addresses_and_secrets_stay_out() -> None:
    kept = bare({"email": "nodira@example.uz", "phone_number": "+998901234567", "token": "x" * 40, "role": "head",
                 "inner": {"recipient": "-100123"}, "password_hash": "h", "n": 5})  # fmt: skip
    assert kept == {"email": "n…@example.uz", "phone_number": "+…67", "token": "…", "role": "head",
                    "inner": {"recipient": "-…23"}, "password_hash": "…", "n": 5}  # fmt: skip
