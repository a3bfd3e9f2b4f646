"""Live pages over a real server: tickets, topics by right, replay, slow readers, limits; sockets and streams."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from clobus.api import sockets
from clobus.api.app import create_app
from clobus.api.server import Server, make_server
from clobus.core import auth, clock
from clobus.core.db import one, run
from clobus.core.events import Event, Origin, publish
from clobus.core.ids import new_id
from clobus.core.live import is_present
from tests.api.conftest import Api
from tests.support.platform import until
from tests.support.ports import free_port


@dataclass
class Desk:
    """The API of the fixture, served on a port."""

    api: Api
    server: Server
    port: int
    request: UUID
    foreign: UUID

    async def ticket(self, role: str = "client") -> dict[str, Any]:
        answer = await self.api.post("/api/live/tickets", None, role=role)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def page(self, *topics: str, role: str = "client", last: int | None = None, path: str = "/live") -> Any:
        made = await self.ticket(role)
        address = f"ws://127.0.0.1:{self.port}{path}?ticket={made['ticket']}&topics={','.join(topics)}"
        return connect(address + (f"&last={last}" if last is not None else ""), proxy=None)

    async def happen(self, request: UUID | None = None, name: str = "Changed", count: int = 1) -> int:
        """Something happens to a request, in whatever process; gives the newest event."""
        async with self.api.runtime.db.transaction() as connection:
            await publish(connection, [Event(name, request or self.request, Origin.ONEC) for _ in range(count)])
            row = await one(connection, "select max(id) as id from log.events")
        assert row is not None
        return int(row["id"])


@pytest.fixture
async def desk(api: Api) -> AsyncIterator[Desk]:
    mine, other = new_id(), new_id()
    async with api.runtime.db.transaction() as connection:
        row = await one(connection, "select client_id from cons.clients where code_abonent = '1002'")
        assert row is not None
        for number, client in ((mine, UUID(api.client_id)), (other, row["client_id"])):
            await run(
                connection,
                "insert into cons.cons (cons_id, consultation_type, status, client_id, create_date, source)"
                " values (%s, 'Техническая поддержка', 'open', %s, now(), 'SITE')",
                (number, client),
            )
    app = create_app(api.runtime, intervals={"cons": 30.0})
    api.http._transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    port = free_port()
    server = make_server(app, "127.0.0.1", port)
    serving = asyncio.create_task(server.serve())
    await until(lambda: _listening(api, server))
    yield Desk(api, server, port, mine, other)
    server.should_exit = True
    await serving


LISTENING = (
    "from pg_stat_activity where datname = current_database() and query ilike '%%max(id)%%log.events%%'"
    " and pid <> pg_backend_pid()"
)


async def _listening(api: Api, server: Server) -> bool:
    async with api.runtime.db.read() as connection:
        return server.started and await one(connection, f"select 1 {LISTENING} and state = 'idle'") is not None


async def ended(page: ClientConnection, seconds: float = 4) -> int | None:
    """The code with which a page is closed, None when the line was cut."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                await page.recv()
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


async def without_pages(desk: Desk) -> bool:
    return not desk.server.sockets.live.hub.pages


async def heard(page: ClientConnection, kind: str, seconds: float = 3) -> dict[str, Any]:
    """The next message of that type."""
    async with asyncio.timeout(seconds):
        while True:
            said: dict[str, Any] = json.loads(await page.recv())
            if said["type"] == kind:
                return said


async def silent(page: ClientConnection, seconds: float = 0.3) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            return json.loads(await page.recv())["type"] not in ("changed", "renew")
    return True


async def test_a_change_is_told_to_those_who_watch_it_and_to_nobody_else(desk: Desk) -> None:
    mine, client = f"consultation:{desk.request}", f"client:{desk.api.client_id}"
    async with await desk.page(mine, client) as page, await desk.page(role="other") as other:
        said = await heard(page, "subscribed")
        assert (sorted(said["topics"]), said["refused"]) == (sorted([mine, client]), [])
        await other.send(json.dumps({"subscribe": [f"consultation:{desk.foreign}"]}))
        await heard(other, "subscribed")
        began = clock.monotonic()
        event = await desk.happen()
        told = [await heard(page, "changed"), await heard(page, "changed")]
        assert clock.monotonic() - began < 1
        assert {(one_["topic"], one_["event"]) for one_ in told} == {(mine, event), (client, event)}
        assert set(told[0]) == {"type", "topic", "event"}
        assert await silent(other)


async def test_rights_decide_what_may_be_watched(desk: Desk) -> None:
    foreign = f"consultation:{desk.foreign}"
    async with await desk.page(foreign, "desk", "client:nobody", f"consultation:{new_id()}") as page:
        said = await heard(page, "subscribed")
        assert said["topics"] == []
        assert len(said["refused"]) == 4
        await desk.happen(desk.foreign)
        assert await silent(page)
    async with await desk.page(foreign, "desk", role="manager") as page:
        assert sorted((await heard(page, "subscribed"))["topics"]) == [foreign, "desk"]
        await desk.happen(desk.foreign)
        assert {(await heard(page, "changed"))["topic"] for _ in range(2)} == {foreign, "desk"}


