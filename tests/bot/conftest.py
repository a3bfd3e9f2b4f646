"""The bot over a real database and Telegram's twin, with 1C and Chatwoot away; people with phones."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from clobus.bot import aiogram_types as aiogram_types  # before anything that imports aiogram
from clobus.bot import rules
from clobus.bot.handling import Bot, Handler
from clobus.core import inbox
from clobus.core.db import rows, run
from clobus.core.ids import new_id
from clobus.gateways.telegram.client import TelegramClient
from clobus.gateways.telegram.session import HouseSession
from clobus.modules.staff.types import ACCOUNTING_DEPARTMENT
from clobus.runtime import Runtime, open_runtime
from clobus.settings import Chatwoot, Onec, Settings, Telegram
from clobus.sync.telegram.door import ALLOWED, SOURCE, store
from clobus_twins.telegram.app import create_app

TOKEN = "4200000001:" + "t" * 35
FOLDER = UUID("7ccd31ca-887b-11eb-938b-00e04cd03b68")
AWAY = "http://127.0.0.1:9"


@dataclass
class Desk:
    """The bot, and what it works with."""

    runtime: Runtime
    http: httpx.AsyncClient
    telegram: TelegramClient
    handler: Handler
    offset: int | None = None
    clients: dict[str, UUID] = field(default_factory=dict)
    category: dict[str, UUID] = field(default_factory=dict)
    manager: UUID = field(default_factory=new_id)

    def restart(self) -> None:
        """The process ends and another one begins: nothing but the database is left."""
        bot = Bot(TOKEN, session=HouseSession(self.telegram))
        self.handler = Handler(self.runtime.db, bot, rules.of(self.runtime.settings))

    async def fetch(self) -> int:
        """Take the updates that wait, as the poller does."""
        found = await self.telegram.updates(self.offset, ALLOWED, 0)
        async with self.runtime.db.transaction() as connection:
            await store(connection, found)
        if found:
            self.offset = found[-1]["update_id"] + 1
        return len(found)

    async def work(self) -> None:
        """Handle all that waits."""
        processor = inbox.Processor(self.runtime.db, SOURCE, self.handler.handle, ordered=True)
        while await self.fetch() or await processor.drain_once():
            pass

    async def ask(self, sql: str, *params: Any) -> list[dict[str, Any]]:
        async with self.runtime.db.read() as connection:
            return [dict(row) for row in await rows(connection, sql, params)]

    async def do(self, sql: str, *params: Any) -> None:
        async with self.runtime.db.transaction() as connection:
            await run(connection, sql, params)

    async def client(self, name: str, phone: str | None, **over: Any) -> UUID:
        """A client of the desk."""
        made: dict[str, Any] = {
            "client_id": new_id(), "cl_ref_key": new_id(), "parent_key": FOLDER, "company_name": name,
            "code_abonent": str(1000 + len(self.clients)), "org_inn": f"30123456{len(self.clients)}",
            "phone_number": phone,
        } | over  # fmt: skip
        names, holes = ", ".join(made), ", ".join(["%s"] * len(made))
        await self.do(f"insert into cons.clients ({names}) values ({holes})", *made.values())
        self.clients[name] = made["client_id"]
        return UUID(str(made["client_id"]))

    async def fault(self, kind: str, **details: Any) -> None:
        (await self.http.post("/_control/faults", json={"kind": kind, **details})).raise_for_status()

    def phone(self, id_: int, language: str = "ru", **about: Any) -> Phone:
        return Phone(self, id_, {"first_name": "Аня", "language_code": language, **about})


@dataclass
class Phone:
    """A person with a phone: acts, lets the bot work, looks at the screen."""

    desk: Desk
    id: int
    about: dict[str, Any]

    async def act(self, name: str, /, **given: Any) -> dict[str, Any]:
        """Do something without waiting for the bot."""
        answer = await self.desk.http.post(f"/_control/person/{name}", json={"id": self.id, **self.about, **given})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def does(self, name: str, /, **given: Any) -> dict[str, Any]:
        """Do something and let the bot answer."""
        done = await self.act(name, **given)
        await self.desk.work()
        return done

    async def taps(self, text: str) -> None:
        """Tap the newest button that says this."""
        await self.does("tap", text=text)

    async def screen(self) -> dict[str, Any]:
        """What the phone shows."""
        return dict((await self.desk.http.get(f"/_control/chats/{self.id}")).json())

    async def messages(self) -> list[dict[str, Any]]:
        return [m for m in (await self.screen())["messages"] if not m["deleted"]]

    async def said(self) -> list[str]:
        """The bot's texts."""
        return [m.get("text", m.get("caption", "")) for m in await self.messages() if m["from_bot"]]

    async def last(self) -> dict[str, Any]:
        """The bot's newest message."""
        return [m for m in await self.messages() if m["from_bot"]][-1]

    async def buttons(self) -> list[str]:
        """What the buttons of the bot's newest message with buttons say."""
        with_buttons = [m for m in await self.messages() if m["buttons"]]
        return [button["text"] for row in with_buttons[-1]["buttons"] for button in row] if with_buttons else []

    async def data(self, text: str) -> str:
        """The data behind a button."""
        for message in reversed(await self.messages()):
            for row in message["buttons"]:
                for button in row:
                    if text in button["text"]:
                        return str(button["callback_data"])
        raise AssertionError(f"no button says {text}")

    async def known(self, phone: str = "998901234567", language: str = "ru") -> None:
        """Start, choose a language, give one's phone."""
        await self.does("start")
        await self.does("tap", data=await self.data({"ru": "Русский", "uz": "zbekcha", "en": "English"}[language]))
        await self.does("contact", phone=phone)

    async def first_free(self) -> None:
        """Choose the first free day and hour of the calendar."""
        for act in (":n.day:", ":n.time:"):
            shown = await self.last()
            data = [b["callback_data"] for row in shown["buttons"] for b in row if act in b["callback_data"]]
            assert data, shown
            await self.does("tap", data=data[0])


