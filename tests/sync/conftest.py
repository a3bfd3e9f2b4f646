"""A loaded database beside its 1C; nothing runs by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from clobus.parts import assemble
from clobus.runtime import Runtime, open_runtime
from clobus.sync.onec import pull
from clobus.sync.onec.feeds import FEEDS
from tests.support.platform import settings_for
from tests.support.twins import TwinProcess


@pytest.fixture
async def world(dsn: str, seeded_twin: Any) -> AsyncIterator[tuple[Runtime, TwinProcess]]:
    """All feeds of 1C loaded once."""
    chatwoot: Path = seeded_twin("chatwoot")
    with TwinProcess("onec", seeded_from=seeded_twin("onec")) as onec:
        desk = TwinProcess("chatwoot", data=chatwoot, port=9)
        async with open_runtime(settings_for(dsn, onec, desk)) as runtime:
            for feed in FEEDS:
                await pull.run_feed(assemble(runtime).reader, feed)
            yield runtime, onec
