"""Marks are taken from clients, once a question, after the consultation."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from clobus.core import clock
from clobus.core.db import run
from clobus.core.ids import new_id
from clobus.modules.consultations import ratings, registers
from tests.api.conftest import Api
from tests.api.requests import MANAGER, events, put, queued, stored, support

EMPTY = {"average": None, "count": 0, "answers": []}


def path(cons_id: Any) -> str:
    return f"/api/consultations/{cons_id}/ratings"


def answers(*marks: int | None, **over: Any) -> dict[str, Any]:
    return {"answers": [{"question_number": at, "rating": mark, **over} for at, mark in enumerate(marks, 1)]}


async def test_marks_are_kept_and_averaged(api: Api) -> None:
    cons_id = await put(api, status="closed")
    assert (await api.get(path(cons_id), "client")).json() == EMPTY
    given = await api.post(path(cons_id), answers(5, 4, comment=" Спасибо "), role="client")
    assert given.status_code == 200, given.text
    assert (given.json()["average"], given.json()["count"]) == (4.5, 2)
    assert given.json()["answers"][0] == {
        "question_number": 1, "rating": 5, "question": "Как вы оцениваете консультацию в целом?",
        "comment": "Спасибо", "manager_key": str(MANAGER),
    }  # fmt: skip
    assert (await api.get(path(cons_id), "client")).json() == given.json()
    assert (await api.get(f"/api/consultations/{cons_id}")).json()["con_rates"] == given.json()
    assert await events(api, cons_id) == ["Rated"]


async def test_a_second_answer_replaces_the_first_and_the_same_is_no_news(api: Api) -> None:
    cons_id = await put(api, status="closed")
    await api.post(path(cons_id), answers(1))
    changed = await api.post(path(cons_id), answers(5))
    assert (changed.json()["average"], changed.json()["count"]) == (5, 1)
    await api.post(path(cons_id), answers(5))
    assert await events(api, cons_id) == ["Rated", "Rated"]
    assert await api.count("cons.cons_rating_answers") == 1


async def test_parallel_answers_are_one_row_each_question(api: Api) -> None:
    cons_id = await put(api, status="closed")
    given = await asyncio.gather(*(api.post(path(cons_id), answers(mark, mark)) for mark in (1, 2, 3, 4, 5)))
    assert {one.status_code for one in given} == {200}
    row = await stored(api, "select con_rates from cons.cons")
    assert row["con_rates"]["count"] == 2
    assert row["con_rates"]["average"] in (1, 2, 3, 4, 5)


async def test_a_support_request_is_rated_too(api: Api) -> None:
    cons_id = await support(api, status="resolved", manager=None)
    given = await api.post(path(cons_id), answers(3), role="client")
    assert (given.status_code, given.json()["average"]) == (200, 3)
    assert (await api.get(path(cons_id))).json()["answers"][0]["manager_key"] is None


async def test_a_comment_alone(api: Api) -> None:
    cons_id = await put(api, status="closed")
    given = await api.post(path(cons_id), answers(None, comment="Долго ждал"))
    assert (given.json()["average"], given.json()["count"]) == (None, 0)
    assert given.json()["answers"][0]["comment"] == "Долго ждал"


@pytest.mark.parametrize("status", ["pending", "open", "cancelled"])
async def test_what_was_not_given_is_not_rated(api: Api, status: str) -> None:
    cons_id = await put(api, status=status)
    refused = await api.post(path(cons_id), answers(5))
    assert (refused.status_code, refused.json()["code"]) == (409, "consultation.not_closed")
    assert await api.count("cons.cons_rating_answers") == 0


@pytest.mark.parametrize(
    "body",
    [
        {"answers": []}, {}, answers(0), answers(6), answers(None), {"answers": [{"rating": 5}]},
        {"answers": [{"question_number": 0, "rating": 5}]}, answers(*[5] * 21), answers(5, comment="x" * 1001),
    ],
)  # fmt: skip
async def test_answers_that_make_no_sense(api: Api, body: dict[str, Any]) -> None:
    cons_id = await put(api, status="closed")
    refused = await api.post(path(cons_id), body)
    assert (refused.status_code, refused.json()["code"]) == (422, "request.invalid")


async def test_who_may_rate(api: Api) -> None:
    cons_id = await put(api, status="closed")
    for role, status in (("manager", 403), ("auditor", 403), ("other", 404), ("service", 200), ("client", 200)):
        assert (await api.post(path(cons_id), answers(5), role=role)).status_code == status, role
    assert (await api.get(path(new_id()))).status_code == 404


async def test_a_request_has_one_set_and_its_giver_changes_it_for_a_week(api: Api) -> None:
    cons_id = await put(api, status="closed")
    await api.post(path(cons_id), answers(4, comment="Быстро"), role="client")
    again = await api.post(path(cons_id), answers(2), role="client")
    assert (again.json()["average"], again.json()["answers"][0]["comment"]) == (2, "Быстро")
    assert await events(api, cons_id) == ["Rated", "Rated"]
    async with api.runtime.db.transaction() as connection:
        await run(connection, "update cons.rating_requests set answered_at = now() - interval '7 days 1 minute'")
    late = await api.post(path(cons_id), answers(5), role="client")
    assert (late.status_code, late.json()["code"]) == (409, "consultation.rated")
    assert (await api.get(path(cons_id))).json()["average"] == 2


async def test_what_somebody_else_gave_stays(api: Api) -> None:
    cons_id = await put(api, status="closed")
    async with api.runtime.db.transaction() as connection:
        row = await ratings.locked(connection, cons_id)
        rater = ratings.Rater("telegram:7", "telegram", "telegram:7")
        await ratings.give(connection, row, [ratings.Answer(1, 3)], rater, clock.now())
    refused = await api.post(path(cons_id), answers(5), role="client")
    assert (refused.status_code, refused.json()["code"]) == (409, "consultation.rated")


async def test_what_1c_was_told_is_not_given_again(api: Api) -> None:
    cons_id = await put(api, status="closed")
    row = await stored(api, "select cl_ref_key from cons.cons where cons_id = %s", cons_id)
    async with api.runtime.db.transaction() as connection:
        await registers.keep_ratings(connection, [record(row["cl_ref_key"], 2)], backfill=False)
    assert (await api.get(path(cons_id))).json()["average"] == 2
    assert await events(api, cons_id) == ["Rated"]
    assert (await api.post(path(cons_id), answers(5), role="client")).status_code == 409


def record(key: Any, mark: int | None, **over: Any) -> dict[str, Any]:
    """A record of 1C's register as the feed gives it."""
    at = clock.now().replace(microsecond=0)
    return {
        "cons_key": key, "manager_key": MANAGER, "question_number": 1, "client_key": None, "rating": mark,
        "question_text": "?", "comment": None, "sent_to_base": True, "rating_date": at, "period": at,
    } | over  # fmt: skip


