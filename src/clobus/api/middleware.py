"""Around every request: a trace id, a bound on the body, security headers, one log line and two metrics."""

from __future__ import annotations

import re
import secrets
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clobus.core import clock, cookies
from clobus.core.metrics import REQUEST_SECONDS, REQUESTS

log = structlog.get_logger()

HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    # Not "no-referrer": our own forms would come with `Origin: null`, as another site's do.
    (b"referrer-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy",
     b"default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'self';"
     b" frame-ancestors 'none'; base-uri 'none'"),
]  # fmt: skip
ONLY_TLS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
UPLOADS = re.compile(r"/api/consultations/[^/]+/attachments")
"""Where files are taken; every other body is small."""
TOO_LARGE = b'{"type":"urn:clobus:problem:http.413","title":"Content Too Large","status":413,"code":"http.413"}'


class Around:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, body_bytes: int, upload_bytes: int, *, secure: bool = False) -> None:
        self.app = app
        self.body_bytes = body_bytes
        self.upload_bytes = upload_bytes
        self.headers = [*HEADERS, ONLY_TLS] if secure else HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["trace_id"] = trace = secrets.token_hex(8)
        started, status = clock.monotonic(), 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                present = {name for name, _ in message.get("headers", [])}
                kept = scope.get(cookies.SCOPE_KEY)
                # A route that sets the cookie itself knows better than the rotation before it.
                fresh = [(b"set-cookie", kept.encode())] if kept and b"set-cookie" not in present else []
                # A policy of the page's own says who may frame it, which the older header can't tell so finely.
                absent = present | ({b"x-frame-options"} if b"content-security-policy" in present else set())
                message["headers"] = [
                    *message.get("headers", []),
                    *(pair for pair in self.headers if pair[0] not in absent),
                    *fresh,
                    (b"x-trace-id", trace.encode()),
                ]
            await send(message)

        try:
            bound = self.upload_bytes if UPLOADS.fullmatch(scope["path"]) else self.body_bytes
            if _length(scope) > bound:
                await _refuse(answer)
                return
            await self.app(scope, _Bounded(receive, bound), answer)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            seconds = clock.monotonic() - started
            REQUESTS.labels(route, scope["method"], str(status)).inc()
            REQUEST_SECONDS.labels(route).observe(seconds)
            log.info("api.request", route=route, method=scope["method"], status=status, ms=round(seconds * 1000, 1),
                     trace_id=trace)  # fmt: skip


class _Bounded:
    """Stops reading a body that is longer than it said or than we take."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self.receive = receive
        self.left = limit

    async def __call__(self) -> Message:
        message = await self.receive()
        self.left -= len(message.get("body", b""))
        return message if self.left >= 0 else {"type": "http.disconnect"}


def _length(scope: Scope) -> int:
    found: Any = dict(scope["headers"]).get(b"content-length", b"0")
    return int(found) if found.isdigit() else 0


async def _refuse(send: Send) -> None:
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(TOO_LARGE)).encode())]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": TOO_LARGE})
