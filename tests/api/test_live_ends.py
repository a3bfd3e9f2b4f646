"""Live pages of people who may listen no more: their session or key ended, or they left whom they listen for."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from websockets.asyncio.client import connect

from clobus.core import live
from clobus.core.db import run
from clobus.core.ids import new_id
from clobus.modules.accounts.service import revoke_key
from tests.api import test_live
from tests.api.test_live import Desk, _until, ended, heard, silent, without_pages
from tests.support.accounts import Browser, person
from tests.support.platform import until

desk = test_live.desk


@pytest.fixture
def quick_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BEAT_SECONDS", 0.2)


async def member(desk: Desk) -> Browser:
    """A person with an account in the client's organisation, of which he is no owner."""
    db = desk.api.runtime.db
    owner, me = await person(db, "owner@example.uz"), await person(db, "nodira@example.uz")
    organisation = new_id()
    async with db.transaction() as connection:
        await run(
            connection,
            "insert into cab.organisations (organisation_id, inn, name, owner_id, client_id)"
            " values (%s, '301234567', 'R', %s, %s)",
            (organisation, owner, desk.api.client_id),
        )
        await run(connection, "insert into cab.memberships values (%s, %s, 'viewer')", (organisation, me))
    browser = Browser(desk.api.http)
    await browser.sign_in("nodira@example.uz")
    return browser


GONE = {
    "sign-out": "update sys.sessions set revoked_at = now()",
    "idle": "update sys.sessions set seen_at = now() - interval '90 days'",
    "locked": "update cab.people set locked_at = now()",
    "let go": "delete from cab.memberships",
    "not that client": "update cab.organisations set client_id = null",
}


@pytest.mark.parametrize("how", GONE)
async def test_who_may_listen_no_more_is_sent_away(quick_beat: None, desk: Desk, how: str) -> None:
    browser = await member(desk)
    base, topic = f"127.0.0.1:{desk.port}", f"consultation:{desk.request}"
    made = (await browser.post("/api/live/tickets")).json()["ticket"]
    query = f"ticket={made}&topics={topic}"
    async with connect(f"ws://{base}/live?{query}", proxy=None) as page, httpx.AsyncClient(trust_env=False) as http:
        assert (await heard(page, "subscribed"))["topics"] == [topic]
        async with http.stream("GET", f"http://{base}/api/live?{query}", timeout=5) as got:
            lines = got.aiter_lines()
            assert await _until(lines, ": ", "heartbeat")
            assert desk.server.sockets.live.hub.people.total() == 2
            async with desk.api.runtime.db.transaction() as connection:
                await run(connection, GONE[how])
            assert await ended(page) == 1008
            async with asyncio.timeout(4):
                assert [line async for line in lines if line.startswith("event: changed")] == []
    await until(lambda: without_pages(desk))


async def test_a_page_of_a_key_goes_with_the_key(quick_beat: None, desk: Desk) -> None:
    async with await desk.page() as page, await desk.page(role="other") as other:
        await heard(page, "hello")
        await heard(other, "hello")
        async with desk.api.runtime.db.transaction() as connection:
            assert await revoke_key(connection, desk.api.keys["client"])
        assert await ended(page) == 1008
        assert await silent(other, 0.6)
