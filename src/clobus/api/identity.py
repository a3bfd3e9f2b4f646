"""What the routes of accounts share: who acts from where, the device's cookie, a session for a person, letters."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import Depends, Request, Response
from psycopg.rows import DictRow
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from clobus.api import signing
from clobus.api.acts import actor_of, agent_of
from clobus.core import auth, cookies, i18n
from clobus.core.auth import Principal, Role, require
from clobus.core.db import Connection, Database
from clobus.core.errors import GatewayError, Unauthenticated
from clobus.gateways.telegram.sender import TelegramSender
from clobus.modules.accounts import audit, devices, passkeys, people, proofs, second_factors, tries
from clobus.modules.accounts.passwords import LONGEST, Passwords
from clobus.modules.clients import names
from clobus.modules.notifications import letters
from clobus.settings import Settings

PERSONS = (Role.CLIENT, Role.MANAGER, Role.HEAD, Role.ADMINISTRATOR, Role.AUDITOR)
Person = Annotated[Principal, Depends(require(*PERSONS, linked=False))]
DEVICE = "device"
DEVICE_SECONDS = devices.KEEP_DAYS * 86_400
LETTERS_AN_HOUR = 5
"""So many letters one address gets by what anybody may ask for."""


class Body(BaseModel):
    """What a route takes: nothing but what it names."""

    model_config = ConfigDict(extra="forbid")


def _login(value: Any) -> Any:
    """An e-mail in lower case, or a telephone in E.164."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    return names.email(text).lower() if "@" in text else names.phone(text)


def _line(value: Any) -> Any:
    return names.text(value) if isinstance(value, str) else value


Email = Annotated[str, BeforeValidator(lambda v: names.email(v).lower() if isinstance(v, str) else v),
                  Field(max_length=254, examples=["nodira@example.uz"])]  # fmt: skip
Login = Annotated[str, BeforeValidator(_login), Field(max_length=254, examples=["nodira@example.uz"])]
Password = Annotated[str, Field(min_length=1, max_length=LONGEST, examples=["sakkiz ta yulduz va oy"])]
Code = Annotated[str, Field(min_length=6, max_length=40, examples=["123456"])]
Token = Annotated[str, Field(min_length=16, max_length=200)]
Name = Annotated[str, BeforeValidator(_line), Field(min_length=1, max_length=200, examples=["Nodira Karimova"])]
Language = Annotated[str, Field(pattern="^(uz|ru|en)$", examples=["uz"])]
TaxId = Annotated[str, BeforeValidator(lambda v: names.tax_id(v) if isinstance(v, str) else v),
                  Field(examples=["301234567"])]  # fmt: skip


class BotName:
    """How the bot is called, asked of Telegram once."""

    def __init__(self) -> None:
        self.known: str | None = None

    async def of(self, telegram: TelegramSender) -> str | None:
        """The name; None while Telegram does not answer."""
        if self.known is None:
            try:
                self.known = (await telegram.get_me()).username
            except GatewayError:
                return None
        return self.known


@dataclass(frozen=True, slots=True)
class Identity:
    """What proofs are made and checked with; kept in `app.state.identity`."""

    passwords: Passwords
    vault: second_factors.Vault
    party: passkeys.Party
    site: str
    folder: UUID

    def page(self, language: str, name: str, token: str) -> str:
        """A page of the site that takes the token of a letter."""
        return f"{self.site}/{i18n.language_of(language)}/{name}?token={token}"


def open_identity(settings: Settings) -> Identity:
    """From settings. Browsers make no passkeys for addresses in numbers: a sandbox has them at localhost."""
    given = settings.accounts
    origin = cookies.origin_of(str(settings.public_url))
    host = given.rp_id or settings.public_url.host or "localhost"
    origins = [origin]
    if re.fullmatch(r"127\.[0-9.]+|\[?::1\]?", host):
        host = "localhost"
        origins.append(origin.replace("127.0.0.1", "localhost"))
    return Identity(
        Passwords(memory_kib=given.argon2_memory_kib, rounds=given.argon2_rounds),
        second_factors.Vault(settings.secret_key.get_secret_value()),
        passkeys.Party(host, tuple(origins)),
        str(settings.public_url).rstrip("/"),
        UUID(settings.clients_folder),
    )


