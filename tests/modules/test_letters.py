"""Letters about accounts: sent once in the reader's language, without a trace of their links, and given up in time."""

from __future__ import annotations

import pytest

from clobus.core import i18n
from clobus.core.db import Database, rows, run
from clobus.core.errors import Conflict, GatewayDown, Refused, Transient
from clobus.gateways.mail.smtp import Letter
from clobus.modules.notifications import letters
from clobus.modules.notifications.letters import LIFE, Post, Postman
from clobus.modules.ops import dead_letters

URL = "https://desk.example.uz/uz/join?token=secret-of-one-use"
PARAMS = {
    "person": "Nodira",
    "organisation": "<b>Romashka</b>",
    "inviter": "Aziz",
    "email": "a@b.uz",
    "device": "x",
    "service": "1C",
}


class Mailer:
    """A mail server that keeps letters; what `fails` holds is raised in turn."""

    def __init__(self) -> None:
        self.sent: list[Letter] = []
        self.fails: list[Exception] = []

    async def send(self, letter: Letter) -> None:
        if self.fails:
            raise self.fails.pop(0)
        self.sent.append(letter)


async def queued(db: Database, type_: str = "invitation", language: str = "uz") -> None:
    async with db.transaction() as connection:
        await letters.queue(connection, [Post(type_, "n@example.uz", language, PARAMS, URL)])


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("type_", sorted(LIFE))
def test_every_letter_can_be_read(type_: str, language: str) -> None:
    has_link = f"letter.{type_}.open" in i18n.catalogue(language)
    params = PARAMS | ({"url": URL} if has_link else {})
    form = letters.form({"type": type_, "language": language, "params": params})
    assert form.subject
    assert "{" not in form.subject + form.text
    assert (URL in form.text) is has_link
    assert "<b>Romashka" not in form.html


async def test_a_letter_is_sent_once_and_its_link_is_forgotten(db: Database) -> None:
    mailer = Mailer()
    postman = Postman(db, mailer)  # type: ignore[arg-type]  # all that it uses of one
    await queued(db)
    mailer.fails = [GatewayDown("mail", "away")]
    await postman.drain_once()
    async with db.transaction() as connection:
        assert await run(connection, "update log.letters set next_at = now() where state = 'queued'") == 1
    for _ in range(2):
        await postman.drain_once()
    assert [URL in each.text for each in mailer.sent] == [True]
    await queued(db)
    mailer.fails = [Transient("mail", "the line broke in the middle")]
    await postman.drain_once()
    assert await states(db) == [("sent", False), ("unknown", False)]


async def states(db: Database) -> list[tuple[str, bool]]:
    """What became of each letter, and whether its row still holds the link."""
    async with db.read() as connection:
        kept = await rows(connection, "select state, params::text as params from log.letters order by id")
    return [(row["state"], "secret-of-one-use" in row["params"]) for row in kept]


async def test_a_letter_that_nobody_took_is_a_dead_letter_and_goes_out_with_another_try(db: Database) -> None:
    mailer = Mailer()
    postman = Postman(db, mailer)  # type: ignore[arg-type]  # as above
    await queued(db)
    mailer.fails = [Refused("mail", "550 <n@example.uz> has no box")]
    await postman.drain_once()
    async with db.read() as connection:
        [shown] = await dead_letters.page(connection, kind="letter")
        whole = await dead_letters.one_of(connection, "letter", shown["id"])
    assert (shown["error_class"], "***@example.uz" in shown["error"]) == ("failed", True)
    assert (whole["payload"]["to"], whole["repeatable"], whole["editable"]) == ("n***@example.uz", True, False)
    assert not any(word in str(whole) for word in ("n@example", "secret-of-one-use", "Nodira"))
    async with db.transaction() as connection:
        await dead_letters.retry(connection, "letter", shown["id"])
    await postman.drain_once()
    assert [(each.to, URL in each.text) for each in mailer.sent] == [("n@example.uz", True)]
    assert await states(db) == [("sent", False)]


async def test_a_letter_that_may_have_gone_out_or_is_over_is_not_repeated(db: Database) -> None:
    mailer = Mailer()
    postman = Postman(db, mailer)  # type: ignore[arg-type]  # as above
    for failure in (Transient("mail", "broke"), Refused("mail", "no"), Refused("mail", "no")):
        await queued(db)
        mailer.fails = [failure]
        await postman.drain_once()
    async with db.transaction() as connection:
        await run(
            connection,
            "update log.letters set expires_at = now() - interval '1 second'"
            " where id = (select id from log.letters order by id offset 1 limit 1)",
        )
        found = await rows(connection, "select id::text from log.letters order by id")
    for row in found[:2]:
        with pytest.raises(Conflict, match="dead_letter.letter"):
            async with db.transaction() as connection:
                await dead_letters.retry(connection, "letter", row["id"])
    async with db.transaction() as connection:
        await letters.forget_old(connection, 30)
    assert await states(db) == [("unknown", False), ("failed", False), ("failed", True)]
    async with db.transaction() as connection:
        await dead_letters.drop(connection, "letter", found[2]["id"])
        assert [row["id"] for row in await dead_letters.page(connection)] == [row["id"] for row in found[1::-1]]
    assert (await states(db))[2] == ("expired", False)
    assert mailer.sent == []


class Bot:
    """A bot that keeps what it says; who blocked it hears nothing."""

    def __init__(self) -> None:
        self.said: list[tuple[int, str]] = []

    async def send_message(self, chat_id: int, text: str) -> None:
        if chat_id == 902:
            raise Refused("telegram", "bot was blocked by the user", code="telegram.blocked")
        self.said.append((chat_id, text))


async def test_who_has_no_e_mail_is_told_by_the_bot(db: Database) -> None:
    bot, mailer = Bot(), Mailer()
    async with db.transaction() as connection:
        await run(
            connection, "insert into cons.telegram_users (telegram_user_id, chat_id) values (501, 901), (502, 902)"
        )
        for who in (501, 502, 503):
            person = {"email": None, "telegram_user_id": who, "language": "uz"}
            await letters.queue(connection, letters.to(person, "new_device", PARAMS))
    await Postman(db, mailer, bot).drain_once()  # type: ignore[arg-type]  # as above
    assert [(chat, text.partition("\n")[0]) for chat, text in bot.said] == [(901, "Yangi qurilmadan kirish")]
    assert mailer.sent == []
    assert [state for state, _ in await states(db)] == ["sent", "expired", "failed"]
    async with db.read() as connection:
        [dead] = await dead_letters.page(connection, kind="letter")
        assert (await dead_letters.one_of(connection, "letter", dead["id"]))["payload"]["to"] == "Telegram"


async def test_what_comes_too_late_is_not_sent(db: Database) -> None:
    mailer = Mailer()
    await queued(db, "reset")
    async with db.transaction() as connection:
        await run(connection, "update log.letters set expires_at = now() - interval '1 second'")
    await Postman(db, mailer).drain_once()  # type: ignore[arg-type]  # as above
    assert mailer.sent == []
