"""`/new` by buttons: from nothing to a request, once, whatever happens in the middle."""

from __future__ import annotations

import asyncio
import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from clobus.core import clock
from clobus.core.ids import new_id
from tests.bot.conftest import Desk, Phone


async def up_to_the_text(phone: Phone, accounting: str, category: str, question: str) -> None:
    await phone.does("text", text="/new")
    await phone.taps(accounting)
    await phone.taps(category)
    await phone.taps(question)
    await phone.first_free()


async def requests(desk: Desk) -> list[dict[str, Any]]:
    return await desk.ask("select * from cons.cons order by create_date, cons_id")


@pytest.mark.parametrize(
    ("language", "accounting", "category", "question", "ready", "confirm"),
    [
        ("uz", "Hisob yuritish", "QQS", "QQS mos kelmaydi", "Davom etish", "Yuborish"),
        ("ru", "ведению учёта", "НДС", "Не сходится НДС", "Продолжить", "Отправить"),
        ("en", "Accounting", "НДС", "Another question", "Go on", "Send"),
    ],
)
async def test_a_request_by_buttons(
    desk: Desk, language: str, accounting: str, category: str, question: str, ready: str, confirm: str
) -> None:
    phone = desk.phone(7)
    await phone.known(language=language)
    await up_to_the_text(phone, accounting, category, question)
    await phone.does("text", text="Сальдо <не> сходится")
    await phone.does("photo", name="screen.jpg", caption="вот & так")
    await phone.taps(ready)
    summary = (await phone.last())["text"]
    assert "Сальдо <не> сходится\nвот & так" in summary
    await phone.taps(confirm)
    [made] = await requests(desk)
    assert made["comment"] == "Сальдо <не> сходится\nвот & так"
    assert (made["source"], made["lang"], made["status"]) == ("TELEGRAM", language, "pending")
    assert made["client_id"] == desk.clients["ООО <Ромашка> & Ко"]
    assert made["online_question_cat"] == desk.category["uz" if language == "uz" else "ru"]
    assert (made["online_question"] is None) == (language == "en")
    start = made["start_date"]
    assert datetime.now(UTC) < start < datetime.now(UTC) + timedelta(days=30)
    assert start.astimezone(desk.runtime.settings.tz).isoweekday() < 6
    [carried] = await desk.ask("select * from cons.telegram_messages")
    assert (carried["cons_id"], carried["kind"], carried["content"]["files"][0]["mime"]) == (
        made["cons_id"], "file", "image/jpeg",
    )  # fmt: skip
    assert (await desk.ask("select system, subject from sys.outbox where subject = 'chat'")) != []
    assert (await phone.screen())["unanswered"] == []


async def test_support_needs_no_date_and_only_one_is_open(desk: Desk) -> None:
    phone = desk.phone(7)
    await phone.known()
    for _ in range(2):
        await phone.does("text", text="/new")
        await phone.taps("Техническая поддержка")
        await phone.does("voice")
        await phone.taps("Продолжить")
        await phone.taps("Отправить")
    [made] = await requests(desk)
    assert (made["consultation_type"], made["start_date"]) == ("Техническая поддержка", None)
    assert "открыт" in (await phone.last())["text"]


async def test_a_restart_after_every_step_loses_nothing(desk: Desk) -> None:
    phone = desk.phone(7)
    await phone.known()
    for act in ("/new", "ведению учёта", "НДС", "Не сходится НДС"):
        await phone.does("text" if act.startswith("/") else "tap", text=act)
        desk.restart()
    await phone.first_free()
    desk.restart()
    await phone.act("text", text="Вопрос")
    await desk.fetch()
    desk.restart()  # stored, confirmed to Telegram, and not handled yet
    await desk.work()
    await phone.taps("Продолжить")
    desk.restart()
    await phone.taps("Отправить")
    [made] = await requests(desk)
    assert made["comment"] == "Вопрос"


async def test_a_crash_between_the_state_and_its_replies_is_made_good(desk: Desk) -> None:
    phone = desk.phone(7)
    await phone.known()
    await phone.does("text", text="/new")
    before = len(await phone.messages())
    await desk.fault("status", status=500, times=1, match="editMessageText")
    await phone.act("tap", text="ведению учёта")
    with pytest.MonkeyPatch.context() as patch:

        async def dies(*_: Any) -> None:
            raise ConnectionResetError

        patch.setattr(desk.handler, "reply", dies)
        await desk.work()
    assert await desk.ask("select 1 from cons.telegram_replies where state = 'waiting'") != []
    desk.restart()
    await desk.handler.left_over()
    assert await desk.ask("select 1 from cons.telegram_replies where state = 'waiting'") == []
    assert len(await phone.messages()) == before
    assert "НДС" in await phone.buttons()


