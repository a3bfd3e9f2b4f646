"""A stored update becomes a new state of a dialogue and replies, in one transaction; then the replies are done.

The state moves exactly once: it remembers the last stored update that it took. Replies are repeated after a crash
between doing and noting, so a prompt may come twice; what comes of a dialogue may not.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Sequence
from typing import Any

import structlog
from aiogram import Bot, Dispatcher, Router, methods
from aiogram.dispatcher.event.bases import UNHANDLED, CancelHandler
from aiogram.types import CallbackQuery, TelegramObject, Update
from psycopg import OperationalError
from psycopg.types.json import Jsonb
from pydantic import ValidationError

from clobus.bot import asking, chat, people, rating, requests
from clobus.bot import talk as talks
from clobus.bot.buttons import Tap
from clobus.bot.rules import Rules
from clobus.bot.talk import Talk
from clobus.core import i18n
from clobus.core.db import Connection, Database, rows, run
from clobus.core.errors import GatewayDown, GatewayError, OutcomeUnknown, Permanent, TooMany, Transient
from clobus.core.inbox import Message as Stored
from clobus.core.ratelimit import Limiter
from clobus.modules.clients import telegram as who

log = structlog.get_logger()

PATIENCE = 20.0
"""Seconds that a reply waits in place for Telegram's `retry_after`; for longer the whole chat waits in the inbox."""
CLAIM_SECONDS = 60.0
"""After so long a reply that nobody finished is done by somebody else."""
HARMLESS = ("message is not modified", "query is too old", "message to edit not found", "message can't be edited")


async def only_his(handler: Any, event: TelegramObject, data: dict[str, Any]) -> Any:
    """Refuse a button of somebody else, or of a dialogue that is over."""
    talk: Talk = data["talk"]
    if isinstance(event, CallbackQuery) and (event.data or "").startswith(f"{Tap.__prefix__}:"):
        try:
            tap = Tap.unpack(event.data or "")
        except (TypeError, ValueError, ValidationError):
            tap = None
        if tap is None or not talk.fits(tap):
            talk.toast(talk.text("old_button"), alert=True)
            return None
    return await handler(event, data)


def dispatcher() -> Dispatcher:
    """aiogram's routing over our dialogues; the order of the routers is the order in which they are asked."""
    made = Dispatcher(disable_fsm=True)
    made.callback_query.outer_middleware(only_his)
    for router in (people.router, asking.router, requests.router, rating.router, chat.router):
        made.include_router(_copied(router))
    return made


def _copied(router: Router) -> Router:
    """A router can have one parent alone; several bots in one process (tests) each need their own."""
    fresh = Router(name=router.name)
    for name, observer in router.observers.items():
        fresh.observers[name].handlers.extend(observer.handlers)
    return fresh


