"""A partner goes away and comes back: a person in Telegram reads of each once."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg import AsyncConnection

from clobus.settings import Alerts
from tests.flows.conftest import World
from tests.support.platform import running, settings_for, until
from tests.support.twins import TwinProcess

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


async def rest(dsn: str) -> None:
    """As if the whole platform had stood still for an hour."""
    async with await AsyncConnection.connect(dsn) as connection:
        await connection.execute(
            "update log.etl_runs set started_at = started_at - interval '1 h',"
            " finished_at = finished_at - interval '1 h'"
        )


async def test_away_is_told_once_and_once_when_over(dsn: str, world: World) -> None:
    with TwinProcess("telegram", "small") as telegram:
        settings = settings_for(dsn, world.onec, world.chatwoot, telegram).model_copy(
            update={"alerts": Alerts(errors=10_000, minutes=5, away_seconds=1, drift_minutes=30, language="en")}
        )

        def said() -> list[str]:
            sent: list[dict[str, Any]] = telegram.received("sendMessage")
            return [str(message["body"]) for message in sent]

        async def one() -> bool:
            return len(said()) == 1

        async def two() -> bool:
            return len(said()) == 2

        await rest(dsn)
        async with running(settings):
            world.onec.fault("status", None, status=503)
            await until(one, 60)
            world.onec.clear_faults()
            await until(two, 60)
        assert "1C has not answered" in said()[0]
        assert "Over again: 1C" in said()[1]
