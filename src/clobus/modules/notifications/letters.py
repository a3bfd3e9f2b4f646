"""Letters about a person's own account: queued in the transaction of what they tell of, sent by the worker.

A letter goes to the address that it was made for, whoever has it later. Its link is for one use and one reader: it is
taken out of the row with the sending. One that surely went to nobody keeps it for another try, until it is over.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from psycopg import OperationalError
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from clobus.core import i18n
from clobus.core.db import Connection, Database, rows, run
from clobus.core.errors import BadAnswer, GatewayDown, GatewayError, Refused, Transient
from clobus.core.ids import new_id
from clobus.core.metrics import MESSAGES
from clobus.gateways.mail.smtp import Letter, Mailer
from clobus.gateways.telegram.sender import TelegramSender
from clobus.modules.notifications import forms
from clobus.modules.notifications.catalogue import clean

log = structlog.get_logger()

HOUR = timedelta(hours=1)
LIFE: Mapping[str, timedelta] = {
    "register": 24 * HOUR, "registered": 24 * HOUR, "reset": HOUR, "new_device": 48 * HOUR, "email_confirm": 24 * HOUR,
    "email_asked": 48 * HOUR, "email_changed": 48 * HOUR, "invitation": 7 * 24 * HOUR, "password_changed": 48 * HOUR,
    "factor_changed": 48 * HOUR, "owner_changed": 48 * HOUR, "login_changed": 48 * HOUR,
}  # fmt: skip
"""The types, and how long each may wait to be sent."""
LEASE_SECONDS = 60.0
SEND_SECONDS = 40.0
NAMES = frozenset({"organisation", "person", "inviter"})
"""Parameters that people chose: made one line of printable letters."""


@dataclass(frozen=True, slots=True)
class Post:
    """One letter to be sent: `url` is where its button leads. `telegram`: whom the bot tells instead."""

    type: str
    email: str | None
    language: str
    params: Mapping[str, Any]
    url: str | None = None
    telegram: int | None = None


def to(person: Mapping[str, Any], type_: str, params: Mapping[str, Any]) -> list[Post]:
    """What a person is told of his account: by e-mail, or where he has none by the bot; none when he has neither."""
    if person["email"] is None and person["telegram_user_id"] is None:
        return []
    telegram = person["telegram_user_id"] if person["email"] is None else None
    return [Post(type_, person["email"], person["language"], params, telegram=telegram)]


async def queue(connection: Connection, letters: Sequence[Post]) -> None:
    """Let letters be sent after the commit; KeyError for a type that there is not."""
    for post in letters:
        params = dict(post.params) | ({"url": post.url} if post.url else {})
        await run(
            connection,
            "insert into log.letters (id, type, email, telegram_user_id, language, params, expires_at)"
            " values (%s, %s, %s, %s, %s, %s, now() + %s)",
            (
                new_id(),
                post.type,
                post.email,
                post.telegram,
                i18n.language_of(post.language),
                Jsonb(params),
                LIFE[post.type],
            ),
        )


def form(row: Mapping[str, Any]) -> forms.Form:
    """A letter as it is read."""
    spoken, params = row["language"], dict(row["params"])
    url = params.pop("url", None)
    values = {name: clean(str(value)) if name in NAMES else value for name, value in params.items()}
    subject = i18n.text(spoken, f"letter.{row['type']}.subject", values)
    text = i18n.text(spoken, f"letter.{row['type']}.text", values)
    footer = i18n.text(spoken, "letter.footer")
    opens = i18n.text(spoken, f"letter.{row['type']}.open") if url else ""
    html = forms.template("mail.html").render(
        lang=spoken, subject=subject, text=text, url=url, open=opens, footer=footer
    )
    return forms.Form(f"{text}\n\n" + (f"{url}\n\n" if url else "") + f"-- \n{footer}\n", subject, html)


class Postman:
    """Sends letters, each at most once; several may run."""

    def __init__(
        self, db: Database, mailer: Mailer | None, telegram: TelegramSender | None = None, *, at_once: int = 4
    ) -> None:
        self.db, self.mailer, self.telegram, self.at_once = db, mailer, telegram, at_once

    async def run(self, stop: asyncio.Event, *, poll_seconds: float = 0.5) -> None:
        """Send until `stop` is set; survives a database that is away for a while."""
        while not stop.is_set():
            try:
                count = await self.drain_once()
            except OperationalError as error:
                log.warning("letters.database_away", error=type(error).__name__)
                count = 0
            if not count:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), poll_seconds)

    async def drain_once(self) -> int:
        """Send one batch; returns how many letters were handled."""
        async with self.db.transaction() as connection:
            await _give_up(connection)
            claimed = await _claim(connection, self.at_once)

        async def send(row: DictRow) -> None:
            # What the database could not be told is claimed again; siblings in mid-sending go on.
            with contextlib.suppress(OperationalError):
                await self._send(row)

        async with asyncio.TaskGroup() as group:
            for row in claimed:
                group.create_task(send(row))
        return len(claimed)

    async def _send(self, row: DictRow) -> None:
        try:
            shown = form(row)
            async with asyncio.timeout(SEND_SECONDS):
                await self._hand_over(row, shown)
        except TimeoutError:
            await self._finish(row, "unknown", "sending took too long")
        except GatewayError as error:
            if isinstance(error, GatewayDown) or (isinstance(error, Transient) and error.not_done):
                await self._postpone(row, error)
            elif error.code == "telegram.blocked":  # he wants to hear nothing: another try is of no use
                await self._finish(row, "expired", str(error))
            else:
                lost = isinstance(error, Transient | BadAnswer)
                await self._finish(row, "unknown" if lost else "failed", str(error))
        except (KeyError, ValueError) as error:  # a text that can't be made must not hold the others up
            await self._finish(row, "failed", f"the text can't be made: {error!r}")
        else:
            await self._finish(row, "sent", None)

    async def _hand_over(self, row: DictRow, shown: forms.Form) -> None:
        if row["email"] is not None:
            if self.mailer is None:
                raise Refused("mail", "no mail is set up", code="mail.no_address")
            letter = Letter(row["email"], shown.subject, shown.text, shown.html, f"letter-{row['id']}")
            await self.mailer.send(letter)
            return
        if self.telegram is None or row["chat_id"] is None:
            raise Refused("telegram", "no bot is set up" if self.telegram is None else "no chat")
        await self.telegram.send_message(row["chat_id"], f"{shown.subject}\n\n{shown.text}")

    async def _finish(self, row: DictRow, state: str, error: str | None) -> None:
        async with self.db.transaction() as connection:
            await run(
                connection,
                "update log.letters set state = %(state)s, error = %(error)s,"
                " params = case when %(state)s = 'failed' then params else params - 'url' end,"
                " sent_at = case when %(state)s = 'sent' then now() end where id = %(id)s and state = 'sending'",
                {"state": state, "error": error, "id": row["id"]},
            )
        MESSAGES.labels(f"letter.{row['type']}", state).inc()
        if state != "sent":
            log.warning("letters.not_sent", type=row["type"], state=state, id=str(row["id"]), error=error)

    async def _postpone(self, row: DictRow, error: GatewayError) -> None:
        async with self.db.transaction() as connection:
            await run(
                connection,
                "update log.letters set state = 'queued', error = %s, next_at = now() + make_interval(secs => %s)"
                " where id = %s and state = 'sending'",
                (str(error), random.uniform(1, 5), row["id"]),  # noqa: S311 - a jitter, not a secret
            )


async def _give_up(connection: Connection) -> None:
    """What waited too long would only confuse; what a sender that died had in hand may have gone out."""
    await run(
        connection,
        "update log.letters set state = case state when 'queued' then 'expired' else 'unknown' end,"
        " params = params - 'url' where (state = 'queued' and expires_at < now())"
        " or (state = 'sending' and next_at < now())",
    )


async def _claim(connection: Connection, limit: int) -> list[DictRow]:
    return await rows(
        connection,
        "update log.letters l set state = 'sending', attempts = attempts + 1,"
        " next_at = now() + make_interval(secs => %s) from (select id from log.letters where state = 'queued'"
        " and next_at <= now() order by id limit %s for update skip locked) c where l.id = c.id"
        " returning l.id, l.type, l.email, l.language, l.params, (select u.chat_id from cons.telegram_users u"
        "  where u.telegram_user_id = l.telegram_user_id) as chat_id",
        (LEASE_SECONDS, limit),
    )


async def forget_old(connection: Connection, days: int) -> int:
    """Delete letters of long ago: addresses are personal data; and links that open nothing any more."""
    await run(
        connection,
        "update log.letters set params = params - 'url'"
        " where state = 'failed' and expires_at < now() and params ? 'url'",
    )
    return await run(
        connection, "delete from log.letters where created_at < now() - make_interval(days => %s)", (days,)
    )


async def recently(connection: Connection, email: str) -> int:
    """How many letters about an account went to an address within an hour."""
    found = await rows(
        connection,
        "select count(*) as n from log.letters where email = %s and created_at > now() - interval '1 hour'",
        (email,),
    )
    return int(found[0]["n"])