class Handler:
    """The handler of the inbox for Telegram's updates."""

    def __init__(self, db: Database, bot: Bot, rules: Rules) -> None:
        self.db = db
        self.bot = bot
        self.rules = rules
        self._dispatcher = dispatcher()
        self._limiter = Limiter({"bot": rules.messages_per_minute, "told": 1})

    async def handle(self, subject: str | None, messages: Sequence[Stored]) -> str:
        """Handle the updates of one chat, in order, then do what they ask for."""
        handled = False
        for message in messages:
            try:
                handled |= await self._one(message)
            except (OperationalError, GatewayError):
                raise
            except Exception:  # a bug in one dialogue: it is in the log with its trace, the others go on
                log.exception("bot.bug", stored=message.id)
        if subject is not None and subject.lstrip("-").isdigit():
            await self.reply(int(subject))
        return "handled" if handled else "ignored"

    async def _one(self, message: Stored) -> bool:
        try:
            update = Update.model_validate(message.payload, context={"bot": self.bot})
        except ValidationError as error:
            log.warning("bot.unreadable", stored=message.id, errors=error.error_count())
            return False
        event = update.message or update.edited_message or update.callback_query or update.my_chat_member
        sender = getattr(event, "from_user", None)
        place = getattr(event, "chat", None) or getattr(getattr(event, "message", None), "chat", None)
        if sender is None or place is None or place.type != "private" or sender.is_bot:
            return False
        async with self.db.transaction() as connection:
            if update.my_chat_member is not None:
                return await self._membership(connection, update, sender, place.id)
            return await self._dialogue(connection, message, update, sender, place.id)

    async def _membership(self, connection: Connection, update: Update, sender: Any, chat_id: int) -> bool:
        """He blocked the bot, or let it in again."""
        change = update.my_chat_member
        if change is not None and change.new_chat_member.status == "kicked":
            return await who.mark_blocked(connection, chat_id)
        if await who.person(connection, sender.id) is not None:
            await self._remember(connection, sender, chat_id)
        return True

    async def _remember(self, connection: Connection, sender: Any, chat_id: int) -> dict[str, Any]:
        return await who.remember(
            connection, sender.id, chat_id, username=sender.username, first_name=sender.first_name,
            last_name=sender.last_name,
        )  # fmt: skip

    async def _dialogue(
        self, connection: Connection, message: Stored, update: Update, sender: Any, chat_id: int
    ) -> bool:
        person = await self._remember(connection, sender, chat_id)
        state = await talks.load(connection, sender.id)
        if message.id <= state["last_stored_id"]:
            return True  # taken before a restart; its replies are in the table
        state["last_stored_id"] = message.id
        query = update.callback_query
        guess = sender.language_code if sender.language_code in i18n.LANGUAGES else i18n.DEFAULT
        talk = Talk(
            connection, self.rules, person, state, await who.clients_of(connection, sender.id), guess,
            tapped=query.message.message_id if query and query.message else None, query_id=query.id if query else None,
        )  # fmt: skip
        outcome = await self._routed(talk, update)
        await talks.save(connection, state)
        await _note(connection, chat_id, talk.finish())
        return outcome

    async def _routed(self, talk: Talk, update: Update) -> bool:
        try:
            self._limiter.hit("bot", str(talk.user_id))
        except TooMany:
            self._flooded(talk)
            return True
        before = copy.deepcopy((talk.state, talk.person))
        try:
            # Its own savepoint: what a bug left half done is undone, and the update still counts as taken.
            async with talk.connection.transaction():
                outcome = await self._dispatcher.feed_update(self.bot, update, talk=talk)
        except (OperationalError, CancelHandler):
            raise
        except Exception:  # as in `handle`; he is told that something went wrong
            log.exception("bot.bug", stored=talk.state["last_stored_id"])
            for known, was in zip((talk.state, talk.person), before, strict=True):
                known.clear()
                known.update(was)
            talk.replies.clear()
            talk.answered = False
            talk.say(talk.text("error"))
            return True
        return outcome is not UNHANDLED

    def _flooded(self, talk: Talk) -> None:
        try:
            self._limiter.hit("told", str(talk.user_id))
        except TooMany:
            return
        talk.say(talk.text("flood"))

    async def reply(self, chat_id: int) -> None:
        """Do what waits for a chat, in order. Transient goes up: the inbox brings the chat again."""
        async with self.db.read() as connection:
            waiting = await rows(
                connection,
                "select id, method, params from cons.telegram_replies where chat_id = %s and state = 'waiting'"
                " order by id",
                (chat_id,),
            )
        for row in waiting:
            if not await self._do(chat_id, row["id"], row["method"], row["params"]):
                return

    async def _do(self, chat_id: int, id_: int, name: str, params: dict[str, Any]) -> bool:
        """False when the chat takes nothing any more, or somebody else is at it."""
        if not await self._claim(id_):
            return False
        method = getattr(methods, name).model_validate(params)
        try:
            await self._patiently(method)
        except OutcomeUnknown as error:
            await self._settle(id_, "unknown", str(error))
        except Transient:
            await self._release(id_)
            raise
        except Permanent as error:
            if error.code in ("telegram.blocked", "telegram.no_chat"):
                await self._gone(chat_id, str(error))
                return False
            harmless = any(words in error.vendor_text for words in HARMLESS)
            if not harmless:
                log.warning("bot.refused", method=name, error=str(error), code=error.code)
            await self._settle(id_, "refused", f"{error} {error.vendor_text}"[:500])
        else:
            await self._settle(id_, "done", None)
        return True

    async def _patiently(self, method: Any) -> None:
        """Call it; when Telegram wants us slower, wait as long as it says."""
        waited = 0.0
        while True:
            try:
                await self.bot(method)
            except Transient as error:
                wait = error.retry_after
                if isinstance(error, OutcomeUnknown | GatewayDown) or wait is None or waited + wait > PATIENCE:
                    raise
                waited += wait
                await asyncio.sleep(wait)
            else:
                return

    async def _claim(self, id_: int) -> bool:
        async with self.db.transaction() as connection:
            claimed = await run(
                connection,
                "update cons.telegram_replies set claimed_until = now() + make_interval(secs => %s) where id = %s"
                " and state = 'waiting' and (claimed_until is null or claimed_until < now())",
                (CLAIM_SECONDS, id_),
            )
        return claimed > 0

    async def _release(self, id_: int) -> None:
        async with self.db.transaction() as connection:
            await run(connection, "update cons.telegram_replies set claimed_until = null where id = %s", (id_,))

    async def _settle(self, id_: int, state: str, error: str | None) -> None:
        async with self.db.transaction() as connection:
            await run(
                connection,
                "update cons.telegram_replies set state = %s, error = %s, done_at = now() where id = %s",
                (state, error, id_),
            )

    async def _gone(self, chat_id: int, error: str) -> None:
        async with self.db.transaction() as connection:
            await who.mark_blocked(connection, chat_id)
            await run(
                connection,
                "update cons.telegram_replies set state = 'refused', error = %s, done_at = now()"
                " where chat_id = %s and state = 'waiting'",
                (error, chat_id),
            )

    async def left_over(self) -> int:
        """Do the replies of a process that ended before it did them; returns of how many chats."""
        async with self.db.read() as connection:
            found = await rows(connection, "select distinct chat_id from cons.telegram_replies where state = 'waiting'")
        for row in found:
            await self.reply(row["chat_id"])
        return len(found)


async def _note(connection: Connection, chat_id: int, replies: Sequence[Any]) -> None:
    """Keep what is to be done, with the state that it answers from."""
    for method in replies:
        await run(
            connection,
            "insert into cons.telegram_replies (chat_id, method, params) values (%s, %s, %s)",
            (chat_id, type(method).__name__, Jsonb(method.model_dump(mode="json", exclude_unset=True))),
        )