async def test_the_same_update_twice_is_handled_once(desk: Desk) -> None:
    phone = desk.phone(7)
    await phone.known()
    await up_to_the_text(phone, "ведению учёта", "НДС", "Не сходится НДС")
    await phone.does("text", text="Вопрос")
    await phone.taps("Продолжить")
    data = await phone.data("Отправить")
    await phone.act("tap", data=data)
    await phone.act("tap", data=data)
    offset = desk.offset
    await desk.fetch()
    desk.offset = offset  # the confirmation was lost: Telegram gives them again
    desk.telegram.http.breaker.succeeded(False)
    await desk.do("update log.webhook_log set state = 'new' where source = 'telegram'")  # and we lost our marks
    await desk.work()
    assert len(await requests(desk)) == 1
    assert (await phone.screen())["toasts"][-1]["text"].startswith("Эта кнопка устарела")


async def test_old_and_anothers_buttons_are_refused(desk: Desk) -> None:
    await desk.client("ООО Чужая", "+998907654321")
    phone, other = desk.phone(7), desk.phone(8, first_name="Вор")
    await phone.known()
    await other.known("998907654321")
    await phone.does("text", text="/new")
    stale = await phone.data("ведению учёта")
    await phone.does("text", text="/new")
    await other.does("text", text="/new")
    for victim, data in ((phone, stale), (other, await phone.data("ведению учёта")), (phone, "t:x:n.kind:a")):
        before = (await victim.last())["text"]
        await victim.does("tap", data=data, as_is=True)
        assert (await victim.last())["text"] == before
        assert (await victim.screen())["toasts"][-1]["alert"] is True
    mine = await desk.ask("select dialogue_id, step from cons.telegram_dialogues where telegram_user_id = 7")
    assert mine[0]["step"] == "n.kind"


async def test_the_limit_of_a_day_and_a_taken_hour_are_told_politely(desk: Desk) -> None:
    phone = desk.phone(7)
    await phone.known()
    await up_to_the_text(phone, "ведению учёта", "НДС", "Не сходится НДС")
    await phone.does("text", text="Вопрос")
    await phone.taps("Продолжить")
    chosen = (await desk.ask("select data from cons.telegram_dialogues"))[0]["data"]["start"]
    other = await desk.client("ООО Другая", None)
    await desk.do(
        "insert into cons.cons (cons_id, consultation_type, status, client_id, create_date, start_date, source,"
        " manager) values (%s, 'Консультация по ведению учёта', 'pending', %s, now(), %s, 'SITE', %s)",
        new_id(), other, chosen, desk.manager,
    )  # fmt: skip
    await phone.taps("Отправить")
    assert "только что заняли" in (await phone.last())["text"]
    assert len(await requests(desk)) == 1
    await phone.first_free()
    await phone.does("text", text="и ещё")
    await phone.taps("Продолжить")
    await phone.taps("Отправить")
    mine = [row for row in await requests(desk) if row["source"] == "TELEGRAM"]
    assert [row["comment"] for row in mine] == ["Вопрос\nи ещё"]
    assert mine[0]["start_date"].isoformat() != chosen


async def test_full_days_and_days_off_are_not_in_the_calendar(desk: Desk) -> None:
    phone = desk.phone(7)
    await phone.known()
    await phone.does("text", text="/new")
    for act in ("ведению учёта", "НДС", "Не сходится НДС"):
        await phone.taps(act)

    async def days() -> list[str]:
        rows = (await phone.last())["buttons"]
        return [b["callback_data"].split(":")[-1] for row in rows for b in row if ":n.day:" in b["callback_data"]]

    shown = await days()
    full, closed = shown[0], shown[-1]
    for _ in range(3):
        await desk.do(
            "insert into cons.cons (cons_id, consultation_type, status, client_id, create_date, start_date, source)"
            " values (%s, 'Консультация по ведению учёта', 'closed', %s, now(),"
            " (%s::date + time '23:30') at time zone 'Asia/Tashkent', 'SITE')",
            new_id(), desk.clients["ООО <Ромашка> & Ко"], full,
        )  # fmt: skip
    await desk.do(
        "insert into cons.queue_closing (period, manager_key) values (%s::date at time zone 'Asia/Tashkent', %s)",
        closed, desk.manager,
    )  # fmt: skip
    await phone.does("text", text="/new")
    for act in ("ведению учёта", "НДС", "Не сходится НДС"):
        await phone.taps(act)
    assert full not in await days()
    assert closed not in await days()
    assert all(datetime.fromisoformat(day).isoweekday() < 6 for day in shown)


