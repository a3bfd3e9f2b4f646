"""A person's own account: what he is called, his address, his second factors."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from clobus.api.acts import actor_of
from clobus.api.answers import problems_of
from clobus.api.identity import (
    LETTERS_AN_HOUR,
    Body,
    Code,
    Email,
    Language,
    Name,
    Person,
    db_of,
    identity_of,
    myself,
    said,
    trial_of,
)
from clobus.api.logins import Credential
from clobus.api.registering import AcceptedOut
from clobus.core import auth
from clobus.core.auth import STEP_UP_SECONDS, Principal
from clobus.core.db import Connection
from clobus.core.errors import Conflict, Invalid, NotFound, Unprocessable
from clobus.modules.accounts import (
    audit,
    organisations,
    passkeys,
    people,
    proofs,
    rights,
    second_factors,
    sessions,
    tries,
)
from clobus.modules.notifications import letters
from clobus.modules.notifications.letters import Post

router = APIRouter(prefix="/api/me", tags=["accounts"])
STEP_UP = ("auth.step_up_needed", "auth.person_needed")


class OrganisationOut(BaseModel):
    """An organisation of the person who asks: his role in it; `client_id` once it is sure which client it is."""

    organisation_id: UUID
    inn: str
    name: str
    code: str | None
    client_id: UUID | None
    matched_by: str | None
    unsure: bool
    role: str
    owner: bool
    rights: list[str]
    created_at: datetime


class MeOut(BaseModel):
    """A person as he sees himself. `second_factor_needed`: his rights of the staff begin with a second factor.

    `step_up` names the proofs that a step-up takes; until `proved_until` none is asked for.
    """

    person_id: UUID
    name: str
    email: str | None
    phone_number: str | None
    telegram: bool
    oidc: bool
    language: str
    role: str
    staff_role: str | None
    second_factor_needed: bool
    has_password: bool
    methods: list[str]
    recovery_codes_left: int
    step_up: list[str]
    proved_until: datetime | None
    organisation_id: UUID | None
    scopes: list[str]
    organisations: list[OrganisationOut]
    created_at: datetime


class MeIn(Body):
    """What a person changes of himself without a proof."""

    name: Name | None = None
    language: Language | None = None


class EmailIn(Body):
    """Another address: it counts once the link of the letter there was opened."""

    email: Email


class CodeIn(Body):
    """A code of the authenticator."""

    code: Code


class NewTotpOut(BaseModel):
    """What the authenticator reads: as text, as an address, as a picture (SVG of a QR code)."""

    secret: str
    uri: str
    svg: str


class CodesOut(BaseModel):
    """Recovery codes, shown once; none when there are some already."""

    recovery_codes: list[str]


class PasskeyOut(BaseModel):
    """A passkey."""

    id: str
    name: str
    created_at: datetime
    used_at: datetime | None


class NewPasskeyIn(Body):
    """What the browser made, and what the person calls it."""

    credential: Credential
    name: Annotated[Name, Field(max_length=100)] = "Passkey"


class MadePasskeyOut(CodesOut):
    """The new passkey; recovery codes with the first second factor."""

    id: str
    name: str


class CreationOut(BaseModel):
    """What the browser's `navigator.credentials.create` wants (WebAuthn, JSON form)."""

    challenge: str
    rp: dict[str, Any]
    user: dict[str, Any]
    pubKeyCredParams: list[dict[str, Any]]  # noqa: N815 - WebAuthn's own name
    timeout: int | None = None
    excludeCredentials: list[dict[str, Any]] | None = None  # noqa: N815 - as above
    authenticatorSelection: dict[str, Any] | None = None  # noqa: N815 - as above
    attestation: str | None = None


def organisation_out(row: Any) -> dict[str, Any]:
    """An organisation as its member sees it."""
    known = {name: row[name] for name in OrganisationOut.model_fields if name != "rights"}
    return known | {"rights": sorted(rights.MEMBERS[row["role"]])}


async def _shown(connection: Connection, principal: Principal) -> dict[str, Any]:
    person = await myself(connection, principal)
    methods = await second_factors.methods(connection, person["person_id"])
    proved, staff = principal.proved_at, person["role"]
    steps = [m if m == "passkey" else "code" for m in methods] or (["password"] if person["password_hash"] else [])
    return {
        "person_id": person["person_id"], "name": person["name"], "email": person["email"],
        "phone_number": person["phone_number"], "telegram": person["telegram_user_id"] is not None,
        "oidc": person["oidc_subject"] is not None,
        "language": person["language"], "role": principal.role.value, "staff_role": staff,
        "second_factor_needed": staff is not None and principal.role.value != staff,
        "has_password": person["password_hash"] is not None, "methods": methods,
        "recovery_codes_left": await second_factors.codes_left(connection, person["person_id"]),
        "step_up": list(dict.fromkeys(steps)),
        "proved_until": proved + timedelta(seconds=STEP_UP_SECONDS) if proved else None,
        "organisation_id": principal.organisation_id, "scopes": sorted(principal.scopes),
        "organisations": [
            organisation_out(row) for row in await organisations.of_person(connection, person["person_id"])
        ],
        "created_at": person["created_at"],
    }  # fmt: skip


