"""The 1C twin inside the test's process: no socket, the same application."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from clobus_twins.control import ControlMiddleware
from clobus_twins.onec.app import create_app
from clobus_twins.onec.model import Schema
from clobus_twins.onec.schema import SCHEMA

ROOT = "http://twin/odata/standard.odata"
LOGIN = ("odata", "odata")
JSON = {"accept": "application/json"}


class OneC:
    """A twin and a client of it."""

    def __init__(self, data: Path, schema: Schema = SCHEMA, **switches: Any) -> None:
        self.app: ControlMiddleware = create_app(data, schema=schema, switches=switches or None)
        self.store = self.app.store
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app), base_url=ROOT, auth=LOGIN, headers=JSON
        )

    async def get(self, path: str, **options: Any) -> httpx.Response:
        """GET below the service root; options by their names without `$`."""
        query = httpx.QueryParams({f"${name}": str(value) for name, value in options.items()})
        return await self.client.get(f"{ROOT}/{path}" + (f"?{query}" if options else ""))

    async def rows(self, path: str, **options: Any) -> list[dict[str, Any]]:
        """The records of a collection; the answer must be a good one."""
        answer = await self.get(path, **options)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["value"]
        return found

    async def control(self, door: str, body: Any) -> httpx.Response:
        """POST to a control door."""
        return await self.client.post(f"http://twin/_control/{door}", json=body)


def refusal(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, code and text of an error answer."""
    error = answer.json()["odata.error"]
    return answer.status_code, error["code"], error["message"]["value"]