async def test_in_the_evening_today_is_not_in_the_calendar(desk: Desk) -> None:
    phone = desk.phone(7)
    await phone.known()
    today = datetime(2026, 11, 26, tzinfo=desk.runtime.settings.tz)  # a Thursday
    for hour, offered in ((16, True), (17, False), (20, False)):  # he works until midnight, the centre until 18:00
        with clock.freeze(today.replace(hour=hour, minute=30)):
            await phone.does("text", text="/new")
            for act in ("ведению учёта", "НДС", "Не сходится НДС"):
                await phone.taps(act)
            days = [b["callback_data"] for row in (await phone.last())["buttons"] for b in row]
            assert any(day.endswith(":n.day:2026-11-26") for day in days) is offered
            assert any(day.endswith(":n.day:2026-11-27") for day in days)


async def test_large_and_strange_things_are_refused_politely(desk: Desk) -> None:
    phone = desk.phone(7)
    await phone.known()
    await phone.does("text", text="/new")
    await phone.taps("Техническая поддержка")
    await phone.does("video", size=21 * 1024 * 1024, name="запись.mp4")
    assert "до 20 МБ" in (await phone.last())["text"]
    await phone.does("sticker")
    assert "передать не могу" in (await phone.last())["text"]
    await phone.does("text", text="я" * 4001)
    assert "достаточно" in (await phone.last())["text"]
    await phone.does("document", name="a.pdf", content=base64.b64encode(b"%PDF").decode())
    await phone.does("album", items=[{"kind": "photo"}, {"kind": "photo"}, {"kind": "video"}])
    assert len([text for text in await phone.said() if "Добавлено" in text]) == 2
    await phone.taps("Продолжить")
    assert "Файлов: 4" in (await phone.last())["text"]


async def test_what_is_said_while_buttons_wait_belongs_to_the_new_request(desk: Desk) -> None:
    phone = desk.phone(7)
    await phone.known()
    await phone.does("text", text="/new")
    await phone.taps("ведению учёта")
    await phone.does("text", text="сразу скажу")
    assert "Добавлено к новой заявке" in (await phone.last())["text"]
    for act in ("НДС", "Не сходится НДС"):
        await phone.taps(act)
    for act in (":n.day:", ":n.time:"):
        shown = next(m for m in await phone.messages() if "n.stop" in str(m["buttons"]))
        data = [b["callback_data"] for row in shown["buttons"] for b in row if act in b["callback_data"]]
        await phone.does("tap", data=data[0])
    await phone.taps("Продолжить")
    await phone.taps("Отправить")
    assert [row["comment"] for row in await requests(desk)] == ["сразу скажу"]


async def test_telegrams_limits_are_waited_for(desk: Desk) -> None:
    phone = desk.phone(7)
    await phone.known()
    await desk.fault("status", status=429, retry_after=1, times=2, match="sendMessage")
    await phone.does("text", text="/help")
    assert "/new" in (await phone.last())["text"]
    assert await desk.ask("select 1 from cons.telegram_replies where state <> 'done'") == []


async def test_a_reply_whose_answer_is_lost_is_not_sent_again(desk: Desk) -> None:
    phone = desk.phone(7)
    await phone.known()
    before = len(await phone.said())
    await desk.fault("status", status=500, after=True, match="sendMessage")
    await phone.does("text", text="/help")
    assert len(await phone.said()) == before + 1
    assert [
        row["state"] for row in await desk.ask("select state from cons.telegram_replies order by id desc limit 1")
    ] == ["unknown"]


async def test_a_bug_in_one_dialogue_is_told_and_undone_and_the_next_update_is_handled(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = desk.phone(7)
    await phone.known()

    async def broken(talk: Any, **_: Any) -> None:
        await talk.choose_language("en")
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr("clobus.bot.desk.mine", broken)
        await phone.act("text", text="/my")
        await phone.act("text", text="/help@clobus_twin_bot")
        await desk.work()
    said = await phone.said()
    assert "Что-то пошло не так" in said[-2]
    assert "/new" in said[-1]
    assert (await desk.ask("select language from cons.telegram_users"))[0]["language"] == "ru"


async def test_a_reply_is_done_by_one_alone(desk: Desk) -> None:
    phone = desk.phone(7)
    await phone.known()
    before = len(await phone.said())
    for _ in range(5):
        await desk.do(
            "insert into cons.telegram_replies (chat_id, method, params) values (7, 'SendMessage', %s)",
            Jsonb({"chat_id": 7, "text": "раз"}),
        )
    await asyncio.gather(*(desk.handler.reply(7) for _ in range(5)))
    await desk.handler.reply(7)
    assert len(await phone.said()) == before + 5
