"""Clients are asked once when a consultation is over, and answer by a link that works once."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from uuid import UUID

import httpx
import pytest

from clobus.core import clock, i18n
from clobus.core.db import rows, run
from clobus.core.events import Event, Origin, publish
from clobus.core.ids import new_id
from clobus.modules.accounts import links
from clobus.modules.consultations import rating_requests
from clobus.modules.consultations.rating_requests import Rules
from clobus.modules.consultations.types import Kind
from tests.api.conftest import Api
from tests.api.requests import events, put, stored, support

RULES = Rules("https://desk.example/", 3600, csat=True)
GOOD = {"mark-1": "5", "mark-2": "4", "comment": "Спасибо <b>"}


async def happened(api: Api, name: str, cons_id: UUID, **write: Any) -> None:
    async with api.runtime.db.transaction() as connection:
        for column, value in write.items():
            await run(connection, f"update cons.cons set {column} = %s where cons_id = %s", (value, cons_id))
        await publish(connection, [Event(name, cons_id, Origin.ONEC)])


async def asked(api: Api, rules: Rules = RULES) -> int:
    async with api.runtime.db.transaction() as connection:
        return await rating_requests.ask(connection, rules)


async def told(api: Api, cons_id: UUID) -> list[dict[str, Any]]:
    async with api.runtime.db.read() as connection:
        found = await rows(
            connection,
            "select recipient, params from log.notification_log where entity_id = %s"
            " and notification_type = 'rating_ask' order by id",
            (cons_id,),
        )
    return [dict(row) for row in found]


async def closed(api: Api, **over: Any) -> UUID:
    return await put(api, status="closed", end_date=clock.now(), **over)


async def link(api: Api, cons_id: UUID) -> str:
    """The address that the client was sent last."""
    url: str = (await told(api, cons_id))[-1]["params"]["url"]
    assert url.startswith("https://desk.example/rate/")
    return url.removeprefix("https://desk.example")


async def invited(api: Api, **over: Any) -> tuple[UUID, str]:
    cons_id = await closed(api, **over)
    await happened(api, "Closed", cons_id)
    assert await asked(api) == 1
    return cons_id, await link(api, cons_id)


async def answer(api: Api, address: str, form: dict[str, str] | None = None) -> httpx.Response:
    return await api.http.post(address, data=GOOD if form is None else form)


async def test_he_is_asked_once_with_a_link_and_stars(api: Api) -> None:
    cons_id, _ = await invited(api)
    assert await asked(api) == 0
    [message] = await told(api, cons_id)
    assert message["recipient"] == "conversation"
    assert [one["data"] for one in message["params"]["buttons"][0]] == [f"r:{cons_id.hex}:{n}" for n in range(1, 6)]
    assert await events(api, cons_id) == ["Closed", "RatingAsked"]
    # The link stands in no log.
    token = message["params"]["url"].rpartition("/")[2]
    kept = await stored(api, "select string_agg(e::text, '') as text from log.events e")
    assert token not in kept["text"]


@pytest.mark.parametrize(
    "over",
    [
        {"status": "cancelled"}, {"status": "open"}, {"denied": True}, {"end_date": "2026-01-01T00:00:00Z"},
        {"con_rates": '{"count": 1, "average": 5, "answers": []}'},
    ],
)  # fmt: skip
async def test_nobody_is_asked_of_what_was_not_given_or_is_history(api: Api, over: dict[str, Any]) -> None:
    cons_id = await put(api, **{"status": "closed", "end_date": clock.now()} | over)
    await happened(api, "Closed", cons_id)
    assert await asked(api) == 0
    assert await told(api, cons_id) == []


async def test_what_goes_on_again_before_he_is_asked_is_not_asked(api: Api) -> None:
    cons_id = await closed(api)
    await happened(api, "Closed", cons_id)
    await happened(api, "Reopened", cons_id, status="open")
    assert await asked(api) == 0
    assert await told(api, cons_id) == []


async def test_he_is_asked_again_only_when_he_never_answered(api: Api) -> None:
    cons_id, first = await invited(api)
    await happened(api, "Reopened", cons_id, status="open")
    await happened(api, "Closed", cons_id, status="closed")
    assert await asked(api) == 1
    second = await link(api, cons_id)
    assert (await api.http.get(first)).status_code == 404  # the newest link alone holds
    assert (await answer(api, second)).status_code == 303
    await happened(api, "Reopened", cons_id, status="open")
    await happened(api, "Closed", cons_id, status="closed")
    assert await asked(api) == 0
    assert len(await told(api, cons_id)) == 2


async def test_chatwoot_asks_about_support_by_itself_in_the_conversation(api: Api) -> None:
    cons_id = await support(api, status="resolved", end_date=clock.now(), conversation_id=7)
    await happened(api, "Closed", cons_id)
    assert await asked(api) == 1
    assert await told(api, cons_id) == []
    other = await support(api, status="resolved", end_date=clock.now(), conversation_id=8)
    await happened(api, "Closed", other)
    assert await asked(api, Rules("https://desk.example", 60, csat=False)) == 1
    assert [one["recipient"] for one in await told(api, other)] == ["conversation"]


@pytest.mark.parametrize("language", i18n.LANGUAGES)
async def test_the_page_speaks_his_language_and_needs_no_script(api: Api, language: str) -> None:
    cons_id, address = await invited(api, lang=language)
    page = await api.http.get(address, headers={"Accept-Language": "fr"})
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert f'<html lang="{language}">' in page.text
    assert i18n.text(language, "rate.title") in page.text
    assert i18n.text(language, "rate.send") in page.text
    question = await stored(api, f"select {language} as text from dict.rating_questions where number = 2")
    assert question["text"] in page.text
    assert page.text.count('type="radio"') == 15
    assert "<script" not in page.text
    assert "width=device-width" in page.text
    # Looking uses nothing up, and another language is one tap away.
    other = next(code for code in i18n.LANGUAGES if code != language)
    assert i18n.text(other, "rate.title") in (await api.http.get(f"{address}?lang={other}")).text
    assert await api.count("cons.cons_rating_answers") == 0
    done = await answer(api, f"{address}?lang={language}")
    assert done.headers["location"] == f"/rate/done?lang={language}"
    thanks = await api.http.get(done.headers["location"])
    assert (thanks.status_code, i18n.text(language, "rate.state.done") in thanks.text) == (200, True)
    assert (await api.get(f"/api/consultations/{cons_id}/ratings")).json()["count"] == 2


async def test_answers_are_kept_once_and_the_link_is_used_up(api: Api) -> None:
    cons_id, address = await invited(api)
    assert (await answer(api, address)).status_code == 303
    for again in (await answer(api, address, {"mark-1": "1"}), await api.http.get(address)):
        assert again.status_code == 410
        assert i18n.text("ru", "rate.state.used") in again.text
    kept = (await api.get(f"/api/consultations/{cons_id}/ratings")).json()
    assert (kept["average"], kept["count"]) == (4.5, 2)
    assert [one["comment"] for one in kept["answers"]] == ["Спасибо <b>", None]
    assert await events(api, cons_id) == ["Closed", "RatingAsked", "Rated"]


async def test_parallel_answers_are_one(api: Api) -> None:
    cons_id, address = await invited(api)
    given = await asyncio.gather(*(answer(api, address, {"mark-1": str(mark)}) for mark in (1, 2, 3, 4, 5)))
    assert sorted(one.status_code for one in given) == [303, 410, 410, 410, 410]
    assert await api.count("cons.cons_rating_answers") == 1
    assert (await events(api, cons_id)).count("Rated") == 1


async def test_a_forged_link_and_one_of_another_purpose_open_nothing(api: Api) -> None:
    cons_id, address = await invited(api)
    async with api.runtime.db.transaction() as connection:
        other = await links.make(connection, links.SIGN_IN, cons_id, 600)
    for token in ("x" * 32, other, address[6:-1] + ("a" if address[-1] != "a" else "b"), "%00", "../../etc"):
        for found in (await api.http.get(f"/rate/{token}"), await answer(api, f"/rate/{token}")):
            assert found.status_code == 404, token
    assert await api.count("cons.cons_rating_answers") == 0


async def test_who_guesses_links_is_held_up(api: Api) -> None:
    found = [(await api.http.get(f"/rate/{new_id()}")).status_code for _ in range(40)]
    assert set(found) == {404, 429}


async def test_an_expired_link_says_so(api: Api) -> None:
    cons_id = await closed(api)
    await happened(api, "Closed", cons_id)
    await asked(api, Rules("https://desk.example", 0.001, csat=True))
    await asyncio.sleep(0.01)
    address = await link(api, cons_id)
    for found in (await api.http.get(address), await answer(api, address)):
        assert (found.status_code, i18n.text("ru", "rate.state.expired") in found.text) == (410, True)
    assert await api.count("cons.cons_rating_answers") == 0


async def test_a_request_that_goes_on_is_not_rated_and_its_link_holds(api: Api) -> None:
    cons_id, address = await invited(api)
    await happened(api, "Reopened", cons_id, status="open")
    for found in (await api.http.get(address), await answer(api, address)):
        assert (found.status_code, i18n.text("ru", "rate.state.unfinished") in found.text) == (409, True)
    await happened(api, "Changed", cons_id, status="closed")
    assert (await answer(api, address)).status_code == 303


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        ({}, "nothing"), ({"comment": "Хорошо"}, "nothing"), ({"mark-1": "0"}, "mark"), ({"mark-1": "6"}, "mark"),
        ({"mark-1": "пять"}, "mark"), ({"mark-9": "5"}, "nothing"), ({"mark-1": "5", "comment": "я" * 1001}, "comment"),
    ],
)  # fmt: skip
async def test_a_wrong_form_comes_back_with_what_was_said(api: Api, form: dict[str, str], wrong: str) -> None:
    _, address = await invited(api)
    found = await answer(api, address, form | {"mark-2": form.get("mark-2", "")})
    assert found.status_code == 422
    assert i18n.text("ru", f"rate.wrong.{wrong}", {"limit": 1000}) in found.text
    assert await api.count("cons.cons_rating_answers") == 0
    if wrong == "comment":
        assert re.search(r'name="mark-1" value="5"[^>]*checked', found.text)
    assert (await answer(api, address)).status_code == 303


async def test_rated_elsewhere_meanwhile(api: Api) -> None:
    cons_id, address = await invited(api)
    await api.post(f"/api/consultations/{cons_id}/ratings", {"answers": [{"question_number": 1, "rating": 2}]})
    found = await answer(api, address)
    assert (found.status_code, i18n.text("ru", "rate.state.used") in found.text) == (410, True)
    assert (await api.get(f"/api/consultations/{cons_id}/ratings")).json()["average"] == 2


async def test_the_kind_of_a_number_is_no_markup(api: Api) -> None:
    _, address = await invited(api, number="<i>1", consultation_type=Kind.ACCOUNTING.value)
    assert "<i>1" not in (await api.http.get(address)).text
