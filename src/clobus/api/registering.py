"""Registration, and passwords: what comes by letter. No answer tells whether there is such an account."""

from __future__ import annotations

import secrets
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from psycopg.errors import UniqueViolation
from pydantic import BaseModel, Field

from clobus.api.acts import actor_of, agent_of
from clobus.api.answers import problems_of
from clobus.api.identity import (
    LETTERS_AN_HOUR,
    Body,
    Email,
    Language,
    Login,
    Name,
    Password,
    Person,
    TaxId,
    Token,
    db_of,
    device_cookie,
    device_of,
    identity_of,
    myself,
    said,
    trial_of,
)
from clobus.api.signing import ensure_own_page
from clobus.core import auth
from clobus.core.auth import public
from clobus.core.db import Connection
from clobus.core.errors import Conflict, Forbidden, Unauthenticated
from clobus.modules.accounts import audit, devices, organisations, passwords, people, proofs, sessions, tries
from clobus.modules.accounts.passwords import LONGEST
from clobus.modules.notifications import letters
from clobus.modules.notifications.letters import Post

router = APIRouter(prefix="/api/auth", tags=["accounts"])
OPEN = Depends(public("signs"))


class OrganisationIn(Body):
    """A company: its tax id and name; the subscriber code, where it has one, helps to find it."""

    inn: TaxId
    name: Name
    code: Annotated[str | None, Field(pattern=r"^\d{1,15}$", examples=["1001"])] = None


class RegisterIn(Body):
    """A new account, which is there once the letter's link was opened."""

    email: Email
    password: Password
    name: Name
    language: Language = "ru"
    organisation: OrganisationIn | None = None


class AcceptedOut(BaseModel):
    """Always the same: what follows comes by letter, if anything does."""

    state: Literal["accepted"]


class VerifiedOut(BaseModel):
    """What the link of a letter did: an account is there, or its address changed.

    `set_password`: the account is there without a password, which is set with the token at `/api/auth/password/reset`.
    """

    state: Literal["verified", "set_password", "email_changed"]
    token: str | None = None


class ProofIn(Body):
    """The token of a letter."""

    token: Token


class ForgotIn(Body):
    """Whose password is forgotten: an e-mail or a telephone."""

    login: Login


class ResetIn(ProofIn):
    """A new password, by the link of a letter."""

    password: Password


class PasswordChangeIn(Body):
    """A new password, and the present one where there is one."""

    current: Annotated[str | None, Field(max_length=LONGEST)] = None
    password: Password


class StrengthIn(Body):
    """A password that somebody thinks of, and what is known of him: name, e-mail."""

    password: Annotated[str, Field(max_length=LONGEST)]
    about: Annotated[list[Annotated[str, Field(max_length=254)]], Field(max_length=5)] = []


class StrengthOut(BaseModel):
    """How strong it is: 0 to 4, whether it is among the leaked ones, whether it would be taken."""

    score: int
    breached: bool
    good: bool


@router.post("/register", dependencies=[OPEN], response_model=AcceptedOut, status_code=202,
             responses=problems_of("password.weak", "password.breached"))  # fmt: skip
async def register(request: Request, body: RegisterIn) -> Response:
    """Register: a letter with a link goes to the address, another letter when it has an account already."""
    ensure_own_page(request)
    identity = identity_of(request)
    if not request.app.state.runtime.settings.accounts.registration:
        raise Forbidden("register.closed")
    passwords.ensure_good(body.password, (body.email, body.name))
    hashed = await identity.passwords.hash(body.password)
    device = device_of(request) or secrets.token_urlsafe(24)
    answer = said({"state": "accepted"}, 202)
    answer.headers["set-cookie"] = device_cookie(request, device)
    async with db_of(request).transaction() as connection:
        person = await people.by_login(connection, body.email)
        if await letters.recently(connection, body.email) >= LETTERS_AN_HOUR:
            return answer
        if person is not None:
            page = f"{identity.site}/{person['language']}/sign-in"
            post = Post("registered", body.email, person["language"], {}, page)
        else:
            data: dict[str, Any] = {
                "email": body.email, "name": body.name, "language": body.language, "password_hash": hashed,
                "organisation": body.organisation.model_dump() if body.organisation else None,
                "device": auth.hash_token(device).hex(),
            }  # fmt: skip
            token = await proofs.make(connection, proofs.REGISTER, None, data)
            url = identity.page(body.language, "verify-email", token)
            post = Post("register", body.email, body.language, {"person": body.name}, url)
        await letters.queue(connection, [post])
    return answer


