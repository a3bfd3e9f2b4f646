"""The Mini App's doors: what Telegram signed is believed, for a while; nothing else, and of nobody else."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest

from clobus.core.db import rows, run
from tests.api.conftest import Api
from tests.api.test_sessions import WHO, api_app, linked
from tests.support.mini_app import BOT_TOKEN, contact, init_data

TELEGRAM = "/api/auth/telegram"


def tma(raw: str) -> dict[str, str]:
    return {"Authorization": f"tma {raw}"}


async def told(api: Api, user_id: int, phone: str | None) -> None:
    async with api.runtime.db.transaction() as connection:
        await run(connection, "insert into cons.telegram_users (telegram_user_id, chat_id, phone_number)"
                              " values (%s, %s, %s)", (user_id, user_id, phone))  # fmt: skip


def swapped(raw: str, old: str, new: str) -> str:
    assert old in raw
    return raw.replace(old, new)


def forgeries() -> dict[str, str]:
    good = init_data()
    user = json.dumps({"id": 777, "first_name": "x"})
    return {
        "another bot's": init_data(token="987654321:AAother"),
        "another user": swapped(good, "501", "502"),
        "no hash": good.rpartition("&hash=")[0],
        "empty hash": good.rpartition("&hash=")[0] + "&hash=",
        "short hash": good[:-2],
        "not hex": good[:-2] + "zz",
        "a second user": good + "&user=" + user,
        "a field more": good + "&x=1",
        "a newline in a field": swapped(good, "query_id=AAE", "query_id=AAE%0Auser%3D{}"),
        "a line break in a value": init_data(start_param="x\nuser={}"),
        "no user": init_data(user=None),
        "no date": init_data(auth_date=None),
        "a bot": init_data(user=json.dumps({"id": 501, "is_bot": True, "first_name": "b"})),
        "user is text": init_data(user="501"),
        "id is a list": init_data(user=json.dumps({"id": [501]})),
        "negative id": init_data(user=json.dumps({"id": -5, "first_name": "x"})),
        "a date of words": init_data(auth_date="today"),
        "signed with the bare token": plain_hmac(),
        "oversize": init_data(start_param="x" * 5000),
        "nothing": "x",
    }


def plain_hmac() -> str:
    """The Login Widget's algorithm: its key is SHA-256 of the token, not the one of Mini Apps."""
    fields = dict(parse_qsl(init_data()))
    fields.pop("hash")
    lines = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    mac = hmac.new(hashlib.sha256(BOT_TOKEN.encode()).digest(), lines.encode(), hashlib.sha256).hexdigest()
    return urlencode({**fields, "hash": mac})


@pytest.mark.parametrize("kind", sorted(forgeries()))
async def test_forged_init_data_is_nobody(api: Api, kind: str) -> None:
    await linked(api)
    await linked(api, 502)
    raw = forgeries()[kind]
    for answer in (
        await api.http.get(WHO, headers=tma(raw)),
        await api.http.post(TELEGRAM, json={"init_data": raw[:4096]}),
    ):
        assert answer.status_code == 401, (kind, answer.text)
        assert answer.json()["code"] == "telegram.forged"
        assert "set-cookie" not in answer.headers
    async with api.runtime.db.read() as connection:
        assert await rows(connection, "select 1 from sys.sessions") == []


@pytest.mark.parametrize(("age", "code"), [(3500, 200), (3700, 401), (-30, 200), (-300, 401)])
async def test_init_data_grows_old(api: Api, age: float, code: int) -> None:
    await linked(api)
    answer = await api.http.get(WHO, headers=tma(init_data(age=age)))
    assert answer.status_code == code
    if code == 401:
        assert answer.json()["code"] == "telegram.stale"


async def test_replayed_init_data_gives_no_second_session(api: Api) -> None:
    await linked(api)
    raw = init_data()
    first = await api.http.post(TELEGRAM, headers=tma(raw))
    assert first.status_code == 200, first.text
    assert (first.json()["via"], first.json()["client_id"]) == ("telegram", api.client_id)
    token = first.json()["token"]
    who = await api.http.get(WHO, headers={"Authorization": f"Bearer {token}"})
    assert (who.json()["via"], who.json()["telegram_user_id"]) == ("session", 501)
    again = await api.http.post(TELEGRAM, json={"init_data": raw})
    assert (again.status_code, again.json()["code"]) == (409, "telegram.used")
    async with api.runtime.db.read() as connection:
        assert len(await rows(connection, "select 1 from sys.sessions")) == 1


async def test_who_is_linked_to_nobody_is_asked_for_his_contact(api: Api) -> None:
    raw = init_data(900)
    for answer in (
        await api.http.post(TELEGRAM, headers=tma(raw)),
        await api.http.get("/api/dicts/po-types", headers=tma(raw)),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "telegram.contact_needed")
    shown = await api.http.get("/api/telegram/check-contact/900", headers=tma(raw))
    assert shown.json()["has_contact"] is False


