"""Signing in by an OpenID Connect provider (of 1C accounts), where the settings name one."""

from __future__ import annotations

import json
import re
import secrets
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from psycopg.errors import UniqueViolation
from psycopg.rows import DictRow

from clobus.api.acts import actor_of
from clobus.api.answers import problems_of
from clobus.api.identity import Person, db_of, identity_of, proved, way_told
from clobus.api.me import STEP_UP
from clobus.api.problems import language
from clobus.api.signing import ensure_own_page
from clobus.core import auth
from clobus.core.auth import public
from clobus.core.errors import ClobusError, Conflict, GatewayError, NotFound, Unauthenticated
from clobus.gateways.oidc.client import OidcClient
from clobus.modules.accounts import audit, oidc, people, proofs

router = APIRouter(prefix="/api/auth/oidc", tags=["accounts"])
mine = APIRouter(prefix="/api/me/oidc", tags=["accounts"])
OPEN = Depends(public("signs"))
LOCAL = re.compile(r"/(?![/\\])[A-Za-z0-9/_.?=&%-]*")
REDIRECT: dict[int | str, dict[str, Any]] = {303: {"description": "To the provider, or to a page of ours."}}


def _client(request: Request) -> OidcClient:
    found: OidcClient | None = request.app.state.runtime.oidc
    if found is None:
        raise NotFound("oidc.off")
    return found


def _cookie(request: Request, state: str, seconds: int) -> str:
    door = auth.door_of(request)
    secure = "; Secure" if door.secure else ""
    return f"{door.cookie}-oidc={state}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"


def _return(request: Request) -> str:
    return f"{identity_of(request).site}/api/auth/oidc/callback"


def local(path: str | None) -> str | None:
    """A page of ours; None for anything that could lead elsewhere."""
    return path if path and LOCAL.fullmatch(path) else None


@router.get("/start", dependencies=[OPEN], status_code=303, response_class=Response,
            responses={**REDIRECT, **problems_of("oidc.off", "auth.step_up_needed")})  # fmt: skip
async def start(
    request: Request,
    next: Annotated[str | None, Query(max_length=300)] = None,
    tie: bool = False,  # noqa: A002 - the name of the address
) -> Response:
    """Go to the provider; `next` is the page of ours to come back to. `tie`: tie the provider to my account."""
    client, person_id = _client(request), None
    if tie:
        ensure_own_page(request)  # another site would tie whoever is signed in at the provider, its own account maybe
        principal = await auth.identify(request)
        auth.ensure_proved(principal)
        person_id = auth.person_of(principal)
    nonce, verifier, state = (secrets.token_urlsafe(32) for _ in range(3))
    kept = {"nonce": nonce, "verifier": verifier, "next": local(next), "language": language(request)}
    scopes = request.app.state.runtime.settings.oidc.scopes
    try:
        address = await client.address(
            redirect_uri=_return(request), scopes=scopes, state=state, nonce=nonce, challenge=oidc.challenge(verifier)
        )
    except GatewayError:  # a person stands before this, not a program: he is told on the page that he came from
        return RedirectResponse(_failed(kept, tie=tie, error="oidc.away"), 303)
    async with db_of(request).transaction() as connection:
        await proofs.make(connection, proofs.OIDC, person_id, kept, state)
    answer = RedirectResponse(address, 303)
    answer.headers["set-cookie"] = _cookie(request, state, int(proofs.LIFE[proofs.OIDC]))
    return answer


@router.get("/callback", dependencies=[OPEN], status_code=303, response_class=Response,
            responses={**REDIRECT, **problems_of("oidc.off")})  # fmt: skip
async def callback(
    request: Request, state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=2000)] = "",
) -> Response:  # fmt: skip
    """Come back from the provider: signed in, to the second factor, or to the page that says that it failed."""
    client = _client(request)
    held = request.cookies.get(f"{auth.door_of(request).cookie}-oidc", "")
    proof = None
    # The browser that comes back is the one that went: nobody is signed in with another's code.
    if state and secrets.compare_digest(held.encode(), state.encode()):
        async with db_of(request).transaction() as connection:
            proof = await proofs.use(connection, proofs.OIDC, state)
    told = proof["data"] if proof else {"language": language(request), "next": None}
    tie = proof is not None and proof["person_id"] is not None
    try:
        if proof is None or not code:
            raise Unauthenticated("oidc.failed")
        person = await _person(request, client, proof, code)
        if tie:
            answer: Response = RedirectResponse(told["next"] or f"{_security(told)}&linked=oidc", 303)
            answer.headers["set-cookie"] = _cookie(request, "", 0)
            return answer
        return await _entered(request, person, told)
    except ClobusError as error:
        auth.door_of(request).limiter.hit("guesses", auth.address(request))
        shown = error.code if not isinstance(error, GatewayError) else "oidc.away"
        answer = RedirectResponse(_failed(told, tie=tie, error=shown), 303)
        answer.headers["set-cookie"] = _cookie(request, "", 0)
        return answer


