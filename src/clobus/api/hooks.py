"""The doors for others' webhooks: verified, stored, answered in milliseconds."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response

from clobus.core import clock
from clobus.core.auth import public

router = APIRouter(tags=["webhooks"])


@router.post("/hooks/chatwoot", dependencies=[Depends(public("webhooks"))], include_in_schema=False)
async def chatwoot(request: Request) -> Response:
    """A delivery of Chatwoot: 200 when it is stored (or was before), 401 when it is not signed rightly."""
    await request.app.state.chatwoot_door.receive(request.headers, await request.body(), clock.now())
    return Response(b"{}", media_type="application/json")


@router.post("/hooks/telegram", dependencies=[Depends(public("webhooks"))], include_in_schema=False)
async def telegram(request: Request) -> Response:
    """An update of the bot: 200 when it is stored (or was before), 401 without Telegram's secret."""
    await request.app.state.telegram_door.receive(request.headers, await request.body())
    return Response(b"{}", media_type="application/json")
