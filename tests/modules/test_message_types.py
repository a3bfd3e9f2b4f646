"""Each message from the event to the person: the right words, in his language, over his channels."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from clobus.core import i18n
from clobus.core.db import Database
from clobus.core.nobody import UNDEFINED_MANAGER
from clobus.gateways.mail.smtp import Mailer
from clobus.gateways.telegram.sender import open_telegram
from clobus.modules.notifications import service
from clobus.modules.notifications.catalogue import TYPES
from clobus.modules.notifications.deliver import Deliverer
from clobus.modules.notifications.quiet import Quiet
from tests.support.messages import SUPPORT, ZONE, Desk, client, happen, in_telegram, manager, messages, request
from tests.support.twins import TwinProcess

TOKEN = "4200000001:" + "t" * 35
HIS, HERS, MANAGERS = 501, 502, 900
NOISY = Quiet(*(datetime.min.time(),) * 2)
OLD, NEW = "2026-11-25T05:30:00+00:00", "2026-11-26T06:00:00+00:00"


@dataclass
class Office:
    """All channels, and who reads them."""

    db: Database
    desk: Desk
    deliverer: Deliverer
    telegram: TwinProcess
    mail: TwinProcess

    async def deliver(self) -> None:
        while await self.deliverer.drain_once():
            pass

    def said(self) -> list[str]:
        return [written["content"] for written in self.desk.written if not written["private"]]

    def notes(self) -> list[str]:
        return [written["content"] for written in self.desk.written if written["private"]]

    def chat(self, id_: int) -> list[str]:
        found: list[dict[str, Any]] = self.telegram.control("GET", "messages", chat_id=id_)
        return [message["text"] for message in found]

    def letters(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.mail.control("GET", "messages")
        return found


@pytest.fixture
async def office(db: Database, telegram_twin: TwinProcess, mail_twin: TwinProcess) -> AsyncIterator[Office]:
    telegram_twin.reset(state=True)
    telegram_twin.control(
        "POST", "chats", [{"id": one, "first_name": "P"} for one in (HIS, HERS, MANAGERS, MANAGERS + 1)]
    )
    mail_twin.reset(state=True)
    bot, known, desk = open_telegram(telegram_twin.base_url, TOKEN), mail_twin.credentials, Desk()
    mailer = Mailer(known["host"], known["port"], "desk@clobus.example", tls="none")
    deliverer = Deliverer(db, desk, ZONE, telegram=bot, mailer=mailer, quiet=NOISY)
    yield Office(db, desk, deliverer, telegram_twin, mail_twin)
    await bot.close()


def has(language: str, key: str, **params: Any) -> str:
    return i18n.text(language, key, params)


AT = {
    "ru": ("25 ноября 2026 г., 10:30", "26 ноября 2026 г., 11:00"),
    "uz": ("25-noyabr, 2026, 10:30", "26-noyabr, 2026, 11:00"),
    "en": ("November 25, 2026, 10:30", "November 26, 2026, 11:00"),
}
BOSS = "Анна Петрова"


def client_words(lang: str, type_: str) -> str:
    """What a client reads of an accounting request, of the catalogue's own words."""
    old, new = AT[lang]
    n: dict[str, Any] = {"number": "Т-000001"}
    return {
        "accepted": has(lang, "accepted", planned=old, **n),
        "assigned": has(lang, "assigned", manager=BOSS, **n),
        "rescheduled": has(lang, "rescheduled.from", old=old, new=new, **n),
        "queue_closed": has(lang, "queue_closed", manager=BOSS, day=i18n.day(lang, datetime(2026, 11, 25)), **n),  # noqa: DTZ001 - a day
        "closed": has(lang, "closed", **n),
        "cancelled": has(lang, "cancelled", **n),
        "rating_ask": has(lang, "rating_ask", url="https://x.example/r/1", **n),
        "rating_thanks": has(lang, "rating_thanks", average=i18n.number(lang, 4.5),
                             answers=i18n.plural(lang, "count.answers", 2)),
    }[type_]  # fmt: skip


