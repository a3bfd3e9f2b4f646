"""Routes of the app in Chatwoot's side panel.

Chatwoot tells the frame by `postMessage` which conversation and which agent it stands beside, unsigned (chatwoot.md
§2.8), so that is a hint about *what* to show and never about who looks; the frame hears it from Chatwoot's origin
alone, which it asks for here. Who looks proves it once in a window of our own site, where his session is; the frame,
which gets no cookie of ours, holds a signed pass for a quarter of an hour that the session behind it can end at any
time.
"""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from pydantic import BaseModel

from clobus.api.answers import problems_of
from clobus.api.desk_forms import CardOut
from clobus.api.replies import answer, settings_of
from clobus.core import auth
from clobus.core.auth import STAFF, Principal, Role, public, require
from clobus.core.errors import Conflict, NotFound, Unauthenticated
from clobus.modules.accounts import behind
from clobus.modules.clients import desk as companies
from clobus.modules.consultations import desk

router = APIRouter(prefix="/api/dashboard-app", tags=["dashboard app"])
PURPOSE, SECONDS = "dashboard-app", 900
Opener = Annotated[Principal, Depends(require(*STAFF, Role.AUDITOR, scope="desk:read", limit="creates"))]
OPEN = Depends(public())
Pass = Annotated[str | None, Header(alias="x-dashboard-pass", max_length=400)]
HISTORY = 5


class FrameOut(BaseModel):
    """Where the panel may stand: the origin that people see Chatwoot at."""

    parent: str


class PassOut(BaseModel):
    """A pass for the frame, and for how many seconds it is good."""

    token: str
    expires_in: int


class PanelOut(BaseModel):
    """What the side panel shows: the request of the conversation, its company, what came before, and one's numbers."""

    request: CardOut
    company: dict[str, Any] | None
    history: list[CardOut]
    mine: dict[str, Any] | None
    token: str
    expires_in: int


def _secret(request: Request) -> str:
    secret: str = settings_of(request).secret_key.get_secret_value()
    return secret


def _signed(request: Request, session_id: UUID) -> dict[str, Any]:
    return {"token": auth.sign(_secret(request), PURPOSE, str(session_id), SECONDS), "expires_in": SECONDS}


@router.post(
    "/passes", response_model=PassOut, summary="A pass for the side panel",
    responses=problems_of("dashboard.session_needed"),
)  # fmt: skip
async def make(request: Request, principal: Opener) -> Response:
    """For the session of a person of the staff, asked for in a window of our own site; 409 for a key."""
    if principal.session_id is None:
        raise Conflict("dashboard.session_needed")
    return answer(_signed(request, principal.session_id))


@router.get("", response_model=FrameOut, dependencies=[OPEN], summary="Who frames the side panel")
async def frame(request: Request) -> Response:
    """The one origin that may frame the panel and tell it what to show, as the policy of its page says, too."""
    return answer({"parent": request.app.state.site.frame})


@router.get(
    "/conversations/{conversation_id}", response_model=PanelOut, dependencies=[OPEN], summary="The side panel",
    responses=problems_of("dashboard.pass", "consultation.unknown"),
)  # fmt: skip
async def panel(
    request: Request, conversation_id: Annotated[int, Path(ge=1, lt=2**62)], shown: Pass = None
) -> Response:
    """The request of a conversation and one's own numbers, for the holder of a pass, with the next pass; 401, 404."""
    session_id = _session_of(request, shown)
    zone = settings_of(request).tz
    async with request.app.state.runtime.db.read() as connection:
        principal = await behind.of_staff(connection, session_id)
        if principal is None:
            raise Unauthenticated("dashboard.pass")
        cons_id = await desk.by_conversation(connection, conversation_id)
        card = await desk.card(connection, cons_id) if cons_id else None
        if card is None:
            raise NotFound("consultation.unknown")
        client = UUID(card["client_id"]) if card["client_id"] else None
        company = await companies.whole(connection, client) if client else None
        history = await desk.history_of(connection, client, but=cons_id, limit=HISTORY) if client else []
        me = await behind.manager_of(connection, principal)
        mine = await desk.numbers_of(connection, me, zone) if me else None
    return answer(
        {"request": card, "company": company, "history": history, "mine": mine, **_signed(request, session_id)}
    )


def _session_of(request: Request, shown: str | None) -> UUID:
    value = auth.unsign(_secret(request), PURPOSE, shown or "")
    if value is None:
        auth.door_of(request).limiter.hit("guesses", auth.address(request))
        raise Unauthenticated("dashboard.pass")
    return UUID(value)
