"""A client at the site: signed in, with a page that hears of changes, over the API that Chatwoot's webhooks reach."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
from websockets.asyncio.client import connect

from clobus.api.app import create_app
from clobus.api.server import make_server
from clobus.core import clock
from clobus.modules.accounts import links
from clobus.runtime import Runtime, open_runtime
from clobus.settings import Settings
from tests.flows.conftest import World
from tests.support.platform import ask, running, settings_for, until
from tests.support.ports import free_port
from tests.support.twins import TwinProcess

ACCOUNTING, SUPPORT = "Консультация по ведению учёта", "Техническая поддержка"
SOMEBODY = (
    "select c.client_id, c.phone_number from cons.clients c where c.parent_key = %s and c.phone_number is not null"
    " and not c.deleted and c.code_abonent is not null and c.org_inn is not null and not exists (select 1 from"
    " cons.clients o where o.client_id <> c.client_id and o.phone_number = c.phone_number) and not exists"
    " (select 1 from cons.cons r where r.client_id = c.client_id and r.status in ('open', 'pending'))"
    " order by client_id limit 1"
)


@dataclass
class Visitor:
    """The browser of one client."""

    runtime: Runtime
    http: httpx.AsyncClient
    client_id: UUID
    phone: str
    base: str
    heard: dict[int, datetime] = field(default_factory=dict)
    """Events that his page heard of, and when."""

    async def call(self, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """Call a door of requests."""
        given = {"json": body} if body is not None else {}
        return await self.http.request(method, f"/api/consultations{path}", **given, **options)

    async def good(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """The answer, which must be a good one."""
        answer = await self.call(method, path, body, **options)
        assert answer.status_code < 300, answer.text
        return answer.json()

    async def create(self, **asked: Any) -> httpx.Response:
        """Ask for a consultation."""
        wanted = {"comment": "Не сходится НДС", "lang": "ru", **asked}
        return await self.call("POST", "/create", {"consultation": wanted}, headers={"Prefer": "respond-async"})

    async def created(self, **asked: Any) -> UUID:
        """A request that was accepted."""
        answer = await self.create(**asked)
        assert answer.status_code == 200, answer.text
        return UUID(answer.json()["consultation"]["cons_id"])

    async def row(self, cons_id: UUID) -> dict[str, Any]:
        """What the platform keeps of a request."""
        [row] = await ask(self.runtime, "select * from cons.cons where cons_id = %s", cons_id)
        return row

    async def told(self, cons_id: UUID, type_: str) -> None:
        """Wait until a message of this type was sent to him, once."""

        async def sent() -> bool:
            found = await ask(
                self.runtime,
                "select state from log.notification_log where entity_id = %s and notification_type = %s"
                " and audience = 'client'",
                cons_id, type_,
            )  # fmt: skip
            assert len(found) <= 1
            return [row["state"] for row in found] == ["sent"]

        await until(sent, 40)

    async def lateness(self, cons_id: UUID) -> dict[str, float]:
        """Seconds from each event of a request to the page, by its name; all of them must have come."""

        sql = "select id, name, at from log.events where cons_id = %s"

        async def all_heard() -> bool:
            return all(row["id"] <= max(self.heard, default=0) for row in await ask(self.runtime, sql, cons_id))

        await until(all_heard, 5)
        return {
            f"{row['name']} {row['id']}": (self.heard_of(row["id"]) - row["at"]).total_seconds()
            for row in await ask(self.runtime, sql, cons_id)
        }

    def heard_of(self, event: int) -> datetime:
        """When the page first knew that there is this event or a later one: news that come together are told as one."""
        return min(at for number, at in self.heard.items() if number >= event)

    @asynccontextmanager
    async def page(self, *topics: str) -> AsyncIterator[None]:
        """An open page."""
        ticket = (await self.http.post("/api/live/tickets")).json()["ticket"]
        address = f"ws{self.base.removeprefix('http')}/live?ticket={ticket}&topics={','.join(topics)}"
        async with connect(address, proxy=None) as page:

            async def listen() -> None:
                async for text in page:
                    said = json.loads(text) if text != "pong" else {}
                    if said.get("type") == "changed":
                        self.heard.setdefault(said["event"], clock.now())

            listening = asyncio.create_task(listen())
            try:
                yield
            finally:
                listening.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await listening


def served_settings(dsn: str, world: World, *more: TwinProcess) -> tuple[Settings, int]:
    """Settings of a platform whose API stands on a port that Chatwoot knows."""
    port = free_port()
    return settings_for(dsn, world.onec, world.chatwoot, *more, public_url=f"http://127.0.0.1:{port}"), port


@asynccontextmanager
async def served(settings: Settings, port: int) -> AsyncIterator[None]:
    """The API at work, in a runtime of its own as in a process of its own."""
    async with open_runtime(settings) as runtime:
        server = make_server(create_app(runtime, intervals={}), "127.0.0.1", port)
        serving = asyncio.create_task(server.serve())
        try:

            async def started() -> bool:
                return server.started

            await until(started)
            yield
        finally:
            server.should_exit = True
            await serving


async def somebody(runtime: Runtime) -> tuple[UUID, str]:
    """A client without an open request, and his telephone."""
    [found] = await ask(runtime, SOMEBODY, runtime.settings.clients_folder)
    return found["client_id"], found["phone_number"]


@asynccontextmanager
async def visiting(dsn: str, world: World) -> AsyncIterator[Visitor]:
    """Worker and API at work, and a client who came in by a signed link."""
    settings, port = served_settings(dsn, world)
    async with running(settings, seconds=120) as runtime, served(settings, port):
        client_id, phone = await somebody(runtime)
        async with runtime.db.transaction() as connection:
            token = await links.make(connection, links.SIGN_IN, client_id, 60)
        base = str(settings.public_url).rstrip("/")
        own = {"Origin": base, "Sec-Fetch-Site": "same-origin", "Accept-Language": "ru"}
        async with httpx.AsyncClient(base_url=base, headers=own, trust_env=False, timeout=20) as http:
            entered = await http.post("/api/auth/link", json={"token": token})
            assert entered.status_code == 200, entered.text
            yield Visitor(runtime, http, client_id, phone, base)