@router.get("", response_model=MeOut, responses=problems_of("auth.person_needed"))
async def me(request: Request, principal: Person) -> Response:
    """Who I am, for whom I act, by what I sign in."""
    async with db_of(request).read() as connection:
        return said(await _shown(connection, principal))


@router.patch("", response_model=MeOut, responses=problems_of("auth.person_needed"))
async def change(request: Request, body: MeIn, principal: Person) -> Response:
    """Change the name or the language."""
    values = body.model_dump(exclude_none=True)
    async with db_of(request).transaction() as connection:
        before = await myself(connection, principal)
        if values:
            await people.change(connection, before["person_id"], values)
            await audit.note(
                connection, actor_of(request, principal), "account.changed", target=str(before["person_id"]),
                before={name: before[name] for name in values}, after=values,
            )  # fmt: skip
        shown = await _shown(connection, principal)
    request.app.state.callers.forget()
    return said(shown)


@router.post("/email", status_code=202, response_model=AcceptedOut, responses=problems_of(*STEP_UP))
async def email(request: Request, body: EmailIn, principal: Person) -> Response:
    """Ask for another address: a link goes there, and word of it to the present one."""
    auth.person_of(principal)
    auth.ensure_proved(principal)
    async with db_of(request).transaction() as connection:
        person = await myself(connection, principal)
        taken = await people.by_login(connection, body.email)
        few = await letters.recently(connection, body.email) < LETTERS_AN_HOUR
        posts = []
        # Whose address it is already, only its own mailbox hears.
        if taken is not None and few and taken["person_id"] != person["person_id"]:
            page = f"{identity_of(request).site}/{taken['language']}/sign-in"
            posts.append(Post("registered", body.email, taken["language"], {}, page))
        if taken is None and few:
            await proofs.drop(connection, proofs.EMAIL, person_id=person["person_id"])
            token = await proofs.make(connection, proofs.EMAIL, person["person_id"], {"email": body.email})
            url = identity_of(request).page(person["language"], "verify-email", token)
            posts.append(Post("email_confirm", body.email, person["language"], {"person": person["name"]}, url))
        posts += letters.to(person, "email_asked", {"email": body.email})
        await letters.queue(connection, posts)
        await audit.note(
            connection, actor_of(request, principal), "account.email_asked", target=str(person["person_id"]),
            after={"email": body.email},
        )  # fmt: skip
    return said({"state": "accepted"}, 202)


@router.post("/totp", response_model=NewTotpOut, responses=problems_of(*STEP_UP, "totp.already"))
async def start_totp(request: Request, principal: Person) -> Response:
    """A secret for an authenticator: in force once a code of it was sent to `/api/me/totp/confirm`."""
    auth.person_of(principal)
    auth.ensure_proved(principal)
    async with db_of(request).transaction() as connection:
        person = await myself(connection, principal)
        secret = await second_factors.start(connection, identity_of(request).vault, person["person_id"])
    if secret is None:
        raise Conflict("totp.already")
    address = second_factors.uri(secret, person["email"] or person["phone_number"] or person["name"])
    return said({"secret": secret, "uri": address, "svg": second_factors.picture(address)})


@router.post("/totp/confirm", response_model=CodesOut,
             responses=problems_of(*STEP_UP, "totp.wrong", "auth.too_many"))  # fmt: skip
async def confirm_totp(request: Request, body: CodeIn, principal: Person) -> Response:
    """Put the authenticator in force with its first code."""
    auth.person_of(principal)
    auth.ensure_proved(principal)
    async with db_of(request).transaction() as connection:
        person = await myself(connection, principal)
        trial = await trial_of(connection, request, f"second:{person['person_id']}", person)
        await tries.begin(connection, trial)
    async with db_of(request).transaction() as connection:
        right = await second_factors.confirm(
            connection, identity_of(request).vault, person["person_id"], body.code
        )  # fmt: skip
        if right:
            await tries.passed(connection, trial)
            codes = await _factor_added(request, connection, principal, person, "totp")
    if not right:
        raise Unprocessable("totp.wrong")
    request.app.state.callers.forget()
    return said({"recovery_codes": codes})


