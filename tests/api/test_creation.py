"""A request is made once, whatever the caller and the partners do."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from clobus.core.db import one, rows, run
from clobus.core.ids import new_id
from clobus.modules.consultations import service
from tests.api.conftest import Api
from tests.support.workdays import next_monday

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


async def users_of(api: Api, count: int) -> list[str]:
    """People of the same organisation, each a client of his own."""
    made = [str(new_id()) for _ in range(count)]
    async with api.runtime.db.transaction() as connection:
        for number, client_id in enumerate(made):
            await run(
                connection,
                "insert into cons.clients (client_id, is_parent, parent_id, org_inn, name, phone_number)"
                " values (%s, false, %s, '301234567', %s, '+998000000001')",
                (client_id, api.client_id, f"User {number}"),
            )
    return made


async def test_three_a_day_hold_over_all_users_of_an_owner(api: Api) -> None:
    askers = [api.client_id, *await users_of(api, 6)]
    answers = await asyncio.gather(*(api.create(f"k{n}", client_id=askers[n % 7]) for n in range(21)))
    assert sorted(a.status_code for a in answers) == [200] * 3 + [429] * 18
    assert await api.count() == 3
    other = await asyncio.gather(*(api.create(client_id=askers[n]) for n in range(7)))
    assert {a.status_code for a in other} == {429}


async def test_the_day_is_that_of_tashkent(api: Api) -> None:
    """Three on the day that is planned, whatever day it is where the server stands."""
    monday = next_monday()
    # 23:30 and 00:30 in Tashkent are one day in UTC and two here; both are moved to the morning of a working day.
    hours = [monday.replace(hour=10), monday.replace(hour=16), monday.replace(hour=17, minute=30)]
    early = (monday + timedelta(days=1)).replace(hour=9)
    answers = [await api.create(f"k{n}", scheduled_at=at.isoformat()) for n, at in enumerate(hours)]
    assert [a.status_code for a in answers] == [200] * 3
    assert (await api.create("k4", scheduled_at=monday.replace(hour=11).isoformat())).status_code == 429
    assert (await api.create("k5", scheduled_at=early.isoformat())).status_code == 200


async def test_a_moment_outside_of_working_time_is_moved(api: Api) -> None:
    sunday = next_monday() + timedelta(days=6)
    answer = await api.create("k", scheduled_at=sunday.replace(hour=12).isoformat())
    start = datetime.fromisoformat(answer.json()["consultation"]["start_date"])
    assert start == (sunday + timedelta(days=1)).replace(hour=9)
    async with api.runtime.db.read() as connection:
        told = await one(connection, "select changes from log.events where name = 'Opened'")
    assert told is not None
    assert told["changes"]["why"][1]["code"] == "nobody"
    assert told["changes"]["start_date"][1] == start.astimezone(UTC).isoformat()


async def test_30_days_hold_under_parallel_requests(api: Api) -> None:
    now = datetime.now(UTC)  # noqa: DTZ005,TID251 - a caller's own clock
    moments = [now + timedelta(days=30, minutes=minutes) for minutes in (-10, 10) for _ in range(4)]
    answers = await asyncio.gather(*(api.create(scheduled_at=at.isoformat()) for at in moments))
    assert [a.status_code for a in answers[:4]].count(429) == 1
    assert {(a.status_code, a.json()["code"]) for a in answers[4:]} == {(400, "consultation.too_far")}


async def test_one_cancels_under_parallel_requests_and_none_after_30_minutes(api: Api) -> None:
    made = (await api.create("k")).json()["consultation"]["cons_id"]
    late = (await api.create("l")).json()["consultation"]["cons_id"]
    async with api.runtime.db.transaction() as connection:
        await run(
            connection, "update cons.cons set create_date = create_date - interval '31 minutes' where cons_id = %s",
            (late,),
        )  # fmt: skip
    path = f"/api/consultations/{made}/cancel"
    answers = await asyncio.gather(*(api.post(path, {}, role="client") for _ in range(6)))
    assert sorted(a.status_code for a in answers) == [200] + [409] * 5
    refused = await asyncio.gather(
        *(api.post(f"/api/consultations/{late}/cancel", {}, role="client") for _ in range(4))
    )
    assert {a.json()["code"] for a in refused} == {"consultation.cancel_too_late"}
    async with api.runtime.db.read() as connection:
        ended = await one(connection, "select count(*) as n from log.events where name = 'Cancelled'")
    assert ended == {"n": 1}


async def test_a_bad_one_among_many_spoils_nothing_for_the_others(api: Api) -> None:
    """All come at the same moment and are written together; one holds a character that PostgreSQL can't store."""
    askers = [api.client_id, *await users_of(api, 2)]
    bodies = [{"client_id": one, "consultation_type": SUPPORT, "comment": "ok"} for one in askers]
    bodies[1]["comment"] = "a\0b"
    headers = {"Authorization": f"Bearer {api.keys['service']}", "Prefer": "respond-async"}
    answers = await asyncio.gather(
        *(api.http.post("/api/consultations/create", json={"consultation": b}, headers=headers) for b in bodies)
    )
    assert [a.status_code for a in answers] == [200, 422, 200]
    assert await api.count() == 2


