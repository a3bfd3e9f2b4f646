"""A small world of twins for each flow: seeded, and read in by a worker, once for all."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from clobus.settings import Settings
from tests.support.database import TEMPLATE, clone, keep
from tests.support.once import run_id, shared
from tests.support.platform import ask, running, settings_for, until
from tests.support.twins import TwinProcess


@dataclass(slots=True)
class World:
    """The twins of one test, the settings of the platform over them, and an agent at the desk."""

    onec: TwinProcess
    chatwoot: TwinProcess
    settings: Settings

    def desk(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Read (or, with a body, do) something in Chatwoot as its administrator."""
        known = self.chatwoot.credentials
        answer = httpx.request(
            "GET" if body is None else "POST",
            f"{self.chatwoot.base_url}/api/v1/accounts/{known['account_id']}/{path}",
            json=body,
            headers={"api_access_token": known["admin_token"]},
            trust_env=False,
        )
        answer.raise_for_status()
        return answer.json()

    def as_client(self, source_id: str, conversation_id: int, verb: str) -> None:
        """Do what the site does for a client, without a log-in."""
        inbox = self.chatwoot.credentials["inbox_identifier"]
        path = f"/public/api/v1/inboxes/{inbox}/contacts/{source_id}/conversations/{conversation_id}/{verb}"
        httpx.post(self.chatwoot.base_url + path, json={}, trust_env=False).raise_for_status()


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a first load leaves: a template of the database, and the twins' directories."""

    template: str
    onec: Path
    chatwoot: Path


@pytest.fixture(scope="session")
def loaded(database_server: str, seeded_twin: Any, tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """The small world after its first load."""
    template = f"{TEMPLATE}_loaded_{run_id()}"

    def make(home: Path) -> None:
        with clone(database_server) as url:
            with (
                TwinProcess("onec", data=home / "onec", seeded_from=seeded_twin("onec")) as onec,
                TwinProcess("chatwoot", data=home / "chatwoot", seeded_from=seeded_twin("chatwoot")) as chatwoot,
            ):
                asyncio.run(_load(settings_for(url, onec, chatwoot)))
            keep(database_server, url, template)

    home = shared(tmp_path_factory, "loaded", make)
    return Loaded(template, home / "onec", home / "chatwoot")


async def _load(settings: Settings) -> None:
    async with running(settings, seconds=120) as runtime:

        async def quiet() -> bool:
            return not await ask(runtime, "select 1 from sys.outbox")

        await until(quiet, 60)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, database_server: str) -> Iterator[str]:
    """A database after the first load for those who take the `world`; an empty one for the others."""
    loaded = "world" in request.fixturenames
    with clone(database_server, request.getfixturevalue("loaded").template if loaded else TEMPLATE) as url:
        yield url


@pytest.fixture
def world(dsn: str, loaded: Loaded) -> Iterator[World]:
    """1C and Chatwoot of the small world, as the first load left them, for one test."""
    with (
        TwinProcess("onec", seeded_from=loaded.onec) as onec,
        TwinProcess("chatwoot", seeded_from=loaded.chatwoot) as chatwoot,
    ):
        yield World(onec, chatwoot, settings_for(dsn, onec, chatwoot))


@pytest.fixture
def unread_world(dsn: str, seeded_twin: Any) -> Iterator[World]:
    """The same before anybody read it."""
    with (
        TwinProcess("onec", seeded_from=seeded_twin("onec")) as onec,
        TwinProcess("chatwoot", seeded_from=seeded_twin("chatwoot")) as chatwoot,
    ):
        yield World(onec, chatwoot, settings_for(dsn, onec, chatwoot))
