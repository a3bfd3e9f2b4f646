"""Signing in and out: a session is begun by a one-time link, by a Mini App's initData, or by a key of the staff.

Accounts with passwords and second factors come as further proofs: they check theirs and call `begin`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from clobus.api.acts import actor_of, agent_of, noted
from clobus.core import auth, cookies, ids
from clobus.core.auth import Carrier, Credential, Principal, Role, Via, public, require
from clobus.core.db import Connection
from clobus.core.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from clobus.modules.accounts import audit, links, sessions
from clobus.modules.accounts.sessions import Begun
from clobus.modules.clients import service as clients

router = APIRouter(prefix="/api/auth", tags=["signing in"])
PEOPLE = (Role.CLIENT, Role.MANAGER, Role.HEAD, Role.ADMINISTRATOR, Role.AUDITOR)
OPEN = Depends(public("signs"))
Person = Annotated[Principal, Depends(require(*PEOPLE, linked=False))]
Linker = Annotated[
    Principal,
    Depends(
        require(Role.CLIENT, Role.SERVICE, Role.MANAGER, Role.HEAD, Role.ADMINISTRATOR, scope="links:create",
                limit="creates")
    ),
]  # fmt: skip
MAKERS = (Role.SERVICE, Role.MANAGER, Role.HEAD, Role.ADMINISTRATOR)
PROOF = "initdata"


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class InitDataIn(_In):
    """What the Mini App was opened with; may come in the Authorization header instead."""

    init_data: Annotated[str | None, Field(max_length=4096)] = None


class TokenIn(_In):
    """The token of a one-time link, or a key."""

    token: Annotated[str, Field(min_length=10, max_length=200)]


class LinkIn(_In):
    """A one-time link for a client: to sign in on the site, or to link a chat with the bot."""

    purpose: Literal["signin", "telegram"]
    client_id: UUID | None = None


class LinkOut(BaseModel):
    """The token, shown once: with a page to sign in, or with what the bot is started with (`t.me/BOT?start=...`)."""

    purpose: str
    token: str
    start: str | None
    url: str | None
    seconds: float


class WhoOut(BaseModel):
    """Who calls, as we know him."""

    role: str
    via: str
    client_id: UUID | None
    clients: list[UUID]
    telegram_user_id: int | None
    session_id: UUID | None
    scopes: list[str]
    person_id: UUID | None = None
    organisation_id: UUID | None = None
    token: str | None = None
    seconds: float | None = None


def _json(value: Any, answer: Response | None = None) -> Response:
    made = answer or Response(media_type="application/json")
    made.body = msgspec.json.encode(value)
    made.headers["content-length"] = str(len(made.body))
    return made


def _who(principal: Principal, begun: Begun | None = None) -> dict[str, Any]:
    rest = principal.subjects - {principal.subject_id}
    ordered = [principal.subject_id, *sorted(rest)] if principal.subject_id else sorted(rest)
    return {
        "role": principal.role.value, "via": principal.via.value, "client_id": principal.subject_id,
        "clients": ordered, "telegram_user_id": principal.telegram_user_id, "session_id": principal.session_id,
        "scopes": sorted(principal.scopes), "person_id": principal.person_id,
        "organisation_id": principal.organisation_id, "token": begun.token if begun else None,
        "seconds": begun.seconds if begun else None,
    }  # fmt: skip


async def begin(request: Request, answer: Response, **proof: Any) -> Begun:
    """Open a session by a checked proof: always a new token, and what the browser had before is over."""
    app = request.app.state
    async with app.runtime.db.transaction() as connection:
        begun: Begun = await sessions.begin(
            connection, app.callers.trust.lifetimes, agent=agent_of(request), **proof
        )  # fmt: skip
        if proof["method"] != "person":  # whose sign-in is written down with the device, see `identity.signed_in`
            await _note_begun(connection, request, begun, proof)
    await end(request, answer)
    answer.headers["set-cookie"] = cookies.header(begun.token, begun.seconds, secure=app.door.secure)
    return begun


async def _note_begun(connection: Connection, request: Request, begun: Begun, proof: dict[str, Any]) -> None:
    """Who came by a link, a key or the Mini App; of a key the name that lists of keys show."""
    role, subjects = proof.get("role", Role.CLIENT), proof.get("subjects", ())
    if "key_hash" in proof:
        name = f"key:{proof['key_hash'].hex()[:24]}"
    else:
        name = f"client:{subjects[0]}" if subjects else f"tg:{proof['telegram_user_id']}"
    actor = replace(actor_of(request), name=name, role=role.value, session_id=begun.id)
    after = {"how": proof["method"]}
    await audit.note(connection, actor, "session.begun", target=str(begun.id), after=after)


async def end(request: Request, answer: Response) -> None:
    """End the session of the request's cookie, if there is one, and take the cookie back."""
    door = auth.door_of(request)
    token = request.cookies.get(door.cookie)
    if token:
        known = await door.authenticator.authenticate(Credential(Carrier.COOKIE, token))
        if known and known.principal.session_id:
            async with request.app.state.runtime.db.transaction() as connection:
                await sessions.end(connection, known.principal.session_id)
                await noted(
                    connection, request, known.principal, "session.ended", str(known.principal.session_id)
                )  # fmt: skip
            request.app.state.callers.forget()
    answer.headers["set-cookie"] = cookies.header("", 0, secure=door.secure)


