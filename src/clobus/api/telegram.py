"""What the Mini App asks (domain.md §5.7): each of its own user and of his clients alone."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from clobus.api.acts import noted
from clobus.api.problems import language
from clobus.core import i18n
from clobus.core.auth import Principal, Role, door_of, require
from clobus.core.errors import Forbidden, NotFound, Unauthenticated
from clobus.gateways.chatwoot.wire import Message
from clobus.modules.clients import telegram as people
from clobus.modules.consultations import reading
from clobus.modules.consultations.types import TERMINAL, Status

router = APIRouter(prefix="/api/telegram", tags=["telegram"])
Stranger = Annotated[Principal, Depends(require(Role.CLIENT, linked=False))]
Client = Annotated[Principal, Depends(require(Role.CLIENT))]
MAX_PAGES = 20
"""How far back a history is read, in Chatwoot's pages of 100."""
INCOMING, OUTGOING = 0, 1
WORDS = {INCOMING: "incoming", OUTGOING: "outgoing"}


class ContactLinkIn(BaseModel):
    """Who asks to be linked; `contact` is what Telegram signed when the Mini App asked for it."""

    model_config = ConfigDict(extra="ignore")

    telegram_user_id: int
    client_id: UUID | None = None
    contact: Annotated[str | None, Field(max_length=4096)] = None


class ContactOut(BaseModel):
    """Whether Telegram vouched for a telephone of this user."""

    has_contact: bool
    telegram_user_id: int
    phone_number: str | None
    message: str


class ContactLinkOut(BaseModel):
    """For whom the user may speak now."""

    success: bool
    message: str
    telegram_user_id: int
    client_id: UUID | None
    clients: list[UUID]


class MayWriteOut(BaseModel):
    """Whether the client may write to a request."""

    cons_id: str
    status: str
    is_open: bool
    message: str


class TelegramMessageOut(BaseModel):
    """A message of the talk: the client's or the staff's, no notes and no activity."""

    id: int
    content: str
    message_type: str
    created_at: int
    sender_name: str | None
    sender_type: str
    attachments: int


class HistoryOut(BaseModel):
    """A page of a talk, oldest first."""

    messages: list[TelegramMessageOut]
    total: int
    page: int
    per_page: int


def _json(value: Any) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")


def _himself(principal: Principal, telegram_user_id: int) -> int:
    if principal.telegram_user_id is None or principal.telegram_user_id != telegram_user_id:
        raise Forbidden("telegram.not_you")
    return telegram_user_id


@router.get("/check-contact/{telegram_user_id}", response_model=ContactOut)
async def check_contact(request: Request, telegram_user_id: int, principal: Stranger) -> Response:
    """Whether the Mini App knows its user's telephone; 403 for anybody else's id."""
    him = _himself(principal, telegram_user_id)
    async with request.app.state.runtime.db.read() as connection:
        known = await people.person(connection, him)
    phone = known["phone_number"] if known else None
    said = i18n.text(language(request), "telegram.contact_known" if phone else "telegram.contact_needed")
    return _json({"has_contact": phone is not None, "telegram_user_id": him, "phone_number": phone, "message": said})


@router.post("/link-user", response_model=ContactLinkOut)
async def link_user(request: Request, body: ContactLinkIn, principal: Stranger) -> Response:
    """Link the Mini App's user to the clients whose telephone is his own, as Telegram vouches for it: what he sent the
    bot, or `contact` here. Nobody is unlinked. 403 when it proves nothing for the client that he names.
    """
    him, app = _himself(principal, body.telegram_user_id), request.app.state
    phone = None
    if body.contact is not None:
        try:
            phone = app.callers.contact_of(body.contact, him)
        except Unauthenticated as error:
            door_of(request).limiter.hit("misses", principal.id)
            raise Forbidden(error.code) from None
    async with app.runtime.db.transaction() as connection:
        known = await people.person(connection, him)
        if phone is not None:
            names = {name: known[name] for name in ("username", "first_name", "last_name")} if known else {}
            # A private chat has the id of its person.
            await people.remember(connection, him, known["chat_id"] if known else him, phone_number=phone, **names)
        elif known is None or known["phone_number"] is None:
            raise Forbidden("telegram.contact_needed")
        folder = UUID(app.runtime.settings.clients_folder)
        before = [row["client_id"] for row in await people.clients_of(connection, him)]
        await people.link_by_phone(connection, him, folder)
        linked = [row["client_id"] for row in await people.clients_of(connection, him)]
        was, now = ({"clients": [str(each) for each in kept]} for kept in (before, linked))
        await noted(connection, request, principal, "telegram.linked", str(him), before=was, after=now)
    app.callers.forget()
    chosen = body.client_id or (linked[0] if linked else None)
    if chosen is None or chosen not in linked:
        door_of(request).limiter.hit("misses", principal.id)
        raise Forbidden("telegram.not_proved")
    said = i18n.text(language(request), "telegram.linked")
    return _json(
        {"success": True, "message": said, "telegram_user_id": him, "client_id": chosen, "clients": linked}
    )  # fmt: skip


async def _own(request: Request, name: str, principal: Principal) -> dict[str, Any]:
    """A request of one of the caller's clients; NotFound for any other."""
    async with request.app.state.runtime.db.read() as connection:
        for subject in sorted(principal.subjects):
            try:
                return await reading.read(connection, name[:64], subject)
            except NotFound:
                continue
    raise NotFound("consultation.unknown")


@router.get("/consultations/{name}", response_model=MayWriteOut)
async def may_write(request: Request, name: str, principal: Client) -> Response:
    """Whether the client may write: as long as the request has not ended; 404 for another's."""
    shown = await _own(request, name, principal)
    is_open = Status(shown["status"]) not in TERMINAL
    said = i18n.text(language(request), "telegram.open" if is_open else "telegram.ended")
    return _json({"cons_id": shown["cons_id"], "status": shown["status"], "is_open": is_open, "message": said})


@router.get("/consultations/{name}/messages", response_model=HistoryOut)
async def messages(
    request: Request, name: str, principal: Client,
    page: Annotated[int, Query(ge=1, le=1000)] = 1, per_page: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:  # fmt: skip
    """What was said on a request, oldest first, without the staff's notes; 404 for another's, 503 without Chatwoot."""
    shown = await _own(request, name, principal)
    async with request.app.state.runtime.db.read() as connection:
        state = await reading.answer_state(connection, UUID(shown["cons_id"]))
    found: list[Message] = []
    if state["conversation_id"] is not None:
        found = await _said(request, state["conversation_id"])
    part = found[(page - 1) * per_page : page * per_page]
    return _json({"messages": [_out(each) for each in part], "total": len(found), "page": page, "per_page": per_page})


async def _said(request: Request, conversation_id: int) -> list[Message]:
    after, found = 0, []
    for _ in range(MAX_PAGES):
        batch = await request.app.state.runtime.chatwoot.messages(conversation_id, after=after)
        found += [each for each in batch if not each.private and each.message_type in WORDS]
        newest = max((each.id for each in batch), default=after)
        if newest <= after:
            break
        after = newest
    return sorted({each.id: each for each in found}.values(), key=lambda each: each.id)


def _out(message: Message) -> dict[str, Any]:
    return {
        "id": message.id, "content": message.content or "", "message_type": WORDS[message.message_type],
        "created_at": message.created_at, "sender_name": message.sender.name if message.sender else None,
        "sender_type": "contact" if message.message_type == INCOMING else "user",
        "attachments": len(message.attachments),
    }  # fmt: skip
