"""The twin's people: what they do reaches the bot, what the bot does reaches their phones, within the API's limits."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contract.test_telegram_twin import TOKEN, Bot

PERSON = {"id": 7, "first_name": "Аня <b>", "language_code": "ru"}


class Phone(Bot):
    """A twin, its bot and a person."""

    async def act(self, name: str, /, **given: Any) -> dict[str, Any]:
        answer = await self.control(f"person/{name}", {**PERSON, **given})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def ok(self, method: str, **given: Any) -> Any:
        answer = (await self.call(method, **given)).json()
        assert answer["ok"], answer
        return answer["result"]

    async def refused(self, method: str, **given: Any) -> str:
        answer = (await self.call(method, **given)).json()
        assert not answer["ok"]
        return str(answer["description"])

    async def screen(self) -> dict[str, Any]:
        return dict((await self.client.get("/_control/chats/7")).json())


@pytest.fixture
def phone(tmp_path: Path) -> Iterator[Phone]:
    made = Phone(tmp_path)
    yield made
    made.app.store.close()


async def test_nobody_is_written_to_before_he_wrote(phone: Phone) -> None:
    assert await phone.refused("sendMessage", chat_id=7, text="x") == "Bad Request: chat not found"
    await phone.act("start", payload="cons_1")
    [update] = await phone.ok("getUpdates")
    assert update["message"]["text"] == "/start cons_1"
    assert update["message"]["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]
    assert update["message"]["from"]["language_code"] == "ru"
    await phone.ok("sendMessage", chat_id=7, text="x")
    await phone.act("block")
    assert await phone.refused("sendMessage", chat_id=7, text="x") == "Forbidden: bot was blocked by the user"
    kicked = (await phone.ok("getUpdates", offset=update["update_id"] + 1))[0]["my_chat_member"]
    assert kicked["new_chat_member"]["status"] == "kicked"
    await phone.act("start")
    await phone.ok("sendMessage", chat_id=7, text="x")


async def test_a_tapped_button_is_answered_once(phone: Phone) -> None:
    await phone.act("start")
    keyboard = {"inline_keyboard": [[{"text": "Да", "callback_data": "y" * 64}]]}
    await phone.ok("sendMessage", chat_id=7, text="?", reply_markup=keyboard)
    tapped = await phone.act("tap", text="Да")
    query = (await phone.ok("getUpdates"))[-1]["callback_query"]
    assert (query["id"], query["data"], query["message"]["text"]) == (tapped["query_id"], "y" * 64, "?")
    assert (await phone.screen())["unanswered"] == [query["id"]]
    assert await phone.ok("answerCallbackQuery", callback_query_id=query["id"], text="готово") is True
    assert (await phone.screen())["toasts"][0]["text"] == "готово"
    too_old = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    assert await phone.refused("answerCallbackQuery", callback_query_id=query["id"]) == too_old
    later = await phone.act("tap", text="Да")
    await phone.control("clock", {"shift_seconds": 3600})
    assert await phone.refused("answerCallbackQuery", callback_query_id=later["query_id"]) == too_old


@pytest.mark.parametrize(
    ("markup", "refusal"),
    [
        ({"inline_keyboard": [[{"text": "x", "callback_data": "я" * 33}]]}, "BUTTON_DATA_INVALID"),
        ({"inline_keyboard": [[{"text": "x", "callback_data": ""}]]}, "BUTTON_DATA_INVALID"),
        ({"inline_keyboard": [[{"text": "x"}]]}, "Text buttons are unallowed"),
        ({"inline_keyboard": [{"text": "x"}]}, "Array of Arrays"),
        ({"inline_keyboard": [[{"text": "x", "web_app": {"url": "http://a.uz"}}]]}, "Only HTTPS links are allowed"),
        ({"keyboard": [[{"text": ""}]]}, "must be of type String"),
        ({"other": 1}, "unknown kind"),
    ],
)
async def test_keyboards_that_are_refused(phone: Phone, markup: dict[str, Any], refusal: str) -> None:
    await phone.act("start")
    assert refusal in await phone.refused("sendMessage", chat_id=7, text="x", reply_markup=markup)
    assert [one for one in (await phone.screen())["messages"] if one["from_bot"]] == []


@pytest.mark.parametrize(
    ("mode", "text", "refusal"),
    [
        ("HTML", "<3", 'Unsupported start tag "3" at byte offset 0'),
        ("HTML", "я <b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("HTML", "<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("HTML", "x</b>", "Unexpected end tag at byte offset 1"),
        ("HTML", "<table>", 'Unsupported start tag "table"'),
        ("MarkdownV2", "a.b", "Character '.' is reserved"),
        ("MarkdownV2", "*a", "Can't find end of Bold entity at byte offset 0"),
    ],
)
async def test_broken_markup_is_refused(phone: Phone, mode: str, text: str, refusal: str) -> None:
    await phone.act("start")
    said = await phone.refused("sendMessage", chat_id=7, text=text, parse_mode=mode)
    assert said.startswith("Bad Request: can't parse entities: ")
    assert refusal in said


async def test_markup_becomes_entities(phone: Phone) -> None:
    await phone.act("start")
    sent = await phone.ok("sendMessage", chat_id=7, text="😀 <b>a &lt; <i>b</i></b>", parse_mode="HTML")
    assert (sent["text"], sent["entities"]) == (
        "😀 a < b",
        [{"type": "bold", "offset": 3, "length": 5}, {"type": "italic", "offset": 7, "length": 1}],
    )
    sent = await phone.ok("sendMessage", chat_id=7, text="*a*\\. [b](http://c)", parse_mode="MarkdownV2")
    assert sent["text"] == "a. b"
    assert [one["type"] for one in sent["entities"]] == ["bold", "text_link"]


async def upload(
    phone: Phone, method: str, kind: str, content: bytes, name: str = "a.bin", **form: Any
) -> httpx.Response:
    return await phone.client.post(
        f"/bot{TOKEN}/{method}", data={"chat_id": "7", **form}, files={kind: (name, content, "image/png")}
    )


async def test_files_both_ways_and_their_limits(phone: Phone) -> None:
    sent = await phone.act("document", name="акт.pdf", content=base64.b64encode(b"%PDF").decode(), caption="вот")
    document = sent["update"]["message"]["document"]
    assert (document["file_name"], document["file_size"]) == ("акт.pdf", 4)
    found = await phone.ok("getFile", file_id=document["file_id"])
    got = await phone.client.get(f"/file/bot{TOKEN}/{found['file_path']}")
    assert got.content == b"%PDF"
    assert (await phone.client.get(f"/file/bot1:wrong/{found['file_path']}")).status_code == 404
    big = (await phone.act("video", size=20 * 1024 * 1024 + 1))["update"]["message"]["video"]
    assert await phone.refused("getFile", file_id=big["file_id"]) == "Bad Request: file is too big"
    photo = (await upload(phone, "sendPhoto", "photo", b"png", caption="c")).json()["result"]
    assert (len(photo["photo"]), photo["caption"]) == (2, "c")
    again = await phone.ok("sendPhoto", chat_id=7, photo=photo["photo"][-1]["file_id"])
    assert again["photo"] == photo["photo"]
    assert "can't use file of type" in await phone.refused("sendVideo", chat_id=7, video=photo["photo"][0]["file_id"])
    heavy = (await upload(phone, "sendPhoto", "photo", bytes(10 * 1024 * 1024 + 1))).json()
    assert "too big for a photo" in heavy["description"]
    huge = await upload(phone, "sendDocument", "document", bytes(50 * 1024 * 1024 + 1))
    assert (huge.status_code, huge.json()["description"]) == (413, "Request Entity Too Large")
    assert "caption is too long" in await phone.refused(
        "sendPhoto", chat_id=7, photo=photo["photo"][-1]["file_id"], caption="x" * 1025
    )
    assert "there is no text" in await phone.refused(
        "editMessageText", chat_id=7, message_id=again["message_id"], text="x"
    )
    edited = await phone.ok("editMessageCaption", chat_id=7, message_id=again["message_id"], caption="new")
    assert edited["caption"] == "new"


async def test_albums(phone: Phone) -> None:
    made = await phone.act("album", items=[{"kind": "photo"}, {"kind": "video"}], caption="два")
    got = [one["message"] for one in await phone.ok("getUpdates")]
    assert {one["media_group_id"] for one in got} == {made["media_group_id"]}
    assert [one.get("caption") for one in got] == ["два", None]
    media = [{"type": "photo", "media": "attach://a"}, {"type": "photo", "media": "attach://b", "caption": "c"}]
    answer = await phone.client.post(
        f"/bot{TOKEN}/sendMediaGroup",
        data={"chat_id": "7", "media": json.dumps(media)},
        files={"a": ("a.jpg", b"1"), "b": ("b.jpg", b"2")},
    )
    first, second = answer.json()["result"]
    assert first["media_group_id"] == second["media_group_id"]
    file_id = first["photo"][-1]["file_id"]
    for count in (1, 11):
        many = [{"type": "photo", "media": file_id}] * count
        assert "album" in await phone.refused("sendMediaGroup", chat_id=7, media=many)
    document = (await phone.act("document"))["update"]["message"]["document"]["file_id"]
    mixed = [{"type": "photo", "media": file_id}, {"type": "document", "media": document}]
    assert "can't be mixed" in await phone.refused("sendMediaGroup", chat_id=7, media=mixed)


async def test_replies_and_edits(phone: Phone) -> None:
    mine = (await phone.act("text", text="раз"))["message_id"]
    answer = await phone.ok("sendMessage", chat_id=7, text="два", reply_parameters={"message_id": mine})
    assert answer["reply_to_message"]["text"] == "раз"
    assert await phone.refused("sendMessage", chat_id=7, text="x", reply_parameters={"message_id": 999}) == (
        "Bad Request: message to be replied not found"
    )
    lenient = {"message_id": 999, "allow_sending_without_reply": True}
    assert "reply_to_message" not in await phone.ok("sendMessage", chat_id=7, text="x", reply_parameters=lenient)
    await phone.act("text", text="три", reply_to=answer["message_id"])
    await phone.act("edit", message_id=mine, text="раз!")
    updates = await phone.ok("getUpdates")
    assert updates[-2]["message"]["reply_to_message"]["text"] == "два"
    assert (updates[-1]["edited_message"]["text"], "edit_date" in updates[-1]["edited_message"]) == ("раз!", True)
    assert "can't be edited" in await phone.refused("editMessageText", chat_id=7, message_id=mine, text="x")


async def test_contacts_are_his_own_or_anothers(phone: Phone) -> None:
    await phone.act("start")
    button = {"keyboard": [[{"text": "📱", "request_contact": True}]]}
    await phone.ok("sendMessage", chat_id=7, text="?", reply_markup=button)
    assert (await phone.screen())["reply_keyboard"] == button["keyboard"]
    own = (await phone.act("contact", phone="998901234567"))["update"]["message"]["contact"]
    assert own["user_id"] == 7
    other = (await phone.act("contact", phone="998901234568", user_id=8, name="B"))["update"]["message"]["contact"]
    assert other["user_id"] == 8
    assert "user_id" not in (await phone.act("contact", phone="1", user_id=0))["update"]["message"]["contact"]
    assert "private chats only" in await phone.refused("sendMessage", chat_id=-5, text="?", reply_markup=button)
    await phone.ok("sendMessage", chat_id=7, text="ok", reply_markup={"remove_keyboard": True})
    assert (await phone.screen())["reply_keyboard"] is None


async def test_long_polling_waits_and_only_the_newest_one_stays(phone: Phone) -> None:
    first = asyncio.create_task(phone.call("getUpdates", timeout=20))
    await asyncio.sleep(0.05)
    second = asyncio.create_task(phone.call("getUpdates", timeout=20))
    beaten = (await first).json()
    assert (beaten["error_code"], "terminated by other getUpdates" in beaten["description"]) == (409, True)
    await phone.act("text", text="a")
    assert [one["message"]["text"] for one in (await second).json()["result"]] == ["a"]
    assert (await phone.ok("getUpdates", offset=-1))[0]["message"]["text"] == "a"
    await phone.ok("getUpdates", allowed_updates=["callback_query"])
    assert (await phone.act("text", text="b"))["update"] is None


async def test_a_webhook_is_repeated_until_it_is_taken(phone: Phone) -> None:
    got: list[tuple[str | None, Any]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        size = int(head.split("content-length:")[1].split("\r\n")[0])
        body = json.loads(await reader.readexactly(size))
        secret = (
            head.split("x-telegram-bot-api-secret-token:")[1].split("\r\n")[0].strip() if "secret" in head else None
        )
        got.append((secret, body))
        status = b"500 Oops" if len(got) == 1 else b"200 OK"
        writer.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    assert "HTTPS URL must be provided" in await phone.refused("setWebhook", url="http://example.uz/hook")
    assert "secret token" in await phone.refused("setWebhook", url=url, secret_token="a b")
    await phone.ok("setWebhook", url=url, secret_token="s3cret")
    await phone.act("text", text="a")
    await phone.act("text", text="b")
    for _ in range(100):
        if len(got) == 3 and not (await phone.ok("getWebhookInfo"))["pending_update_count"]:
            break
        await asyncio.sleep(0.05)
    server.close()
    assert [body["message"]["text"] for _, body in got] == ["a", "a", "b"]
    assert {secret for secret, _ in got} == {"s3cret"}
    assert (await phone.ok("getWebhookInfo"))["last_error_message"].endswith("500")
    await phone.ok("deleteWebhook")


async def test_what_the_bot_tells_of_itself(phone: Phone) -> None:
    await phone.act("start")
    await phone.ok("setMyCommands", commands=[{"command": "new", "description": "New"}])
    await phone.ok("setMyCommands", commands=[{"command": "new", "description": "Новая"}], language_code="ru")
    assert (await phone.ok("getMyCommands", language_code="ru"))[0]["description"] == "Новая"
    assert await phone.ok("getMyCommands", language_code="uz") == []
    assert (await phone.screen())["commands"][0]["description"] == "Новая"
    own = {"type": "chat", "chat_id": 7}
    await phone.ok("setMyCommands", commands=[{"command": "my", "description": "My"}], scope=own)
    assert (await phone.screen())["commands"][0]["command"] == "my"
    assert await phone.refused("setMyCommands", commands=[{"command": "Bad!", "description": "x"}]) == (
        "Bad Request: BOT_COMMAND_INVALID"
    )
    web_app = {"type": "web_app", "text": "Кабинет", "web_app": {"url": "https://a.uz"}}
    await phone.ok("setChatMenuButton", menu_button=web_app)
    assert (await phone.screen())["menu_button"] == web_app
    await phone.ok("setMyDescription", description="d", language_code="ru")
    assert await phone.ok("getMyDescription", language_code="ru") == {"description": "d"}
    assert await phone.ok("sendChatAction", chat_id=7, action="typing") is True
    assert "wrong parameter action" in await phone.refused("sendChatAction", chat_id=7, action="fly")