def settings_of(dsn: str, **over: Any) -> Settings:
    telegram = Telegram(base_url="http://telegram", bot_token=TOKEN, alert_chat_id=-1, **over)
    return Settings(
        database_url=dsn, secret_key="k" * 32, onec=Onec(base_url=AWAY, user="u", password="p"),
        chatwoot=Chatwoot(base_url=AWAY, token="t", account_id=1, inbox_id=3), telegram=telegram,
    )  # fmt: skip


@pytest.fixture
async def desk(dsn: str, tmp_path: Path) -> AsyncIterator[Desk]:
    app = create_app(tmp_path / "telegram", token=TOKEN)
    wire = httpx.ASGITransport(app)
    async with (
        open_runtime(settings_of(dsn), transports={"telegram": wire}) as runtime,
        httpx.AsyncClient(transport=wire, base_url="http://telegram") as http,
    ):
        assert runtime.telegram is not None
        telegram = TelegramClient.over(runtime.telegram)
        bot = Bot(TOKEN, session=HouseSession(telegram))
        made = Desk(runtime, http, telegram, Handler(runtime.db, bot, rules.of(runtime.settings)))
        await _staff(made)
        await made.client("ООО <Ромашка> & Ко", "+998 90 123-45-67")
        yield made
    app.store.close()


async def _staff(desk: Desk) -> None:
    await desk.do(
        "insert into cons.users (account_id, cl_ref_key, description, department, ru, uz, con_limit, start_hour,"
        " end_hour) values (%s, %s, 'Карим Каримов', %s, true, true, 10, '00:00', '23:59')",
        new_id(), desk.manager, ACCOUNTING_DEPARTMENT,
    )  # fmt: skip
    for language, category, question in (("ru", "НДС", "Не сходится НДС"), ("uz", "QQS", "QQS mos kelmaydi")):
        desk.category[language] = new_id()
        await desk.do(
            "insert into dict.online_question_cat (ref_key, code, description, language) values (%s, '1', %s, %s)",
            desk.category[language], category, language,
        )  # fmt: skip
        await desk.do(
            "insert into dict.online_question (ref_key, code, description, language, category_key)"
            " values (%s, '1', %s, %s, %s)",
            new_id(), question, language, desk.category[language],
        )  # fmt: skip
        await desk.do("insert into cons.users_skill values (%s, %s)", desk.manager, desk.category[language])