@router.post("/verify-email", dependencies=[OPEN], response_model=VerifiedOut,
             responses=problems_of("proof.unknown", "proof.other_browser", "account.taken"))  # fmt: skip
async def verify_email(request: Request, body: ProofIn) -> Response:
    """Use the link of a letter: it makes the account, or changes its address. Nobody is signed in by it.

    Whoever registers an address, or asks for it, need not be its reader, who may follow the link all the same. So the
    password of a registration counts in the browser that it came from; in another the reader sets one. An address is
    changed only where its account was signed in: 409 elsewhere, and the link goes on holding.
    """
    ensure_own_page(request)
    async with db_of(request).transaction() as connection:
        proof = await proofs.use(connection, proofs.REGISTER, body.token)
        if proof is not None:
            token = await _make(request, connection, proof["data"])
            return said({"state": "set_password", "token": token} if token else {"state": "verified"})
        proof = await proofs.look(connection, proofs.EMAIL, body.token)
        if proof is not None:
            if not await devices.is_known(connection, proof["person_id"], device_of(request)):
                raise Conflict("proof.other_browser")
            await proofs.use(connection, proofs.EMAIL, body.token)
            await _move(request, connection, proof["person_id"], proof["data"]["email"])
            return said({"state": "email_changed"})
    auth.door_of(request).limiter.hit("guesses", auth.address(request))
    raise Unauthenticated("proof.unknown")


async def _make(request: Request, connection: Connection, data: dict[str, Any]) -> str | None:
    """The account of a registration; other registrations of the address, whoever made them, are over.

    In another browser than it came from: without its password, and with a token to set one.
    """
    columns = {name: data[name] for name in ("email", "name", "language")}
    own = auth.hash_token(device_of(request) or "").hex() == data.get("device")
    if own:
        columns["password_hash"] = data["password_hash"]
    person = await people.make(connection, columns)
    if person is None:
        raise Conflict("account.taken")
    await proofs.drop(connection, proofs.REGISTER, email=data["email"])
    await audit.note(connection, actor_of(request, None, person), "account.made", target=str(person["person_id"]))
    given = data.get("organisation")
    if given:
        made = await organisations.make(connection, person["person_id"], given["inn"], given["name"])
        folder = identity_of(request).folder
        by = await organisations.match(connection, made, person, folder, given.get("code"))
        await audit.note(
            connection, actor_of(request, None, person), "organisation.made", target=str(made["organisation_id"]),
            after={"inn": given["inn"], "name": given["name"], "matched_by": by},
            organisation_id=made["organisation_id"],
        )  # fmt: skip
    return None if own else await proofs.make(connection, proofs.RESET, person["person_id"])


async def _move(request: Request, connection: Connection, person_id: Any, email: str) -> None:
    """Another address for an account: both addresses are told."""
    before = await people.load(connection, person_id)
    if before is None or before["locked_at"] is not None:
        raise Unauthenticated("proof.unknown")
    try:
        person = await people.change(connection, person_id, {"email": email})
    except UniqueViolation:
        raise Conflict("account.taken") from None
    await proofs.drop(connection, proofs.EMAIL, person_id=person_id)
    await proofs.drop(connection, proofs.RESET, person_id=person_id)
    await audit.note(
        connection, actor_of(request, None, person), "account.email_changed", target=str(person_id),
        before={"email": before["email"]}, after={"email": email},
    )  # fmt: skip
    told = [*letters.to(before, "email_changed", {"email": email}),
            Post("email_changed", email, before["language"], {"email": email})]  # fmt: skip
    await letters.queue(connection, told)


