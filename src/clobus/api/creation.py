"""`POST /api/consultations/create`: exactly once under replays, parallel clicks and crashes."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

from clobus.core import clock, i18n, idempotency
from clobus.core.auth import Principal, Role
from clobus.core.db import Connection, Database, one
from clobus.core.errors import Forbidden, TooMany
from clobus.core.events import Origin
from clobus.core.idempotency import Key
from clobus.modules.clients.types import Freedom
from clobus.modules.consultations import opening, reading
from clobus.modules.consultations.opening import Rules
from clobus.modules.consultations.schemas import CreateIn
from clobus.modules.consultations.types import Kind, Status
from clobus.settings import Settings

OPERATION = "create_consultation"
STEP = 0.05
DAY_LIMIT = (
    "select 1 from log.events where cons_id = %s and name = 'Cancelled' and changes -> 'reason' ->> 1 = 'day_limit'"
)


class Creator:
    """Makes requests for callers and waits a little for what the partners give them."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self.db = db
        self.settings = settings
        limits = settings.limits
        self.rules = Rules(settings.tz, UUID(settings.clients_folder), limits.accounting_per_day, limits.future_days)

    async def create(self, principal: Principal, body: CreateIn, key: Key | None, *, wait: bool) -> dict[str, Any]:
        """Make the request, or answer for the one that this key made before."""
        patience = self.settings.create_wait_seconds if wait else 0.0
        if principal.role is Role.CLIENT:
            body = _own(body, principal)
        async with self.db.transaction() as connection:
            stored = await self._claimed(connection, key, patience)
            if stored is not None and stored.answer is not None:
                answered: dict[str, Any] = stored.answer
                return answered
            if stored is not None and stored.resource_id is not None:
                cons_id = stored.resource_id
            else:
                cons_id = await opening.open_consultation(
                    connection, body, self.rules, origin=Origin.API, actor=principal.id,
                    freedom=Freedom.FILL if principal.may("clients:write") else Freedom.NOTHING,
                )  # fmt: skip
            if key is not None:
                await idempotency.keep(connection, key, cons_id)
                await idempotency.take_over(connection, key)
        return await self._answer(cons_id, body, key, patience)

    async def _claimed(self, connection: Connection, key: Key | None, patience: float) -> idempotency.Stored | None:
        """None when the request is ours to make; else what is known of the first one with this key."""
        if key is None or await one(connection, idempotency.CLAIM, idempotency.claim_params(key)):
            return None
        return await idempotency.earlier(connection, key, patience + 5)

    async def _answer(self, cons_id: UUID, body: CreateIn, key: Key | None, patience: float) -> dict[str, Any]:
        deadline = clock.monotonic() + patience
        while True:
            async with self.db.read() as connection:
                state = await reading.answer_state(connection, cons_id)
                if state["status"] == Status.CANCELLED and await one(connection, DAY_LIMIT, (cons_id,)):
                    await self._forget(key)
                    raise TooMany("consultation.day_limit", {"limit": self.rules.per_day})
                if _complete(state) or clock.monotonic() > deadline:
                    answer = await self._render(connection, cons_id, state, body)
                    break
            await asyncio.sleep(STEP)
        if key is not None:
            async with self.db.transaction() as connection:
                await idempotency.keep(connection, key, cons_id, 200, answer)
        return answer

    async def _forget(self, key: Key | None) -> None:
        if key is not None:
            async with self.db.transaction() as connection:
                await idempotency.release(connection, key)

    async def _render(
        self, connection: Connection, cons_id: UUID, state: dict[str, Any], body: CreateIn
    ) -> dict[str, Any]:  # fmt: skip
        shown = await reading.read(connection, str(cons_id), None)
        for name, value in shown.items():
            if hasattr(value, "isoformat"):
                shown[name] = value.isoformat()
        chatwoot = self.settings.chatwoot
        return {
            "consultation": shown,
            "client_id": shown["client_id"],
            "message": _message(state),
            "source": shown["source"],
            "telegram_user_id": body.telegram_user_id,
            "bot_username": None,
            "chatwoot_conversation_id": state["conversation_id"],
            "chatwoot_source_id": state["chatwoot_source_id"],
            "chatwoot_account_id": chatwoot.account_id,
            "chatwoot_inbox_id": chatwoot.inbox_id,
            "chatwoot_pubsub_token": state["chatwoot_pubsub_token"],
        }


def _own(body: CreateIn, principal: Principal) -> CreateIn:
    """A client asks for himself: whom else he names is refused."""
    named = body.consultation.client_id or (body.client.client_id if body.client else None)
    if principal.subject_id is None or (named is not None and named != principal.subject_id):
        raise Forbidden("consultation.other_client")
    asked = body.consultation.model_copy(update={"client_id": principal.subject_id})
    return body.model_copy(update={"client": None, "consultation": asked})


def _complete(state: dict[str, Any]) -> bool:
    return state["conversation_id"] is not None and (
        state["consultation_type"] == Kind.SUPPORT.value or state["number"] is not None
    )


def _message(state: dict[str, Any]) -> str:
    """Which systems have it, in the language of the request."""
    has = [
        i18n.text(state["lang"], name)
        for name, there in (
            ("system.database", True),
            ("system.onec", state["cl_ref_key"]),
            ("system.chatwoot", state["conversation_id"]),
        )
        if there
    ]
    return i18n.text(state["lang"], "create.accepted", {"systems": ", ".join(has)})
