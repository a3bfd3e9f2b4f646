"""Live pages over HTTP: tickets, and server-sent events; the sockets are in `clobus.api.sockets`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from clobus.core import auth
from clobus.core.auth import READERS, STAFF, Principal, Role, public, require
from clobus.core.db import Database
from clobus.core.errors import Forbidden, NotFound, TooMany, Unauthenticated
from clobus.core.live import DESK, Hub, news
from clobus.modules.consultations import reading, watching

router = APIRouter(prefix="/api", tags=["live"])
PURPOSE = "live"
TICKET_SECONDS = 60
RETRY_MILLIS = 3000
CALLER = require(Role.CLIENT, *READERS, scope="live")
DESK_ROLES = frozenset({*STAFF, Role.AUDITOR})


class Listener(msgspec.Struct, frozen=True):
    """Who holds a ticket: enough to tell what he may watch. `own`: the clients he speaks for, None for everybody's."""

    id: str
    role: Role
    own: tuple[UUID, ...] | None


@dataclass(frozen=True, slots=True)
class Live:
    """What sockets and streams share; kept in `app.state.live`."""

    hub: Hub
    db: Database
    key: str
    pages_each: int
    topics_each: int

    def ticket(self, principal: Principal) -> str:
        """A ticket for this caller, good for `TICKET_SECONDS`."""
        own = None if principal.role is not Role.CLIENT else tuple(filter(None, (principal.subject_id,)))
        listener = Listener(principal.id, principal.role, own)
        value = msgspec.json.encode(listener).hex()
        return auth.sign(self.key, PURPOSE, value, TICKET_SECONDS)

    def admit(self, ticket: str | None) -> Listener:
        """Who holds this ticket; Unauthenticated when it is forged or old, TooMany with too many pages open."""
        value = auth.unsign(self.key, PURPOSE, ticket or "")
        if value is None:
            raise Unauthenticated("live.ticket")
        listener = msgspec.json.decode(bytes.fromhex(value), type=Listener)
        if self.hub.people[listener.id] >= self.pages_each:
            raise TooMany("live.pages", {"limit": self.pages_each}, retry_after=10)
        return listener

    async def begin(self, listener: Listener, topics: Collection[str]) -> tuple[list[str], list[str]]:
        """The topics that he may watch, and those that he may not."""
        asked = [canonical(topic) for topic in topics]
        async with self.db.read() as connection:
            known = await watching.allowed(connection, asked, listener.own)
        if listener.role in DESK_ROLES:
            known.add(DESK)
        return [topic for topic in asked if topic in known], [topic for topic in asked if topic not in known]

    async def missed(self, topics: Sequence[str], last: int | None) -> dict[str, int] | None:
        """What these topics went through since `last`; None: too long ago, read everything anew."""
        if last is None or not topics:
            return {}
        async with self.db.read() as connection:
            return await watching.missed(connection, topics, last)


def canonical(topic: str) -> str:
    """A topic as the hub names it; what is none stays as it is, and is refused."""
    found = watching.parse(topic)
    return f"{found[0]}:{found[1]}" if found else topic


class Stream:
    """One stream of server-sent events: news of one topic waiting for a slow reader are one."""

    def __init__(self, who: str) -> None:
        self.who = who
        self.waiting: dict[str, int] = {}
        self.anew = self.over = False
        self.woken = asyncio.Event()

    def tell(self, topic: str, event: int, frame: bytes) -> None:
        """A topic changed."""
        self.waiting[topic] = event
        self.woken.set()

    def renew(self) -> None:
        """Something may have been missed."""
        self.anew = True
        self.woken.set()

    def beat(self, now: float) -> None:
        """Let something go over the line, so that a dead one is noticed."""
        self.woken.set()

    def end(self) -> None:
        """The process stops."""
        self.over = True
        self.woken.set()

    async def lines(self, hub: Hub) -> AsyncIterator[bytes]:
        """The stream's text, until the reader goes or the process stops."""
        yield b"retry: %d\nid: %d\nevent: hello\ndata: {}\n\n" % (RETRY_MILLIS, hub.last)
        while not self.over:
            await self.woken.wait()
            self.woken.clear()
            waiting, self.waiting = self.waiting, {}
            anew, self.anew = self.anew, False
            if anew:
                yield b'id: %d\nevent: renew\ndata: {"type":"renew"}\n\n' % hub.last
            for topic, event in waiting.items():
                yield b"id: %d\nevent: changed\ndata: %s\n\n" % (event, news(topic, event))
            if not anew and not waiting:
                yield b": heartbeat\n\n"


