"""`/my`: state, cancel, another date, history, stars; never another client's."""

from __future__ import annotations

from typing import Any

from clobus.core.ids import new_id
from tests.bot.conftest import Desk
from tests.bot.test_people import a_request


async def test_the_list_and_the_card(desk: Desk) -> None:
    await desk.client("ООО Чужая", None)
    await a_request(desk, "ООО <Ромашка> & Ко", start_date="2026-02-02T05:00:00Z")
    await a_request(desk, "ООО Чужая", number="000777", conversation_id=42)
    phone = desk.phone(7)
    await phone.known()
    await phone.does("text", text="/my")
    assert await phone.buttons() == ["📘 1 · 02.02 10:00 · в очереди"]
    await phone.taps("📘 1 ·")
    card = (await phone.last())["text"]
    assert all(word in card for word in ("Заявка 1", "в очереди", "10:00", "Карим Каримов", "Тайна <клиента>"))


async def test_another_clients_request_is_not_found_whatever_the_button_says(desk: Desk) -> None:
    await desk.client("ООО Чужая", None)
    strange = await a_request(desk, "ООО Чужая")
    await a_request(desk, "ООО <Ромашка> & Ко", number="000002", conversation_id=42)
    phone = desk.phone(7)
    await phone.known()
    await phone.does("text", text="/my")
    good = await phone.data("📘 2 ·")
    for act in ("p.show", "p.move", "p.drop", "p.past"):
        forged = ":".join([*good.split(":")[:2], act, strange])
        await phone.does("tap", data=forged, as_is=True)
        if act == "p.drop":
            await phone.taps("Да, отменить")
    await phone.does("tap", data=f"r:{strange}:5", as_is=True)
    assert not any("Тайна" in text for text in await phone.said())
    assert [r["status"] for r in await desk.ask("select status from cons.cons where cons_id = %s", strange)] == [
        "pending"
    ]
    assert await desk.ask("select 1 from cons.cons_rating_answers") == []


async def test_cancel_within_the_window(desk: Desk) -> None:
    young = await a_request(desk, "ООО <Ромашка> & Ко", create_date="now()")
    await a_request(desk, "ООО <Ромашка> & Ко", number="000002", conversation_id=42)
    phone = desk.phone(7)
    await phone.known()
    await phone.does("text", text="/my")
    await phone.taps("📘 2 ·")
    assert not any("Отменить заявку" in button for button in await phone.buttons())
    await phone.does("text", text="/my")
    await phone.taps("📘 1 ·")
    await phone.taps("Отменить заявку")
    data = await phone.data("Да, отменить")
    await phone.does("tap", data=data)
    await phone.does("tap", data=data, as_is=True)
    assert [r["status"] for r in await desk.ask("select status from cons.cons where cons_id = %s", young)] == [
        "cancelled"
    ]
    events = await desk.ask("select actor from log.events where name = 'Cancelled'")
    assert [event["actor"] for event in events] == ["telegram:7"]


async def test_another_date(desk: Desk) -> None:
    cons_id = await a_request(desk, "ООО <Ромашка> & Ко", start_date="2026-01-02T05:00:00Z")
    phone = desk.phone(7)
    await phone.known()
    await phone.does("text", text="/my")
    await phone.taps("📘 1 ·")
    await phone.taps("Перенести")
    await phone.first_free()
    assert "Перенесено" in (await phone.last())["text"]
    [row] = await desk.ask("select * from cons.cons where cons_id = %s", cons_id)
    local = row["start_date"].astimezone(desk.runtime.settings.tz)
    assert (row["redate"], row["redate_time"]) == (local.date(), local.time())
    assert row["wanted"]["start_date"] == row["start_date"].isoformat()
    assert await desk.ask("select 1 from sys.outbox where system = 'onec' and subject_id = %s", cons_id) != []
    await phone.does("text", text="/my")
    await phone.taps("📘 1 ·")
    await phone.taps("История")
    assert "время перенесено" in (await phone.last())["text"]


