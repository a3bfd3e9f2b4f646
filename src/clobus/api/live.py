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
from pydantic import BaseModel

from clobus.api.replies import named
from clobus.core import auth, clock
from clobus.core.auth import READERS, STAFF, Principal, Role, public, require
from clobus.core.db import Connection, Database
from clobus.core.errors import Forbidden, TooMany, Unauthenticated
from clobus.core.live import DESK, Hub, Page, news
from clobus.modules.accounts import standing
from clobus.modules.consultations import watching

router = APIRouter(prefix="/api", tags=["live"])
PURPOSE = "live"
TICKET_SECONDS = 60
RETRY_MILLIS = 3000
MOST_SECONDS = 3600.0
"""Then a page comes with a new ticket: rights may have changed."""
CALLER = require(Role.CLIENT, *READERS, scope="live")
DESK_ROLES = frozenset({*STAFF, Role.AUDITOR})


class Listener(msgspec.Struct, frozen=True):
    """Who holds a ticket: enough to tell what he may watch, and whether he still may.

    `own`: the clients he speaks for, None for everybody's.
    """

    id: str
    role: Role
    own: tuple[UUID, ...] | None
    session: UUID | None = None


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
        own = None if principal.role is not Role.CLIENT else tuple(sorted(principal.subjects))
        listener = Listener(principal.id, principal.role, own, principal.session_id)
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

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.who = listener.id
        self.began = clock.monotonic()
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
        """Let something go over the line, so that a dead one is noticed; end an old one."""
        self.over = self.over or now - self.began > MOST_SECONDS
        self.woken.set()

    def dismiss(self) -> None:
        """Its person may listen no more."""
        self.end()

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


class TicketOut(BaseModel):
    """A ticket, how many seconds it is good for, and where to go with it."""

    ticket: str
    expires_in: int
    socket: str
    stream: str


STREAM: dict[int | str, dict[str, Any]] = {
    200: {"description": "Server-sent events", "content": {"text/event-stream": {"schema": {"type": "string"}}}}
}


@router.post("/live/tickets", response_model=TicketOut)
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
    stream = Stream(listener)

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


@router.get("/live", dependencies=[Depends(public())], response_class=StreamingResponse, responses=STREAM)
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


@router.get("/consultations/{name}/stream", response_class=StreamingResponse, responses=STREAM)
async def of_consultation(
    request: Request, name: str, principal: Annotated[Principal, Depends(CALLER)],
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:  # fmt: skip
    """Server-sent events on one request, for callers who can send their key or cookie. 401, 403, 404, 429."""
    live: Live = request.app.state.live
    listener = live.admit(live.ticket(principal))
    async with live.db.read() as connection:
        cons_id = await named(connection, name, principal)
    watched, _ = await live.begin(listener, [f"consultation:{cons_id}"])
    return await _stream(request, listener, watched, _number(last_event_id))


async def fallen(connection: Connection, pages: Sequence[Page]) -> list[Page]:
    """The pages of people who may listen no more."""
    listening = [(page, found) for page in pages if (found := getattr(page, "listener", None)) is not None]
    gone = await standing.fallen(
        connection,
        [who.session for _, who in listening],
        [bytes.fromhex(who.id.removeprefix("key:")) if who.id.startswith("key:") else None for _, who in listening],
        [who.own[0] if who.own else None for _, who in listening],
    )
    return [listening[at][0] for at in gone]


def open_live(db: Database, key: str, *, pages_each: int, topics_each: int) -> Live:
    """The hub of a process, with what its pages need."""
    return Live(Hub(db, watching.newest, fallen), db, key, pages_each, topics_each)
