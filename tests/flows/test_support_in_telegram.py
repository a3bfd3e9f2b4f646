"""Technical support from Telegram: between the person, us and Chatwoot; 1C never hears of it."""

from __future__ import annotations

import pytest

from tests.flows.conftest import World
from tests.flows.test_desk import agreed
from tests.flows.test_story_under_faults import _settled
from tests.flows.test_telegram import Person, talking, telegram  # noqa: F401 - a fixture
from tests.flows.visitor import served, served_settings, somebody
from tests.support.platform import ask, running, until
from tests.support.twins import TwinProcess

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


async def test_support_is_asked_answered_and_resolved_without_1c(
    dsn: str, world: World, telegram: TwinProcess  # noqa: F811 - the fixture
) -> None:  # fmt: skip
    settings, port = served_settings(dsn, world, telegram)
    async with running(settings, seconds=120) as runtime, served(settings, port), talking(settings):
        person = Person(telegram, (await somebody(runtime))[1])
        person.does("start")
        await person.taps("Русский")
        await person.sees("Здравствуйте")
        person.does("contact", phone=person.phone)
        await person.sees("Найдено организаций")
        person.does("text", text="/new")
        await person.taps("Техническая поддержка")
        person.does("text", text="Не входит в базу")
        await person.taps("Продолжить")
        await person.taps("Отправить")
        sql = "select * from cons.cons where source = 'TELEGRAM' and conversation_id is not null"

        async def there() -> bool:
            return bool(await ask(runtime, sql))

        await until(there, 60)
        [row] = await ask(runtime, sql)
        talk = f"conversations/{row['conversation_id']}"
        world.desk(f"{talk}/messages", {"content": "Перезайдите, пожалуйста", "private": False})
        await person.sees("Перезайдите, пожалуйста")
        world.desk(f"{talk}/toggle_status", {"status": "resolved"})
        await until(lambda: _settled(runtime, row, "closed"), 60)
        told = await ask(
            runtime,
            "select state, channel from log.notification_log where entity_id = %s and notification_type = 'closed'"
            " and audience = 'client'",
            row["cons_id"],
        )
        assert {each["state"] for each in told} == {"sent"}
        assert [each["status"] for each in await ask(runtime, sql)] == ["resolved"]
        assert world.onec.received("^(POST|PATCH|PUT|DELETE) .*odata") == []
        await agreed(runtime)
