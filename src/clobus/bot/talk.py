"""One update of one person: what is known of him, what he sees next. Nothing is sent here, only noted."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from aiogram.methods import AnswerCallbackQuery, EditMessageText, SendMessage, TelegramMethod
from aiogram.types import KeyboardButton, ReplyKeyboardMarkup, ReplyKeyboardRemove
from psycopg.types.json import Jsonb

from clobus.bot.buttons import Button, Tap, dialogue_tag, keyboard, person_tag
from clobus.bot.rules import Rules
from clobus.core import i18n
from clobus.core.db import Connection, one, run
from clobus.core.errors import ClobusError
from clobus.core.ids import new_id
from clobus.modules.accounts import audit
from clobus.modules.clients import telegram as people


@dataclass(slots=True)
class Talk:
    """The state of a dialogue while one update is handled; `replies` are done after it is written."""

    connection: Connection
    rules: Rules
    person: dict[str, Any]
    state: dict[str, Any]
    clients: list[dict[str, Any]]
    guess: str
    tapped: int | None = None
    query_id: str | None = None
    replies: list[TelegramMethod[Any]] = field(default_factory=list)
    answered: bool = False

    @property
    def user_id(self) -> int:
        """The person's number in Telegram."""
        return int(self.person["telegram_user_id"])

    @property
    def chat_id(self) -> int:
        """Where he reads."""
        return int(self.person["chat_id"])

    @property
    def language(self) -> str:
        """What he chose, else what his Telegram speaks."""
        return str(self.person["language"] or self.guess)

    @property
    def step(self) -> str:
        """Where the dialogue stands; empty between dialogues."""
        return str(self.state["step"])

    @property
    def data(self) -> dict[str, Any]:
        """What he has answered so far."""
        found: dict[str, Any] = self.state["data"]
        return found

    @property
    def dialogue_id(self) -> UUID:
        """The present dialogue."""
        found: UUID = self.state["dialogue_id"]
        return found

    @property
    def client(self) -> dict[str, Any] | None:
        """For whom he speaks now: the one he chose, or the only one."""
        chosen = next((c for c in self.clients if c["client_id"] == self.state["client_id"]), None)
        return chosen or (self.clients[0] if len(self.clients) == 1 else None)

    @property
    def actor(self) -> str:
        """How his acts are noted in the timeline."""
        return f"telegram:{self.user_id}"

    async def note(
        self, act: str, target: object, *, before: dict[str, Any] | None = None, after: dict[str, Any] | None = None
    ) -> None:  # fmt: skip
        """Write down what he does, in the transaction of the update."""
        actor = audit.Actor(self.actor, role="client", agent="telegram")
        await audit.note(self.connection, actor, act, target=str(target), before=before, after=after)

    def begin(self, step: str, **data: Any) -> None:
        """Begin a dialogue; the buttons of the one before are old now."""
        self.state |= {"dialogue_id": new_id(), "step": step, "data": data}

    def go(self, step: str, **data: Any) -> None:
        """Go on to a step, with what was answered."""
        self.state |= {"step": step, "data": {**self.data, **data}}

    def end(self) -> None:
        """End the dialogue."""
        self.begin("")

    def text(self, key: str, **params: Any) -> str:
        """A text in his language, as HTML: whatever is put in is shown as it is."""
        return i18n.text(self.language, f"bot.{key}", {name: html.escape(str(v)) for name, v in params.items()})

    def moment(self, instant: datetime) -> str:
        """A moment as he writes it."""
        return i18n.moment(self.language, instant, self.rules.zone)

    def problem(self, error: ClobusError) -> str:
        """Why something can't be done, in his language."""
        key = f"problem.{error.code}"
        if key not in i18n.catalogue(self.language):
            return self.text("error")
        return html.escape(i18n.text(self.language, key, error.data))

    def tap(self, act: str, arg: str = "") -> str:
        """The data of a button; acts that begin with `n.` belong to this dialogue alone."""
        tag = dialogue_tag(self.dialogue_id) if act.startswith("n.") else person_tag(self.rules.secret, self.user_id)
        return Tap(tag=tag, act=act, arg=arg).pack()

    def fits(self, tap: Tap) -> bool:
        """Whether a tapped button is his, and of this dialogue."""
        return self.tap(tap.act, tap.arg) == tap.pack()

    def say(self, text: str, rows: Sequence[Sequence[Button]] = (), *, webapp: bool = False) -> None:
        """A new message."""
        app = (self.text("webapp"), self.rules.webapp_url) if webapp and self.rules.webapp_url else None
        markup = keyboard(rows, app) if rows or app else None
        self.replies.append(
            SendMessage(chat_id=self.chat_id, text=text, parse_mode="HTML", reply_markup=markup)
            if markup
            else SendMessage(chat_id=self.chat_id, text=text, parse_mode="HTML")
        )

    def show(self, text: str, rows: Sequence[Sequence[Button]] = ()) -> None:
        """The message whose button was tapped becomes this; without one it is a new message."""
        if self.tapped is None:
            self.say(text, rows)
            return
        self.replies.append(
            EditMessageText(
                chat_id=self.chat_id, message_id=self.tapped, text=text, parse_mode="HTML", reply_markup=keyboard(rows)
            )
        )

    def ask_contact(self, text: str) -> None:
        """Ask for his own phone by the button that makes Telegram vouch for it."""
        button = KeyboardButton(text=self.text("contact.button"), request_contact=True)
        markup = ReplyKeyboardMarkup(keyboard=[[button]], resize_keyboard=True, one_time_keyboard=True)
        self.replies.append(SendMessage(chat_id=self.chat_id, text=text, parse_mode="HTML", reply_markup=markup))

    def say_and_clear(self, text: str) -> None:
        """A new message; the keyboard below goes."""
        gone = ReplyKeyboardRemove(remove_keyboard=True)
        self.replies.append(SendMessage(chat_id=self.chat_id, text=text, parse_mode="HTML", reply_markup=gone))

    def toast(self, text: str, *, alert: bool = False) -> None:
        """Answer the tap with a short text."""
        if self.query_id and not self.answered:
            self.answered = True
            self.replies.insert(
                0, AnswerCallbackQuery(callback_query_id=self.query_id, text=text[:200], show_alert=alert)
            )

    def finish(self) -> list[TelegramMethod[Any]]:
        """All that is to be done; a tap is always answered, or the button would go on turning."""
        if self.query_id and not self.answered:
            self.answered = True
            self.replies.insert(0, AnswerCallbackQuery(callback_query_id=self.query_id))
        return self.replies

    async def relink(self) -> None:
        """Look anew for whom he may speak."""
        self.clients = await people.clients_of(self.connection, self.user_id)

    async def choose_language(self, language: str) -> None:
        """Remember what he speaks."""
        self.person["language"] = language
        await run(
            self.connection,
            "update cons.telegram_users set language = %s, updated_at = now() where telegram_user_id = %s",
            (language, self.user_id),
        )


async def load(connection: Connection, user_id: int) -> dict[str, Any]:
    """The person's dialogue, locked until the update is handled; a new one when he never had one."""
    await run(
        connection,
        "insert into cons.telegram_dialogues (telegram_user_id, dialogue_id) values (%s, %s)"
        " on conflict (telegram_user_id) do nothing",
        (user_id, new_id()),
    )
    found = await one(
        connection, "select * from cons.telegram_dialogues where telegram_user_id = %s for update", (user_id,)
    )
    return dict(found) if found else {}


async def save(connection: Connection, state: dict[str, Any]) -> None:
    """Keep a dialogue as it stands now."""
    await run(
        connection,
        "update cons.telegram_dialogues set dialogue_id = %s, step = %s, data = %s, client_id = %s, cons_id = %s,"
        " last_stored_id = %s, updated_at = now() where telegram_user_id = %s",
        (state["dialogue_id"], state["step"], Jsonb(state["data"]), state["client_id"], state["cons_id"],
         state["last_stored_id"], state["telegram_user_id"]),
    )  # fmt: skip
