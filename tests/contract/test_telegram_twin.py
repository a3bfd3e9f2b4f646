"""The Telegram twin answers as the Bot API does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from clobus_twins.telegram.app import create_app

TOKEN = "1234567890:AAtestAAtestAAtestAAtestAAtest"


class Bot:
    """A twin and its caller."""

    def __init__(self, data: Path, **options: Any) -> None:
        self.app = create_app(data, token=TOKEN, **options)
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://telegram")

    async def call(self, method: str, **given: Any) -> httpx.Response:
        return await self.client.post(f"/bot{TOKEN}/{method}", json=given)

    async def control(self, door: str, body: Any) -> httpx.Response:
        return await self.client.post(f"/_control/{door}", json=body)


@pytest.fixture
async def bot(tmp_path: Path) -> Bot:
    made = Bot(tmp_path)
    await made.control("chats", [{"id": 42, "first_name": "A"}, {"id": 1, "first_name": "B"}])
    return made


async def test_messages_are_sent_edited_and_deleted(bot: Bot) -> None:
    assert (await bot.call("getMe")).json()["result"]["is_bot"] is True
    sent = (await bot.call("sendMessage", chat_id=42, text="Салом")).json()["result"]
    assert (sent["message_id"], sent["text"], sent["chat"]["id"]) == (1, "Салом", 42)
    form = await bot.client.post(
        f"/bot{TOKEN}/sendMessage",
        data={
            "chat_id": "42",
            "text": "кнопки",
            "reply_markup": json.dumps({"inline_keyboard": [[{"text": "5", "callback_data": "r"}]]}),
        },
    )
    assert "reply_markup" in form.json()["result"]
    edited = (await bot.call("editMessageText", chat_id=42, message_id=1, text="Хайр")).json()["result"]
    assert edited["text"] == "Хайр"
    same = (await bot.call("editMessageText", chat_id=42, message_id=1, text="Хайр")).json()
    assert same["description"].startswith("Bad Request: message is not modified")
    assert (await bot.call("deleteMessage", chat_id=42, message_id=2)).json() == {"ok": True, "result": True}
    assert (await bot.call("deleteMessage", chat_id=42, message_id=2)).status_code == 400
    kept = (await bot.client.get("/_control/messages?chat_id=42")).json()
    assert [(message["text"], message["deleted"]) for message in kept] == [("Хайр", False), ("кнопки", True)]


async def test_refusals(tmp_path: Path) -> None:
    bot = Bot(tmp_path)
    await bot.control("chats", [{"id": 1, "first_name": "A"}, {"id": 2, "blocked": True}])
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({"chat_id": 3, "text": "x"}, 400, "Bad Request: chat not found"),
        ({"chat_id": 2, "text": "x"}, 403, "Forbidden: bot was blocked by the user"),
        ({"chat_id": 1, "text": "я" * 4097}, 400, "Bad Request: message is too long"),
        ({"chat_id": 1, "text": "😀" * 2049}, 400, "Bad Request: message is too long"),
        ({"chat_id": 1, "text": " "}, 400, "Bad Request: message text is empty"),
        ({"text": "x"}, 400, "Bad Request: chat_id is empty"),
    ]
    for given, code, description in cases:
        answer = await bot.call("sendMessage", **given)
        assert answer.status_code == code
        assert answer.json() == {"ok": False, "error_code": code, "description": description}
    assert (await bot.call("sendMessage", chat_id=1, text="я" * 4096)).status_code == 200
    assert (await bot.call("getChat", chat_id=1)).json()["result"]["first_name"] == "A"
    assert (await bot.call("fly")).json() == {"ok": False, "error_code": 404, "description": "Not Found"}
    wrong = await bot.client.get("/bot1:wrong/getMe")
    assert (wrong.status_code, wrong.json()["description"]) == (401, "Unauthorized")


async def test_too_many_requests(bot: Bot) -> None:
    await bot.control("faults", {"kind": "status", "status": 429, "retry_after": 3})
    assert (await bot.call("sendMessage", chat_id=1, text="x")).json() == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 3",
        "parameters": {"retry_after": 3},
    }
    assert (await bot.call("sendMessage", chat_id=1, text="x")).json()["ok"] is True


async def test_updates_wait_until_confirmed(bot: Bot) -> None:
    for text in ("/start", "привет"):
        await bot.control("updates", {"message": {"text": text}})
    first, second = (await bot.call("getUpdates")).json()["result"]
    assert (first["message"]["text"], second["update_id"]) == ("/start", first["update_id"] + 1)
    rest = (await bot.call("getUpdates", offset=second["update_id"])).json()["result"]
    assert rest == [second]
    await bot.call("setWebhook", url="http://127.0.0.1:1/hook", secret_token="s")
    info = (await bot.call("getWebhookInfo")).json()["result"]
    assert (info["url"], info["pending_update_count"]) == ("http://127.0.0.1:1/hook", 1)
    assert (await bot.call("getUpdates")).status_code == 409
    await bot.call("deleteWebhook")
    assert (await bot.call("getUpdates")).status_code == 200


async def test_messages_outlive_the_process(tmp_path: Path) -> None:
    first = Bot(tmp_path)
    await first.control("chats", {"id": 5})
    await first.call("sendMessage", chat_id=5, text="x")
    first.app.store.close()
    second = Bot(tmp_path)
    assert (await second.call("sendMessage", chat_id=5, text="y")).json()["result"]["message_id"] == 2
    assert len((await second.client.get("/_control/messages")).json()) == 2
    assert (await second.control("reset", {"state": True})).json() == {"ok": True}
    assert (await second.client.get("/_control/messages")).json() == []
