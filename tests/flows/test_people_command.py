"""`clobus people`, by which the first administrator is made."""

from __future__ import annotations

from clobus.core.db import Database
from tests.api.conftest import settings
from tests.flows.test_commands import clobus
from tests.support.accounts import acts, asked, person
from tests.support.platform import environment_for


async def test_the_first_administrator(dsn: str) -> None:
    db, env = Database(dsn), environment_for(settings(dsn))
    await db.open()
    try:
        await person(db, "nodira@example.uz")
        assert (await clobus(env, "people", "role", "Nodira@example.uz", "administrator"))[0] == 0
        assert (await asked(db, "select role from cab.people"))["role"] == "administrator"
        assert await acts(db) == ["person.changed"]
        assert (await clobus(env, "people", "role", "nobody@example.uz", "head"))[0] == 2
        assert (await clobus(env, "people", "role", "nodira@example.uz", "king"))[0] == 2
    finally:
        await db.close()