@pytest.mark.parametrize("how", ["none", "forged", "old", "purpose"])
async def test_without_a_good_ticket_the_door_stays_shut(desk: Desk, how: str) -> None:
    good = (await desk.ticket())["ticket"]
    with clock.freeze(clock.now() - timedelta(seconds=61)):
        old = (await desk.ticket())["ticket"]
    value = good.partition(".")[0]
    ticket = {"none": "", "forged": good[:-2] + "xx", "old": old, "purpose": auth.sign("test", "ops", value, 60)}[how]
    with pytest.raises(InvalidStatus) as refused:
        async with connect(f"ws://127.0.0.1:{desk.port}/live?ticket={ticket}", proxy=None):
            pass
    assert refused.value.response.status_code == 401
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.get(f"http://127.0.0.1:{desk.port}/api/live", params={"ticket": ticket})
    assert answer.status_code == 401
    assert answer.json()["code"] == "live.ticket"


async def test_a_page_that_comes_back_is_told_what_it_missed(desk: Desk) -> None:
    before = await desk.happen()
    after = await desk.happen()
    topic = f"consultation:{desk.request}"
    async with await desk.page(topic, last=before) as page:
        assert (await heard(page, "changed"))["event"] == after
    async with await desk.page(topic, last=after + 1000) as page:
        await heard(page, "renew")  # an event that nobody knows: it was too long ago
    async with await desk.page(last=before) as page:
        await page.send(json.dumps({"subscribe": [f"client:{desk.api.client_id}"], "last": before}))
        assert (await heard(page, "changed"))["event"] == after


async def test_an_event_that_commits_late_is_not_missed(desk: Desk) -> None:
    topic = f"consultation:{desk.request}"
    async with desk.api.runtime.db.dedicated() as slow:
        async with slow.transaction():
            await publish(slow, [Event("Changed", desk.request, Origin.ONEC)])
            seen = await desk.happen(desk.foreign)  # a higher number, committed first
        async with await desk.page(topic, last=seen) as page:
            assert (await heard(page, "changed"))["topic"] == topic


async def test_many_changes_in_one_transaction_all_arrive(desk: Desk) -> None:
    async with await desk.page("desk", role="manager") as page:
        await heard(page, "subscribed")
        last = await desk.happen(count=1000)
        while (await heard(page, "changed"))["event"] != last:
            pass


async def test_bad_words_are_answered_and_ping_by_pong(desk: Desk) -> None:
    async with await desk.page() as page:
        await heard(page, "hello")
        for text in ("nonsense", '{"subscribe": 1}', '{"unknown": []}', "[]", b"\xff"):
            await page.send(text)
            assert (await heard(page, "error"))["code"] == "live.message"
        await page.send("ping")
        assert await page.recv() == "pong"
        for _ in range(sockets.MESSAGES + 1):
            await page.send("ping")
        assert await ended(page) == 1008


async def test_the_old_address_watches_its_request(desk: Desk) -> None:
    async with await desk.page(path=f"/ws/consultations/{desk.request}") as page:
        assert (await heard(page, "subscribed"))["topics"] == [f"consultation:{desk.request}"]
    with pytest.raises(InvalidStatus):
        async with await desk.page(path="/elsewhere"):
            pass


async def test_one_caller_may_have_so_many_pages(desk: Desk) -> None:
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(20):
            page = await stack.enter_async_context(await desk.page())
            await heard(page, "hello")
        with pytest.raises(InvalidStatus) as refused:
            async with await desk.page():
                pass
        assert refused.value.response.status_code == 429
        async with await desk.page(role="other") as other:  # it costs nobody else anything
            await heard(other, "hello")
    await until(lambda: without_pages(desk))
    async with await desk.page() as page:
        await heard(page, "hello")


async def test_a_page_that_does_not_read_costs_the_others_nothing_and_reads_anew(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "BUFFER", 2000)
    hub = desk.server.sockets.live.hub
    async with await desk.page("desk", role="head") as stuck, await desk.page("desk", role="manager") as quick:
        for page in (stuck, quick):
            await heard(page, "subscribed")
        stuck.transport.pause_reading()
        slow = next(page for page in hub.pages if isinstance(page, sockets.Socket) and page.who == _who("head", desk))
        # The kernel would hold megabytes for it.
        slow.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        for number in range(30_000):
            hub.tell({"desk": number})
            if number % 50 == 0:
                await asyncio.sleep(0)
                while await asyncio.wait_for(quick.recv(), 3) != json.dumps(
                    {"type": "changed", "topic": "desk", "event": number}, separators=(",", ":")
                ):
                    pass
            if getattr(slow, "behind", None) is not None:
                break
        assert slow.behind is not None  # type: ignore[attr-defined]  # a Socket
        stuck.transport.resume_reading()
        await heard(stuck, "renew")
        hub.tell({"desk": 7_000_000})
        while (await heard(stuck, "changed"))["event"] != 7_000_000:
            pass
        stuck.transport.abort()  # what it has not read yet is not waited for