@router.post("/live/tickets")
async def ticket(request: Request, principal: Annotated[Principal, Depends(CALLER)]) -> Response:
    """A ticket for one minute, and where to go with it: `{ticket, expires_in, socket, stream}`."""
    live: Live = request.app.state.live
    base = str(request.app.state.runtime.settings.public_url).rstrip("/")
    made: dict[str, Any] = {
        "ticket": live.ticket(principal), "expires_in": TICKET_SECONDS,
        "socket": f"{base.replace('http', 'ws', 1)}/live", "stream": f"{base}/api/live",
    }  # fmt: skip
    return Response(msgspec.json.encode(made), media_type="application/json")


async def _stream(request: Request, listener: Listener, topics: list[str], last: int | None) -> StreamingResponse:
    live: Live = request.app.state.live
    stream = Stream(listener.id)

    async def body() -> AsyncIterator[bytes]:
        live.hub.enter(stream, listener.own or ())
        try:
            live.hub.watch(stream, topics)
            gone = await live.missed(topics, last)
            if gone is None:
                stream.renew()
            for topic, event in (gone or {}).items():
                stream.tell(topic, event, b"")
            async for line in stream.lines(live.hub):
                yield line
        finally:
            live.hub.leave(stream, listener.own or ())

    return StreamingResponse(body(), media_type="text/event-stream", headers={"x-accel-buffering": "no"})


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


@router.get("/live", dependencies=[Depends(public())])
async def stream(
    request: Request,
    ticket: Annotated[str, Query(max_length=4000)],
    topics: Annotated[str, Query(max_length=8000)] = "",
    last: Annotated[int | None, Query(ge=0, lt=2**62)] = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:
    """Server-sent events on topics (`consultation:<id>`, `client:<id>`, `desk`, by commas): `changed` with the event
    id, `renew` when everything is to be read anew. 401 without a ticket, 403 for a topic of others, 429.
    """
    live: Live = request.app.state.live
    listener = live.admit(ticket)
    asked = [topic for topic in topics.split(",") if topic][: live.topics_each]
    watched, refused = await live.begin(listener, asked)
    if refused:
        raise Forbidden("live.topic")
    seen = _number(last_event_id)
    return await _stream(request, listener, watched, seen if seen is not None else last)


@router.get("/consultations/{name}/stream")
async def of_consultation(
    request: Request, name: str, principal: Annotated[Principal, Depends(CALLER)],
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:  # fmt: skip
    """Server-sent events on one request, for callers who can send their key or cookie. 401, 403, 404, 429."""
    live: Live = request.app.state.live
    listener = live.admit(live.ticket(principal))
    async with live.db.read() as connection:
        shown = await reading.read(connection, name[:64], listener.own[0] if listener.own else None)
    topic = f"consultation:{shown['cons_id']}"
    watched, refused = await live.begin(listener, [topic])
    if refused:
        raise NotFound("consultation.unknown")
    return await _stream(request, listener, watched, _number(last_event_id))


def open_live(db: Database, key: str, *, pages_each: int, topics_each: int) -> Live:
    """The hub of a process, with what its pages need."""
    return Live(Hub(db, watching.newest), db, key, pages_each, topics_each)
