"""What he says goes to the right request: the one he answers or chose, the only one, or the one he is asked for."""

from __future__ import annotations

from typing import Any

from tests.bot.conftest import Desk
from tests.bot.test_people import a_request

OURS = "ООО <Ромашка> & Ко"


async def carried(desk: Desk) -> list[dict[str, Any]]:
    return await desk.ask("select cons_id::text, kind, content, mark from cons.telegram_messages order by id")


async def test_the_only_open_request_gets_it(desk: Desk) -> None:
    cons_id = await a_request(desk, OURS)
    await a_request(desk, OURS, number="000002", conversation_id=42, status="closed", end_date="2026-01-02T05:00:00Z")
    phone = desk.phone(7, last_name="*К*")
    await phone.known()
    said = await phone.does("text", text="привет")
    [row] = await carried(desk)
    assert (row["cons_id"], row["content"]["text"], row["content"]["name"]) == (cons_id, "привет", "Аня *К*")
    await phone.does("edit", message_id=said["message_id"], text="привет!")
    rows = await carried(desk)
    assert (rows[1]["kind"], rows[1]["content"]["edit_of"]) == ("edit", said["message_id"])
    await desk.do("update log.webhook_log set state = 'new' where source = 'telegram'")
    await desk.work()
    assert len(await carried(desk)) == 2


async def test_of_several_he_is_asked_and_nothing_is_lost_meanwhile(desk: Desk) -> None:
    await desk.client("ООО Чужая", None)
    await a_request(desk, "ООО Чужая", number="000009", conversation_id=49)
    await a_request(desk, OURS)
    second = await a_request(desk, OURS, number="000002", conversation_id=42)
    phone = desk.phone(7)
    await phone.known()
    await phone.does("text", text="раз")
    await phone.does("photo")
    assert await carried(desk) == []
    shown = await phone.buttons()
    assert len(shown) == 2
    assert not any("📘 9 ·" in button for button in shown)
    desk.restart()
    await phone.taps("📘 2 ·")
    assert [(r["cons_id"], r["kind"]) for r in await carried(desk)] == [(second, "text"), (second, "file")]
    await phone.does("text", text="два")
    assert (await carried(desk))[-1]["cons_id"] == second


async def test_without_an_open_request_he_is_told(desk: Desk) -> None:
    await a_request(desk, OURS, status="closed", end_date="2026-01-02T05:00:00Z")
    phone = desk.phone(7)
    await phone.known()
    await phone.does("text", text="привет")
    assert "Открытых заявок нет" in (await phone.last())["text"]
    assert await carried(desk) == []


async def test_an_answer_goes_to_the_request_that_it_answers(desk: Desk) -> None:
    first = await a_request(desk, OURS)
    second = await a_request(desk, OURS, number="000002", conversation_id=42)
    phone = desk.phone(7)
    await phone.known()
    sent = await desk.telegram.send_text(7, "от консультанта")
    await desk.do(
        "insert into cons.telegram_messages (cons_id, chat_id, direction, kind, mark, telegram_ids, message_id, state)"
        " values (%s, 7, 'out', 'text', 'cw-1', array[%s::bigint], 900, 'done')", first, sent.message_id,
    )  # fmt: skip
    await phone.does("text", text="/my")
    await phone.taps("📘 2 ·")
    await phone.does("text", text="ответ", reply_to=sent.message_id)
    await phone.does("text", text="дальше")
    rows = await carried(desk)
    assert (rows[-2]["cons_id"], rows[-2]["content"]["reply_to"]) == (first, sent.message_id)
    assert rows[-1]["cons_id"] == first
    await desk.do("update cons.cons set status = 'closed' where cons_id = %s", first)
    await phone.does("text", text="ещё", reply_to=sent.message_id)
    assert "завершена" in (await phone.last())["text"]
    await phone.does("text", text="без ответа")
    assert (await carried(desk))[-1]["cons_id"] == second
