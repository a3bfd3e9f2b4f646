"""What routes of requests share: how an answer is written, which request is meant, for whom somebody acts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from fastapi import Request, Response

from clobus.api.veil import may_chat, veiled
from clobus.core.auth import STAFF, Principal, Role
from clobus.core.db import Connection
from clobus.core.errors import NotFound
from clobus.modules.consultations import reading
from clobus.modules.consultations.moves import Rules
from clobus.modules.consultations.types import Actor
from clobus.settings import Settings

NAME_LENGTH = 64


def answer(value: Any, status: int = 200, **headers: str) -> Response:
    """A JSON answer; `headers` with underscores for dashes."""
    return Response(
        msgspec.json.encode(value),
        status,
        {name.replace("_", "-"): text for name, text in headers.items()},
        media_type="application/json",
    )


def created(made: msgspec.Raw, principal: Principal) -> Response:
    """The answer to a creation, encoded already; without what only some may see."""
    return answer(made if may_chat(principal) else veiled(msgspec.json.decode(made), principal))


async def named(connection: Connection, name: str, principal: Principal) -> UUID:
    """Our id of the request that a path names; NotFound also for another client's.

    Who holds our id may read with the narrow scope; numbers and conversations could be guessed.
    """
    if not principal.may("consultations:read"):
        try:
            name = str(UUID(name))
        except ValueError:
            raise NotFound("consultation.unknown") from None
    return await reading.find(connection, name[:NAME_LENGTH], reading.visible_to(principal))


def actor_of(principal: Principal) -> Actor:
    """For whom somebody acts: a service speaks for clients, but is no client."""
    if principal.role in STAFF:
        return Actor.STAFF
    return Actor.CLIENT if principal.role is Role.CLIENT else Actor.SYSTEM


def is_staff(principal: Principal) -> bool:
    """Whether somebody may see what staff see."""
    return principal.role in (*STAFF, Role.AUDITOR)


def move_rules(settings: Settings) -> Rules:
    """What bounds moves."""
    limits = settings.limits
    return Rules(settings.tz, limits.accounting_per_day, limits.future_days, settings.calendar.of(settings.tz))


def settings_of(request: Request) -> Settings:
    """The settings of the application that serves a request."""
    settings: Settings = request.app.state.runtime.settings
    return settings
