"""Fixtures for all tests. One PostgreSQL serves a whole run: under xdist the controller starts it for its workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.database import TestServer, clone, make_template
from tests.support.once import shared
from tests.support.twins import TwinProcess

_SERVER = pytest.StashKey[TestServer]()


def pytest_configure(config: pytest.Config) -> None:
    """Make the server known; it is started when somebody needs it."""
    if not hasattr(config, "workerinput"):
        config.stash[_SERVER] = TestServer()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker the address: its own server would end with it, while others use it."""
    node.workerinput["database_server"] = node.config.stash[_SERVER].start()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server."""
    if _SERVER in config.stash:
        config.stash[_SERVER].stop()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest test first: begun last, it would keep one worker busy while the others have nothing left."""
    items.sort(key=lambda item: item.get_closest_marker("chaos") is None)


@pytest.fixture(scope="session")
def database_server(request: pytest.FixtureRequest) -> str:
    """The maintenance address of a server whose template is migrated."""
    given = getattr(request.config, "workerinput", {}).get("database_server")
    url = given or request.config.stash[_SERVER].start()
    make_template(url)
    return str(url)


@pytest.fixture
def database_url(database_server: str) -> Iterator[str]:
    """A migrated, empty database for one test."""
    with clone(database_server) as url:
        yield url


@pytest.fixture
def dsn(database_url: str) -> str:
    """The same database, for `psycopg.connect` and `Database`."""
    return database_url


@pytest.fixture(scope="session")
def seeded_twin(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """`seeded_twin(kind, size="small")`: a directory seeded once, for `TwinProcess(kind, seeded_from=...)`."""

    def give(kind: str, size: str = "small") -> Path:
        def make(home: Path) -> None:
            with TwinProcess(kind, size, data=home / "state"):
                pass

        return shared(tmp_path_factory, f"seeded-{kind}-{size}", make) / "state"

    return give