def _who(role: str, desk: Desk) -> str:
    return f"key:{auth.hash_token(desk.api.keys[role]).hex()[:24]}"


async def test_silent_stuck_and_old_pages_are_dropped(desk: Desk) -> None:
    hub = desk.server.sockets.live.hub
    for change, code in (({"heard": -100.0}, None), ({"behind": -100.0}, None), ({"began": -5000.0}, 1000)):
        async with await desk.page() as page:
            await heard(page, "hello")
            [mine] = hub.pages
            for name, shift in change.items():
                setattr(mine, name, clock.monotonic() + shift)
            mine.beat(clock.monotonic())
            assert await ended(page) == code
        await until(lambda: without_pages(desk))


async def test_who_has_a_page_open_is_known(desk: Desk) -> None:
    async def present() -> bool:
        async with desk.api.runtime.db.read() as connection:
            return await is_present(connection, UUID(desk.api.client_id))

    assert not await present()
    async with await desk.page() as page:
        await heard(page, "hello")
        await until(present)
    await until(lambda: without_pages(desk))
    assert not desk.server.sockets.live.hub.present


async def test_after_the_database_was_away_pages_read_anew(desk: Desk) -> None:
    topic = f"consultation:{desk.request}"
    async with await desk.page(topic) as page:
        await heard(page, "subscribed")
        async with desk.api.runtime.db.read() as connection:
            await run(
                connection,
                f"select pg_terminate_backend(pid) {LISTENING}",
            )
        await heard(page, "renew", 5)
        event = await desk.happen()
        assert (await heard(page, "changed"))["event"] == event


async def test_a_stream_tells_the_same(desk: Desk) -> None:
    base, topic = f"http://127.0.0.1:{desk.port}", f"consultation:{desk.request}"
    before = await desk.happen()
    missed = await desk.happen()
    made = await desk.ticket()
    async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
        params = {"ticket": made["ticket"], "topics": topic}
        async with http.stream("GET", f"{base}/api/live", params=params, headers={"last-event-id": str(before)}) as got:
            assert got.headers["content-type"].startswith("text/event-stream")
            lines = got.aiter_lines()
            assert await _until(lines, "id: ", f"{missed}")
            event = await desk.happen()
            assert await _until(lines, "id: ", f"{event}")
        refused = await http.get(f"{base}/api/live", params=params | {"topics": f"consultation:{desk.foreign}"})
        assert (refused.status_code, refused.json()["code"]) == (403, "live.topic")
        headers = {"Authorization": f"Bearer {desk.api.keys['client']}"}
        for request, code in ((desk.request, 200), (desk.foreign, 404)):
            address = f"{base}/api/consultations/{request}/stream"
            async with http.stream("GET", address, headers=headers) as got:
                assert got.status_code == code
        assert (await http.get(f"{base}/api/consultations/{desk.request}/stream")).status_code == 401


async def _until(lines: AsyncIterator[str], start: str, rest: str) -> bool:
    async with asyncio.timeout(3):
        async for line in lines:
            if line == start + rest:
                return True
    return False


async def test_stopping_sends_pages_away(desk: Desk) -> None:
    async with await desk.page() as page:
        await heard(page, "hello")
        desk.server.should_exit = True
        assert await ended(page) == 1012


async def test_what_is_written_in_one_tab_is_on_its_way_in_the_other_at_once(desk: Desk) -> None:
    """There is no conversation yet, so nothing but our own event could tell of it."""
    topic, door = f"consultation:{desk.request}", f"/api/consultations/{desk.request}/messages"
    async with await desk.page(topic) as other, await desk.page(topic, role="manager") as manager:
        for page in (other, manager):
            await heard(page, "subscribed")
        written = await desk.api.post(door, {"text": "Two tabs"}, key="k-1", role="client")
        assert written.status_code == 202, written.text
        for page, role in ((other, "client"), (manager, "manager")):
            assert (await heard(page, "changed"))["topic"] == topic
            shown = (await desk.api.get(door, role)).json()
            assert [(one["key"], one["text"], one["state"]) for one in shown["sending"]] == [
                (written.json()["key"], "Two tabs", "sending")
            ]
        again = await desk.api.post(door, {"text": "Two tabs"}, key="k-1", role="client")
        assert again.json() == written.json()
        assert await silent(other)  # the same once more is no news