async def test_unlinking_ends_what_a_session_may(api: Api) -> None:
    await linked(api)
    token = (await api.http.post(TELEGRAM, headers=tma(init_data()))).json()["token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert (await api.http.get(f"/api/clients/{api.client_id}", headers=headers)).status_code == 200
    async with api.runtime.db.transaction() as connection:
        await run(connection, "delete from cons.telegram_links")
    api_app(api).state.callers.forget()
    answer = await api.http.get(f"/api/clients/{api.client_id}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "telegram.contact_needed")


async def link(api: Api, user_id: int, **body: Any) -> httpx.Response:
    return await api.http.post("/api/telegram/link-user", json={"telegram_user_id": user_id, **body},
                               headers=tma(init_data(user_id)))  # fmt: skip


async def test_linking_needs_ones_own_telephone(api: Api) -> None:
    await told(api, 501, None)
    await told(api, 502, "+998000000099")
    for user_id, body, code in (
        (501, {}, "telegram.contact_needed"),
        (501, {"client_id": api.client_id, "phone_number": "+998000000001"}, "telegram.contact_needed"),
        (502, {"client_id": api.client_id, "phone_number": "+998000000001"}, "telegram.not_proved"),
        (502, {}, "telegram.not_proved"),
    ):
        answer = await link(api, user_id, **body)
        assert (answer.status_code, answer.json()["code"]) == (403, code), (user_id, body)
    stranger = await api.http.post(
        "/api/telegram/link-user", json={"telegram_user_id": 501}, headers=tma(init_data(502))
    )
    assert (stranger.status_code, stranger.json()["code"]) == (403, "telegram.not_you")
    async with api.runtime.db.read() as connection:
        assert await rows(connection, "select 1 from cons.telegram_links") == []


async def test_a_contact_that_telegram_signed_links(api: Api) -> None:
    forged = (contact(502, "+998000000001"), contact(501, "998000000001", token="1:AAx"),
              contact(501, "+998000000001", age=4000), "contact={}", init_data(501))  # fmt: skip
    for raw in forged:
        answer = await link(api, 501, contact=raw)
        assert answer.status_code == 403, raw
    async with api.runtime.db.transaction() as connection:
        await run(connection, "update cons.clients set phone_number = '+998111111111' where code_abonent = '1002'")
    answer = await link(api, 501, contact=contact(501, "998000000001"))
    assert answer.status_code == 200, answer.text
    assert answer.json()["clients"] == [api.client_id]
    shown = await api.http.get("/api/telegram/check-contact/501", headers=tma(init_data()))
    assert (shown.json()["has_contact"], shown.json()["phone_number"]) == (True, "+998000000001")
    # Leaving the client out does not unlink, as it did before.
    again = await link(api, 501)
    assert again.json()["client_id"] == api.client_id


async def test_a_telephone_is_told_to_its_owner_alone(api: Api) -> None:
    await told(api, 501, "+998000000001")
    await linked(api, 502)
    for headers in (tma(init_data(502)), {"Authorization": f"Bearer {api.keys['client']}"}):
        answer = await api.http.get("/api/telegram/check-contact/501", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "telegram.not_you")
        assert "998" not in answer.text


async def test_a_request_is_shown_to_its_own_client(api: Api) -> None:
    await linked(api)
    async with api.runtime.db.read() as connection:
        other = (await rows(connection, "select client_id::text from cons.clients where code_abonent = '1002'"))[0]
    await linked(api, 502, other["client_id"])
    made = (await api.create("k")).json()["consultation"]["cons_id"]
    door = f"/api/telegram/consultations/{made}"
    shown = await api.http.get(door, headers=tma(init_data()))
    assert (shown.json()["cons_id"], shown.json()["is_open"]) == (made, True)
    empty = await api.http.get(f"{door}/messages", headers=tma(init_data()))
    assert empty.json() == {"messages": [], "total": 0, "page": 1, "per_page": 50}
    for path in (door, f"{door}/messages"):
        answer = await api.http.get(path, headers=tma(init_data(502)))
        assert (answer.status_code, answer.json()["code"]) == (404, "consultation.unknown")
    await api.post(f"/api/consultations/{made}/cancel", {}, role="client")
    assert (await api.http.get(door, headers=tma(init_data()))).json()["is_open"] is False


async def test_without_a_bot_nobody_comes_by_telegram(api: Api) -> None:
    callers = api_app(api).state.callers
    callers.trust = type(callers.trust)(callers.trust.lifetimes)
    answer = await api.http.get(WHO, headers=tma(init_data()))
    assert (answer.status_code, answer.json()["code"]) == (401, "telegram.no_bot")


async def test_forging_is_slowed_down(api: Api) -> None:
    codes = [(await api.http.get(WHO, headers=tma("user=x&hash=00"))).status_code for _ in range(35)]
    assert codes[0] == 401
    assert codes[-1] == 429
