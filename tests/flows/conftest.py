"""A small world of twins for each flow, seeded once for all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from clobus.settings import Settings
from tests.support.platform import settings_for
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


@pytest.fixture
def world(dsn: str, seeded_twin: Any) -> Iterator[World]:
    """1C and Chatwoot of the small world, fresh for one test."""
    with (
        TwinProcess("onec", seeded_from=seeded_twin("onec")) as onec,
        TwinProcess("chatwoot", seeded_from=seeded_twin("chatwoot")) as chatwoot,
    ):
        yield World(onec, chatwoot, settings_for(dsn, onec, chatwoot))
