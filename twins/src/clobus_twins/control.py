"""The control doors that every twin has: faults, requests received, reset, clock.

A twin makes one `Control`, asks `control.clock.now()` for the time and `control.faults.take(kind, line)` for its own
kinds of fault, and hands out `ControlMiddleware(app, control)` as its outermost ASGI application. Doors:

* `POST /_control/faults` one fault or a list; `GET` lists those that wait, `DELETE` clears.
* `GET /_control/received?since=SEQ&match=REGEX` the requests received, oldest first, as a list; `DELETE` clears.
* `POST /_control/reset` clears faults, received requests and the clock; `{"state": true}` wipes the state too.
* `GET|POST /_control/clock` `{"now": iso}` sets the clock, `{"shift_seconds": n}` sets its distance from real time
  (0 = real time), `{"frozen": true}` stops it where it stands.

Other paths below `/_control` reach the twin itself; none of them is ever faulted or recorded.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import re
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clobus_twins.faults import GENERAL_KINDS, BadControlError, Fault, FaultBook

RING = 10_000
BODY_KEPT = 65_536
FARTHEST = 1_500_000_000
"""How far a clock is shifted at most, in seconds: about fifty years."""
_SECRET_HEADERS = frozenset({b"authorization", b"api_access_token", b"cookie"})


class Clock:
    """Real time plus a shift, or a stopped hand; always aware, UTC."""

    def __init__(self) -> None:
        self._shift = timedelta()
        self._frozen: datetime | None = None

    def now(self) -> datetime:
        """The twin's present instant."""
        return self._frozen or datetime.now(UTC) + self._shift

    def apply(self, body: Any) -> None:
        """Set the clock from the body of `POST /_control/clock`; BadControlError when it makes no sense."""
        if not isinstance(body, dict) or not body.keys() <= {"now", "shift_seconds", "frozen"} or not body:
            raise BadControlError('the clock takes {"now": iso}, {"shift_seconds": n} and {"frozen": bool}')
        if "now" in body:
            try:
                wanted = datetime.fromisoformat(str(body["now"]))
            except ValueError as error:
                raise BadControlError(f"now is not an ISO instant: {body['now']!r}") from error
            if wanted.tzinfo is None:
                raise BadControlError("now needs an offset, for example 2026-01-31T09:00:00+05:00")
            if not 1970 < wanted.year < 2200:
                raise BadControlError("now lies between 1971 and 2199")
            self._frozen, self._shift = None, wanted.astimezone(UTC) - datetime.now(UTC)
        if "shift_seconds" in body:
            shift = body["shift_seconds"]
            if isinstance(shift, bool) or not isinstance(shift, int | float) or not abs(shift) <= FARTHEST:
                raise BadControlError(f"shift_seconds needs a number between {-FARTHEST} and {FARTHEST}")
            self._frozen, self._shift = None, timedelta(seconds=shift)
        if "frozen" in body:
            if not isinstance(body["frozen"], bool):
                raise BadControlError("frozen is true or false")
            self._frozen = self.now() if body["frozen"] else None

    def reset(self) -> None:
        """Back to real time."""
        self._shift, self._frozen = timedelta(), None

    def shown(self) -> dict[str, Any]:
        """The clock as `GET /_control/clock` shows it."""
        return {
            "now": self.now().isoformat(),
            "shift_seconds": round(self._shift.total_seconds(), 3),
            "frozen": self._frozen is not None,
        }


@dataclass(slots=True)
class Received:
    """One request as it came."""

    seq: int
    at: datetime
    method: str
    path: str
    query: str
    headers: list[tuple[bytes, bytes]]
    body: bytes
    status: int | None = None
    fault: str | None = None

    def shown(self) -> dict[str, Any]:
        """The request as `GET /_control/received` shows it; bodies are JSON where they parse, secrets left out."""
        body: Any = None
        if self.body:
            text = self.body.decode("utf-8", "replace")
            try:
                body = json.loads(text)
            except ValueError:
                body = text
        headers = {
            name.decode("latin-1"): "***" if name in _SECRET_HEADERS else value.decode("latin-1")
            for name, value in self.headers
        }
        return {
            "seq": self.seq,
            "at": self.at.isoformat(),
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "headers": headers,
            "body": body,
            "status": self.status,
            "fault": self.fault,
        }


Renderer = Callable[[Fault], Response | None]