def _security(told: dict[str, Any]) -> str:
    return f"/{told['language']}/settings?tab=security"


def _failed(told: dict[str, Any], *, tie: bool, error: str) -> str:
    """The page that says what went wrong, by its code: where a person ties, that of his account."""
    if tie:
        return f"{_security(told)}&{urlencode({'error': error})}"
    given = {"error": error} | ({"next": told["next"]} if told["next"] else {})
    return f"/{told['language']}/sign-in?{urlencode(given)}"


async def _person(request: Request, client: OidcClient, proof: DictRow, code: str) -> DictRow:
    told = proof["data"]
    token = await client.exchange(code, redirect_uri=_return(request), verifier=told["verifier"])
    issuer = client.issuer
    who = oidc.verify(token, await client.keys(), issuer=issuer, client_id=client.client_id, nonce=told["nonce"])
    may_register = request.app.state.runtime.settings.accounts.registration
    if proof["person_id"] is not None:
        return await _tied(request, proof, who)
    async with db_of(request).transaction() as connection:
        person, made = await oidc.person(connection, who, may_register=may_register)
        if person is not None and made:
            await audit.note(
                connection, actor_of(request, None, person), "account.made", target=str(person["person_id"]),
                after={"by": "oidc"},
            )  # fmt: skip
    if person is None:
        raise Conflict("account.taken")
    if person["locked_at"] is not None:
        raise Unauthenticated("oidc.failed")
    return person


async def _tied(request: Request, proof: DictRow, who: oidc.Vouched) -> DictRow:
    async with db_of(request).transaction() as connection:
        try:
            values = {"oidc_issuer": who.issuer, "oidc_subject": who.subject}
            person = await people.change(connection, proof["person_id"], values)
        except UniqueViolation:
            raise Conflict("account.taken") from None
        if person is None:
            raise Unauthenticated("oidc.failed")
        await audit.note(
            connection, actor_of(request, None, person), "account.oidc_tied", target=str(person["person_id"]),
            after={"issuer": who.issuer},
        )  # fmt: skip
        await way_told(connection, person, request.app.state.runtime.settings.oidc.name)
    return person


@mine.delete("", status_code=204, responses=problems_of(*STEP_UP, "oidc.only"))
async def untie(request: Request, principal: Person) -> Response:
    """Untie the provider; not while it is the only way in."""
    own = auth.person_of(principal)
    auth.ensure_proved(principal)
    async with db_of(request).transaction() as connection:
        person = await people.load(connection, own)
        if person is None or not (people.has_password(person) or person["telegram_user_id"] is not None):
            raise Conflict("oidc.only")
        await people.change(connection, own, {"oidc_issuer": None, "oidc_subject": None})
        await audit.note(
            connection, actor_of(request, principal), "account.oidc_untied", before={"issuer": person["oidc_issuer"]}
        )
        if person["oidc_issuer"] is not None:
            given = request.app.state.runtime.settings.oidc
            await way_told(connection, person, given.name if given else person["oidc_issuer"])
    return Response(status_code=204)


async def _entered(request: Request, person: DictRow, came: dict[str, Any]) -> Response:
    """The answer of signing in as a walk to a page; a ticket stands behind `#`, which no log and no server sees."""
    made = await proved(request, person, "oidc")
    told = json.loads(bytes(made.body))
    where = came["next"] or f"/{came['language']}/"
    if told["state"] == "second_factor":
        after = f"?{urlencode({'next': came['next']})}" if came["next"] else ""
        given = urlencode({"ticket": told["ticket"], "methods": ",".join(told["methods"])})
        where = f"/{came['language']}/sign-in{after}#{given}"
    answer = RedirectResponse(where, 303)
    for each in made.headers.getlist("set-cookie"):
        answer.headers.append("set-cookie", each)
    answer.headers.append("set-cookie", _cookie(request, "", 0))
    return answer