async def _factor_added(
    request: Request, connection: Connection, principal: Principal, person: Any, kind: str
) -> list[str]:
    """Tell of a new second factor; this session has just proved it, others have not and end."""
    person_id = person["person_id"]
    codes = [] if await second_factors.codes_left(connection, person_id) else await second_factors.new_codes(
        connection, person_id
    )  # fmt: skip
    if principal.session_id is not None:
        await sessions.prove(connection, principal.session_id, strong=True)
    await sessions.end_all_of(connection, person_id, principal.session_id)
    await _factor_told(request, connection, principal, person, f"factor.{kind}_added")
    return codes


async def _factor_told(request: Request, connection: Connection, principal: Any, person: Any, act: str) -> None:
    await audit.note(connection, actor_of(request, principal), act, target=str(person["person_id"]))
    await letters.queue(connection, letters.to(person, "factor_changed", {}))


@router.delete("/totp", status_code=204, responses=problems_of(*STEP_UP, "totp.none"))
async def remove_totp(request: Request, principal: Person) -> Response:
    """Take the authenticator out of force."""
    auth.person_of(principal)
    auth.ensure_proved(principal)
    async with db_of(request).transaction() as connection:
        person = await myself(connection, principal)
        if not await second_factors.remove(connection, person["person_id"]):
            raise NotFound("totp.none")
        await _factor_told(request, connection, principal, person, "factor.totp_removed")
    return Response(status_code=204)


@router.post("/recovery-codes", response_model=CodesOut, responses=problems_of(*STEP_UP, "totp.none"))
async def recovery_codes(request: Request, principal: Person) -> Response:
    """New recovery codes; those before are worth nothing."""
    auth.person_of(principal)
    auth.ensure_proved(principal)
    async with db_of(request).transaction() as connection:
        person = await myself(connection, principal)
        if not await second_factors.methods(connection, person["person_id"]):
            raise NotFound("totp.none")
        codes = await second_factors.new_codes(connection, person["person_id"])
        await _factor_told(request, connection, principal, person, "factor.recovery_codes_made")
    return said({"recovery_codes": codes})


@router.get("/passkeys", response_model=list[PasskeyOut], responses=problems_of("auth.person_needed"))
async def listed(request: Request, principal: Person) -> Response:
    """The person's passkeys, oldest first."""
    async with db_of(request).read() as connection:
        return said(await passkeys.listed(connection, auth.person_of(principal)))


@router.post("/passkeys/options", response_model=CreationOut, responses=problems_of(*STEP_UP))
async def options(request: Request, principal: Person) -> Response:
    """What the browser needs to make a passkey."""
    auth.person_of(principal)
    auth.ensure_proved(principal)
    async with db_of(request).transaction() as connection:
        person = await myself(connection, principal)
        return said(await passkeys.options_to_make(connection, identity_of(request).party, person))


@router.post("/passkeys", status_code=201, response_model=MadePasskeyOut,
             responses=problems_of(*STEP_UP, "passkey.refused"))  # fmt: skip
async def make(request: Request, body: NewPasskeyIn, principal: Person) -> Response:
    """Keep a passkey that the browser made."""
    auth.person_of(principal)
    auth.ensure_proved(principal)
    async with db_of(request).transaction() as connection:
        person = await myself(connection, principal)
        made = await passkeys.make(
            connection, identity_of(request).party, person["person_id"], body.credential, body.name
        )
        if made is not None:
            codes = await _factor_added(request, connection, principal, person, "passkey")
    if made is None:
        raise Invalid("passkey.refused")
    request.app.state.callers.forget()
    return said({"id": made, "name": body.name, "recovery_codes": codes}, 201)


@router.delete("/passkeys/{passkey_id}", status_code=204,
               responses=problems_of(*STEP_UP, "passkey.unknown"))  # fmt: skip
async def remove(request: Request, passkey_id: Annotated[str, Field(max_length=2100)], principal: Person) -> Response:
    """Forget a passkey."""
    auth.person_of(principal)
    auth.ensure_proved(principal)
    async with db_of(request).transaction() as connection:
        person = await myself(connection, principal)
        if not await passkeys.remove(connection, person["person_id"], passkey_id):
            raise NotFound("passkey.unknown")
        await second_factors.forget_codes_without_factor(connection, person["person_id"])
        await _factor_told(request, connection, principal, person, "factor.passkey_removed")
    return Response(status_code=204)
