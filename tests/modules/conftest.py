"""The database of a test, and partners that messages go to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from clobus.core.db import Database
from tests.support.twins import TwinProcess


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    database = Database(dsn)
    await database.open()
    yield database
    await database.close()


@pytest.fixture(scope="module")
def telegram_twin() -> Iterator[TwinProcess]:
    with TwinProcess("telegram") as twin:
        yield twin


@pytest.fixture(scope="module")
def mail_twin() -> Iterator[TwinProcess]:
    with TwinProcess("mail") as twin:
        yield twin
