"""Fixtures of the contract tests: one Chatwoot twin for all of them, a fresh account for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.chatwoot_desk import Desk, Receiver
from tests.support.twins import TwinProcess


@pytest.fixture(scope="session")
def chatwoot_twin() -> Iterator[TwinProcess]:
    """An empty Chatwoot twin."""
    with TwinProcess("chatwoot") as twin:
        yield twin


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    """A receiver of webhooks."""
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def desk(chatwoot_twin: TwinProcess, receiver: Receiver) -> Iterator[Desk]:
    """A fresh account; faults and the clock are put back afterwards."""
    made = Desk(chatwoot_twin, receiver)
    yield made
    made.http.close()
    chatwoot_twin.reset()