EVENTS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "accepted": ("Opened", {}, {}),
    "assigned": ("Assigned", {}, {}),
    "rescheduled": ("Rescheduled", {}, {"start_date": (OLD, NEW)}),
    "queue_closed": ("QueueClosed", {}, {"day": "2026-11-25"}),
    "closed": ("Closed", {"status": "closed"}, {}),
    "cancelled": ("Cancelled", {"status": "cancelled"}, {}),
    "rating_ask": ("RatingAsked", {"status": "closed"}, {"url": "https://x.example/r/1"}),
    "rating_thanks": ("Rated", {"status": "closed", "con_rates": Jsonb({"average": 4.5, "count": 2})}, {}),
}


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
@pytest.mark.parametrize("type_", EVENTS)
async def test_a_client_reads_it_in_his_language_in_the_conversation_and_in_telegram(
    office: Office, type_: str, lang: str
) -> None:
    name, columns, changes = EVENTS[type_]
    person = await client(office.db, language=lang)
    await in_telegram(office.db, HIS, client_id=person, language=lang)
    boss = await manager(office.db, BOSS)
    other = {"uz": "en", "en": "ru", "ru": "uz"}[lang]
    cons_id = await request(office.db, client_id=person, manager=boss, lang=other, **columns)
    await happen(office.db, name, cons_id, **changes)
    await office.deliver()
    wanted = client_words(lang, type_)
    assert office.said().count(wanted) == 1
    assert office.chat(HIS).count(wanted) == 1
    fates = await messages(office.db, "notification_type", "recipient", "channel", "state", "language")
    assert [row[1:] for row in fates if row[0] == type_] == [
        ("conversation", "chatwoot", "sent", lang), (f"telegram:{HIS}", "telegram", "sent", lang),
    ]  # fmt: skip


async def test_a_call_is_told_with_who_and_when_and_old_ones_are_no_news(office: Office) -> None:
    boss = await manager(office.db, BOSS)
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=3)
    calls = [{"period": at.isoformat(), "manager": str(boss)}]
    cons_id = await request(office.db, lang="ru", con_calls=Jsonb(calls))
    for _ in range(2):
        await happen(office.db, "Called", cons_id)
    long_ago = [{"period": (at - timedelta(days=2)).isoformat(), "manager": None}]
    await happen(office.db, "Called", await request(office.db, conversation_id=8, con_calls=Jsonb(long_ago)))
    await office.deliver()
    assert office.said() == [has("ru", "called", number="Т-000001", manager=BOSS, at=i18n.moment("ru", at, ZONE))]


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
async def test_technical_support_has_its_own_words_and_no_number(office: Office, lang: str) -> None:
    boss = await manager(office.db, BOSS)
    support: dict[str, Any] = {
        "consultation_type": SUPPORT, "number": None, "lang": lang, "manager": boss, "start_date": None,
    }  # fmt: skip
    await happen(office.db, "Opened", await request(office.db, **support))
    await happen(office.db, "Assigned", await request(office.db, conversation_id=8, **support))
    for place, name in ((9, "Closed"), (10, "RatingAsked")):
        await happen(office.db, name, await request(office.db, conversation_id=place, status="resolved", **support))
    await happen(office.db, "Cancelled", await request(office.db, conversation_id=11, status="cancelled", **support))
    await office.deliver()
    keys = ("accepted", "assigned", "closed", "rating_ask", "cancelled")
    wanted = {has(lang, f"{key}.{SUPPORT}{'.plain' if key == 'rating_ask' else ''}", manager=BOSS) for key in keys}
    assert set(office.said()) == wanted
    # "accepted" waits for no text of ours: the note to the manager is in her language, Russian
    assert office.notes() == [has("ru", f"manager_new.{SUPPORT}", manager=BOSS)] * 2


async def test_from_a_to_b_and_back_is_told_three_times(office: Office) -> None:
    a, b = await manager(office.db, "А. Первая"), await manager(office.db, "Б. Второй", ru=False, uz=True)
    await in_telegram(office.db, MANAGERS, staff=a)
    await in_telegram(office.db, MANAGERS + 1, staff=b, language="en")
    cons_id = await request(office.db, manager=a)
    await happen(office.db, "Opened", cons_id)
    for old, new in ((None, a), (a, b), (b, b), (b, a)):
        async with office.db.transaction() as connection:
            await connection.execute("update cons.cons set manager = %s where cons_id = %s", (new, cons_id))
        await happen(office.db, "Assigned", cons_id, manager=(str(old) if old else None, str(new)))
    await office.deliver()
    said = [text for text in office.said() if "занимается" in text]
    assert said == [
        has("ru", "assigned", number="Т-000001", manager="А. Первая"),
        has("ru", "assigned.again", number="Т-000001", manager="Б. Второй"),
        has("ru", "assigned.again", number="Т-000001", manager="А. Первая"),
    ]
    head = {lang: has(lang, "manager.about", number="Т-000001") for lang in ("ru", "en")}
    assert office.chat(MANAGERS) == [
        f"{head['ru']}\n" + has("ru", "manager_new", manager="А. Первая", planned=AT["ru"][0]),
        f"{head['ru']}\n" + has("ru", "manager_taken", previous="А. Первая", manager="Б. Второй"),
        f"{head['ru']}\n" + has("ru", "manager_given", previous="Б. Второй", manager="А. Первая"),
    ]
    assert office.chat(MANAGERS + 1) == [
        f"{head['en']}\n" + has("en", "manager_given", previous="А. Первая", manager="Б. Второй"),
        f"{head['en']}\n" + has("en", "manager_taken", previous="Б. Второй", manager="А. Первая"),
    ]
    assert has("uz", "manager_given", previous="А. Первая", manager="Б. Второй") in office.notes()


