"""The bot by webhook: Telegram delivers to the API, another process answers; nothing is lost while the API is down."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.flows.conftest import World
from tests.flows.test_telegram import Person, talking
from tests.flows.visitor import served, served_settings
from tests.support.platform import until
from tests.support.twins import TwinProcess

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


async def test_what_comes_while_the_api_is_down_is_answered_in_order_when_it_is_back(dsn: str, world: World) -> None:
    with TwinProcess("telegram", "small") as telegram:
        settings, port = served_settings(dsn, world, telegram)
        assert settings.telegram is not None
        settings.telegram.mode = "webhook"
        person = Person(telegram, "+998000000007")

        def info() -> dict[str, Any]:
            door = f"{telegram.base_url}/bot{telegram.credentials['bot_token']}/getWebhookInfo"
            found: dict[str, Any] = httpx.get(door, trust_env=False).json()["result"]
            return found

        async def set_up() -> bool:
            return bool(info()["url"] == f"http://127.0.0.1:{port}/hooks/telegram")

        async def none_waits() -> bool:
            return bool(info()["pending_update_count"] == 0)

        async with talking(settings):
            async with served(settings, port):
                await until(set_up)
                person.does("start")
                await person.sees("Выберите язык")
            person.does("tap", text="Русский")
            person.does("text", text="/help")
            assert info()["pending_update_count"] == 2
            async with served(settings, port):
                await person.sees("/my — мои заявки")
                await until(none_waits, 60)
        said = person.text()
        assert said.index("Здравствуйте") < said.index("/my — мои заявки")
