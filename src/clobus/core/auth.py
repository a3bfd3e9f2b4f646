"""Who calls, and what stands at every door: each route declares `require(...)` or `public(...)`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, cast
from uuid import UUID

from starlette.requests import Request

from clobus.core import clock
from clobus.core.errors import Forbidden, Unauthenticated
from clobus.core.ratelimit import Limiter

Check = Callable[[Request], Awaitable["Principal"]]


class Role(StrEnum):
    """Kinds of caller; the values are stored with keys."""

    SERVICE = "service"
    CLIENT = "client"
    MANAGER = "manager"
    HEAD = "head"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


STAFF = (Role.MANAGER, Role.HEAD, Role.ADMINISTRATOR)
READERS = (Role.SERVICE, *STAFF, Role.AUDITOR)


@dataclass(frozen=True, slots=True)
class Principal:
    """A known caller. `id` is stable for one key; `subject_id` names the person a client's key speaks for."""

    id: str
    name: str
    role: Role
    scopes: frozenset[str] = frozenset()
    subject_id: UUID | None = None

    def may(self, scope: str | None) -> bool:
        """A caller without scopes may all that its role may, one with scopes only those; `x:read` covers
        `x:read-by-id`.
        """
        if scope is None or not self.scopes or scope in self.scopes:
            return True
        return any(scope.startswith(f"{each}-") for each in self.scopes)


NOBODY = Principal("nobody", "nobody", Role.CLIENT)


class Authenticator(Protocol):
    """Tells who holds a token; None: nobody whom we know."""

    async def authenticate(self, token: str) -> Principal | None:
        """Look the token up."""


@dataclass(frozen=True, slots=True)
class Door:
    """What the guards of an application work with; kept in `app.state.door`."""

    authenticator: Authenticator
    limiter: Limiter


@dataclass(frozen=True, slots=True)
class Guard:
    """What a route declares about its callers; `roles` is empty for a public one."""

    roles: frozenset[Role]
    scope: str | None
    limit: str


def require(*roles: Role, scope: str | None = None, limit: str = "requests") -> Check:
    """A dependency that lets these roles through, within the named rate limit for each caller."""
    guard = Guard(frozenset(roles), scope, limit)

    async def check(request: Request) -> Principal:
        principal = await identify(request)
        if principal.role not in guard.roles or not principal.may(guard.scope):
            raise Forbidden("auth.role")
        _door(request).limiter.hit(guard.limit, principal.id)
        return principal

    check.__dict__["guard"] = guard
    return check


def public(limit: str = "public") -> Check:
    """A dependency of a route for everybody, within the named rate limit for each address."""
    guard = Guard(frozenset(), None, limit)

    async def check(request: Request) -> Principal:
        _door(request).limiter.hit(guard.limit, address(request))
        return NOBODY

    check.__dict__["guard"] = guard
    return check


def guard_of(dependency: Any) -> Guard | None:
    """What a dependency declares, None when it is no guard."""
    found = getattr(dependency, "guard", None)
    return found if isinstance(found, Guard) else None


async def identify(request: Request) -> Principal:
    """Find the caller by the token of the request; Unauthenticated, or TooMany for an address that guesses."""
    door = _door(request)
    token = _token(request)
    principal = await door.authenticator.authenticate(token) if token else None
    if principal is None:
        door.limiter.hit("guesses", address(request))
        raise Unauthenticated("auth.unknown")
    return principal


def address(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else "unknown"


def _door(request: Request) -> Door:
    return cast(Door, request.app.state.door)


def _token(request: Request) -> str | None:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if token and kind.lower() == "bearer":
        return token.strip()
    return request.headers.get("x-front-secret")


def new_token() -> str:
    """A random token of 256 bits; only its hash is kept."""
    return f"clobus_{secrets.token_urlsafe(32)}"


def hash_token(token: str) -> bytes:
    """What is kept of a token: it is random, so a plain digest is enough."""
    return hashlib.sha256(token.encode()).digest()


def sign(key: str, purpose: str, value: str, seconds: float) -> str:
    """A value that only we can have made, for one purpose and a while: `value.expiry.signature`."""
    expires = int(clock.now().timestamp() + seconds)
    return f"{value}.{expires}.{_mac(key, purpose, f'{value}.{expires}')}"


def unsign(key: str, purpose: str, signed: str) -> str | None:
    """The value of `sign`, or None when it is forged, of another purpose or expired."""
    body, _, mac = signed.rpartition(".")
    value, _, expires = body.rpartition(".")
    if not hmac.compare_digest(mac.encode(), _mac(key, purpose, body).encode()):
        return None
    return value if expires.isdigit() and int(expires) > clock.now().timestamp() else None


def _mac(key: str, purpose: str, body: str) -> str:
    digest = hmac.new(key.encode(), f"{purpose}\n{body}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