class Control:
    """What a twin and its tester share: clock, faults, received requests.

    `kinds` are the twin's own fault kinds, `wipe` empties its state (plain or async), `render` may give the answer of
    a `status` fault in the vendor's shape (None = the plain one).
    """

    def __init__(
        self,
        *,
        kinds: frozenset[str] = frozenset(),
        wipe: Callable[[], Awaitable[None] | None] | None = None,
        render: Renderer | None = None,
    ) -> None:
        self.clock = Clock()
        self.faults = FaultBook(kinds)
        self.received: deque[Received] = deque(maxlen=RING)
        self.wipe = wipe
        self.render = render
        self._seq = 0

    def record(self, scope: Scope, path: str, query: str, body: bytes) -> Received:
        """Keep a request in the ring."""
        self._seq += 1
        kept = Received(
            self._seq, self.clock.now(), scope["method"], path, query, list(scope["headers"]), body[:BODY_KEPT]
        )
        self.received.append(kept)
        return kept

    def answer(self, fault: Fault) -> Response:
        """The answer of a `status` fault."""
        response = self.render(fault) if self.render and fault.body is None else None
        if response is None:
            body = fault.body if fault.body is not None else {"error": f"fault {fault.status} asked for by the tester"}
            if isinstance(body, str):
                kind = "text/html" if body.lstrip().startswith("<") else "text/plain"
                response = Response(body, fault.status, media_type=kind)
            else:
                response = JSONResponse(body, fault.status)
        if fault.retry_after is not None:
            response.headers["retry-after"] = f"{fault.retry_after:g}"
        response.headers.update(fault.headers)
        return response

    async def door(self, method: str, path: str, query: str, body: bytes) -> Response | None:
        """Answer one control request; None when the path is not one of ours."""
        handlers: dict[tuple[str, str], Callable[[Any], Any]] = {
            ("POST", "/_control/faults"): lambda data: [fault.shown() for fault in self.faults.add(data)],
            ("GET", "/_control/faults"): lambda _: self.faults.shown(),
            ("DELETE", "/_control/faults"): lambda _: self.faults.clear(),
            ("GET", "/_control/received"): lambda _: self._shown_received(query),
            ("DELETE", "/_control/received"): lambda _: self.received.clear(),
            ("POST", "/_control/reset"): self._reset,
            ("GET", "/_control/clock"): lambda _: self.clock.shown(),
            ("POST", "/_control/clock"): self._set_clock,
        }
        handler = handlers.get((method, path))
        if handler is None:
            if any(known == path for _, known in handlers):
                return JSONResponse({"error": f"{path} does not take {method}"}, 405)
            return None
        try:
            result = handler(_parsed(body) if method == "POST" else None)
            if inspect.isawaitable(result):
                result = await result
        except BadControlError as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse({"ok": True} if result is None else result)

    def _set_clock(self, body: Any) -> dict[str, Any]:
        self.clock.apply(body)
        return self.clock.shown()

    async def _reset(self, body: Any) -> None:
        wrong = 'reset takes {} or {"state": true}'
        if body is not None and (not isinstance(body, dict) or not body.keys() <= {"state"}):
            raise BadControlError(wrong)
        if body and not isinstance(body.get("state"), bool):
            raise BadControlError(wrong)
        self.faults.clear()
        self.received.clear()
        self.clock.reset()
        if body and body.get("state"):
            if self.wipe is None:
                raise BadControlError("this twin keeps no state that could be wiped")
            result = self.wipe()
            if inspect.isawaitable(result):
                await result

    def _shown_received(self, query: str) -> list[dict[str, Any]]:
        asked = parse_qs(query)
        since, match = asked.get("since", ["0"])[0], asked.get("match", [""])[0]
        try:
            pattern = re.compile(match)
            after = int(since)
        except (ValueError, re.error) as error:
            raise BadControlError(f"since is a sequence number and match a regular expression: {error}") from error
        rows = (row for row in self.received if row.seq > after)
        return [row.shown() for row in rows if pattern.search(request_line(row.method, row.path, row.query))]


class ControlMiddleware:
    """The outermost application of a twin: control doors, record, general faults.

    `store` is what the twin's seed fills; the application itself does not use it.
    """

    def __init__(self, app: ASGIApp, control: Control, store: Any = None) -> None:
        self.app = app
        self.control = control
        self.store = store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path, query = scope["path"], unquote(scope["query_string"].decode("latin-1"))
        body = await _whole_body(receive)
        if path.startswith("/_control"):
            raw_query = scope["query_string"].decode("latin-1")
            response = await self.control.door(scope["method"], path, raw_query, body)
            await (response or self.app)(scope, _replay(body, receive), send)
            return
        record = self.control.record(scope, path, query, body)
        fault = self.control.faults.take(GENERAL_KINDS, request_line(scope["method"], path, query))
        if fault is None:
            await self._run(scope, _replay(body, receive), send, record)
            return
        record.fault = fault.kind
        await self._suffer(fault, scope, (body, receive), send, record)

    async def _run(self, scope: Scope, receive: Receive, send: Send, record: Received) -> None:
        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = message["status"]
            await send(message)

        await self.app(scope, receive, noting)

    async def _suffer(
        self, fault: Fault, scope: Scope, source: tuple[bytes, Receive], send: Send, record: Received
    ) -> None:
        body, receive = source
        if fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
            await self._run(scope, _replay(body, receive), send, record)
        elif fault.kind == "status":
            if fault.after:
                await self._run(scope, _replay(body, receive), _drop, record)
            record.status = fault.status
            await self.control.answer(fault)(scope, receive, send)
        elif fault.kind == "cut_after_write":
            await self._run(scope, _replay(body, receive), _drop, record)
            await _abort(receive, send)
        else:
            if fault.kind == "hang":
                await _gone(receive, fault.seconds)
            await _abort(receive, send)


def request_line(method: str, path: str, query: str) -> str:
    """What the `match` of a fault is searched in: `METHOD path?query`, decoded."""
    return f"{method} {path}?{query}" if query else f"{method} {path}"


def _parsed(body: bytes) -> Any:
    if not body.strip():
        return None
    try:
        return json.loads(body)
    except ValueError as error:
        raise BadControlError(f"the body is not JSON: {error}") from error


async def _whole_body(receive: Receive) -> bytes:
    chunks = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            break
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            break
    return b"".join(chunks)


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


async def _drop(_: Message) -> None:
    return None


async def _gone(receive: Receive, seconds: float) -> None:
    """Wait until the caller leaves, `seconds` at most."""

    async def left() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    try:
        await asyncio.wait_for(left(), seconds)
    except TimeoutError:
        return


async def _abort(receive: Receive, send: Send) -> None:
    """Cut the connection with no answer. Under uvicorn `send` belongs to the cycle that owns the transport."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionResetError("the twin cut the connection")
    transport.abort()
    await _gone(receive, 1)
