"""What somebody tries against accounts: cookies of others' pages, half a sign-in, another's ids, old sessions."""

from __future__ import annotations

import asyncio
import json

import pytest

from clobus.core.db import run
from tests.api.conftest import Api
from tests.support.accounts import PASSWORD, Browser, asked, person

EMAIL = "nodira@example.uz"


@pytest.fixture
async def browser(api: Api) -> Browser:
    await person(api.runtime.db, EMAIL)
    made = Browser(api.http)
    await made.sign_in(EMAIL)
    return made


@pytest.mark.parametrize(
    "foreign",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "", "Origin": "null"}],
    ids=str,
)
async def test_another_site_can_neither_act_nor_sign_in(api: Api, browser: Browser, foreign: dict[str, str]) -> None:
    for method, path, body in (
        ("PATCH", "/api/me", {"name": "X"}), ("POST", "/api/me/email", {"email": "evil@example.uz"}),
        ("POST", "/api/me/totp", {}), ("POST", "/api/organisations", {"inn": "301234567", "name": "X"}),
        ("POST", "/api/auth/password/change", {"current": PASSWORD, "password": PASSWORD + "!"}),
        ("POST", "/api/auth/step-up", {"password": PASSWORD}), ("DELETE", "/api/me/totp", None),
    ):  # fmt: skip
        answer = await browser.call(method, path, body, **foreign)
        assert (answer.status_code, answer.json()["code"]) == (403, "auth.csrf"), path
    stranger = Browser(api.http)
    answer = await stranger.call("POST", "/api/auth/login", {"login": EMAIL, "password": PASSWORD}, **foreign)
    assert answer.json()["code"] == "auth.csrf"
    assert (await browser.get("/api/me")).json()["name"] == "Nodira"


async def test_half_a_sign_in_opens_nothing(api: Api, browser: Browser) -> None:
    """A ticket is no session, and what would take the second factor away needs one."""
    from tests.api.test_accounts import with_totp  # noqa: PLC0415 - both files have a fixture `browser`

    await with_totp(browser)
    thief = Browser(api.http)
    ticket = (await thief.sign_in(EMAIL)).json()["ticket"]
    assert not thief.jar
    for headers in ({"Authorization": f"Bearer {ticket}"}, {"Cookie": f"clobus={ticket}"}):
        for method, path in (("GET", "/api/me"), ("DELETE", "/api/me/totp"), ("POST", "/api/me/recovery-codes")):
            assert (await thief.call(method, path, None, **headers)).status_code == 401
    codes = [f"{n:06}" for n in range(6)]
    body = {"ticket": ticket, "method": "totp"}
    answers = [(await thief.post("/api/auth/second-factor", body | {"code": code})).status_code for code in codes]
    assert answers[:5] == [401] * 5
    assert answers[5] in (401, 429)
    reset = await thief.post("/api/auth/password/reset", {"token": ticket, "password": PASSWORD + "!"})
    assert reset.status_code == 401
    # The password again gives another ticket, and no more tries.
    body["ticket"] = (await thief.sign_in(EMAIL)).json()["ticket"]
    assert (await thief.post("/api/auth/second-factor", body | {"code": codes[0]})).status_code == 429


async def test_a_session_is_always_a_new_one(api: Api, browser: Browser) -> None:
    planted = Browser(api.http, jar=dict(browser.jar))
    before = browser.jar["clobus"]
    await planted.sign_in(EMAIL)
    assert planted.jar["clobus"] != before
    assert (await browser.get("/api/me")).status_code == 401  # what the browser had before is over
    assert (await planted.post("/api/auth/sign-out")).status_code == 204
    assert (await planted.get("/api/me")).status_code == 401


async def test_an_organisation_of_others_can_t_be_named(api: Api, browser: Browser) -> None:
    await person(api.runtime.db, "owner@example.uz")
    owner = Browser(api.http)
    await owner.sign_in("owner@example.uz")
    made = (await owner.post("/api/organisations", {"inn": "301234567", "name": "Romashka"})).json()
    async with api.runtime.db.transaction() as connection:
        await run(connection, "update cab.organisations set client_id = %s, matched_by = 'staff'", (api.client_id,))
    for headers in (
        {"X-Organisation-Id": made["organisation_id"]}, {"X-Client-Id": api.client_id},
        {"X-Organisation-Id": made["organisation_id"], "X-Client-Id": api.client_id},
    ):  # fmt: skip
        assert (await browser.get("/api/consultations", **headers)).status_code == 403
    base = f"/api/organisations/{made['organisation_id']}"
    for path in ("", "/members", "/invitations", "/keys", "/audit"):
        assert (await browser.get(base + path)).status_code == 404, path
    own = (await browser.post("/api/organisations", {"inn": "309999999", "name": "X"})).json()
    people = (await owner.get(f"{base}/members")).json()
    mixed = f"/api/organisations/{own['organisation_id']}/members/{people[0]['person_id']}"
    assert (await browser.call("DELETE", mixed)).status_code == 404


async def test_nothing_that_is_not_named_is_taken(api: Api, browser: Browser) -> None:
    made = {"inn": "309999999", "name": "X"}
    for more in ({"client_id": api.client_id}, {"matched_by": "staff"}, {"owner_id": api.client_id}):
        assert (await browser.post("/api/organisations", made | more)).status_code == 422
    own = (await browser.post("/api/organisations", made)).json()
    path = f"/api/organisations/{own['organisation_id']}"
    assert (await browser.call("PATCH", path, {"name": "Y", "client_id": api.client_id})).status_code == 422
    inviting = {"email": "a@example.uz", "role": "admin", "person_id": own["organisation_id"]}
    assert (await browser.post(f"{path}/invitations", inviting)).status_code == 422
    assert (await browser.post(f"{path}/invitations", {"email": "a@example.uz", "role": "owner"})).status_code == 422
    kept = await asked(api.runtime.db, "select client_id, name from cab.organisations")
    assert (kept["client_id"], kept["name"]) == (None, "X")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", None])
async def test_only_what_calls_itself_json_is_read(api: Api, kind: str | None) -> None:
    await person(api.runtime.db, EMAIL)
    content = json.dumps({"login": EMAIL, "password": PASSWORD})
    headers = {"Content-Type": kind} if kind else {}
    answer = await api.http.post("/api/auth/login", content=content, headers=headers)
    assert (answer.status_code, answer.headers.get("set-cookie")) == (422, None)


async def test_many_guesses_at_once_are_no_way_around(api: Api) -> None:
    await person(api.runtime.db, EMAIL)
    tries = [Browser(api.http).sign_in(EMAIL, f"wrong {n}") for n in range(12)]
    statuses = [answer.status_code for answer in await asyncio.gather(*tries)]
    assert statuses.count(401) == 5
    assert statuses.count(429) == 7