async def test_an_answer_that_waits_for_nobody_is_what_the_request_reads(api: Api) -> None:
    headers = {"Authorization": f"Bearer {api.keys['service']}", "Prefer": "respond-async", "Idempotency-Key": "k"}
    at = next_monday().replace(hour=10).isoformat()
    body = {"consultation": {"client_id": api.client_id, "comment": "?", "importance": 2, "scheduled_at": at}}
    first = await api.http.post("/api/consultations/create", json=body, headers=headers)
    again = await api.http.post("/api/consultations/create", json=body, headers=headers)
    assert first.json() == again.json()
    shown = first.json()["consultation"]
    read = (await api.get(f"/api/consultations/{shown['cons_id']}")).json()
    del read["cancel_before"]  # told to who reads it alone
    moments = ("create_date", "start_date", "created_at", "updated_at")
    assert {k: v for k, v in read.items() if k not in moments} == {k: v for k, v in shown.items() if k not in moments}
    for name in moments:
        assert datetime.fromisoformat(read[name]) == datetime.fromisoformat(shown[name])


async def test_news_of_a_partner_ends_the_waiting_at_once(api: Api) -> None:
    object.__setattr__(api.runtime.settings, "create_wait_seconds", 10.0)
    waiting = asyncio.create_task(api.create("k", consultation_type=SUPPORT))
    while not await api.count():  # noqa: ASYNC110 - another process would look the same way
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)  # it has looked once and waits now
    async with api.runtime.db.transaction() as connection:
        row = await one(connection, "select cons_id from cons.cons")
        assert row is not None
        await service.link_conversation(
            connection, row["cons_id"], conversation_id=77, status="open", assignee_id=None, version=1.0,
            source_id="s",
        )  # fmt: skip
    started = asyncio.get_running_loop().time()
    assert (await waiting).json()["chatwoot_conversation_id"] == 77
    assert asyncio.get_running_loop().time() - started < 0.3


async def test_a_key_used_at_the_same_moment_for_a_spoiled_batch_is_used_once(api: Api) -> None:
    """Half of these share a batch with a value that spoils it, so the same keys are claimed in both ways at once."""
    askers = [api.client_id, *await users_of(api, 2)]
    headers = {"Authorization": f"Bearer {api.keys['service']}", "Prefer": "respond-async"}

    async def ask(number: int) -> int:
        body = {"client_id": askers[number % 3], "consultation_type": SUPPORT}
        if number % 8 == 7:
            body["comment"] = "a\0b"
        key = {} if number % 8 == 7 else {"Idempotency-Key": f"k{number % 3}"}
        answer = await api.http.post(
            "/api/consultations/create", json={"consultation": body}, headers={**headers, **key}
        )
        return answer.status_code

    codes = await asyncio.gather(*(ask(number) for number in range(48)))
    assert set(codes) <= {200, 409, 422}
    assert await api.count() == 3
