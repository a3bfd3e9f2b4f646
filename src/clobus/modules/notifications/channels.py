"""The channels over which a message goes out: each sends once, and says for sure or not what became of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from clobus.core.db import Connection, Database
from clobus.core.errors import BadAnswer, OutcomeUnknown, Refused
from clobus.core.events import Event, Origin, publish
from clobus.gateways.chatwoot.client import ChatwootClient
from clobus.gateways.mail.smtp import Letter, Mailer
from clobus.gateways.telegram.sender import TelegramSender
from clobus.modules.notifications import forms, queries

Row = Mapping[str, Any]
IsPresent = Callable[[Connection, UUID], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent: the text as it was read, the channel's own number of it."""

    body: str
    message_id: int | None = None


class Channel(Protocol):
    """One way to a person. `send` raises a GatewayError; a Permanent one means that it was surely not sent."""

    async def send(self, row: Row) -> Sent:
        """Send a claimed message."""

    async def find(self, row: Row) -> int | None:
        """Look for one whose answer was lost; its number, None when it is not there or nobody can tell."""


def source_id(id_: UUID) -> str:
    """The mark by which a message of ours is found in Chatwoot.

    Whoever carries messages of conversations on to Telegram leaves out those that are marked so: the person gets them
    from us in his own chat.
    """
    return f"note-{id_}"


class Conversation:
    """The request's conversation in Chatwoot; what is for managers is a private note there."""

    def __init__(self, chatwoot: ChatwootClient, zone: ZoneInfo) -> None:
        self.chatwoot, self.zone = chatwoot, zone

    async def send(self, row: Row) -> Sent:
        """Write into the conversation."""
        form = forms.conversation(row, self.zone)
        try:
            message = await self.chatwoot.create_message(
                row["conversation_id"], form.text, private=row["audience"] == "manager",
                source_id=source_id(row["id"]),
            )  # fmt: skip
        except BadAnswer as error:
            raise OutcomeUnknown(error.system, error.text) from error
        return Sent(form.text, message.id)

    async def find(self, row: Row) -> int | None:
        """Look for it by its mark."""
        message = await self.chatwoot.find_message(row["conversation_id"], source_id(row["id"]))
        return message.id if message else None


class Telegram:
    """A person's chat with the bot."""

    def __init__(self, db: Database, bot: TelegramSender | None, zone: ZoneInfo) -> None:
        self.db, self.bot, self.zone = db, bot, zone

    async def send(self, row: Row) -> Sent:
        """Send to the chat; a person who blocked the bot is remembered."""
        if self.bot is None or row["chat_id"] is None:
            raise Refused("telegram", "no bot is set up" if self.bot is None else "no chat", code="telegram.no_chat")
        form = forms.telegram(row, self.zone)
        try:
            message = await self.bot.send_message(row["chat_id"], form.text, reply_markup=form.keyboard)
        except BadAnswer as error:
            raise OutcomeUnknown(error.system, error.text) from error
        except Refused as error:
            if error.code == "telegram.blocked":
                async with self.db.transaction() as connection:
                    await queries.blocked(connection, row["chat_id"])
            raise
        return Sent(form.text, message.message_id)

    async def find(self, row: Row) -> int | None:
        """A bot can't read its own chat."""
        return None


class Email:
    """The address that 1C or the person himself gave."""

    def __init__(self, mailer: Mailer | None, zone: ZoneInfo, site: str | None = None) -> None:
        self.mailer, self.zone, self.site = mailer, zone, site

    async def send(self, row: Row) -> Sent:
        """Send a letter."""
        if self.mailer is None or not row["email"]:
            raise Refused("mail", "no mail is set up" if self.mailer is None else "no address", code="mail.no_address")
        form = forms.letter(row, self.zone, self.site)
        await self.mailer.send(
            Letter(row["email"].strip(), form.subject, form.text, form.html, source_id(row["id"]))
        )  # fmt: skip
        return Sent(form.text)

    async def find(self, row: Row) -> int | None:
        """A letter that is on its way can't be found."""
        return None


class Live:
    """A page that the person has open: it reads the request anew when an event of it happens."""

    def __init__(self, db: Database, is_present: IsPresent | None, zone: ZoneInfo) -> None:
        self.db, self.is_present, self.zone = db, is_present, zone

    async def send(self, row: Row) -> Sent:
        """Make an event, when somebody is there to see it."""
        if self.is_present is not None and row["client_id"] is not None:
            async with self.db.transaction() as connection:
                if await self.is_present(connection, row["client_id"]):
                    told = {"type": (None, row["type"])}
                    await publish(connection, [Event("Told", row["entity_id"], Origin.PLATFORM, changes=told)])
                    return Sent(forms.telegram(row, self.zone).text)
        raise Refused("live", "no open page", code="live.absent")

    async def find(self, row: Row) -> int | None:
        """An event was written with its commit or was not; which, is not looked for."""
        return None
