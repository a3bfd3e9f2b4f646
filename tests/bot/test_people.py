"""Who he is: start, language, his own phone and nobody else's, links that work once, deep links that prove nothing."""

from __future__ import annotations

import pytest

from clobus.modules.accounts import links
from tests.bot.conftest import Desk


@pytest.mark.parametrize(
    ("language", "label", "asks", "menu"),
    [
        ("uz", "zbekcha", "Assalomu alaykum", "Yangi murojaat"),
        ("ru", "Русский", "Здравствуйте", "Новая заявка"),
        ("en", "English", "Hello", "New request"),
    ],
)
async def test_he_is_met_in_his_language(desk: Desk, language: str, label: str, asks: str, menu: str) -> None:
    phone = desk.phone(7, "de", first_name="Ann <b>&amp;</i> *x* [y](z)")
    await phone.does("start")
    assert {"Русский", "English"} <= set(await phone.buttons())
    await phone.taps(label)
    asked = await phone.last()
    assert asks in asked["text"]
    assert "Ann <b>&amp;</i> *x* [y](z)" in asked["text"]
    assert (await phone.screen())["reply_keyboard"][0][0]["request_contact"] is True
    await phone.does("contact", phone="998901234567")
    assert any(menu in button for button in await phone.buttons())
    assert "ООО <Ромашка> & Ко" in (await phone.last())["text"]
    assert (await phone.screen())["reply_keyboard"] is None
    [linked] = await desk.ask("select * from cons.telegram_links")
    assert (linked["telegram_user_id"], linked["proof"]) == (7, "phone")
    assert (await phone.screen())["unanswered"] == []


@pytest.mark.parametrize("whose", [8, 0])
async def test_anothers_contact_proves_nothing(desk: Desk, whose: int) -> None:
    phone = desk.phone(7)
    await phone.does("start")
    await phone.taps("Русский")
    await phone.does("contact", phone="998901234567", user_id=whose, name="B")
    assert "не ваш номер" in (await phone.last())["text"]
    assert await desk.ask("select 1 from cons.telegram_links") == []
    assert (await desk.ask("select phone_number from cons.telegram_users"))[0]["phone_number"] is None


async def test_an_unknown_phone_is_told_the_other_way(desk: Desk) -> None:
    phone = desk.phone(7)
    await phone.known("998901111111")
    assert "Подключить Telegram" in (await phone.last())["text"]
    await phone.does("text", text="/new")
    assert "Здравствуйте" in (await phone.last())["text"]


async def test_a_link_of_the_site_works_once_and_for_one(desk: Desk) -> None:
    client = await desk.client("ООО Лютик", None)
    async with desk.runtime.db.transaction() as connection:
        token = await links.make(connection, links.TELEGRAM, client, 600)
        wrong = await links.make(connection, "rate", client, 600)
        expired = await links.make(connection, links.TELEGRAM, client, -1)
    thief, phone = desk.phone(8), desk.phone(7)
    await phone.does("start", payload=f"link_{token}")
    assert any("ООО Лютик" in text for text in await phone.said())
    [linked] = await desk.ask("select * from cons.telegram_links")
    assert (linked["telegram_user_id"], linked["client_id"], linked["proof"]) == (7, client, "link")
    for payload in (token, wrong, expired):
        await thief.does("start", payload=f"link_{payload}")
        assert "устарела" in (await thief.last())["text"]
    assert len(await desk.ask("select * from cons.telegram_links")) == 1


async def a_request(desk: Desk, client: str, **over: object) -> str:
    from clobus.core.ids import new_id  # noqa: PLC0415 - only here

    values = {
        "cons_id": new_id(), "number": "000001", "consultation_type": "Консультация по ведению учёта",
        "status": "pending", "client_id": desk.clients[client], "create_date": "2026-01-01T10:00:00Z", "lang": "ru",
        "comment": "Тайна <клиента>", "source": "SITE", "conversation_id": 41, "manager": desk.manager, **over,
    }  # fmt: skip
    names, holes = ", ".join(values), ", ".join(["%s"] * len(values))
    await desk.do(f"insert into cons.cons ({names}) values ({holes})", *values.values())
    return str(values["cons_id"])


