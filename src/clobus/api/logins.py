"""Signing in with a password or a passkey, the second factor, and proving oneself again."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from psycopg.rows import DictRow
from pydantic import BaseModel, Field, model_validator

from clobus.api.acts import actor_of
from clobus.api.answers import problems_of
from clobus.api.identity import (
    Body,
    Code,
    Login,
    Person,
    Token,
    db_of,
    identity_of,
    myself,
    proved,
    said,
    signed_in,
    trial_of,
)
from clobus.api.signing import ensure_own_page
from clobus.core import auth
from clobus.core.auth import public
from clobus.core.db import Connection
from clobus.core.errors import Conflict, Forbidden, Unauthenticated
from clobus.modules.accounts import audit, passkeys, people, proofs, second_factors, sessions, tries
from clobus.modules.accounts.passwords import LONGEST

router = APIRouter(prefix="/api/auth", tags=["accounts"])
OPEN = Depends(public("signs"))
Credential = Annotated[
    dict[str, Any], Field(max_length=20, examples=[{"id": "…", "rawId": "…", "type": "public-key", "response": {}}])
]


class LoginIn(Body):
    """An e-mail or a telephone, and the password."""

    login: Login
    password: Annotated[str, Field(min_length=1, max_length=LONGEST)]


class SecondIn(Body):
    """The second factor: the code of an authenticator, a recovery code, or a passkey's answer."""

    ticket: Token
    method: Literal["totp", "recovery", "passkey"]
    code: Code | None = None
    credential: Credential | None = None


class StepUpIn(Body):
    """One proof: the second factor (a code or a passkey) where there is one, else the password."""

    password: Annotated[str | None, Field(max_length=LONGEST)] = None
    code: Code | None = None
    credential: Credential | None = None

    @model_validator(mode="after")
    def _one(self) -> StepUpIn:
        if sum(each is not None for each in (self.password, self.code, self.credential)) != 1:
            raise ValueError("one proof is needed")
        return self


class ShowIn(Body):
    """For whom a passkey is to be shown: whoever holds this ticket of a sign-in; without it anybody."""

    ticket: Token | None = None


class PasskeyIn(Body):
    """What the browser says: the credential as JSON (`PublicKeyCredential.toJSON()`)."""

    credential: Credential


class SignedInOut(BaseModel):
    """Signed in, or what is still needed: a second factor, to be sent with the ticket within five minutes."""

    state: Literal["signed_in", "second_factor"]
    session_id: UUID | None = None
    role: str | None = None
    ticket: str | None = None
    methods: list[str] | None = None


class OptionsOut(BaseModel):
    """What the browser's `navigator.credentials` wants (WebAuthn, JSON form)."""

    challenge: str
    timeout: int | None = None
    rpId: str | None = None  # noqa: N815 - WebAuthn's own name
    allowCredentials: list[dict[str, Any]] | None = None  # noqa: N815 - as above
    userVerification: str | None = None  # noqa: N815 - as above


class MethodsOut(BaseModel):
    """By what people sign in here."""

    password: bool
    registration: bool
    passkeys: bool
    telegram: bool
    oidc: str | None


@router.get("/methods", dependencies=[Depends(public())], response_model=MethodsOut)
async def methods(request: Request) -> Response:
    """What is switched on: pages show no more than that."""
    settings = request.app.state.runtime.settings
    return said(
        {"password": True, "registration": settings.accounts.registration, "passkeys": True,
         "telegram": settings.telegram is not None, "oidc": settings.oidc.name if settings.oidc else None}
    )  # fmt: skip


@router.post("/login", dependencies=[OPEN], response_model=SignedInOut,
             responses=problems_of("auth.wrong", "auth.too_many"))  # fmt: skip
async def login(request: Request, body: LoginIn) -> Response:
    """Sign in with a password. 401 `auth.wrong` for a wrong one, an unknown and a locked account alike."""
    ensure_own_page(request)
    identity = identity_of(request)
    async with db_of(request).transaction() as connection:
        person = await people.by_login(connection, body.login)
        trial = await trial_of(connection, request, body.login, person)
        await tries.begin(connection, trial)
    kept = person["password_hash"] if person else None
    right = await identity.passwords.matches(kept, body.password)
    if not right or person is None or person["locked_at"] is not None:
        await _refused(request, person, "password")
        raise Unauthenticated("auth.wrong")
    fresh = await identity.passwords.hash(body.password) if identity.passwords.is_old(person["password_hash"]) else None
    async with db_of(request).transaction() as connection:
        await tries.passed(connection, trial)
        if fresh:
            await people.change(connection, person["person_id"], {"password_hash": fresh})
    return await proved(request, person, "password")


@router.post("/second-factor", dependencies=[OPEN], response_model=SignedInOut,
             responses=problems_of("auth.wrong", "auth.too_many", "proof.unknown"))  # fmt: skip
