"""Who calls, and what stands at every door: each route declares `require(...)` or `public(...)`.

Four kinds of caller (docs/callers.md): a person with a session (cookie, or its token as a bearer), a Telegram Mini App
(`Authorization: tma <initData>`), a service (an API key as a bearer), and the old site's shared secret.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, cast
from uuid import UUID

from starlette.requests import Request

from clobus.core import clock, cookies
from clobus.core.errors import Forbidden, Unauthenticated
from clobus.core.ratelimit import Limiter

Check = Callable[[Request], Awaitable["Principal"]]
ACTING = "x-client-id"
"""The header by which a person who speaks for several clients says for which one he acts."""
ORGANISATION = "x-organisation-id"
"""The same for a person with an account: the organisation, with the rights that he has in that one."""
ORGANISATION_IN_LINK = "acting"
"""The same in the address of a file, since a link that a person follows sends no header; only to read."""
STEP_UP_SECONDS = 600.0
"""So long after a proof a person may do what is dangerous."""


class Role(StrEnum):
    """Kinds of caller; the values are stored with keys."""

    SERVICE = "service"
    CLIENT = "client"
    MANAGER = "manager"
    HEAD = "head"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class Via(StrEnum):
    """By what a caller is known."""

    NOTHING = "nothing"
    KEY = "key"
    SESSION = "session"
    TELEGRAM = "telegram"
    FRONT = "front"


STAFF = (Role.MANAGER, Role.HEAD, Role.ADMINISTRATOR)
READERS = (Role.SERVICE, *STAFF, Role.AUDITOR)


@dataclass(frozen=True, slots=True)
class Membership:
    """An organisation of a person: which client of the desk it is, once that is sure, and what he may do there."""

    organisation_id: UUID
    client_id: UUID | None
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Principal:
    """A known caller. `id` is stable for one person or key; a client speaks for `subjects` and acts as `subject_id`.

    A person with an account acts for one organisation at a time: `memberships` are all of his.
    """

    id: str
    name: str
    role: Role
    scopes: frozenset[str] = frozenset()
    subject_id: UUID | None = None
    subjects: frozenset[UUID] = frozenset()
    via: Via = Via.KEY
    telegram_user_id: int | None = None
    session_id: UUID | None = None
    person_id: UUID | None = None
    organisation_id: UUID | None = None
    memberships: tuple[Membership, ...] = ()
    proved_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.subject_id is not None and self.subject_id not in self.subjects:
            object.__setattr__(self, "subjects", self.subjects | {self.subject_id})

    def may(self, scope: str | None) -> bool:
        """A caller without scopes may all that its role may, one with scopes only those; `x:read` covers
        `x:read-by-id`.
        """
        if scope is None or not self.scopes or scope in self.scopes:
            return True
        return any(scope.startswith(f"{each}-") for each in self.scopes)

    def acting_for(self, membership: Membership) -> Principal:
        """The same person in one organisation, within the rights that he has there."""
        own = frozenset() if membership.client_id is None else frozenset({membership.client_id})
        return replace(
            self, subject_id=membership.client_id, subjects=own, scopes=membership.scopes,
            organisation_id=membership.organisation_id,
        )  # fmt: skip

    @property
    def reach(self) -> frozenset[UUID] | None:
        """The clients whose rows the caller may touch, with their users; None for all."""
        return self.subjects if self.role is Role.CLIENT else None


NOBODY = Principal("nobody", "nobody", Role.CLIENT, via=Via.NOTHING)


class Carrier(StrEnum):
    """How a credential came."""

    BEARER = "bearer"
    TELEGRAM = "tma"
    FRONT = "front"
    COOKIE = "cookie"


@dataclass(frozen=True, slots=True)
class Credential:
    """What a request shows of its caller."""

    carrier: Carrier
    text: str


@dataclass(frozen=True, slots=True)
class Known:
    """Whom a credential names; `fresh_token` replaces a session's token that was in use for a while."""

    principal: Principal
    fresh_token: str | None = None
    seconds: float = 0.0


class Authenticator(Protocol):
    """Tells whom a credential names; None: nobody whom we know."""

    async def authenticate(self, credential: Credential) -> Known | None:
        """Look the credential up."""


@dataclass(frozen=True, slots=True)
class Door:
    """What the guards of an application work with; kept in `app.state.door`."""

    authenticator: Authenticator
    limiter: Limiter
    origins: frozenset[str] = frozenset()
    secure: bool = False

    @property
    def cookie(self) -> str:
        """The name of the session's cookie here."""
        return cookies.name(secure=self.secure)


@dataclass(frozen=True, slots=True)
class Guard:
    """What a route declares about its callers; `roles` is empty for a public one."""

    roles: frozenset[Role]
    scope: str | None
    limit: str
    linked: bool = True