async def test_an_older_picture_of_1c_takes_no_answer_back(api: Api) -> None:
    cons_id = await put(api, status="closed")
    await api.post(path(cons_id), answers(3))
    [known] = [await stored(api, "select * from cons.cons_rating_answers")]
    old = record(known["cons_key"], 3, rating_date=known["rating_date"], period=known["period"])
    await api.post(path(cons_id), answers(5))

    async def read(item: dict[str, Any]) -> int:
        async with api.runtime.db.transaction() as connection:
            await registers.keep_ratings(connection, [item], backfill=False)
        return int((await stored(api, "select rating from cons.cons_rating_answers"))["rating"])

    assert await read(old) == 5  # 1C has not heard of the second word yet
    async with api.runtime.db.transaction() as connection:
        await run(connection, "update cons.cons_rating_answers set sent_version = version")
        await run(connection, "update cons.cons_rating_answers set rating_date = rating_date + interval '1 minute'")
    assert await read(old) == 5  # a page of before our write
    later = known["rating_date"] + timedelta(minutes=2)
    assert await read(old | {"rating": 4, "rating_date": later}) == 4  # somebody changed it in 1C
    moved = old | {"rating": 4, "rating_date": later, "manager_key": new_id()}
    assert await read(moved) == 4
    assert await api.count("cons.cons_rating_answers") == 1
    assert (await api.get(path(cons_id))).json()["answers"][0]["manager_key"] == str(moved["manager_key"])


