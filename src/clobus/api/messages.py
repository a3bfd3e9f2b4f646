"""Routes of messages to people: what was told, what became of it, and how a client wants to be told."""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated, Any, Literal, Self
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from clobus.api.acts import noted
from clobus.core.auth import STAFF, Principal, Role, require
from clobus.core.db import Connection, rows
from clobus.core.errors import NotFound
from clobus.modules.notifications import preferences, reading

router = APIRouter(prefix="/api", tags=["messages"])
READ = require(Role.CLIENT, *STAFF, Role.AUDITOR, scope="notifications:read")
RETRY = require(Role.HEAD, Role.ADMINISTRATOR, scope="notifications:retry")
PREFER_READ = require(Role.CLIENT, Role.SERVICE, *STAFF, Role.AUDITOR, scope="preferences:read")
PREFER_WRITE = require(Role.CLIENT, Role.SERVICE, *STAFF, scope="preferences:write")
NOBODY = UUID(int=0)
CHOSEN = ("channels", "quiet_from", "quiet_to", "language")
Channel = Literal["chatwoot", "telegram", "email", "live"]
State = Literal["queued", "sending", "sent", "unknown", "failed", "refused", "expired"]


class Filter(BaseModel):
    """Which messages are wanted, newest first; `cursor` is the `next` of the page before."""

    model_config = ConfigDict(extra="forbid")

    state: State | None = None
    type: Annotated[str, Field(max_length=40)] | None = None
    channel: Channel | None = None
    audience: Literal["client", "manager"] | None = None
    consultation: UUID | None = None
    client: UUID | None = None
    cursor: UUID | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class PreferencesIn(BaseModel):
    """How a client wants to be told, as a whole: an empty list and nulls are the platform's ways.

    Hours are local (Asia/Tashkent), both or none; the same hour twice means that no hour is quiet.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={
        "example": {"channels": ["telegram", "email"], "quiet_from": "21:00", "quiet_to": "08:30", "language": "uz"}
    })  # fmt: skip

    channels: Annotated[list[Channel], Field(max_length=4)] = []
    quiet_from: time | None = None
    quiet_to: time | None = None
    language: Literal["uz", "ru", "en"] | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.quiet_from is None) != (self.quiet_to is None):
            raise ValueError("quiet hours need both ends")
        if any(at is not None and at.tzinfo is not None for at in (self.quiet_from, self.quiet_to)):
            raise ValueError("quiet hours are local")
        if len(set(self.channels)) != len(self.channels):
            raise ValueError("a channel is named twice")
        return self


class TriedOut(BaseModel):
    """What became of a message in a channel."""

    channel: str
    state: str
    error: str | None
    times: int
    at: datetime


class MessageOut(BaseModel):
    """A message to a person; to the staff with `tried`, what became of it in each channel."""

    model_config = ConfigDict(extra="allow")

    id: UUID
    type: str
    state: str
    cons_id: UUID | None = None
    number: str | None = None
    language: str | None = None
    channel: str | None = None
    body: str | None = None
    created_at: datetime
    sent_at: datetime | None = None
    audience: str | None = None
    recipient: str | None = None
    error: str | None = None
    tried: list[TriedOut] = []


class PageOut(BaseModel):
    """A page of messages; `next` is the cursor of the next one."""

    items: list[MessageOut]
    next: UUID | None


class PreferencesOut(BaseModel):
    """How a client is told."""

    client_id: UUID
    channels: list[Channel]
    quiet_from: str | None
    quiet_to: str | None
    language: str | None


def _json(value: Any) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")


@router.get("/notifications", response_model=PageOut)
async def newest(
    request: Request, principal: Annotated[Principal, Depends(READ)], wanted: Annotated[Filter, Query()]
) -> Response:
    """Messages, newest first: `{items, next}`. Staff see all with every attempt, a client what he was told."""
    own = None if principal.reach is None else sorted(principal.reach)
    async with request.app.state.runtime.db.read() as connection:
        found = await reading.newest(
            connection, limit=wanted.limit + 1, cursor=wanted.cursor, state=wanted.state, type_=wanted.type,
            channel=wanted.channel, audience=wanted.audience, cons_id=wanted.consultation, client_id=wanted.client,
            clients=own,
        )  # fmt: skip
    items = found[: wanted.limit]
    return _json({"items": items, "next": items[-1]["id"] if len(found) > wanted.limit else None})


@router.get("/notifications/{id_}", response_model=MessageOut)
async def one(
    request: Request, id_: UUID, principal: Annotated[Principal, Depends(require(*STAFF, Role.AUDITOR))]
) -> Response:
    """One message with what became of it in each channel; 404."""
    async with request.app.state.runtime.db.read() as connection:
        return _json(await reading.read(connection, id_))


@router.post("/notifications/{id_}/retry", response_model=MessageOut)
async def retry(request: Request, id_: UUID, principal: Annotated[Principal, Depends(RETRY)]) -> Response:
    """Send again what surely nobody took; 404, 409 for any other."""
    async with request.app.state.runtime.db.transaction() as connection:
        await reading.retry(connection, id_)
        await noted(connection, request, principal, "message.retried", str(id_))
        return _json(await reading.read(connection, id_))


async def _own(connection: Connection, principal: Principal, client_id: UUID) -> None:
    """A client may look at himself and at users of his; NotFound for others."""
    if principal.role is not Role.CLIENT:
        return
    found = await rows(
        connection,
        "select 1 from cons.clients where client_id = %(id)s and array[client_id, parent_id] && %(own)s",
        {"id": client_id, "own": list(principal.subjects)},
    )
    if not found:
        raise NotFound("client.unknown")


@router.get("/clients/{client_id}/preferences", response_model=PreferencesOut)
async def shown(
    request: Request, client_id: UUID, principal: Annotated[Principal, Depends(PREFER_READ)]
) -> Response:  # fmt: skip
    """How a client wants to be told; 404 also for another's."""
    async with request.app.state.runtime.db.read() as connection:
        await _own(connection, principal, client_id)
        return _json(await preferences.get(connection, client_id))


@router.put("/clients/{client_id}/preferences", response_model=PreferencesOut)
async def chosen(
    request: Request, client_id: UUID, body: PreferencesIn, principal: Annotated[Principal, Depends(PREFER_WRITE)]
) -> Response:
    """Choose how to be told, as a whole; 404 also for another's, 422."""
    async with request.app.state.runtime.db.transaction() as connection:
        await _own(connection, principal, client_id)
        before = await preferences.get(connection, client_id)
        after = await preferences.set_(
            connection, client_id, channels=body.channels, quiet_from=body.quiet_from, quiet_to=body.quiet_to,
            language=body.language,
        )  # fmt: skip
        was, now = ({name: kept[name] for name in CHOSEN} for kept in (before, after))
        await noted(connection, request, principal, "client.preferences_changed", str(client_id), before=was, after=now)
        return _json(after)
