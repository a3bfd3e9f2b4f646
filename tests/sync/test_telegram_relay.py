"""Between a chat and a conversation: in order, with names, each once, whatever becomes of answers and webhooks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest

from clobus.core import outbox
from clobus.core.db import rows, run
from clobus.core.errors import Refused, Transient
from clobus.core.ids import new_id
from clobus.gateways.chatwoot.files import download
from clobus.modules.clients import telegram as people
from clobus.modules.consultations import service
from clobus.parts import Parts, assemble
from clobus.runtime import Runtime, open_runtime
from clobus.settings import Onec
from clobus.sync.telegram import book
from tests.support.platform import settings_for
from tests.support.twins import TwinProcess

pytestmark = pytest.mark.slow
CHAT = 7


@dataclass
class Line:
    """A request with a conversation and a client in Telegram."""

    runtime: Runtime
    parts: Parts
    chatwoot: TwinProcess
    telegram: TwinProcess
    cons_id: UUID
    client_id: UUID
    conversation: int

    def person(self, act: str, **given: Any) -> Any:
        about = {"id": CHAT, "first_name": "Аня", "language_code": "ru"}
        return self.telegram.control("POST", f"person/{act}", {**about, **given})

    def phone(self, chat: int = CHAT) -> list[dict[str, Any]]:
        shown: dict[str, Any] = self.telegram.control("GET", f"chats/{chat}")
        return [m for m in shown["messages"] if m["from_bot"] and not m["deleted"]]

    def agent(self, content: str | None = None, files: tuple[tuple[str, bytes, str], ...] = (), **fields: Any) -> int:
        """A manager writes."""
        known = self.chatwoot.credentials
        address = f"{self.chatwoot.base_url}/api/v1/accounts/{known['account_id']}/conversations/{self.conversation}"
        data = {name: str(value) for name, value in fields.items()} | ({"content": content} if content else {})
        answer = httpx.post(
            f"{address}/messages", data=data, files=[("attachments[]", one) for one in files] or None,
            headers={"api_access_token": known["admin_token"]}, trust_env=False,
        )  # fmt: skip
        answer.raise_for_status()
        return int(answer.json()["id"])

    def desk(self, method: str, path: str, body: Any = None) -> Any:
        known = self.chatwoot.credentials
        answer = httpx.request(
            method, f"{self.chatwoot.base_url}/api/v1/accounts/{known['account_id']}/{path}", json=body,
            headers={"api_access_token": known["admin_token"]}, trust_env=False,
        )  # fmt: skip
        answer.raise_for_status()
        return answer.json() if answer.content else None

    async def said(self, after: int = 0) -> list[Any]:
        """What the conversation holds from the client."""
        found = await self.runtime.chatwoot.messages(self.conversation, after=after)
        return [m for m in found if m.message_type == 0]

    async def say(self, number: int, text: str = "", files: list[dict[str, Any]] | None = None, **more: Any) -> None:
        """The bot took a message for this request."""
        group = more.pop("group", None)
        content = {"name": "Аня *К*", "text": text, "files": files or [], **more}
        async with self.runtime.db.transaction() as connection:
            await book.bring_in(connection, self.cons_id, CHAT, number, "text", content, media_group=group)

    async def see(self, changed: tuple[int, ...] = ()) -> int:
        async with self.runtime.db.read() as connection:
            row = (await service.load(connection, [self.cons_id]))[self.cons_id]
        return await self.parts.receiver.messages.look(row, changed=changed)

    async def out(self) -> None:
        assert self.parts.outward is not None
        await self.parts.outward.handle("chat", self.cons_id)

    async def ask(self, sql: str, *params: Any) -> list[dict[str, Any]]:
        async with self.runtime.db.read() as connection:
            return [dict(row) for row in await rows(connection, sql, params)]


@pytest.fixture
async def line(dsn: str, seeded_twin: Any) -> AsyncIterator[Line]:
    with (
        TwinProcess("chatwoot", seeded_from=seeded_twin("chatwoot")) as chatwoot,
        TwinProcess("telegram", "small") as telegram,
    ):
        settings = settings_for(
            dsn,
            chatwoot,
            telegram,
            onec=Onec(base_url="http://127.0.0.1:9", user="u", password="p"),  # type: ignore[arg-type]  # a group of settings
        )
        async with open_runtime(settings) as runtime:
            parts = assemble(runtime)
            made = Line(runtime, parts, chatwoot, telegram, new_id(), new_id(), 0)
            page = await runtime.chatwoot.conversations(1)
            made.conversation = page.rows[0].id
            await parts.receiver.messages.begin()
            made.person("start")
            async with runtime.db.transaction() as connection:
                await run(
                    connection, "insert into cons.clients (client_id, company_name) values (%s, 'A')", (made.client_id,)
                )
                await run(
                    connection,
                    "insert into cons.cons (cons_id, consultation_type, status, client_id, create_date, source, lang,"
                    " conversation_id) values (%s, 'Консультация по ведению учёта', 'open', %s, now(), 'SITE', 'ru',"
                    " %s)",
                    (made.cons_id, made.client_id, made.conversation),
                )
                await people.remember(connection, CHAT, CHAT, first_name="Аня", language="ru")
                await people.link(connection, CHAT, made.client_id, "link")
            await made.see()
            yield made


async def test_history_is_seen_but_tells_nobody(line: Line) -> None:
    assert await line.ask("select 1 from cons.messages") != []
    assert await line.ask("select 1 from log.events") == []
    await line.out()
    assert line.phone() == []


async def test_a_manager_is_read_in_telegram_in_order_and_once(line: Line) -> None:
    first = line.agent("Здравствуйте, <b>я</b> & *Карим*")
    line.agent("тайное", private=True)
    line.agent("вот", files=(("акт <1>.pdf", b"%PDF-1", "application/pdf"),))
    assert await line.see() == 3
    assert await line.see() == 0
    await line.out()
    await line.out()
    shown = line.phone()
    name = shown[0]["text"].split("\n")[0]
    assert [m.get("text", m.get("caption")) for m in shown] == [
        f"{name}\nЗдравствуйте, <b>я</b> & *Карим*", f"{name}\nвот",
    ]  # fmt: skip
    assert (shown[0]["entities"][0]["type"], shown[1]["file"]["kind"]) == ("bold", "document")
    assert not any("тайное" in str(m) for m in shown)
    events = await line.ask("select changes from log.events where name = 'Messaged' order by id")
    assert [e["changes"]["direction"][1] for e in events] == ["out", "note", "out"]
    assert events[0]["changes"] == {"message": [None, first], "direction": [None, "out"], "via": [None, "chatwoot"]}
    assert await line.ask("select 1 from sys.outbox where subject = 'consultation'") == []


async def test_the_clients_words_arrive_in_order_with_his_name_and_are_not_sent_back(line: Line) -> None:
    before = (await line.runtime.chatwoot.messages(line.conversation))[-1].id
    photo = line.person("photo", caption="x")["update"]["message"]["photo"][-1]["file_id"]
    voice = line.person("voice")["update"]["message"]["voice"]["file_id"]
    await line.say(10, "раз")
    await line.say(11, "", [{"file_id": voice, "name": "voice-11.ogg", "mime": "audio/ogg"}])
    await line.say(12, "два", reply_to=10)
    await line.say(13, "", [{"file_id": photo, "name": "a.jpg", "mime": "image/jpeg"}], group="g")
    await line.say(14, "подпись", [{"file_id": photo, "name": "b.jpg", "mime": "image/jpeg"}], group="g")
    await line.parts.inward.handle(line.cons_id)
    await line.parts.inward.handle(line.cons_id)
    said = await line.said(before)
    assert [m.content for m in said] == [
        r"**Аня \*К\*:** раз", r"**Аня \*К\*:**", r"**Аня \*К\*:** два", r"**Аня \*К\*:** подпись",
    ]  # fmt: skip
    assert [[a.file_type for a in m.attachments] for m in said] == [[], ["audio"], [], ["image", "image"]]
    assert said[2].content_attributes["in_reply_to"] == said[0].id
    await line.say(10, "раз")  # the same once more
    await line.parts.inward.handle(line.cons_id)
    assert len(await line.said(before)) == 4
    assert await line.see() == 4
    assert {r["via"] for r in await line.ask("select via from cons.messages where message_id > %s", before)} == {
        "telegram"
    }
    await line.out()
    assert line.phone() == []


@pytest.mark.parametrize("fault", ["cut_after_write", "cut", "status"])
async def test_a_lost_answer_of_chatwoot_makes_no_double(line: Line, fault: str) -> None:
    before = (await line.runtime.chatwoot.messages(line.conversation))[-1].id
    await line.say(10, "раз")
    await line.say(11, "два")
    details = {"status": 503} if fault == "status" else {}
    line.chatwoot.fault(fault, 1, match="^POST .*/messages", **details)
    for _ in range(3):
        try:
            await line.parts.inward.handle(line.cons_id)
        except Transient:
            continue
        break
    assert [m.content.split(" ")[-1] for m in await line.said(before)] == ["раз", "два"]


async def test_an_edited_message_comes_as_an_answer_to_itself(line: Line) -> None:
    before = (await line.runtime.chatwoot.messages(line.conversation))[-1].id
    await line.say(10, "раз")
    await line.parts.inward.handle(line.cons_id)
    async with line.runtime.db.transaction() as connection:
        content = {"name": "Аня", "text": "раз!", "files": [], "edit_of": 10}
        for _ in range(2):
            await book.bring_in(connection, line.cons_id, CHAT, 10, "edit", content, mark="tg-7-10-e5")
    await line.parts.inward.handle(line.cons_id)
    said = await line.said(before)
    assert [m.content for m in said] == [r"**Аня \*К\*:** раз", "**Аня:** ✏️ раз!"]
    assert said[1].content_attributes["in_reply_to"] == said[0].id


async def test_a_crash_after_the_write_makes_no_double(line: Line) -> None:
    before = (await line.runtime.chatwoot.messages(line.conversation))[-1].id
    await line.say(10, "раз")
    await line.parts.inward.handle(line.cons_id)
    async with line.runtime.db.transaction() as connection:
        await run(connection, "update cons.telegram_messages set state = 'sending', message_id = null")
    await line.parts.inward.handle(line.cons_id)
    assert len(await line.said(before)) == 1
    assert [r["state"] for r in await line.ask("select state from cons.telegram_messages")] == ["done"]


async def test_a_lost_answer_of_telegram_is_not_sent_again(line: Line) -> None:
    line.agent("раз")
    line.agent("два")
    await line.see()
    line.telegram.fault("cut_after_write", 1, match="sendMessage")
    await line.out()
    await line.out()
    assert [m["text"].split("\n")[1] for m in line.phone()] == ["раз", "два"]
    assert [r["state"] for r in await line.ask("select state from cons.telegram_messages order by id")] == [
        "unknown",
        "done",
    ]


async def test_telegrams_limit_is_waited_for_and_the_order_kept(line: Line) -> None:
    line.agent("раз")
    line.agent("два")
    await line.see()
    line.telegram.fault("status", 1, match="sendMessage", status=429, retry_after=9)
    with pytest.raises(Transient) as caught:
        await line.out()
    assert caught.value.retry_after == 9
    assert line.phone() == []
    await line.out()
    assert [m["text"].split("\n")[1] for m in line.phone()] == ["раз", "два"]


async def test_an_album_of_files_and_a_long_text(line: Line) -> None:
    pictures = tuple((f"{n}.png", b"\x89PNG" + bytes([n]), "image/png") for n in range(3))
    line.agent("я" * 5000, files=pictures)
    await line.see()
    await line.out()
    shown = line.phone()
    assert [len(m.get("text", "")) > 0 for m in shown] == [True, True, False, False, False]
    assert sum(m["text"].count("я") for m in shown[:2]) == 5000
    assert len({m["media_group_id"] for m in shown[2:]}) == 1
    line.person("text", text="x", reply_to=shown[3]["message_id"])
    async with line.runtime.db.read() as connection:
        found = await book.in_conversation(connection, CHAT, shown[3]["message_id"])
    assert found is not None
    assert found["cons_id"] == line.cons_id


async def test_replies_and_retractions_of_managers(line: Line) -> None:
    mine = line.person("text", text="вопрос")["message_id"]
    await line.say(mine, "вопрос")
    await line.parts.inward.handle(line.cons_id)
    [asked] = (await line.said())[-1:]
    known = line.desk("POST", f"conversations/{line.conversation}/messages",
                      {"content": "ответ", "content_attributes": {"in_reply_to": asked.id}})  # fmt: skip
    await line.see()
    await line.out()
    assert line.phone()[-1]["reply_to"] == mine
    line.desk("DELETE", f"conversations/{line.conversation}/messages/{known['id']}")
    await line.see(changed=(known["id"],))
    await line.out()
    assert line.phone() == []


async def test_who_blocked_the_bot_is_noted_and_the_managers_are_told(line: Line) -> None:
    line.person("block")
    line.agent("раз")
    line.agent("два")
    await line.see()
    await line.out()
    assert (await line.ask("select blocked_at from cons.telegram_users"))[0]["blocked_at"] is not None
    assert line.telegram.received("sendMessage")[1:] == []
    await line.parts.inward.handle(line.cons_id)
    notes = [m for m in await line.runtime.chatwoot.messages(line.conversation) if m.private]
    assert len([m for m in notes if "заблокировал" in (m.content or "")]) == 1
    assert await line.see() == 1
    await line.out()
    assert len(line.telegram.received("sendMessage")) == 1


async def test_a_file_that_can_not_be_fetched_is_named(line: Line) -> None:
    before = (await line.runtime.chatwoot.messages(line.conversation))[-1].id
    big = line.person("video", size=21 * 1024 * 1024)["update"]["message"]["video"]["file_id"]
    await line.say(10, "смотрите", [{"file_id": big, "name": "big.mp4", "mime": "video/mp4"}])
    await line.parts.inward.handle(line.cons_id)
    [said] = await line.said(before)
    assert "смотрите" in said.content
    assert "big.mp4" in said.content


async def test_a_lost_webhook_is_made_good_by_the_minutes_reading(line: Line) -> None:
    line.agent("раз")
    await asyncio.sleep(1.1)  # Chatwoot's activity is told in whole seconds
    assert (await line.parts.desk.recent(600)).read > 0
    await line.out()
    assert [m["text"].split("\n")[1] for m in line.phone()] == ["раз"]


async def test_what_was_said_before_the_conversation_waits_for_it(line: Line) -> None:
    async with line.runtime.db.transaction() as connection:
        await run(connection, "update cons.cons set conversation_id = null")
    before = (await line.runtime.chatwoot.messages(line.conversation))[-1].id
    await line.say(10, "раз")
    await line.parts.inward.handle(line.cons_id)
    assert await line.said(before) == []
    async with line.runtime.db.transaction() as connection:
        await run(connection, "delete from sys.outbox")
        await service.link_conversation(
            connection, line.cons_id, conversation_id=line.conversation, status="open", assignee_id=None, version=1,
            source_id=None,
        )  # fmt: skip
        from clobus.core.events import Event, Origin, publish  # noqa: PLC0415 - only here

        await publish(connection, [Event("Linked", line.cons_id, Origin.PLATFORM)])
    woken = await line.ask("select 1 from sys.outbox where system = 'chatwoot' and subject = %s", book.CHAT)
    assert len(woken) == 1
    handled: list[str] = []

    async def handle(kind: str, subject_id: UUID) -> None:
        handled.append(kind)
        if kind == book.CHAT:
            await line.parts.inward.handle(subject_id)

    await outbox.Dispatcher(line.runtime.db, "chatwoot", handle).drain_once()
    assert len(await line.said(before)) == 1


async def test_each_kind_of_file_looks_as_it_should(line: Line) -> None:
    kinds = {
        "photo": ("p.png", "image/png"), "voice": ("v.ogg", "audio/ogg"), "video": ("v.mp4", "video/mp4"),
        "audio": ("m.mp3", "audio/mpeg"), "document": ("d.docx", "application/octet-stream"),
    }  # fmt: skip
    for name, media in kinds.values():
        line.agent(files=((name, name.encode(), media),))
    await line.see()
    await line.out()
    shown = line.phone()
    assert [m["file"]["kind"] for m in shown] == list(kinds)
    assert all(m["caption"] for m in shown)  # who speaks


async def test_only_chatwoots_own_files_are_fetched(line: Line) -> None:
    with pytest.raises(Refused):
        await download(line.runtime.chatwoot, f"{line.telegram.base_url}/secret", 1000)
    line.agent(files=(("a.txt", b"x" * 100, "text/plain"),))
    found = await line.runtime.chatwoot.messages(line.conversation)
    address = found[-1].attachments[0].data_url or ""
    assert await download(line.runtime.chatwoot, address, 1000) == b"x" * 100
    assert await download(line.runtime.chatwoot, address, 99) is None
    assert line.telegram.received("secret") == []


async def test_only_the_clients_own_chats_read_it(line: Line) -> None:
    other = new_id()
    line.telegram.control("POST", "person/start", {"id": 8, "first_name": "B"})
    async with line.runtime.db.transaction() as connection:
        await run(connection, "insert into cons.clients (client_id, company_name) values (%s, 'B')", (other,))
        await people.remember(connection, 8, 8, first_name="B")
        await people.link(connection, 8, other, "link")
    line.agent("раз")
    await line.see()
    await line.out()
    assert len(line.phone()) == 1
    assert line.phone(8) == []
