"""What every answer says to a browser: an API's, a page's, a refusal's, an error's."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest
from pydantic import HttpUrl

from clobus.api.app import create_app
from tests.api.conftest import Api

ANSWERS = ("/", "/api/consultations", "/api/consultations/none", "/api/nowhere", "/health/live", "/sign-in", "/ops",
           "/rate/none", "/api/auth/methods", "/openapi.json")  # fmt: skip


@pytest.mark.parametrize("path", ANSWERS)
async def test_every_answer_is_kept_by_nobody_framed_by_nobody_and_guessed_at_by_nobody(api: Api, path: str) -> None:
    for headers in ({}, {"Authorization": f"Bearer {api.keys['administrator']}"}):
        answer = await api.http.get(path, headers=headers)
        assert answer.status_code < 500
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] in ("no-store", "no-cache")
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-frame-options"] == "DENY"
        assert "server" not in answer.headers
        assert "access-control-allow-origin" not in answer.headers
        assert "strict-transport-security" not in answer.headers


async def test_over_tls_a_browser_never_comes_without_it_again(api: Api) -> None:
    settings = api.runtime.settings.model_copy(update={"public_url": HttpUrl("https://clobus.example")})
    app = create_app(replace(api.runtime, settings=settings), intervals={})
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://clobus.example") as http:
        for path in ("/", "/api/nowhere", "/api/consultations"):
            told = (await http.get(path)).headers["strict-transport-security"]
            assert told == "max-age=31536000; includeSubDomains"