def identity_of(request: Request) -> Identity:
    """What this application proves people with."""
    found: Identity = request.app.state.identity
    return found


def db_of(request: Request) -> Database:
    """This application's database."""
    found: Database = request.app.state.runtime.db
    return found


def said(value: Any, status: int = 200) -> Response:
    """An answer of JSON."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")


async def myself(connection: Connection, principal: Principal) -> DictRow:
    """The person behind a session; Forbidden for a caller without an account."""
    found = await people.load(connection, auth.person_of(principal))
    if found is None:
        raise Unauthenticated("auth.unknown")
    return found


def device_name(request: Request) -> str:
    """The name of the device's cookie here."""
    return f"{auth.door_of(request).cookie}-{DEVICE}"


def device_of(request: Request) -> str | None:
    """The token of this browser, if it has one that could be ours."""
    token = request.cookies.get(device_name(request))
    return token if token and 20 <= len(token) <= 100 else None


def device_cookie(request: Request, token: str) -> str:
    """The header by which this browser is known again."""
    secure = "; Secure" if auth.door_of(request).secure else ""
    return f"{device_name(request)}={token}; Path=/; Max-Age={DEVICE_SECONDS}; HttpOnly; SameSite=Lax{secure}"


async def trial_of(connection: Connection, request: Request, login: str, person: DictRow | None) -> tries.Trial:
    """A try for a log-in from here, not yet counted."""
    device = device_of(request)
    known = person is not None and await devices.is_known(connection, person["person_id"], device)
    return tries.trial(login, auth.address(request), device if known else None)


async def way_told(connection: Connection, person: DictRow, service: str) -> None:
    """Let a person know that a service was tied to his account, or untied: it lets in without his password."""
    await letters.queue(connection, letters.to(person, "login_changed", {"service": service}))


async def signed_in(request: Request, person: DictRow, how: str, *, strong: bool) -> Response:
    """Open a session for a person who proved himself; a letter tells him of a browser that is new."""
    answer = Response(media_type="application/json")
    role = Role(person["role"]) if person["role"] else Role.CLIENT
    begun = await signing.begin(
        request, answer, method="person", role=role, person_id=person["person_id"], strong=strong,
        address=auth.address(request),
    )  # fmt: skip
    device = device_of(request) or secrets.token_urlsafe(24)
    async with db_of(request).transaction() as connection:
        fresh = await devices.remember(connection, person["person_id"], device, agent_of(request))
        await audit.note(
            connection, actor_of(request, None, person), "session.begun", target=str(begun.id),
            after={"how": how, "strong": strong, "new_device": fresh},
        )  # fmt: skip
        if fresh:
            kind = i18n.text(person["language"], f"letter.device.{agent_of(request)}")
            told = {"device": f"{kind}, {auth.address(request)}"}
            await letters.queue(connection, letters.to(person, "new_device", told))
    answer.headers.append("set-cookie", device_cookie(request, device))
    answer.body = msgspec.json.encode({"state": "signed_in", "session_id": begun.id, "role": role.value})
    answer.headers["content-length"] = str(len(answer.body))
    return answer


async def proved(request: Request, person: DictRow, how: str) -> Response:
    """Go on after a first proof: to the second factor where there is one, else into a session."""
    async with db_of(request).transaction() as connection:
        methods = await second_factors.methods(connection, person["person_id"])
        ticket = None
        if methods:
            ticket = await proofs.make(connection, proofs.SECOND, person["person_id"], {"how": how})
    if ticket is None:
        return await signed_in(request, person, how, strong=False)
    return said({"state": "second_factor", "ticket": ticket, "methods": methods})