async def test_nobody_is_no_name_for_a_client_and_no_news_but_for_who_had_it(office: Office) -> None:
    a = await manager(office.db, "А. Первая")
    await manager(office.db, "<не определено>", key=UNDEFINED_MANAGER)
    await in_telegram(office.db, MANAGERS, staff=a)
    cons_id = await request(office.db, manager=a)
    await happen(office.db, "Opened", cons_id)
    for old, new in ((a, UNDEFINED_MANAGER), (UNDEFINED_MANAGER, a), (a, UNDEFINED_MANAGER)):
        async with office.db.transaction() as connection:
            await connection.execute("update cons.cons set manager = %s where cons_id = %s", (new, cons_id))
        await happen(office.db, "Assigned", cons_id, manager=(str(old), str(new)))
    await office.deliver()
    assert [text for text in office.said() if "не определено" in text or "занимается" in text] == [
        has("ru", "assigned", number="Т-000001", manager="А. Первая")
    ]
    told = [text.partition("\n")[2] for text in office.chat(MANAGERS)]
    gone = has("ru", "manager_taken.nobody")
    new = has("ru", "manager_new", manager="А. Первая", planned=AT["ru"][0])
    assert told == [new, gone, has("ru", "manager_given", previous="—", manager="А. Первая"), gone]


async def test_a_manager_hears_of_an_answer_once_while_it_is_fresh_and_reads_no_text(office: Office) -> None:
    boss = await manager(office.db, BOSS, ru=False, uz=True)
    await in_telegram(office.db, MANAGERS, staff=boss)
    person = await client(office.db, name="Мадина\nКаримова")
    cons_id = await request(office.db, manager=boss, client_id=person)
    for number in (1, 2):
        await happen(office.db, "Messaged", cons_id, message=number, direction="in", via="site")
    await happen(office.db, "Messaged", cons_id, message=3, direction="in", via="platform")
    await office.deliver()
    about = has("uz", "manager.about", number="Т-000001")
    assert office.chat(MANAGERS) == [f"{about} · Мадина Каримова\n{has('uz', 'client_answered')}"]
    assert office.desk.written == []


async def test_the_question_of_a_new_request_is_no_second_news(office: Office) -> None:
    boss = await manager(office.db, BOSS)
    await in_telegram(office.db, MANAGERS, staff=boss)
    cons_id = await request(office.db, manager=boss)
    await happen(office.db, "Opened", cons_id)
    await happen(office.db, "Messaged", cons_id, message=1, direction="in", via="site")
    await office.deliver()
    assert len(office.chat(MANAGERS)) == 1


async def test_a_rating_is_told_to_both_sides(office: Office) -> None:
    boss = await manager(office.db, BOSS)
    await in_telegram(office.db, MANAGERS, staff=boss)
    rates = Jsonb({"average": 5.0, "count": 1})
    cons_id = await request(office.db, manager=boss, status="closed", con_rates=rates, lang="en")
    for _ in range(2):
        await happen(office.db, "Rated", cons_id)
    await office.deliver()
    assert office.said() == ["Thank you for your rating: 5 out of 5 (1 answer)."]
    assert office.notes() == ["Клиент оценил консультацию: 5 из 5 (1 ответ)."]
    assert len(office.chat(MANAGERS)) == 1


async def test_whom_the_bot_has_thanked_is_not_thanked_again(office: Office) -> None:
    boss = await manager(office.db, BOSS)
    rates = Jsonb({"average": 5.0, "count": 1})
    cons_id = await request(office.db, manager=boss, status="closed", con_rates=rates, lang="en")
    await happen(office.db, "Rated", cons_id, by=f"telegram:{HIS}")
    await office.deliver()
    assert office.said() == []
    assert office.notes() == ["Клиент оценил консультацию: 5 из 5 (1 ответ)."]


async def test_a_refused_close_is_told_to_the_manager(office: Office) -> None:
    boss = await manager(office.db, BOSS)
    await in_telegram(office.db, MANAGERS, staff=boss)
    await happen(office.db, "CloseRefused", await request(office.db, manager=boss))
    await office.deliver()
    assert office.notes() == [has("ru", "close_refused")]
    assert office.chat(MANAGERS) == [f"{has('ru', 'manager.about', number='Т-000001')}\n{has('ru', 'close_refused')}"]


