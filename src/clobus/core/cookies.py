"""The session's cookie, and the defence of callers who are known by it against requests that other sites make."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.requests import Request

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
SCOPE_KEY = "clobus.set_cookie"
"""Where a guard leaves a Set-Cookie header for the outermost layer to send with whatever the route answers."""


def name(*, secure: bool) -> str:
    """`__Host-` binds the cookie to this host and to TLS; a sandbox without TLS can't have that."""
    return "__Host-clobus" if secure else "clobus"


def header(token: str, seconds: float, *, secure: bool) -> str:
    """The value of Set-Cookie that keeps a session; an empty token ends it."""
    parts = [f"{name(secure=secure)}={token}", "Path=/", f"Max-Age={int(seconds) if token else 0}"]
    return "; ".join([*parts, "HttpOnly", "SameSite=Lax", *(["Secure"] if secure else [])])


def origin_of(url: str) -> str:
    """Scheme, host and port of an address as browsers write an Origin."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port and parts.port != {"http": 80, "https": 443}.get(parts.scheme) else ""
    return f"{parts.scheme}://{parts.hostname}{port}"


def is_foreign(request: Request, ours: Collection[str]) -> bool:
    """Whether a browser says that another site made this request."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is not None and origin not in (*ours, f"{request.url.scheme}://{request.headers.get('host')}")


def is_unproved(request: Request, ours: Collection[str]) -> bool:
    """Whether a request that would change something lacks the proof that our own page made it."""
    if request.method in SAFE_METHODS:
        return False
    named = "sec-fetch-site" in request.headers or "origin" in request.headers
    return not named or is_foreign(request, ours)
