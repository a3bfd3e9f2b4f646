"""How updates come: stored before they are confirmed, by one poller alone; other programs on the token are told of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from clobus.api.app import create_app
from clobus.bot.process import run_bot
from clobus.bot.updates import Hook, Poller
from clobus.gateways.telegram.client import TelegramClient
from clobus.modules.ops import alerts
from clobus.runtime import open_runtime
from clobus.sync.telegram.door import ALLOWED, HEADER, webhook_secret
from tests.bot.conftest import TOKEN, Desk, settings_of
from tests.support.platform import until
from tests.support.twins import TwinProcess

HOOK = "http://127.0.0.1:9/hooks/telegram"


@asynccontextmanager
async def polling(desk: Desk, number: int = 1) -> AsyncIterator[None]:
    stop = asyncio.Event()
    pollers = [Poller(desk.runtime.db, desk.telegram, HOOK, seconds=1) for _ in range(number)]
    tasks = [asyncio.create_task(poller.run(stop)) for poller in pollers]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)


async def troubles(desk: Desk) -> list[str]:
    limits = alerts.Thresholds(10_000, 5, 1e9, 1e9, 10_000, 15, {}, 1e9)
    async with desk.runtime.db.read() as connection:
        return [trouble.key for trouble in await alerts.troubles(connection, limits)]


async def stored(desk: Desk) -> list[str]:
    return [r["delivery_id"] for r in await desk.ask("select delivery_id from log.webhook_log order by id")]


async def pending(desk: Desk) -> int:
    return int((await desk.telegram.webhook_info()).pending_update_count)


async def test_two_pollers_ask_as_one_and_what_they_got_is_stored_before_it_is_confirmed(desk: Desk) -> None:
    phone = desk.phone(7)
    async with polling(desk, 2):
        await phone.act("start")
        await phone.act("text", text="x")

        async def there() -> bool:
            return len(await stored(desk)) == 2 and await pending(desk) == 0

        await until(there)
    assert await troubles(desk) == []
    assert [r["event"] for r in await desk.ask("select event from log.webhook_log")] == ["message", "message"]


async def test_while_the_database_refuses_nothing_is_confirmed(desk: Desk) -> None:
    phone = desk.phone(7)
    await desk.do("alter table log.webhook_log rename to hidden")
    async with polling(desk):
        await phone.act("text", text="x")
        await asyncio.sleep(0.5)
        assert await pending(desk) == 1
        await desk.do("alter table log.hidden rename to webhook_log")

        async def there() -> bool:
            return len(await stored(desk)) == 1

        await until(there)


async def test_a_second_bot_on_the_token_is_told_until_it_is_gone(desk: Desk) -> None:
    async with polling(desk):
        await desk.fault("status", status=409, times=1, match="getUpdates")

        async def told() -> bool:
            return await troubles(desk) == ["telegram:conflict"]

        async def over() -> bool:
            return await troubles(desk) == []

        await until(told)
        await until(over)


async def test_anothers_webhook_is_told_and_left_alone_and_ours_is_taken_away(desk: Desk) -> None:
    await desk.telegram.set_webhook("http://127.0.0.1:8/theirs", "s", ALLOWED)
    async with polling(desk):

        async def told() -> bool:
            return await troubles(desk) == ["telegram:webhook"]

        await until(told)
        assert (await desk.telegram.webhook_info()).url.endswith("/theirs")
    await desk.telegram.set_webhook(HOOK, "s", ALLOWED)
    async with polling(desk):

        async def ours_is_gone() -> bool:
            return not (await desk.telegram.webhook_info()).url and await troubles(desk) == []

        await until(ours_is_gone)


async def test_the_webhook_is_set_and_who_takes_it_is_told_and_not_fought(desk: Desk) -> None:
    stop = asyncio.Event()
    hook = asyncio.create_task(Hook(desk.runtime.db, desk.telegram, HOOK, "secret", seconds=0.1).run(stop))

    async def ours() -> bool:
        return (await desk.telegram.webhook_info()).url == HOOK and await troubles(desk) == []

    async def told() -> bool:
        return await troubles(desk) == ["telegram:webhook"]

    await until(ours)
    await desk.telegram.set_webhook("http://127.0.0.1:8/theirs", "s", ALLOWED)
    await until(told)
    assert (await desk.telegram.webhook_info()).url.endswith("/theirs")
    await desk.telegram.delete_webhook()
    await until(ours)
    stop.set()
    await hook


async def test_the_door_takes_only_what_telegram_sends(desk: Desk) -> None:
    app = create_app(desk.runtime, intervals={"cons": 30.0})
    secret = webhook_secret("k" * 32)
    update = {
        "update_id": 5,
        "message": {"message_id": 1, "date": 1, "chat": {"id": 7, "type": "private"}, "text": "x"},
    }
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:
        for headers, body, status in (
            ({}, update, 401),
            ({HEADER: "wrong"}, update, 401),
            ({HEADER: secret}, [1], 400),
            ({HEADER: secret}, {"message": {}}, 400),
            ({HEADER: secret}, update, 200),
            ({HEADER: secret}, update, 200),
        ):
            assert (await http.post("/hooks/telegram", json=body, headers=headers)).status_code == status
    assert await stored(desk) == ["5"]
    assert [r["subject"] for r in await desk.ask("select subject from log.webhook_log")] == ["7"]


@pytest.mark.slow
async def test_the_process_answers_over_the_wire_and_goes_on_after_a_kill(dsn: str, tmp_path: Path) -> None:
    with TwinProcess("telegram", "small", data=tmp_path / "tg") as twin:
        settings = settings_of(dsn).model_copy(
            update={
                "telegram": settings_of(dsn).telegram.model_copy(  # type: ignore[union-attr]  # there is one
                    update={"base_url": twin.base_url, "bot_token": _secret(twin.credentials["bot_token"])}
                )
            }
        )

        def said() -> list[str]:
            shown = twin.control("GET", "chats/7")
            return [m["text"] for m in shown["messages"] if m["from_bot"]]

        async def answered() -> bool:
            return any("Choose a language" in text for text in said())

        async def asked() -> bool:
            return any("Hello" in text for text in said())

        async with open_runtime(settings) as runtime:
            stop = asyncio.Event()
            task = asyncio.create_task(run_bot(runtime, stop))
            twin.control("POST", "person/start", {"id": 7, "first_name": "Ann", "language_code": "en"})
            await until(answered)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        twin.control("POST", "person/tap", {"id": 7, "text": "English"})
        async with open_runtime(settings) as runtime:
            stop = asyncio.Event()
            task = asyncio.create_task(run_bot(runtime, stop))
            await until(asked)
            assert twin.control("GET", "chats/7")["commands"][0]["description"] == "New request"
            stop.set()
            await task
            telegram = TelegramClient.over(runtime.telegram) if runtime.telegram else None
            assert telegram is not None
            assert (await telegram.webhook_info()).pending_update_count == 0


def _secret(value: str) -> Any:
    from pydantic import SecretStr  # noqa: PLC0415 - only here

    assert value != TOKEN
    return SecretStr(value)
