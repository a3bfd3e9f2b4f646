"""An agent's seat: one conversation of the dashboard with the dashboard apps beside it (chatwoot.md §2.8).

The page is at the original's own address, `/app/accounts/{account_id}/conversations/{id}`, so that what is framed
stands below the origin that it knows. Nobody signs in here: `agent` in the query says who sits there, else the
assignee, else the first user. Control door: `GET /_control/seat/{account_id}/{id}` gives what the page shows.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from clobus_twins.chatwoot import model, render
from clobus_twins.chatwoot.hooks import shown_app
from clobus_twins.chatwoot.twin import Twin

STATIC = Path(__file__).parent / "static"
LOCALES = Path(__file__).parent.parent / "page" / "locales"
SHOWN, LISTED = 50, 25
# As in the original, whatever an administrator registered may be framed; the framed page says by whom it may be.
POLICY = "default-src 'self'; img-src 'self' http: https: data:; frame-src http: https:; frame-ancestors 'none'"


class Seat:
    """The page and its door, over a twin."""

    def __init__(self, twin: Twin) -> None:
        self.twin = twin

    def routes(self) -> list[Route | Mount]:
        """Where they are."""
        return [
            Route("/app/accounts/{account_id:int}/conversations/{id:int}", self.page, methods=["GET"]),
            Route("/app/locales/{language}.json", self.texts, methods=["GET"]),
            Mount("/app/static", StaticFiles(directory=STATIC)),
            Route("/_control/seat/{account_id:int}/{id:int}", self.door, methods=["GET"]),
        ]

    async def page(self, _: Request) -> Response:
        """The page."""
        headers = {"content-security-policy": POLICY, "cache-control": "no-store"}
        return FileResponse(STATIC / "index.html", headers=headers)

    async def texts(self, request: Request) -> Response:
        """The page's words in a language."""
        file = LOCALES / f"{request.path_params['language']}.json"
        if file not in LOCALES.glob("*.json"):
            raise HTTPException(404)
        return JSONResponse({k: v for k, v in json.loads(file.read_text(encoding="utf-8")).items() if "seat." in k})

    async def door(self, request: Request) -> Response:
        """The conversation, its contact, who sits here, and what is framed."""
        store, account_id = self.twin.store, request.path_params["account_id"]
        row = store.conversation(account_id, request.path_params["id"])
        if row is None:
            raise HTTPException(404)
        agents = [store.users.rows[one.user_id] for one in store.account_users.of(account_id)]
        wanted = int(request.query_params.get("agent") or 0) or row.assignee_id
        user = next((one for one in agents if one.id == wanted), agents[0])
        return JSONResponse(
            {
                "conversation": render.conversation(self.twin, row, user),
                "contact": render.contact(self.twin, store.contacts.rows[row.contact_id]),
                "currentAgent": {"id": user.id, "name": user.name, "email": user.email},
                "agents": [{"id": one.id, "name": one.name} for one in sorted(agents, key=lambda one: one.name)],
                "apps": [shown_app(one) for one in store.dashboard_apps.of(account_id)],
                "messages": [render.message(self.twin, one) for one in store.messages_of.get(row.id, [])[-SHOWN:]],
                "others": self._others(account_id),
            }
        )

    def _others(self, account_id: int) -> list[dict[str, Any]]:
        store = self.twin.store
        rows = [one for one in store.conversations.of(account_id) if one.status in ("open", "pending")]
        rows.sort(key=lambda one: one.last_activity_at or 0, reverse=True)
        return [{"id": one.display_id, "contact": self._name(one)} for one in rows[:LISTED]]

    def _name(self, row: model.Conversation) -> str:
        return self.twin.store.contacts.rows[row.contact_id].name or "—"