def require(*roles: Role, scope: str | None = None, limit: str = "requests", linked: bool = True) -> Check:
    """A dependency that lets these roles through, within the named rate limit for each caller.

    `linked=False` lets a person of Telegram in who is linked to no client yet.
    """
    guard = Guard(frozenset(roles), scope, limit, linked)

    async def check(request: Request) -> Principal:
        principal = await identify(request)
        door = door_of(request)
        door.limiter.hit(guard.limit, _counted(principal, request))
        if principal.role not in guard.roles or not principal.may(guard.scope):
            raise Forbidden("auth.role")
        if guard.linked and principal.telegram_user_id is not None and not principal.subjects:
            raise Forbidden("telegram.contact_needed")
        return principal

    check.__dict__["guard"] = guard
    return check


def public(limit: str = "public") -> Check:
    """A dependency of a route for everybody, within the named rate limit for each address."""
    guard = Guard(frozenset(), None, limit)

    async def check(request: Request) -> Principal:
        door_of(request).limiter.hit(guard.limit, address(request))
        return NOBODY

    check.__dict__["guard"] = guard
    return check


def guard_of(dependency: Any) -> Guard | None:
    """What a dependency declares, None when it is no guard."""
    found = getattr(dependency, "guard", None)
    return found if isinstance(found, Guard) else None


async def identify(request: Request) -> Principal:
    """Find the caller; Unauthenticated, TooMany for an address that guesses, Forbidden for another site's request."""
    door = door_of(request)
    credential = credential_of(request)
    try:
        principal = await recognize(request, credential)
    except Unauthenticated:
        door.limiter.hit("guesses", address(request))
        raise
    if principal is None:
        door.limiter.hit("guesses", address(request))
        raise Unauthenticated("auth.unknown")
    if credential and credential.carrier is Carrier.COOKIE and cookies.is_unproved(request, door.origins):
        raise Forbidden("auth.csrf")
    return _acting(principal, request)


async def recognize(request: Request, credential: Credential | None = None) -> Principal | None:
    """Who calls, without guarding anything; a session's fresh cookie is sent along with the answer."""
    door = door_of(request)
    credential = credential or credential_of(request)
    known = await door.authenticator.authenticate(credential) if credential else None
    if known is None:
        return None
    if known.fresh_token is not None:
        request.scope[cookies.SCOPE_KEY] = cookies.header(known.fresh_token, known.seconds, secure=door.secure)
    return known.principal


def credential_of(request: Request) -> Credential | None:
    """What the request shows: a header before the old site's secret before the cookie."""
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    if kind:
        carrier = {"bearer": Carrier.BEARER, "tma": Carrier.TELEGRAM}.get(kind.lower())
        return Credential(carrier, text.strip()) if carrier and text.strip() else None
    front = request.headers.get("x-front-secret")
    if front:
        return Credential(Carrier.FRONT, front)
    cookie = request.cookies.get(door_of(request).cookie)
    return Credential(Carrier.COOKIE, cookie) if cookie else None


def _acting(principal: Principal, request: Request) -> Principal:
    """The caller as the client that he names, when he speaks for that one."""
    named = request.headers.get(ACTING)
    if principal.role is not Role.CLIENT:
        return principal
    organisation = request.headers.get(ORGANISATION)
    if organisation is None and request.method == "GET":
        organisation = request.query_params.get(ORGANISATION_IN_LINK)
    if principal.person_id is not None and (named or organisation):
        return principal.acting_for(_membership(principal, organisation, named))
    if named is None:
        return principal
    found = next((subject for subject in principal.subjects if str(subject) == named.lower()), None)
    if found is None:
        raise Forbidden("auth.other_client")
    return replace(principal, subject_id=found)


def _membership(principal: Principal, organisation: str | None, client: str | None) -> Membership:
    """The organisation that a person names, by its own id or by its client's; Forbidden for any other."""
    for each in principal.memberships:
        same_organisation = organisation is None or str(each.organisation_id) == organisation.lower()
        same_client = client is None or str(each.client_id) == client.lower()
        if same_organisation and same_client:
            return each
    raise Forbidden("auth.other_client")


def person_of(principal: Principal) -> UUID:
    """The account behind a caller; Forbidden for callers who have none (keys, one-time links, Mini Apps)."""
    if principal.person_id is None:
        raise Forbidden("auth.person_needed")
    return principal.person_id


def ensure_proved(principal: Principal) -> None:
    """What is dangerous needs a proof of the last minutes: Forbidden `auth.step_up_needed`."""
    proved = principal.proved_at
    if proved is None or (clock.now() - proved).total_seconds() > STEP_UP_SECONDS:
        raise Forbidden("auth.step_up_needed")


def _counted(principal: Principal, request: Request) -> str:
    """By whom knocks are counted: all browsers of the old site share one secret, so by their addresses."""
    return f"{principal.id}@{address(request)}" if principal.via is Via.FRONT else principal.id


def address(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else "unknown"


def door_of(request: Request) -> Door:
    """What the guards of this application work with."""
    return cast(Door, request.app.state.door)


def new_token(prefix: str = "clobus") -> str:
    """A random token of 256 bits; only its hash is kept."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


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
