"""`POST /api/consultations/create`: exactly once under replays, parallel clicks and crashes.

Requests of known clients that come while others are being written are written together, in one transaction; whatever
is not plain there (a key that was used, a refusal under a key, an error) is done again alone, where its key is claimed
before anything else.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from clobus.core import clock, i18n, idempotency
from clobus.core.auth import Principal, Role
from clobus.core.batching import Batcher
from clobus.core.db import Connection, Database, one
from clobus.core.errors import ClobusError, Forbidden, TooMany, Unprocessable
from clobus.core.events import Origin
from clobus.core.idempotency import Key
from clobus.modules.accounts import audit
from clobus.modules.clients.types import Freedom
from clobus.modules.consultations import opening, reading
from clobus.modules.consultations.opening import Asked, Opened, Rules
from clobus.modules.consultations.roster import Roster
from clobus.modules.consultations.schemas import CreateIn
from clobus.modules.consultations.service import ARRIVALS
from clobus.modules.consultations.types import Kind, Status
from clobus.settings import Settings

OPERATION = "create_consultation"
STEP = 0.5
"""Seconds between two looks when no news of the partners comes."""
DAY_LIMIT = (
    "select 1 from log.events where cons_id = %s and name = 'Cancelled' and changes -> 'reason' ->> 1 = 'day_limit'"
)


Outcome = tuple[Opened, bytes] | ClobusError | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """One creation that waits for its turn; `waits`: its answer comes later than its commit; `by`: a person."""

    asked: Asked
    key: Key | None
    waits: bool
    by: audit.Actor | None = None


class Creator:
    """Makes requests for callers and waits a little for what the partners give them."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self.db = db
        self.settings = settings
        limits = settings.limits
        calendar = settings.calendar.of(settings.tz)
        self.rules = Rules(
            settings.tz, UUID(settings.clients_folder), limits.accounting_per_day, limits.future_days, calendar
        )
        self.roster = Roster(calendar)
        self._together: Batcher[Wanted, Outcome] = Batcher(self._write)

    async def create(
        self, principal: Principal, body: CreateIn, key: Key | None, *, wait: bool, by: audit.Actor | None = None
    ) -> msgspec.Raw:  # fmt: skip
        """Make the request, or answer for the one that this key made before: JSON, encoded once. `by` is a person,
        whose act is written down with it.
        """
        patience = self.settings.create_wait_seconds if wait else 0.0
        if principal.role is Role.CLIENT:
            body = _own(body, principal)
        client_id = _client_of(body)
        if client_id is None:
            return msgspec.Raw(await self._alone(principal, body, key, patience, by))
        made = await self._together.add(Wanted(Asked(client_id, body, principal.id), key, wait, by))
        if isinstance(made, ClobusError) and key is None:
            raise made
        if made is None or isinstance(made, ClobusError):
            return msgspec.Raw(await self._alone(principal, body, key, patience, by))
        return msgspec.Raw(await self._answer(made[0].cons_id, body, key, patience) if wait else made[1])

    async def _write(self, wanted: Sequence[Wanted], rest_is_waiting: Callable[[], None]) -> Sequence[Outcome]:
        """Make several; None for each when one of them spoils it for all: a key that was used, a value that is none."""
        try:
            return await self._written(wanted, rest_is_waiting)
        except (psycopg.DataError, psycopg.IntegrityError):
            return [None] * len(wanted)

    async def _written(self, wanted: Sequence[Wanted], rest_is_waiting: Callable[[], None]) -> Sequence[Outcome]:
        if not self.roster.fresh:
            async with self.db.read() as connection:
                await self.roster.refresh(connection)
        async with self.db.pipeline() as connection:
            outcomes = await opening.open_all(
                connection, [one.asked for one in wanted], self.rules, self.roster, origin=Origin.API
            )
            answers: list[Outcome] = []
            kept = []
            for one_wanted, outcome in zip(wanted, outcomes, strict=True):
                if isinstance(outcome, ClobusError):
                    answers.append(outcome)
                    continue
                answer = msgspec.json.encode(self._first_answer(outcome, one_wanted.asked.body))
                answers.append((outcome, answer))
                if one_wanted.key is not None:
                    kept.append((one_wanted.key, outcome.cons_id, None if one_wanted.waits else answer))
                if one_wanted.by is not None:
                    await _note(connection, one_wanted.by, outcome.cons_id, outcome.shown["consultation_type"])
            await idempotency.keep_new(connection, kept)
            rest_is_waiting()
        return answers

    async def _alone(
        self, principal: Principal, body: CreateIn, key: Key | None, patience: float, by: audit.Actor | None
    ) -> bytes:  # fmt: skip
        """Make one request by itself: its key is claimed first, its client found or made."""
        try:
            cons_id = await self._made_alone(principal, body, key, patience, by)
        except psycopg.DataError:  # a character that no text of the database can hold
            raise Unprocessable("request.invalid") from None
        return cons_id if isinstance(cons_id, bytes) else await self._answer(cons_id, body, key, patience)

    async def _made_alone(
        self, principal: Principal, body: CreateIn, key: Key | None, patience: float, by: audit.Actor | None
    ) -> UUID | bytes:  # fmt: skip
        """The request that was made, now or with this key before; or the answer that was kept."""
        async with self.db.transaction() as connection:
            if (client_id := _client_of(body)) is not None:
                await opening.hold(connection, [client_id])
            stored = await self._claimed(connection, key, patience)
            if stored is not None and stored.answer is not None:
                return msgspec.json.encode(stored.answer)
            if stored is not None and stored.resource_id is not None:
                cons_id = stored.resource_id
            else:
                cons_id = await opening.open_consultation(
                    connection, body, self.rules, origin=Origin.API, actor=principal.id, roster=self.roster,
                    freedom=Freedom.FILL if principal.may("clients:write") else Freedom.NOTHING,
                )  # fmt: skip
                if by is not None:
                    await _note(connection, by, cons_id, body.consultation.consultation_type)
            if key is not None:
                await idempotency.keep(connection, key, cons_id)
                await idempotency.take_over(connection, key)
        return cons_id

    async def _claimed(self, connection: Connection, key: Key | None, patience: float) -> idempotency.Stored | None:
        """None when the request is ours to make; else what is known of the first one with this key."""
        if key is None or await one(connection, idempotency.CLAIM, idempotency.claim_params(key)):
            return None
        return await idempotency.earlier(connection, key, patience + 5)

    async def _answer(self, cons_id: UUID, body: CreateIn, key: Key | None, patience: float) -> bytes:
        """Wait until both partners have given what they give, or patience ends; look again when one has."""
        deadline = clock.monotonic() + patience
        async with self.db.signals.waiter(ARRIVALS, str(cons_id)) as arrived:
            while True:
                arrived.clear()
                async with self.db.read() as connection:
                    state = await reading.answer_state(connection, cons_id)
                    if state["status"] == Status.CANCELLED and await one(connection, DAY_LIMIT, (cons_id,)):
                        await self._forget(key)
                        raise TooMany("consultation.day_limit", {"limit": self.rules.per_day})
                    left = deadline - clock.monotonic()
                    if _complete(state) or left <= 0:
                        shown = await reading.read(connection, str(cons_id), None)
                        break
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(arrived.wait(), min(STEP, left))
        answer = self._render(_texts(shown), state, body)
        if key is not None:
            async with self.db.transaction() as connection:
                await idempotency.keep(connection, key, cons_id, 200, answer)
        return msgspec.json.encode(answer)

    async def _forget(self, key: Key | None) -> None:
        if key is not None:
            async with self.db.transaction() as connection:
                await idempotency.release(connection, key)

    def _first_answer(self, made: Opened, body: CreateIn) -> dict[str, Any]:
        """What is known at the commit."""
        state = {**made.shown, "conversation_id": None, "chatwoot_pubsub_token": made.token}
        return self._render(made.shown, state, body)

    def _render(self, shown: dict[str, Any], state: Mapping[str, Any], body: CreateIn) -> dict[str, Any]:
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


async def _note(connection: Connection, by: audit.Actor, cons_id: UUID, kind: str | None) -> None:
    await audit.note(connection, by, "request.made", target=str(cons_id), after={"kind": kind})


def _client_of(body: CreateIn) -> UUID | None:
    """The client who is named by our id and by nothing else: there is nothing to find or to fill in."""
    if body.client is None:
        return body.consultation.client_id
    return body.client.client_id if body.client.model_fields_set == {"client_id"} else None


def _texts(shown: dict[str, Any]) -> dict[str, Any]:
    return {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in shown.items()}


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


def _message(state: Mapping[str, Any]) -> str:
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