@pytest.mark.parametrize(
    ("source", "linked", "letters", "chats"), [("site", False, 1, 0), ("site", True, 0, 1), ("TELEGRAM", True, 0, 0)]
)
async def test_an_answer_is_told_where_it_is_not_read_itself(
    office: Office, source: str, linked: bool, letters: int, chats: int
) -> None:
    person = await client(office.db, email="madina@example.uz", language="uz")
    if linked:
        await in_telegram(office.db, HIS, client_id=person)
    cons_id = await request(office.db, client_id=person, source=source)
    for number in (1, 2):
        await happen(office.db, "Messaged", cons_id, message=number, direction="out", via="chatwoot")
    await happen(office.db, "Messaged", cons_id, message=3, direction="out", via="platform")
    await office.deliver()
    assert (len(office.letters()), len(office.chat(HIS)), office.desk.written) == (letters, chats, [])
    if letters:
        [letter] = office.letters()
        assert letter["subject"] == has("uz", "mail.subject", number="Т-000001")
        assert has("uz", "answered", number="Т-000001") in letter["text"]
        assert has("uz", "answered", number="Т-000001") in letter["html"]


async def test_a_late_answer_of_a_client_gets_its_reply(office: Office) -> None:
    cons_id = await request(office.db, status="closed", lang="uz")
    async with office.db.transaction() as connection:
        for _ in range(2):
            await service.notify(
                connection, type="closed_reply", cons_id=cons_id, language="ru", params={}, key="message 5"
            )
    await office.deliver()
    assert office.said() == [has("uz", "closed_reply")]


async def test_stars_are_buttons_in_telegram_and_a_link_elsewhere_that_is_not_kept(office: Office) -> None:
    person = await client(office.db, email="madina@example.uz", language="ru")
    await in_telegram(office.db, HIS, client_id=person, language="en")
    buttons = [[{"text": "★", "data": "rate:1"}, {"text": "★★", "data": "rate:2"}]]
    cons_id = await request(office.db, client_id=person, status="closed")
    await happen(office.db, "RatingAsked", cons_id, url="https://x.example/r/SECRET", buttons=buttons)
    await office.deliver()
    [shown] = office.telegram.control("GET", "messages", chat_id=HIS)
    assert shown["text"] == has("en", "rating_ask.plain", number="Т-000001")
    assert [key["callback_data"] for key in shown["reply_markup"]["inline_keyboard"][0]] == ["rate:1", "rate:2"]
    assert "https://x.example/r/SECRET" in office.said()[0]
    assert not any("SECRET" in f"{row}" for row in await messages(office.db, "params", "body"))


async def test_each_person_of_a_client_is_told_in_his_own_language(office: Office) -> None:
    person = await client(office.db)
    await in_telegram(office.db, HIS, client_id=person, language="uz")
    await in_telegram(office.db, HERS, client_id=person, language="en")
    await happen(office.db, "Closed", await request(office.db, client_id=person, status="closed"))
    await office.deliver()
    assert office.chat(HIS) == [has("uz", "closed", number="Т-000001")]
    assert office.chat(HERS) == [has("en", "closed", number="Т-000001")]


async def test_a_manager_and_a_new_date_in_one_change_are_both_told(office: Office) -> None:
    boss = await manager(office.db, BOSS)
    cons_id = await request(office.db, manager=boss)
    await happen(office.db, "Assigned", cons_id, manager=str(boss), start_date=(OLD, NEW))
    await office.deliver()
    assert office.said() == [client_words("ru", "assigned"), client_words("ru", "rescheduled")]


async def test_names_with_marks_are_harmless_everywhere(office: Office) -> None:
    boss = await manager(office.db, "<b>[Жми](javascript:1)</b>\r\nBcc: x@y.uz")
    person = await client(office.db, email="madina@example.uz")
    await in_telegram(office.db, HIS, client_id=person)
    cons_id = await request(office.db, manager=boss, client_id=person)
    async with office.db.transaction() as connection:
        await connection.execute(
            "insert into cons.contact_preferences (client_id, channels) values (%s, '{email}')", (person,)
        )
    await happen(office.db, "Assigned", cons_id)
    await office.deliver()
    assert r"\<b\>\[Жми\](javascript:1)\</b\> Bcc: x@y.uz" in office.said()[0]
    [letter] = office.letters()
    assert "&lt;b&gt;[Жми]" in letter["html"]
    assert "Bcc" not in letter["headers"]
    assert office.chat(HIS) == []  # he chose e-mail


def test_every_type_is_tried_here() -> None:
    here = {*EVENTS, "called", "manager_new", "manager_given", "manager_taken", "manager_rated", "client_answered",
            "answered", "closed_reply", "close_refused"}  # fmt: skip
    assert here | {"reminder_day", "reminder_hour"} == set(TYPES)