async def by_key(request: Request, answer: Response, token: str, roles: Collection[Role]) -> Begun | None:
    """Open a session with a key of the staff; None, and counted as a guess, when it is no such key."""
    door = auth.door_of(request)
    ensure_own_page(request)
    found: Principal | None = await request.app.state.callers.keys.authenticate(token)
    if found is None or found.role not in roles:
        door.limiter.hit("guesses", auth.address(request))
        return None
    return await begin(request, answer, method="key", role=found.role, key_hash=auth.hash_token(token))


def ensure_own_page(request: Request) -> None:
    """Nobody is signed in by another site's page: it would be as whom that site likes."""
    if cookies.is_foreign(request, auth.door_of(request).origins):
        raise Forbidden("auth.csrf")


@router.post("/telegram", dependencies=[OPEN], response_model=WhoOut)
async def telegram(request: Request, body: InitDataIn | None = None) -> Response:
    """A session for the user of a Mini App, once for one initData; the token is in the answer too, since a frame of
    Telegram's web client keeps no cookies. 401 forged or old, 403 when his contact is needed first, 409 used before.
    """
    ensure_own_page(request)
    door, app = auth.door_of(request), request.app.state
    given = auth.credential_of(request)
    raw = given.text if given and given.carrier is Carrier.TELEGRAM else (body.init_data if body else None) or ""
    try:
        user = app.callers.mini_app_user(raw)
        known = await app.callers.authenticate(Credential(Carrier.TELEGRAM, raw))
    except Unauthenticated:
        door.limiter.hit("guesses", auth.address(request))
        raise
    if not known.principal.subjects:
        raise Forbidden("telegram.contact_needed")
    answer = Response(media_type="application/json")
    async with app.runtime.db.transaction() as connection:
        fresh = await links.claim(connection, PROOF, raw, ids.new_id(), app.callers.trust.init_data_seconds + 120)
        if not fresh:
            raise Conflict("telegram.used")
    begun = await begin(request, answer, method="telegram", telegram_user_id=user.id)
    return _json(_who(known.principal, begun), answer)


@router.post("/link", dependencies=[OPEN], response_model=WhoOut)
async def link(request: Request, body: TokenIn) -> Response:
    """A session for the client of a one-time link; 401 when it was used, is old or none of ours."""
    answer = Response(media_type="application/json")
    subject, begun = await by_link(request, answer, body.token)
    principal = Principal(f"client:{subject}", "link", Role.CLIENT, subject_id=subject, via=Via.SESSION)
    return _json({**_who(principal), "session_id": begun.id}, answer)


async def by_link(request: Request, answer: Response, token: str) -> tuple[UUID, Begun]:
    """Open a session with a one-time link, which is over then; Unauthenticated, and counted as a guess."""
    ensure_own_page(request)
    async with request.app.state.runtime.db.transaction() as connection:
        subject = await links.use(connection, links.SIGN_IN, token)
        known = subject is not None and await clients.stands(connection, subject)
    if subject is None or not known:
        auth.door_of(request).limiter.hit("guesses", auth.address(request))
        raise Unauthenticated("link.unknown")
    return subject, await begin(request, answer, method="link", subjects=[subject])


