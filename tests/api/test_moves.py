"""A request is moved within the rules, once, and both partners are to hear of it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from clobus.core import clock
from clobus.core.db import run
from clobus.core.ids import new_id
from clobus.core.nobody import UNDEFINED_MANAGER
from tests.api.conftest import Api
from tests.api.requests import MANAGER, events, put, queued, stored, support
from tests.support.workdays import working


def path(cons_id: UUID) -> str:
    return f"/api/consultations/{cons_id}/redates"


async def test_a_move_is_kept_and_told(api: Api) -> None:
    cons_id = await put(api)
    wanted = working(2, 11)
    body = {"new_date": wanted.isoformat(), "comment": "Не успеваю"}
    answer = await api.post(path(cons_id), body, role="client")
    assert answer.status_code == 200, answer.text
    row = await stored(api, "select * from cons.cons where cons_id = %s", cons_id)
    assert row["start_date"] == wanted
    assert (row["redate"], row["redate_time"]) == (wanted.date(), wanted.time())
    assert datetime.fromisoformat(row["wanted"]["start_date"]) == wanted
    move = answer.json()
    assert (move["cons_key"], move["comment"]) == (str(row["cl_ref_key"]), "Не успеваю")
    assert datetime.fromisoformat(move["new_date"]) == wanted
    assert datetime.fromisoformat(move["old_date"]) == working(1)
    assert move["manager_key"] == str(MANAGER)
    assert await events(api, cons_id) == ["Rescheduled"]
    assert await queued(api) == ["chatwoot:consultation", "onec:consultation", "onec:redate"]
    told = await stored(api, "select notification_type, params from log.notification_log")
    assert (told["notification_type"], told["params"]["new"]) == ("rescheduled", wanted.isoformat())
    listed = await api.get(path(cons_id), "client")
    assert listed.json() == [move]


async def test_a_time_without_a_zone_is_the_business_s(api: Api) -> None:
    cons_id = await put(api)
    wanted = working(3, 15)
    await api.post(path(cons_id), {"new_date": wanted.replace(tzinfo=None).isoformat()})
    assert (await stored(api, "select start_date from cons.cons"))["start_date"] == wanted


async def test_a_move_before_1c_knows_the_request_goes_with_its_document(api: Api) -> None:
    cons_id = await put(api, cl_ref_key=None, number=None, manager=None)
    answer = await api.post(path(cons_id), {"new_date": working(2).isoformat()})
    assert answer.json()["cons_key"] == str(cons_id)
    assert answer.json()["manager_key"] == str(UNDEFINED_MANAGER)


async def test_a_support_request_is_moved_without_1c(api: Api) -> None:
    cons_id = await support(api)
    assert (await api.post(path(cons_id), {"new_date": working(2).isoformat()})).status_code == 200
    assert (await stored(api, "select wanted from cons.cons"))["wanted"] == {}
    assert "onec:redate" not in await queued(api)


def soonest_weekend() -> datetime:
    day = working(1)
    while day.weekday() != 5:
        day += timedelta(days=1)
    return day


@pytest.mark.parametrize(
    ("wanted", "status", "code"),
    [
        (lambda: clock.now() - timedelta(minutes=1), 422, "consultation.past"),
        (lambda: clock.now() + timedelta(days=31), 400, "consultation.too_far"),
        (lambda: working(1), 422, "consultation.same_date"),
        (lambda: working(2, 8), 422, "consultation.not_working"),
        (lambda: working(2, 18), 422, "consultation.not_working"),
        (soonest_weekend, 422, "consultation.not_working"),
    ],
)
async def test_dates_that_are_refused(api: Api, wanted: Any, status: int, code: str) -> None:
    cons_id = await put(api)
    answer = await api.post(path(cons_id), {"new_date": wanted().isoformat()}, role="client")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await api.count("cons.cons_redate") == 0
    assert await events(api, cons_id) == []


@pytest.mark.parametrize("status", ["closed", "cancelled"])
async def test_an_ended_request_stays_where_it_was(api: Api, status: str) -> None:
    cons_id = await put(api, status=status)
    answer = await api.post(path(cons_id), {"new_date": working(2).isoformat()})
    assert (answer.status_code, answer.json()["code"]) == (409, "consultation.ended")


async def test_another_client_s_request_is_not_there(api: Api) -> None:
    cons_id = await put(api)
    answer = await api.post(path(cons_id), {"new_date": working(2).isoformat()}, role="other")
    assert (answer.status_code, answer.json()["code"]) == (404, "consultation.unknown")
    assert (await api.get(path(cons_id), "other")).status_code == 404
    assert (await api.post(path(cons_id), {"new_date": working(2).isoformat()}, role="auditor")).status_code == 403
    assert await api.count("cons.cons_redate") == 0


async def test_who_moved_it(api: Api) -> None:
    cons_id, other = await put(api), new_id()
    async with api.runtime.db.transaction() as connection:
        await run(
            connection,
            "insert into cons.users (account_id, cl_ref_key, description) values (%s, %s, 'Другой')",
            (new_id(), other),
        )
    unknown = {"new_date": working(2).isoformat(), "manager_key": str(new_id())}
    answer = await api.post(path(cons_id), unknown, role="manager")
    assert (answer.status_code, answer.json()["code"]) == (400, "consultation.manager_unknown")
    named = await api.post(path(cons_id), {**unknown, "manager_key": str(other)}, role="manager")
    assert named.json()["manager_key"] == str(other)
    # A client can't speak for a manager.
    own = await api.post(path(cons_id), {"new_date": working(3).isoformat(), "manager_key": str(other)}, role="client")
    assert own.json()["manager_key"] == str(MANAGER)


async def test_a_full_day_holds_under_parallel_moves(api: Api) -> None:
    day = working(4)
    ids = [await put(api) for _ in range(6)]
    answers = await asyncio.gather(
        *(
            api.post(path(cons_id), {"new_date": (day + timedelta(hours=at)).isoformat()})
            for at, cons_id in enumerate(ids)
        )
    )
    assert sorted(a.status_code for a in answers) == [200, 200, 200, 429, 429, 429]
    assert next(a for a in answers if a.status_code == 429).json()["code"] == "consultation.day_limit"
    counted = await stored(
        api,
        "select count(*) as n from cons.cons where (start_date at time zone 'Asia/Tashkent')::date = %s",
        day.date(),
    )
    assert counted["n"] == 3


async def test_a_request_does_not_count_against_itself(api: Api) -> None:
    ids = [await put(api) for _ in range(3)]
    answer = await api.post(path(ids[0]), {"new_date": working(1, 16).isoformat()})
    assert answer.status_code == 200, answer.text


async def test_parallel_moves_of_one_request_are_different_records(api: Api) -> None:
    cons_id = await put(api)
    answers = await asyncio.gather(
        *(api.post(path(cons_id), {"new_date": working(day).isoformat()}) for day in range(2, 7))
    )
    assert {a.status_code for a in answers} == {200}
    assert len({a.json()["period"] for a in answers}) == 5
    listed = (await api.get(path(cons_id))).json()
    row = await stored(api, "select start_date from cons.cons")
    assert datetime.fromisoformat(listed[0]["new_date"]) == row["start_date"]
    chain = [(one["old_date"], one["new_date"]) for one in listed]
    assert [old for old, _ in chain[:-1]] == [new for _, new in chain[1:]]
    page = await api.get(path(cons_id) + "?skip=1&limit=2")
    assert page.json() == listed[1:3]


async def test_a_replay_is_answered_and_not_done_again(api: Api) -> None:
    cons_id = await put(api)
    body = {"new_date": working(2).isoformat()}
    answers = await asyncio.gather(*(api.post(path(cons_id), body, "k") for _ in range(4)))
    assert [(a.status_code, a.json()) for a in answers] == [(200, answers[0].json())] * 4
    assert await events(api, cons_id) == ["Rescheduled"]
    other = await api.post(path(cons_id), {"new_date": working(3).isoformat()}, "k")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.other_body")
    refused = await api.post(path(cons_id), {"new_date": working(3, 7).isoformat()}, "z")
    assert refused.json()["code"] == "consultation.not_working"
    assert (await api.post(path(cons_id), {"new_date": working(3).isoformat()}, "z")).status_code == 200


async def test_a_move_and_a_cancel_at_once_end_in_one_order(api: Api) -> None:
    cons_id = await put(api)
    moved, cancelled = await asyncio.gather(
        api.post(path(cons_id), {"new_date": working(2).isoformat()}),
        api.post(f"/api/consultations/{cons_id}/cancel", {}),
    )
    assert cancelled.status_code == 200
    assert moved.status_code in (200, 409)
    names = await events(api, cons_id)
    assert names == (["Rescheduled", "Cancelled"] if moved.status_code == 200 else ["Cancelled"])


async def test_moments_in_every_form_the_site_has_sent(api: Api) -> None:
    wanted = working(2)
    utc = wanted.astimezone(UTC)
    forms = [
        utc.strftime("%Y-%m-%dT%H:%M:%SZ"), utc.strftime("%Y-%m-%dT%H:%M:%S:00Z"), wanted.isoformat(),
        wanted.isoformat(" "), wanted.strftime("%Y-%m-%dT%H:%M:%S:00+05:00"),
        wanted.strftime("%Y-%m-%dT%H:%M:%S 05:00"),
    ]  # fmt: skip
    for form in forms:
        cons_id = await put(api)
        answer = await api.post(path(cons_id), {"new_date": form}, role="head")
        assert answer.status_code == 200, (form, answer.text)
        assert datetime.fromisoformat(answer.json()["new_date"]) == wanted, form
        await api.post(f"/api/consultations/{cons_id}/cancel", {}, role="head")