@router.post("/password/forgot", dependencies=[OPEN], response_model=AcceptedOut, status_code=202)
async def forgot(request: Request, body: ForgotIn) -> Response:
    """Ask for a letter with a link to set a new password."""
    ensure_own_page(request)
    identity = identity_of(request)
    async with db_of(request).transaction() as connection:
        person = await people.by_login(connection, body.login)
        known = person is not None and person["email"] and person["locked_at"] is None
        # Also for who is not there, and opening nothing then: the time of an answer tells of nobody.
        few = await letters.recently(connection, (person["email"] if person else None) or body.login) < LETTERS_AN_HOUR
        token = await proofs.make(connection, proofs.RESET, person["person_id"] if person else None)
        if person is not None and known and few:
            url = identity.page(person["language"], "reset-password", token)
            await letters.queue(connection, [Post("reset", person["email"], person["language"], {}, url)])
    return said({"state": "accepted"}, 202)


@router.post("/password/reset", dependencies=[OPEN], status_code=204,
             responses=problems_of("proof.unknown", "password.weak", "password.breached"))  # fmt: skip
async def reset(request: Request, body: ResetIn) -> Response:
    """Set a new password by the link of a letter: all sessions end, and a second factor is asked for as ever.

    This browser is known from now on, so that who guesses from elsewhere shuts nobody out of it.
    """
    ensure_own_page(request)
    async with db_of(request).transaction() as connection:
        proof = await proofs.peek(connection, proofs.RESET, body.token)
        person = await people.load(connection, proof["person_id"]) if proof else None
    if person is None or person["locked_at"] is not None:
        auth.door_of(request).limiter.hit("guesses", auth.address(request))
        raise Unauthenticated("proof.unknown")
    passwords.ensure_good(body.password, (person["email"] or "", person["name"]))
    hashed = await identity_of(request).passwords.hash(body.password)
    async with db_of(request).transaction() as connection:
        if await proofs.use(connection, proofs.RESET, body.token) is None:
            raise Unauthenticated("proof.unknown")
        await _set(request, connection, person, hashed, "reset", None)
        device = device_of(request) or secrets.token_urlsafe(24)
        await devices.remember(connection, person["person_id"], device, agent_of(request))
    request.app.state.callers.forget()
    return Response(status_code=204, headers={"set-cookie": device_cookie(request, device)})


@router.post("/password/change", status_code=204,
             responses=problems_of("auth.wrong_proof", "password.weak", "password.breached",
                                   "auth.too_many"))  # fmt: skip
async def change(request: Request, body: PasswordChangeIn, principal: Person) -> Response:
    """Set a new password with the present one: all other sessions end."""
    identity = identity_of(request)
    async with db_of(request).transaction() as connection:
        person = await myself(connection, principal)
        trial = await trial_of(connection, request, f"{person['person_id']}", person)
        if person["password_hash"] is not None:
            await tries.begin(connection, trial)
    if person["password_hash"] is None:
        auth.ensure_proved(principal)
    elif not await identity.passwords.matches(person["password_hash"], body.current or ""):
        raise Forbidden("auth.wrong_proof")
    passwords.ensure_good(body.password, (person["email"] or "", person["name"]))
    hashed = await identity.passwords.hash(body.password)
    async with db_of(request).transaction() as connection:
        await tries.passed(connection, trial)
        await _set(request, connection, person, hashed, "change", principal.session_id)
    request.app.state.callers.forget()
    return Response(status_code=204)


async def _set(request: Request, connection: Connection, person: Any, hashed: str, how: str, kept: Any) -> None:
    """Write the hash, end the other sessions, let the person know."""
    await people.change(connection, person["person_id"], {"password_hash": hashed})
    await people.forget_unused_secrets(connection, person["person_id"])
    ended = await sessions.end_all_of(connection, person["person_id"], kept)
    await audit.note(
        connection, actor_of(request, None, person), "account.password_changed", target=str(person["person_id"]),
        after={"how": how, "sessions_ended": ended},
    )  # fmt: skip
    await letters.queue(connection, letters.to(person, "password_changed", {}))


@router.post("/password/strength", dependencies=[Depends(public())], response_model=StrengthOut)
async def strength(body: StrengthIn) -> Response:
    """Weigh a password before it is sent anywhere else: the meter of the pages."""
    found = passwords.weigh(body.password, tuple(body.about))
    return said({"score": found.score, "breached": found.breached, "good": found.good})