@pytest.mark.parametrize("form", ["cons_41", "41", "cons_000001"])
async def test_an_old_deep_link_shows_a_request_to_its_own_client_alone(desk: Desk, form: str) -> None:
    await a_request(desk, "ООО <Ромашка> & Ко")
    await desk.client("ООО Чужая", "+998907654321")
    stranger, owner = desk.phone(8), desk.phone(7)
    await stranger.does("start", payload=form)
    await stranger.taps("Русский")
    await stranger.does("contact", phone="998907654321")
    assert not any("Тайна" in text for text in await stranger.said())
    assert any("не найдена" in text for text in await stranger.said())
    await owner.does("start", payload=form)
    assert await desk.ask("select 1 from cons.telegram_links where telegram_user_id = 7") == []
    await owner.taps("Русский")
    assert not any("Тайна" in text for text in await owner.said())
    await owner.does("contact", phone="998901234567")
    assert "Тайна <клиента>" in (await owner.last())["text"]


async def test_a_person_of_several_organisations_chooses_and_it_is_remembered(desk: Desk) -> None:
    await desk.client("ООО Вторая", "998901234567")
    phone = desk.phone(7)
    await phone.known()
    assert any("организац" in button.lower() for button in await phone.buttons())
    await phone.does("text", text="/new")
    assert {"ООО <Ромашка> & Ко", "ООО Вторая"} == set(await phone.buttons())
    await phone.taps("ООО Вторая")
    assert "ООО Вторая" in (await phone.last())["text"]
    await phone.does("text", text="/new")
    assert "ООО Вторая" in (await phone.last())["text"]
    await phone.does("text", text="/org")
    await phone.taps("Ромашка")
    assert "Ромашка" in (await phone.last())["text"]


async def test_groups_and_floods_are_not_answered(desk: Desk) -> None:
    phone = desk.phone(7)
    await phone.known()
    before = len(await phone.said())
    update = {"message_id": 1, "date": 1, "chat": {"id": -5, "type": "group", "title": "g"}, "text": "/start",
              "from": {"id": 7, "is_bot": False, "first_name": "A"}}  # fmt: skip
    await desk.http.post("/_control/updates", json={"message": update})
    await desk.work()
    assert len(await phone.said()) == before
    for _ in range(70):
        await phone.act("text", text="/help")
    await desk.work()
    flooded = await phone.said()
    assert len([text for text in flooded if "Слишком много" in text]) == 1
    assert len(flooded) - before < 65


async def test_who_blocks_the_bot_is_noted_and_forgotten_when_he_returns(desk: Desk) -> None:
    phone = desk.phone(7)
    await phone.known()
    await phone.does("block")
    assert (await desk.ask("select blocked_at from cons.telegram_users"))[0]["blocked_at"] is not None
    await phone.does("start")
    assert (await desk.ask("select blocked_at from cons.telegram_users"))[0]["blocked_at"] is None
    assert any("Новая заявка" in button for button in await phone.buttons())


async def test_what_the_bot_tells_of_itself_is_in_three_languages(desk: Desk) -> None:
    from clobus.bot import menu  # noqa: PLC0415 - only here

    await menu.install(desk.handler.bot, "https://site.uz/app")
    for code, wanted in (("uz", "Yangi murojaat"), ("ru", "Новая заявка"), ("en", "New request"), ("", "Новая заявка")):
        answer = await desk.telegram.raw("getMyCommands", {"language_code": code})
        assert answer.json()["result"][0]["description"] == wanted
    answer = await desk.telegram.raw("getChatMenuButton", {})
    assert answer.json()["result"]["web_app"] == {"url": "https://site.uz/app"}
