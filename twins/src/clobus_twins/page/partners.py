"""Where the twins and the platform are, and how the page's server speaks with them."""

from __future__ import annotations

import json
import os
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

Json = dict[str, Any]
TWINS = ("onec", "chatwoot", "telegram", "mail")


class PartnerError(Exception):
    """A twin or the platform said no, or nothing; `status` and the text go to the page."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass
class Partners:
    """Addresses and credentials by name, and what people did on the page."""

    urls: dict[str, str]
    credentials: dict[str, Json]
    token: str
    http: httpx.AsyncClient
    acts: deque[Json] = field(default_factory=lambda: deque(maxlen=200))

    async def ask(self, name: str, method: str, path: str, **given: Any) -> Any:
        """Call a partner and give its JSON; PartnerError with its own words when it refuses."""
        if name not in self.urls:
            raise PartnerError(404, f"there is no {name} here")
        try:
            answer = await self.http.request(method, self.urls[name] + path, **given)
        except httpx.HTTPError as error:
            raise PartnerError(502, f"{name}: {type(error).__name__}") from error
        if answer.is_error:
            raise PartnerError(answer.status_code, f"{name}: {answer.text[:500]}")
        return answer.json() if answer.content else None

    async def platform(self, method: str, path: str, **given: Any) -> Any:
        """Call the platform as an auditor."""
        return await self.ask("api", method, path, headers={"authorization": f"Bearer {self.token}"}, **given)

    def note(self, system: str, what: str, subject: str) -> None:
        """Keep what a person did, for the strip."""
        self.acts.append({"at": datetime.now(UTC).isoformat(), "system": system, "what": what, "subject": subject,
                          "seq": (self.acts[-1]["seq"] if self.acts else 0) + 1})  # fmt: skip


def find(data: Path) -> Partners:
    """The partners of the instance in `data`: its own file, and those that the twins' seeds wrote.

    The platform's address and a key for it come as CLOBUS_SANDBOX_API and CLOBUS_SANDBOX_TOKEN.
    """
    kept = json.loads((data / "instance.json").read_text(encoding="utf-8"))
    known: dict[str, Json] = {}
    for name in kept["twins"]:
        path = data / "twins" / name / "credentials.json"
        if path.exists():
            known[name] = json.loads(path.read_text(encoding="utf-8"))
    api = os.environ.get("CLOBUS_SANDBOX_API") or kept["api"]
    http = httpx.AsyncClient(timeout=20, trust_env=False)
    return Partners({**kept["twins"], "api": api}, known, os.environ.get("CLOBUS_SANDBOX_TOKEN", ""), http)
