"""The sockets of live pages: `/live?ticket=…&topics=…&last=…`, on the port of the API.

uvicorn hands an upgraded connection to the class in `ws`; here that is `websockets`' own connection and not an ASGI
application, since news for thousands of pages are written as ready frames straight to their transports.

A page says `{"subscribe": ["consultation:<id>"], "last": 17}` or `{"unsubscribe": […]}` and hears `hello`,
`subscribed`, `changed`, `renew` and `error`; the text `ping` is answered by `pong`.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import msgspec
import structlog
from websockets.asyncio.server import Server, ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol

from clobus.api.live import MOST_SECONDS, Listener, Live
from clobus.core import clock
from clobus.core.errors import ClobusError, TooMany

log = structlog.get_logger()

PATHS = ("/live", "/ws/consultations/")
OPEN_SECONDS = 10.0
SILENT_SECONDS = 50.0
"""A page that answers no ping for so long is gone."""
BUFFER = 64 * 1024
"""Bytes that may wait for a slow page; then it is told nothing more until it has read, and then to read anew."""
STUCK_SECONDS = 30.0
MESSAGES, WITHIN = 30, 10.0
PING = b"\x89\x00"
RENEW = '{"type":"renew"}'


class Orders(msgspec.Struct, forbid_unknown_fields=True):
    """What a page may say."""

    subscribe: list[str] = msgspec.field(default_factory=list)
    unsubscribe: list[str] = msgspec.field(default_factory=list)
    last: int | None = None


class Sockets:
    """All sockets of a process; stands for the server that `websockets` would have made."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self.stopping = False
        self.handler_tasks: set[asyncio.Task[None]] = set()

    def is_serving(self) -> bool:
        """Whether new sockets are taken."""
        return not self.stopping

    def factory(self) -> Callable[..., Socket]:
        """What uvicorn calls for an upgraded connection."""

        def make(config: Any, server_state: Any, app_state: Any) -> Socket:
            return Socket(self)

        return make

    async def handler(self, connection: ServerConnection) -> None:
        """The life of one socket."""
        socket = cast(Socket, connection)
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                await socket.handshake(socket.greet, server_header=None)
            if socket.protocol.state is State.OPEN:
                await socket.live_on()
        except (TimeoutError, ConnectionClosed, OSError):
            pass
        except Exception:  # a bug in one socket is in the log, and that socket is closed
            log.exception("live.socket_fell")
        finally:
            socket.gone()
            with contextlib.suppress(Exception):
                await socket.close()
            socket.transport.abort()
            self.handler_tasks.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    async def close(self) -> None:
        """Send every page away, to come to another process."""
        self.stopping = True
        pages = [page for page in self.live.hub.pages if isinstance(page, Socket)]
        await asyncio.gather(*(page.close(1012) for page in pages), return_exceptions=True)


