"""A request is made once, whatever the caller and the partners do."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from clobus.core.db import one, rows, run
from tests.api.conftest import Api

SUPPORT = "Техническая поддержка"


async def test_with_both_partners_away_it_is_accepted_and_waits_for_them(api: Api) -> None:
    answer = await api.create("k1")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["consultation"]["status"] == "pending"
    assert body["chatwoot_conversation_id"] is None
    assert body["message"] == "Заявка принята: база данных"
    async with api.runtime.db.read() as connection:
        waiting = await rows(connection, "select system from sys.outbox order by 1")
        told = await rows(connection, "select notification_type from log.notification_log")
    assert [row["system"] for row in waiting] == ["chatwoot", "onec"]
    assert [row["notification_type"] for row in told] == ["accepted"]


async def test_a_replay_gets_the_same_answer(api: Api) -> None:
    first, second = await api.create("k1"), await api.create("k1")
    assert first.json() == second.json()
    assert await api.count() == 1


async def test_another_body_under_the_key_is_refused(api: Api) -> None:
    await api.create("k1")
    answer = await api.create("k1", comment="Другое")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency.other_body")
    assert await api.count() == 1


async def test_parallel_clicks_make_one(api: Api) -> None:
    answers = await asyncio.gather(*(api.create("k1") for _ in range(8)))
    assert {a.status_code for a in answers} <= {200, 409}
    assert 200 in {a.status_code for a in answers}
    assert all("retry-after" in a.headers for a in answers if a.status_code == 409)
    assert await api.count() == 1


async def test_a_crash_between_commit_and_answer_is_answered_from_the_row(api: Api) -> None:
    made = (await api.create("k1")).json()["consultation"]["cons_id"]
    async with api.runtime.db.transaction() as connection:
        await run(
            connection,
            "update sys.idempotency_keys set state = 'in_flight', response_data = null, status_code = null,"
            " locked_at = now() - interval '1 hour'",
        )
    again = await api.create("k1")
    assert again.status_code == 200
    assert again.json()["consultation"]["cons_id"] == made
    assert await api.count() == 1


async def test_the_same_key_of_another_caller_is_another_key(api: Api) -> None:
    await api.create("k1")
    await api.create("k1", role="client")
    assert await api.count() == 2


async def test_three_a_day_hold_under_parallel_requests(api: Api) -> None:
    answers = await asyncio.gather(*(api.create(f"k{n}") for n in range(8)))
    codes = sorted(a.status_code for a in answers)
    assert codes == [200, 200, 200, 429, 429, 429, 429, 429]
    refused = next(a for a in answers if a.status_code == 429)
    assert refused.json()["code"] == "consultation.day_limit"
    async with api.runtime.db.read() as connection:
        kept = await one(connection, "select count(*) as n from sys.idempotency_keys")
    assert kept == {"n": 3}


async def test_one_open_support_request_holds_under_parallel_requests(api: Api) -> None:
    answers = await asyncio.gather(*(api.create(f"k{n}", consultation_type=SUPPORT) for n in range(5)))
    assert sorted(a.status_code for a in answers) == [200, 409, 409, 409, 409]
    async with api.runtime.db.read() as connection:
        row = await one(connection, "select status, manager, cl_ref_key from cons.cons")
    assert row == {"status": "open", "manager": None, "cl_ref_key": None}


async def test_dates(api: Api) -> None:
    far = (datetime.now(UTC) + timedelta(days=31)).isoformat()  # noqa: DTZ005,TID251 - a caller's own clock
    assert (await api.create("a", scheduled_at=far)).json()["code"] == "consultation.too_far"
    past = await api.create("b", scheduled_at="2020-01-01T10:00:00")
    assert past.json()["consultation"]["start_date"] >= past.json()["consultation"]["create_date"]


async def test_bad_input_says_where(api: Api) -> None:
    answer = await api.create("k", lang="de", importance=9)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert {error["loc"][-1] for error in answer.json()["errors"]} == {"lang", "importance"}
    unknown = await api.create("k", online_question_cat="00000000-0000-0000-0000-000000000001")
    assert unknown.json()["code"] == "dictionary.unknown"
    nobody = await api.post("/api/consultations/create", {"consultation": {"comment": "?"}})
    assert (nobody.status_code, nobody.json()["code"]) == (400, "client.required")
    assert await api.count() == 0


async def test_a_new_owner_and_his_user(api: Api) -> None:
    owner = {
        "subscriberId": "5005",
        "org_inn": "305005005",
        "company_name": "ООО Новая",
        "phone_number": "+998000000005",
    }
    first = await api.post("/api/consultations/create", {"client": owner, "consultation": {"comment": "а"}}, "a")
    assert first.status_code == 200, first.text
    again = await api.post("/api/consultations/create", {"client": owner, "consultation": {"comment": "б"}}, "b")
    assert again.json()["client_id"] == first.json()["client_id"]
    user = {"parent_id": first.json()["client_id"], "phone_number": "+998000000006", "name": "Азиз"}
    third = await api.post("/api/consultations/create", {"client": user, "consultation": {"comment": "в"}}, "c")
    assert third.status_code == 200, third.text
    assert third.json()["client_id"] != first.json()["client_id"]
    assert third.json()["consultation"]["org_inn"] == "305005005"
    other = {**owner, "org_inn": "305005006"}
    refused = await api.post("/api/consultations/create", {"client": other, "consultation": {}}, "d")
    assert (refused.status_code, refused.json()["code"]) == (409, "client.tax_id_differs")


async def test_cancelling(api: Api) -> None:
    made = (await api.create("k")).json()["consultation"]["cons_id"]
    assert (await api.post(f"/api/consultations/{made}/cancel", {}, role="other")).status_code == 404
    answer = await api.post(f"/api/consultations/{made}/cancel", {}, role="client")
    assert answer.json()["status"] == "cancelled"
    again = await api.post(f"/api/consultations/{made}/cancel", {}, role="client")
    assert (again.status_code, again.json()["code"]) == (409, "consultation.ended")