@router.post("/key", dependencies=[OPEN], response_model=WhoOut)
async def key(request: Request, body: TokenIn) -> Response:
    """A session of the staff, by a key; it ends with the key. 401 for any other key."""
    answer = Response(media_type="application/json")
    begun = await by_key(request, answer, body.token, PEOPLE[1:])
    if begun is None:
        raise Unauthenticated("auth.unknown")
    found = await request.app.state.callers.authenticate(Credential(Carrier.BEARER, begun.token))
    return _json(_who(found.principal), answer)


@router.post("/links", response_model=LinkOut)
async def make_link(request: Request, body: LinkIn, principal: Linker) -> Response:
    """A one-time link: a client for himself, staff and services for any client; to sign in only these. 403, 404."""
    subject = body.client_id or principal.subject_id
    if principal.role not in MAKERS and (body.purpose == links.SIGN_IN or subject not in principal.subjects):
        raise Forbidden("auth.other_client" if body.purpose != links.SIGN_IN else "auth.role")
    if subject is None:
        raise Invalid("client.required")
    app = request.app.state
    seconds = app.runtime.settings.sessions.link_seconds
    async with app.runtime.db.transaction() as connection:
        if not await clients.stands(connection, subject):
            raise NotFound("client.unknown")
        token = await links.make(connection, body.purpose, subject, seconds)
        after = {"purpose": body.purpose}
        await noted(connection, request, principal, "session.link_made", str(subject), after=after)
    telegram = body.purpose == links.TELEGRAM
    page = f"{str(app.runtime.settings.public_url).rstrip('/')}/sign-in?token={token}"
    return _json(
        {"purpose": body.purpose, "token": token, "start": f"link_{token}" if telegram else None,
         "url": None if telegram else page, "seconds": seconds}
    )  # fmt: skip


@router.get("/session", response_model=WhoOut)
async def who(principal: Annotated[Principal, Depends(require(*Role, linked=False))]) -> Response:
    """Who calls: role, clients, session."""
    return _json(_who(principal))


class SessionOut(BaseModel):
    """One session of a person; `current` is the one that asks."""

    id: UUID
    method: str
    agent: str | None
    address: str | None = None
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    current: bool


@router.get("/sessions", response_model=list[SessionOut])
async def listed(request: Request, principal: Person) -> Response:
    """The live sessions of the same person, newest first, without tokens."""
    async with request.app.state.runtime.db.read() as connection:
        return _json(await sessions.listed(connection, _own(principal)))


@router.delete("/sessions/{session_id}", status_code=204)
async def revoke(request: Request, session_id: UUID, principal: Person) -> Response:
    """End one of the person's sessions; 404 for any other."""
    async with request.app.state.runtime.db.transaction() as connection:
        if not await sessions.end_of_person(connection, _own(principal), session_id):
            raise NotFound("session.unknown")
        await noted(connection, request, principal, "session.ended", str(session_id))
    request.app.state.callers.forget()
    return Response(status_code=204)


@router.post("/sessions/rotate", response_model=WhoOut)
async def rotate(request: Request, principal: Person) -> Response:
    """Another token for the same session: in the cookie where it came by cookie, else in the answer."""
    _own(principal)
    given = auth.credential_of(request)
    answer = Response(media_type="application/json")
    async with request.app.state.runtime.db.transaction() as connection:
        fresh = await sessions.rotate(connection, given.text) if given else None
    if given is None or fresh is None:
        raise Conflict("session.rotated")
    request.app.state.callers.forget()
    shown = _who(principal)
    if given.carrier is Carrier.COOKIE:
        seconds = request.app.state.callers.trust.lifetimes.absolute
        answer.headers["set-cookie"] = cookies.header(fresh, seconds, secure=auth.door_of(request).secure)
    else:
        shown["token"] = fresh
    return _json(shown, answer)


@router.post("/sign-out", status_code=204)
async def sign_out(request: Request, principal: Person, everywhere: bool = False) -> Response:
    """End this session, or all of the person."""
    own = _own(principal)
    async with request.app.state.runtime.db.transaction() as connection:
        await sessions.end_of_person(connection, own, None if everywhere else own)
        await noted(connection, request, principal, "session.ended", "all" if everywhere else str(own))
    request.app.state.callers.forget()
    answer = Response(status_code=204)
    answer.headers["set-cookie"] = cookies.header("", 0, secure=auth.door_of(request).secure)
    return answer


def _own(principal: Principal) -> UUID:
    if principal.session_id is None:
        raise Conflict("session.none")
    return principal.session_id