class Socket(ServerConnection):
    """One open page."""

    def __init__(self, sockets: Sockets) -> None:
        protocol = ServerProtocol(extensions=None, max_size=16_384)
        super().__init__(
            protocol, cast(Server, sockets), ping_interval=None, close_timeout=2, max_queue=8, write_limit=BUFFER
        )
        self.live = sockets.live
        self.listener: Listener | None = None
        self.who = ""
        self.asked: list[str] = []
        self.seen: int | None = None
        self.began = self.heard = clock.monotonic()
        self.most = MOST_SECONDS * random.uniform(0.8, 1.0)  # noqa: S311 - spreads their return
        self.behind: float | None = None

    def greet(self, connection: ServerConnection, request: Request) -> Response | None:
        """Let in whoever holds a ticket."""
        address = urlsplit(request.path)
        query = parse_qs(address.query)
        if not address.path.startswith(PATHS):
            return self.respond(404, "not found\n")
        try:
            self.listener = self.live.admit((query.get("ticket") or [None])[0])  # type: ignore[list-item]  # None is taken
        except TooMany as error:
            response = self.respond(429, f"{error.code}\n")
            response.headers["Retry-After"] = "10"
            return response
        except ClobusError as error:
            return self.respond(error.http_status, f"{error.code}\n")
        self.who = self.listener.id
        self.asked = [topic for topic in ",".join(query.get("topics", [])).split(",") if topic]
        if address.path.startswith(PATHS[1]):
            self.asked.append("consultation:" + address.path.removeprefix(PATHS[1]))
        last = (query.get("last") or [""])[0]
        self.seen = int(last) if last.isascii() and last.isdigit() and len(last) < 19 else None
        return None

    async def live_on(self) -> None:
        """Hear what the page says, until it goes."""
        listener = cast(Listener, self.listener)
        self.live.hub.enter(self, listener.own or ())
        await self.send(f'{{"type":"hello","last":{self.live.hub.last}}}')
        if self.asked:
            await self._obey(Orders(subscribe=self.asked, last=self.seen))
        window, count = clock.monotonic(), 0
        async for message in self:
            now = clock.monotonic()
            if now - window > WITHIN:
                window, count = now, 0
            count += 1
            if count > MESSAGES:
                await self.close(1008, "too many messages")
                return
            if message == "ping":
                await self.send("pong")
                continue
            try:
                await self._obey(msgspec.json.decode(message, type=Orders))
            except msgspec.MsgspecError:
                await self.send('{"type":"error","code":"live.message"}')

    async def _obey(self, orders: Orders) -> None:
        hub = self.live.hub
        hub.unwatch(self, orders.unsubscribe)
        if not orders.subscribe:
            return
        room = max(0, self.live.topics_each - len(hub.pages[self]))
        topics, refused = await self.live.begin(cast(Listener, self.listener), orders.subscribe[:room])
        hub.watch(self, topics)  # before the look back, so that nothing falls in between
        said = {"type": "subscribed", "topics": topics, "refused": refused + orders.subscribe[room:]}
        await self.send(msgspec.json.encode(said).decode())
        gone = await self.live.missed(topics, orders.last)
        if gone is None:
            await self.send(RENEW)
            return
        for topic, event in gone.items():
            await self.send(msgspec.json.encode({"type": "changed", "topic": topic, "event": event}).decode())

    def gone(self) -> None:
        """The page is closed."""
        if self in self.live.hub.pages:
            self.live.hub.leave(self, (self.listener.own if self.listener else None) or ())

    def data_received(self, data: bytes) -> None:
        """Any byte, a pong too, is a sign of life."""
        self.heard = clock.monotonic()
        super().data_received(data)

    def tell(self, topic: str, event: int, frame: bytes) -> None:
        """Write ready news, unless the page does not read."""
        if self.behind is not None or self.protocol.state is not State.OPEN:
            return
        if self.transport.get_write_buffer_size() > BUFFER:
            self.behind = clock.monotonic()
            return
        self.transport.write(frame)

    def resume_writing(self) -> None:
        """The page has read what waited."""
        super().resume_writing()
        if self.behind is not None:
            self.renew()

    def renew(self) -> None:
        """Tell it to read everything anew."""
        self.behind = None
        if self.protocol.state is State.OPEN:
            text = RENEW.encode()
            self.transport.write(bytes((0x81, len(text))) + text)

    def beat(self, now: float) -> None:
        """Ping it; drop it when it is silent, stuck or old."""
        if now - self.heard > SILENT_SECONDS or (self.behind is not None and now - self.behind > STUCK_SECONDS):
            self.transport.abort()
        elif now - self.began > self.most:
            self._go(1000, "come again")
        elif self.behind is None and self.protocol.state is State.OPEN:
            self.transport.write(PING)

    def dismiss(self) -> None:
        """Its person may listen no more."""
        self._go(1008, "over")

    def end(self) -> None:
        """The process stops."""
        self._go(1012, "restart")

    def _go(self, code: int, why: str) -> None:
        task = asyncio.ensure_future(self.close(code, why))
        tasks = cast(Sockets, self.server).handler_tasks
        tasks.add(task)
        task.add_done_callback(tasks.discard)