async def rated(desk: Desk) -> list[dict[str, Any]]:
    return await desk.ask("select rating, comment, manager_key from cons.cons_rating_answers order by id")


async def an_ended_one(desk: Desk) -> str:
    return await a_request(
        desk, "ООО <Ромашка> & Ко", status="closed", end_date="2026-01-02T05:00:00Z", cl_ref_key=new_id()
    )


async def asked(desk: Desk) -> list[str]:
    found = await desk.ask("select ru from dict.rating_questions where active order by position, number")
    return [row["ru"] for row in found]


async def test_each_question_by_stars_and_then_words(desk: Desk) -> None:
    cons_id = await an_ended_one(desk)
    phone, questions = desk.phone(7), await asked(desk)
    await phone.known()
    await phone.does("text", text="/my")
    await phone.taps("📘 1 ·")
    await phone.does("tap", data=f"r:{cons_id.replace('-', '')}:4")
    for number, question in enumerate(questions[1:], 1):
        last = await phone.last()
        assert "⭐⭐⭐⭐" in last["text"]
        assert question in last["text"]
        assert [row["rating"] for row in await rated(desk)] == [4, 5, 5][:number]  # kept at once, one by one
        await phone.taps("⭐⭐⭐⭐⭐")
    assert "напишите пару слов" in (await phone.last())["text"]
    await phone.does("text", text="Спасибо, <всё> ясно")
    assert "Спасибо за оценку" in (await phone.last())["text"]
    said = [(row["rating"], row["comment"]) for row in await rated(desk)]
    assert said == [(4, "Спасибо, <всё> ясно"), (5, None), (5, None)]
    assert {row["manager_key"] for row in await rated(desk)} == {desk.manager}
    assert len(await desk.ask("select 1 from log.events where name = 'Rated'")) == len(questions)
    [known] = await desk.ask("select answered_by, via from cons.rating_requests")
    assert known == {"answered_by": "telegram:7", "via": "telegram"}


async def test_one_mark_is_enough(desk: Desk) -> None:
    cons_id = await an_ended_one(desk)
    phone = desk.phone(7)
    await phone.known()
    await phone.does("tap", data=f"r:{cons_id}:4", as_is=True)
    await phone.taps("Достаточно")
    assert "Спасибо за оценку" in (await phone.last())["text"]
    assert await rated(desk) == [{"rating": 4, "comment": None, "manager_key": desk.manager}]


async def test_a_mark_is_changed_for_a_week_by_its_giver_alone(desk: Desk) -> None:
    cons_id = await a_request(
        desk, "ООО <Ромашка> & Ко", status="closed", end_date="2026-01-02T05:00:00Z", cl_ref_key=new_id()
    )
    phone, other = desk.phone(7), desk.phone(8)
    await phone.known()
    await other.known()
    await phone.does("tap", data=f"r:{cons_id}:2", as_is=True)
    await other.does("tap", data=f"r:{cons_id}:1", as_is=True)
    assert "уже оценили" in str((await other.screen())["toasts"])
    await phone.does("tap", data=f"r:{cons_id}:5", as_is=True)
    await phone.does("tap", data=f"r:{cons_id}:5", as_is=True)
    assert [row["rating"] for row in await rated(desk)] == [5]
    assert len(await desk.ask("select 1 from log.events where name = 'Rated'")) == 2
    await desk.do("update cons.rating_requests set answered_at = now() - interval '8 days'")
    await phone.does("tap", data=f"r:{cons_id}:1", as_is=True)
    assert [row["rating"] for row in await rated(desk)] == [5]


async def test_an_open_request_is_not_rated(desk: Desk) -> None:
    cons_id = await a_request(desk, "ООО <Ромашка> & Ко")
    phone = desk.phone(7)
    await phone.known()
    await phone.does("tap", data=f"r:{cons_id}:5", as_is=True)
    await phone.does("tap", data=f"r:{cons_id}:9", as_is=True)
    assert await rated(desk) == []
    assert (await phone.screen())["toasts"] != []
