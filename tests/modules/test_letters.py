"""Letters about accounts: sent once in the reader's language, without a trace of their links, and given up in time."""

from __future__ import annotations

import pytest

from clobus.core import i18n
from clobus.core.db import Database, rows, run
from clobus.core.errors import GatewayDown, Refused
from clobus.gateways.mail.smtp import Letter
from clobus.modules.notifications import letters
from clobus.modules.notifications.letters import LIFE, Post, Postman

URL = "https://desk.example.uz/uz/join?token=secret-of-one-use"
PARAMS = {"person": "Nodira", "organisation": "<b>Romashka</b>", "inviter": "Aziz", "email": "a@b.uz", "device": "x"}


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
    mailer.fails = [Refused("mail", "no such box")]
    await postman.drain_once()
    async with db.read() as connection:
        kept = await rows(connection, "select state, params::text as params from log.letters order by id")
    assert [row["state"] for row in kept] == ["sent", "failed"]
    assert not any("secret-of-one-use" in row["params"] for row in kept)


async def test_what_comes_too_late_is_not_sent(db: Database) -> None:
    mailer = Mailer()
    await queued(db, "reset")
    async with db.transaction() as connection:
        await run(connection, "update log.letters set expires_at = now() - interval '1 second'")
    await Postman(db, mailer).drain_once()  # type: ignore[arg-type]  # as above
    assert mailer.sent == []
