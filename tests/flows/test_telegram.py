"""From Telegram to 1C and Chatwoot and back, through the running worker and the running bot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from clobus.bot.process import run_bot
from clobus.gateways.onec import odata
from clobus.gateways.onec.entities import Rating
from clobus.runtime import Runtime, open_runtime
from clobus.settings import Settings
from tests.flows.conftest import World
from tests.flows.test_desk import agreed
from tests.support.platform import ask, running, settings_for, until
from tests.support.twins import TwinProcess

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


class Person:
    """A client with a phone."""

    def __init__(self, twin: TwinProcess, phone: str) -> None:
        self.twin, self.phone = twin, phone
        self.about = {"id": 7, "first_name": "Аня", "language_code": "ru"}

    def does(self, act: str, **given: Any) -> Any:
        return self.twin.control("POST", f"person/{act}", {**self.about, **given})

    def shown(self) -> list[dict[str, Any]]:
        found = self.twin.control("GET", "chats/7")["messages"]
        return [m for m in found if m["from_bot"] and not m["deleted"]]

    def text(self) -> str:
        return "\n".join(m.get("text") or m.get("caption") or "" for m in self.shown())

    async def sees(self, words: str) -> None:
        async def there() -> bool:
            return words in self.text()

        await until(there, 60)

    async def taps(self, text: str = "", data: str = "") -> None:
        """Tap the newest button that says this, as soon as it is there."""

        def found() -> str | None:
            for message in reversed(self.shown()):
                for row in message["buttons"]:
                    for button in row:
                        if (text and text in button["text"]) or (data and data in button.get("callback_data", "")):
                            return str(button["callback_data"])
            return None

        async def there() -> bool:
            return found() is not None

        await until(there, 60)
        self.does("tap", data=found())


@asynccontextmanager
async def talking(settings: Settings) -> AsyncIterator[None]:
    """The bot at work."""
    stop = asyncio.Event()
    async with open_runtime(settings) as runtime:
        task = asyncio.create_task(run_bot(runtime, stop))
        try:
            yield
        finally:
            stop.set()
            await task


@pytest.fixture
def telegram() -> Iterator[TwinProcess]:
    with TwinProcess("telegram", "small") as twin:
        yield twin


async def a_client(runtime: Runtime, settings: Settings) -> dict[str, Any]:
    [found] = await ask(
        runtime,
        "select c.client_id, c.phone_number from cons.clients c where c.parent_key = %s and c.phone_number is not null"
        " and not c.deleted and c.code_abonent is not null and c.org_inn is not null and not exists (select 1 from"
        " cons.clients o where o.client_id <> c.client_id and o.phone_number = c.phone_number) and not exists"
        " (select 1 from cons.cons r where r.client_id = c.client_id and r.status in ('open', 'pending'))"
        " order by client_id limit 1",
        settings.clients_folder,
    )
    return found


async def test_a_request_from_telegram_lives_its_whole_life(dsn: str, world: World, telegram: TwinProcess) -> None:
    settings = settings_for(dsn, world.onec, world.chatwoot, telegram)
    async with running(settings, seconds=120) as runtime, talking(settings):
        person = Person(telegram, (await a_client(runtime, settings))["phone_number"])
        async with runtime.db.read() as connection:
            # Somebody works whenever this test runs.
            await connection.execute(
                "update cons.users set start_hour = '00:00', end_hour = '23:59' where con_limit > 0"
            )
        await _asks(person)
        row = await _born(runtime)
        number = row["conversation_id"]

        async def asked() -> bool:
            return len(_incoming(world, number)) == 2

        await until(asked, 60)
        first, second = _incoming(world, number)
        assert first["content"] == "Не сходится <НДС>\nи файл"
        assert [a["file_type"] for a in second["attachments"]] == ["file"]
        await _answered(world, person, telegram, number)
        await _closed(runtime, world, row)
        await agreed(runtime)
        person.does("text", text="/my")
        await person.taps("закрыта")
        await person.taps("⭐⭐⭐⭐⭐")
        for question in ("2", "3"):
            await person.taps(data=f"n.mark:{question}-4")
        await person.sees("Если хотите")
        person.does("text", text="Отлично")
        await person.sees("Спасибо за оценку")
        marks = await ask(runtime, "select rating, comment from cons.cons_rating_answers where cons_key = %s"
                                   " order by question_number", row["cl_ref_key"])  # fmt: skip
        assert [(mark["rating"], mark["comment"]) for mark in marks] == [(5, "Отлично"), (4, None), (4, None)]

        async def in_onec() -> bool:
            found = await runtime.onec.rows(
                Rating.entity_set, Rating, filter=odata.eq("Обращение_Key", row["cl_ref_key"])
            )
            return sorted(one.rating or 0 for one in found) == [4, 4, 5]

        await until(in_onec, 60)
        assert await ask(runtime, "select 1 from sys.dead_letters where kind <> 'record'") == []
        health = await ask(runtime, "select outcome from log.etl_runs where process = 'bot' order by id desc limit 1")
        assert health == [{"outcome": "ok"}]


async def _asks(person: Person) -> None:
    """From the first word to a request with a file."""
    person.does("start")
    await person.taps("Русский")
    await person.sees("Здравствуйте")
    person.does("contact", phone=person.phone)
    await person.sees("Найдено организаций")
    person.does("text", text="/new")
    await person.taps("ведению учёта")
    for act in (":n.cat:", ":n.ask:", ":n.day:", ":n.time:"):
        await person.taps(data=act)
    await person.sees("Опишите вопрос")
    person.does("text", text="Не сходится <НДС>")
    person.does("document", name="книга.xlsx", caption="и файл")
    await person.taps("Продолжить")
    await person.taps("Отправить")
    await person.sees("Заявка принята")


async def _born(runtime: Runtime) -> dict[str, Any]:
    """The request, as soon as both partners have it."""

    async def both() -> bool:
        [row] = await ask(runtime, "select * from cons.cons where source = 'TELEGRAM'")
        return row["number"] is not None and row["conversation_id"] is not None

    await until(both, 60)
    [row] = await ask(runtime, "select * from cons.cons where source = 'TELEGRAM'")
    return row


def _incoming(world: World, number: int) -> list[dict[str, Any]]:
    found = world.desk(f"conversations/{number}/messages?after=0")["payload"]
    return [m for m in found if m["message_type"] == 0]


async def _answered(world: World, person: Person, telegram: TwinProcess, number: int) -> None:
    """The manager answers with a file, the client answers that."""
    _answer(world, number, "Посмотрите <b>файл</b>", ("ответ.pdf", b"%PDF-1.4", "application/pdf"))
    await person.sees("Посмотрите <b>файл</b>")
    answer = next(m for m in person.shown() if "Посмотрите" in (m.get("caption") or ""))
    assert _file(telegram, answer) == b"%PDF-1.4"
    person.does("text", text="Спасибо!", reply_to=answer["message_id"])

    async def thanked() -> bool:
        return bool(_incoming(world, number)[-1]["content"] == "**Аня:** Спасибо!")

    await until(thanked, 60)
    assert _incoming(world, number)[-1]["content_attributes"]["in_reply_to"] is not None


async def _closed(runtime: Runtime, world: World, row: dict[str, Any]) -> None:
    """1C ends the request."""
    end = {"Конец": "2026-11-26T12:00:00"}
    world.onec.change({"set": "Document_ТелефонныйЗвонок", "key": str(row["cl_ref_key"]), "fields": end})

    async def closed() -> bool:
        [now] = await ask(runtime, "select status from cons.cons where cons_id = %s", row["cons_id"])
        return bool(now["status"] == "closed")

    await until(closed, 60)


def _answer(world: World, conversation: int, content: str, file: tuple[str, bytes, str]) -> None:
    known = world.chatwoot.credentials
    httpx.post(
        f"{world.chatwoot.base_url}/api/v1/accounts/{known['account_id']}/conversations/{conversation}/messages",
        data={"content": content}, files=[("attachments[]", file)],
        headers={"api_access_token": known["admin_token"]}, trust_env=False,
    ).raise_for_status()  # fmt: skip


def _file(telegram: TwinProcess, message: dict[str, Any]) -> bytes:
    return httpx.get(telegram.base_url + message["file"]["url"], trust_env=False).content
