"""The talk of a request through us: what was said in its conversation, a message into it, the files of messages.

Chatwoot has the words; here is only what it does not have yet. Its message events come back as events of the request,
so that whoever watches it live reads anew.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote, unquote, urlsplit
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from clobus.api.acts import noted
from clobus.api.answers import problems_of
from clobus.api.replies import answer, is_staff, named, settings_of
from clobus.core import idempotency
from clobus.core.auth import READERS, Principal, Role, require
from clobus.core.db import Connection
from clobus.core.errors import GatewayError, NotFound
from clobus.core.ids import new_id
from clobus.gateways.chatwoot import files
from clobus.gateways.chatwoot.client import ChatwootClient
from clobus.gateways.chatwoot.wire import Attachment, Message
from clobus.modules.consultations import policy, reading, service
from clobus.modules.consultations.types import TERMINAL, Status
from clobus.sync.telegram import book

router = APIRouter(prefix="/api/consultations", tags=["consultations"])
READ = require(Role.CLIENT, *READERS, scope="consultations:read")
WRITE = require(Role.CLIENT, Role.MANAGER, Role.HEAD, Role.ADMINISTRATOR, scope="consultations:create", limit="creates")
Reader = Annotated[Principal, Depends(READ)]
Writer = Annotated[Principal, Depends(WRITE)]
MAX_PAGES = 20
"""How far back a talk is read, in Chatwoot's pages of 100."""
INCOMING, OUTGOING = 0, 1
DOWN = ("gateway.down", "gateway.transient")
FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The content of the file.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class SaidFileOut(BaseModel):
    """A file of a message; got at `/messages/files/{id}`."""

    id: int
    name: str | None
    size: int | None


class SaidOut(BaseModel):
    """What was said, by the client or by the desk; no notes."""

    id: int
    side: str
    text: str
    at: datetime
    author: str | None
    files: list[SaidFileOut]


class SayingOut(BaseModel):
    """What was written here and is not in the conversation: on its way (`sending`), or `refused`."""

    key: str
    side: str
    text: str
    at: datetime
    state: Literal["sending", "refused"]
    files: list[str]


class TalkOut(BaseModel):
    """The talk, oldest first, and what is on its way into it; `open`: whether something can be written. `away`:
    Chatwoot cannot be read now, so that only what is on its way is shown.
    """

    messages: list[SaidOut]
    sending: list[SayingOut]
    open: bool
    away: bool


class SayIn(BaseModel):
    """A message; files go by `/attachments`, with words in `comment`."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, StringConstraints(strip_whitespace=True), Field(min_length=1, max_length=4000)]


async def _state(request: Request, name: str, principal: Principal) -> tuple[UUID, dict[str, Any]]:
    async with request.app.state.runtime.db.read() as connection:
        cons_id = await named(connection, name, principal)
        return cons_id, await reading.answer_state(connection, cons_id)


@router.get("/{name}/messages", response_model=TalkOut, responses=problems_of("consultation.unknown"),
            summary="Read the talk")  # fmt: skip
async def read(
    request: Request, name: str, principal: Reader, after: Annotated[int, Query(ge=0, le=2**53)] = 0
) -> Response:
    """What was said on a request, as Chatwoot has it now (only what is newer than message `after`), and what is on its
    way. 404 for another's.
    """
    cons_id, state = await _state(request, name, principal)
    # Read before the conversation: what arrives meanwhile is in both, and shown once.
    async with request.app.state.runtime.db.read() as connection:
        sending = await book.from_pages(connection, cons_id)
    found: list[Message] = []
    away = False
    if state["conversation_id"] is not None:
        try:
            found = await _said(request.app.state.runtime.chatwoot, state["conversation_id"], after)
        except GatewayError:
            away = True
    there = {message.source_id for message in found}
    return answer(
        {
            "messages": [_out(each) for each in found],
            "sending": [each for each in sending if each["key"] not in there],
            "open": Status(state["status"]) not in TERMINAL,
            "away": away,
        }
    )


@router.post(
    "/{name}/messages", response_model=SayingOut, status_code=202, summary="Say something",
    responses=problems_of("consultation.unknown", "consultation.ended", "idempotency.key_length",
                          "idempotency.other_body"),
)  # fmt: skip
async def say(
    request: Request, name: str, body: SayIn, principal: Writer,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> Response:  # fmt: skip
    """Write into the conversation: a client as its contact, staff as the desk. It is kept and sent on in order, also
    when Chatwoot is away or has no conversation yet. Once for an Idempotency-Key. 409 for an ended request.
    """
    async with request.app.state.runtime.db.transaction() as connection:
        cons_id = await named(connection, name, principal)
        key = idempotency.make_key(principal.id, f"say:{cons_id}", idempotency_key, await request.body())

        async def work() -> dict[str, Any]:
            said = await _say(connection, cons_id, body.text, staff=is_staff(principal))
            after = {"characters": len(body.text)}
            await noted(connection, request, principal, "request.said", str(cons_id), after=after)
            return said

        return answer(await idempotency.once(connection, key, cons_id, work()), 202)


async def _say(connection: Connection, cons_id: UUID, text: str, *, staff: bool) -> dict[str, Any]:
    row = (await service.load(connection, [cons_id]))[cons_id]
    policy.ensure_open(row.status)
    return await book.say(connection, cons_id, text, f"web-{new_id()}", staff=staff)


@router.get(
    "/{name}/messages/files/{file_id}", response_class=Response, summary="Get a file of a message",
    responses=problems_of("consultation.unknown", "attachment.unknown", *DOWN) | FILE,
)  # fmt: skip
async def content(request: Request, name: str, file_id: int, principal: Reader) -> Response:
    """A file that was sent in the talk, to be saved: its own address would open to anybody who learns it."""
    _, state = await _state(request, name, principal)
    chatwoot: ChatwootClient = request.app.state.runtime.chatwoot
    said = await _said(chatwoot, state["conversation_id"]) if state["conversation_id"] is not None else []
    found = next((each for message in said for each in message.attachments if each.id == file_id), None)
    if found is None or found.data_url is None:
        raise NotFound("attachment.unknown")
    body = await files.download(chatwoot, found.data_url, settings_of(request).attachments.file_bytes * 2)
    if body is None:
        raise NotFound("attachment.unknown")
    named_ = quote(_name(found) or f"file-{found.id}", safe="")
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{named_}",
        "cache-control": "private, max-age=3600",
    }
    return Response(body, media_type="application/octet-stream", headers=headers)


async def _said(chatwoot: ChatwootClient, conversation_id: int, after: int = 0) -> list[Message]:
    found: dict[int, Message] = {}
    for _ in range(MAX_PAGES):
        batch = await chatwoot.messages(conversation_id, after=after)
        found |= {m.id: m for m in batch if not m.private and m.message_type in (INCOMING, OUTGOING)}
        newest = max((each.id for each in batch), default=after)
        if newest <= after:
            break
        after = newest
    return sorted(found.values(), key=lambda each: each.id)


def _out(message: Message) -> dict[str, Any]:
    client = message.message_type == INCOMING
    return {
        "id": message.id, "side": "client" if client else "desk", "text": message.content or "",
        "at": datetime.fromtimestamp(message.created_at, UTC),
        "author": None if client or message.sender is None else message.sender.name,
        "files": [{"id": each.id, "name": _name(each), "size": each.file_size} for each in message.attachments],
    }  # fmt: skip


def _name(file: Attachment) -> str | None:
    """The name of a file, which only its address tells."""
    last = unquote(urlsplit(file.data_url or "").path.rpartition("/")[2])
    return last[:200] or None
