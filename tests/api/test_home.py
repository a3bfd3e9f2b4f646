"""The portal's first page in one call, and whose request a link leads to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from clobus.core import clock
from clobus.core.db import run
from clobus.core.ids import new_id
from clobus.modules.accounts import organisations
from tests.api.conftest import Api
from tests.api.requests import put
from tests.support.accounts import Browser, person

NODIRA = "nodira@example.uz"


async def said(api: Api, cons_id: UUID, message: int, direction: str, via: str = "chatwoot") -> None:
    async with api.runtime.db.transaction() as connection:
        await run(
            connection,
            "insert into cons.messages (message_id, cons_id, conversation_id, direction, via, created_at)"
            " values (%s, %s, 1, %s, %s, now())",
            (message, cons_id, direction, via),
        )


async def home(api: Api, role: str = "client") -> dict[str, Any]:
    answer = await api.get("/api/home", role)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_what_a_client_sees_first(api: Api) -> None:
    now = clock.now()
    later = await put(api, status="open", start_date=now + timedelta(days=3))
    sooner = await put(api, status="pending", start_date=now + timedelta(days=1))
    await put(api, status="open", start_date=now - timedelta(days=1))
    ended = await put(api, status="closed", end_date=now - timedelta(days=2))
    await put(api, status="closed", end_date=now - timedelta(days=90))
    await put(api, status="cancelled", end_date=now)
    for number, (direction, via) in enumerate((("in", "site"), ("out", "chatwoot"), ("note", "chatwoot"),
                                               ("out", "platform"))):  # fmt: skip
        await said(api, later, number, direction, via)
    found = await home(api)
    assert found["counts"] == {"going": 3, "done": 2, "unrated": 1}
    assert found["next"]["cons_id"] == str(sooner)
    assert {row["cons_id"] for row in found["going"]} >= {str(later), str(sooner)}
    assert (len(found["going"]), len(found["latest"])) == (3, 2)
    assert [row["cons_id"] for row in found["unrated"]] == [str(ended)]
    assert [(row["cons_id"], row["side"]) for row in found["messages"]] == [(str(later), "desk")]
    nothing = await home(api, "other")
    assert nothing["counts"] == {"going": 0, "done": 0, "unrated": 0}
    assert (nothing["next"], nothing["going"], nothing["unrated"], nothing["messages"]) == (None, [], [], [])
    rated = await api.post(
        f"/api/consultations/{ended}/ratings", {"answers": [{"question_number": 1, "rating": 5}]}, role="client"
    )
    assert rated.status_code == 200, rated.text
    assert (await home(api))["unrated"] == []


async def organisation(api: Api, owner: UUID, inn: str, client: str | UUID | None) -> str:
    async with api.runtime.db.transaction() as connection:
        made = await organisations.make(connection, owner, inn, f"Company {inn}")
        if client is not None:
            assert await organisations.settle(connection, made["organisation_id"], UUID(str(client)), "staff")
    return str(made["organisation_id"])


async def test_a_link_says_of_which_organisation_of_mine_a_request_is(api: Api) -> None:
    nodira = await person(api.runtime.db, NODIRA)
    first = await organisation(api, nodira, "301234567", api.client_id)
    other = new_id()
    async with api.runtime.db.transaction() as connection:
        await run(connection, "insert into cons.clients (client_id, company_name) values (%s, 'B')", (other,))
    second = await organisation(api, nodira, "301234999", other)
    mine, theirs, user = await put(api), await put(api, client_id=other), new_id()
    async with api.runtime.db.transaction() as connection:
        await run(connection, "insert into cons.clients (client_id, is_parent, parent_id) values (%s, false, %s)",
                  (user, other))  # fmt: skip
    of_user = await put(api, client_id=user)
    browser = Browser(api.http)
    await browser.sign_in(NODIRA)
    acting = {"X-Organisation-Id": first}
    assert (await browser.get(f"/api/consultations/{theirs}", **acting)).status_code == 404
    for cons_id, organisation_id in ((mine, first), (theirs, second), (of_user, second)):
        found = (await browser.get(f"/api/home/where/{cons_id}", **acting)).json()
        assert (found["cons_id"], found["organisation_id"]) == (str(cons_id), organisation_id)
        there = {"X-Organisation-Id": organisation_id}
        assert (await browser.get(f"/api/consultations/{cons_id}", **there)).status_code == 200
        assert (await browser.get(f"/api/consultations/{cons_id}?acting={organisation_id}")).status_code == 200
    assert (await browser.get(f"/api/consultations/{mine}?acting={second}")).status_code == 404
    assert (await browser.get(f"/api/consultations/{mine}?acting={new_id()}")).json()["code"] == "auth.other_client"
    acted = await browser.post(f"/api/consultations/{theirs}/cancel?acting={second}")
    assert acted.status_code == 404  # a link only reads
    stranger = Browser(api.http)
    await person(api.runtime.db, "stranger@example.uz")
    await stranger.sign_in("stranger@example.uz")
    refused = await stranger.get(f"/api/home/where/{mine}")
    assert (refused.status_code, refused.json()["code"]) == (404, "consultation.unknown")


async def test_who_only_looks_is_not_asked_for_a_mark(api: Api) -> None:
    nodira = await person(api.runtime.db, NODIRA)
    viewer = await person(api.runtime.db, "viewer@example.uz")
    mine = await organisation(api, nodira, "301234567", api.client_id)
    async with api.runtime.db.transaction() as connection:
        await run(connection, "insert into cab.memberships (organisation_id, person_id, role)"
                              " values (%s, %s, 'viewer')", (mine, viewer))  # fmt: skip
    await put(api, status="closed", end_date=clock.now())
    counts = {}
    for email in (NODIRA, "viewer@example.uz"):
        browser = Browser(api.http)
        await browser.sign_in(email)
        counts[email] = (await browser.get("/api/home")).json()["counts"]["unrated"]
    assert counts == {NODIRA: 1, "viewer@example.uz": 0}
