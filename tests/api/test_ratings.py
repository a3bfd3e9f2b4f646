"""Marks are taken from clients, once a question, after the consultation."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from clobus.core.ids import new_id
from tests.api.conftest import Api
from tests.api.requests import MANAGER, events, put, stored, support

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
        "question_number": 1, "rating": 5, "question": None, "comment": "Спасибо", "manager_key": str(MANAGER),
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