async def test_1c_is_told_of_accounting_and_never_of_support(api: Api) -> None:
    await api.post(path(await put(api, status="closed")), answers(5))
    assert "onec:rating" in await queued(api)
    async with api.runtime.db.transaction() as connection:
        await run(connection, "delete from sys.outbox")
    await api.post(path(await support(api, status="resolved")), answers(5))
    assert "onec:rating" not in await queued(api)


async def test_averages_are_those_of_plain_sql(api: Api) -> None:
    other = new_id()
    for at, (mark, manager) in enumerate([(5, MANAGER), (4, MANAGER), (2, other), (None, other), (5, None)]):
        await api.post(path(await put(api, status="closed", manager=manager)), answers(mark, comment=f"c{at}"))
    async with api.runtime.db.transaction() as connection:
        await run(
            connection,
            "update cons.cons_rating_answers set rating_date = '2026-03-31T20:00:00Z' where manager_key = %s", (other,),
        )  # fmt: skip
    whole = (await api.get("/api/ratings/summary", "head")).json()
    plain = await stored(
        api,
        "select jsonb_object_agg(manager_key, a) as by from (select manager_key, round(avg(rating), 2) as a"
        " from cons.cons_rating_answers where rating is not null group by 1) s",
    )
    assert {one["manager_key"]: one["average"] for one in whole["managers"]} == plain["by"]
    assert whole["total"] == {"average": 4.0, "marks": 4, "requests": 4, "by_mark": [0, 1, 0, 1, 2]}
    # 20:00 in UTC is the first of April in Tashkent.
    april = (await api.get("/api/ratings/summary?from=2026-04-01&to=2026-04-01", "auditor")).json()
    assert april["total"]["marks"] == 1
    assert (await api.get("/api/ratings/summary?to=2026-03-31", "manager")).json()["total"]["marks"] == 0
    one = (await api.get(f"/api/ratings/summary?manager={MANAGER}", "head")).json()
    assert [(m["average"], m["marks"]) for m in one["managers"]] == [(4.5, 2)]
    wrong = await api.get("/api/ratings/summary?from=2026-04-02&to=2026-04-01", "head")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "rating.period")
    for role in ("client", "service"):
        assert (await api.get("/api/ratings/summary", role)).status_code == 403


async def test_staff_keep_the_questions(api: Api) -> None:
    address = "/api/dicts/rating-questions"
    before = (await api.get(address, "client")).json()
    assert [one["number"] for one in before] == [1, 2, 3]
    assert all(one[language] for one in before for language in ("uz", "ru", "en"))
    body = {"uz": "Yana kelasizmi?", "ru": "Придёте ещё?", "en": "Will you come again?", "position": 0}

    async def write(number: int, given: dict[str, Any], role: str) -> int:
        headers = {"Authorization": f"Bearer {api.keys[role]}"}
        return (await api.http.put(f"{address}/{number}", json=given, headers=headers)).status_code

    for role in ("client", "service", "manager", "auditor"):
        assert await write(4, body, role) == 403
    assert await write(4, body, "head") == 200
    assert await write(2, {**before[1], "active": False} | {"number": 2}, "head") == 422
    assert await write(2, {k: before[1][k] for k in ("uz", "ru", "en")} | {"active": False}, "administrator") == 200
    assert [one["number"] for one in (await api.get(address, "client")).json()] == [4, 1, 3]
    assert {one["number"] for one in (await api.get(address, "manager")).json()} == {1, 2, 3, 4}
    assert await write(5, body | {"en": " "}, "head") == 422
    assert await write(0, body, "head") == 422
    cons_id = await put(api, status="closed", lang="uz")
    given = await api.post(path(cons_id), {"answers": [{"question_number": 4, "rating": 5}]})
    assert given.json()["answers"][0]["question"] == "Yana kelasizmi?"