async def second_factor(request: Request, body: SecondIn) -> Response:
    """Go on with a ticket: five tries, then the password again."""
    ensure_own_page(request)
    async with db_of(request).transaction() as connection:
        ticket = await proofs.peek(connection, proofs.SECOND, body.ticket)
        person = await people.load(connection, ticket["person_id"]) if ticket else None
        if ticket is None or person is None or person["locked_at"] is not None:
            raise Unauthenticated("proof.unknown")
        trial = await trial_of(connection, request, f"second:{person['person_id']}", person)
        await tries.begin(connection, trial)
    async with db_of(request).transaction() as connection:
        right = await _second(request, connection, person["person_id"], body.method, body.code, body.credential)
        right = right and await proofs.use(connection, proofs.SECOND, body.ticket) is not None
        if right:
            await tries.passed(connection, trial)
    if not right:
        await _refused(request, person, body.method)
        raise Unauthenticated("auth.wrong")
    return await signed_in(request, person, f"{ticket['data'].get('how', 'password')}+{body.method}", strong=True)


async def _second(
    request: Request, connection: Connection, person_id: UUID, method: str, code: str | None,
    credential: dict[str, Any] | None,
) -> bool:  # fmt: skip
    identity = identity_of(request)
    if method == "passkey":
        return credential is not None and await passkeys.who(connection, identity.party, credential) == person_id
    if code is None:
        return False
    if method == "recovery":
        return await second_factors.use_code(connection, person_id, code)
    return await second_factors.matches(connection, identity.vault, person_id, code)


async def _refused(request: Request, person: DictRow | None, how: str) -> None:
    """A wrong proof is in the log: of the person whom it was meant for, and of nobody at the same cost."""
    auth.door_of(request).limiter.hit("guesses", auth.address(request))
    target = str(person["person_id"]) if person is not None else None
    async with db_of(request).transaction() as connection:
        await audit.note(connection, actor_of(request), "session.refused", target=target, after={"how": how})


@router.post("/passkeys/options", dependencies=[OPEN], response_model=OptionsOut)
async def passkey_options(request: Request, body: ShowIn) -> Response:
    """A challenge for a passkey, good for one answer within five minutes."""
    ensure_own_page(request)
    async with db_of(request).transaction() as connection:
        person_id = None
        if body.ticket is not None:
            ticket = await proofs.look(connection, proofs.SECOND, body.ticket)
            if ticket is None:
                raise Unauthenticated("proof.unknown")
            person_id = ticket["person_id"]
        return said(await passkeys.options_to_show(connection, identity_of(request).party, person_id))


@router.post("/passkeys/login", dependencies=[OPEN], response_model=SignedInOut,
             responses=problems_of("auth.wrong"))  # fmt: skip
async def passkey_login(request: Request, body: PasskeyIn) -> Response:
    """Sign in with a passkey alone: it is two factors, the device and what opens it."""
    ensure_own_page(request)
    async with db_of(request).transaction() as connection:
        person_id = await passkeys.who(connection, identity_of(request).party, body.credential)
        person = await people.load(connection, person_id) if person_id else None
    if person is None or person["locked_at"] is not None:
        await _refused(request, person, "passkey")
        raise Unauthenticated("auth.wrong")
    return await signed_in(request, person, "passkey", strong=True)


@router.post("/step-up", status_code=204,
             responses=problems_of("auth.wrong_proof", "auth.too_many", "session.none"))  # fmt: skip
async def step_up(request: Request, body: StepUpIn, principal: Person) -> Response:
    """Prove oneself again before what is dangerous, which asks for it with 403 `auth.step_up_needed`."""
    if principal.session_id is None:
        raise Conflict("session.none")
    identity = identity_of(request)
    async with db_of(request).transaction() as connection:
        person = await myself(connection, principal)
        factors = await second_factors.methods(connection, person["person_id"])
        trial = await trial_of(connection, request, f"second:{person['person_id']}", person)
        await tries.begin(connection, trial)
    right = False
    if body.password is not None:
        # A password is no second factor, and whoever has one proves with that.
        right = not factors and await identity.passwords.matches(person["password_hash"], body.password)
    else:
        async with db_of(request).transaction() as connection:
            kinds = ("passkey",) if body.credential is not None else ("totp", "recovery")
            for kind in kinds:
                right = right or await _second(
                    request, connection, person["person_id"], kind, body.code, body.credential
                )
    if not right:
        await _refused(request, person, "step-up")
        raise Forbidden("auth.wrong_proof")
    async with db_of(request).transaction() as connection:
        await tries.passed(connection, trial)
        await sessions.prove(connection, principal.session_id, strong=bool(factors))
        await audit.note(connection, actor_of(request, principal), "session.proved")
    request.app.state.callers.forget()
    return Response(status_code=204)
