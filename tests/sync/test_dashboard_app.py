"""Our panel beside Chatwoot's conversations: registered by the platform, once, and kept in shape."""

from __future__ import annotations

from typing import Any

import httpx

from clobus.parts import assemble
from clobus.runtime import open_runtime
from clobus.settings import Onec
from tests.support.platform import settings_for
from tests.support.twins import TwinProcess

NOWHERE: Any = Onec.model_validate({"base_url": "http://127.0.0.1:9", "user": "u", "password": "p"})


def administrator(chatwoot: TwinProcess) -> httpx.Client:
    """Somebody who changes dashboard apps by hand."""
    known = chatwoot.credentials
    return httpx.Client(
        base_url=f"{chatwoot.base_url}/api/v1/accounts/{known['account_id']}",
        headers={"api_access_token": known["token"]},
        trust_env=False,
    )


def shown(http: httpx.Client) -> list[tuple[int, str, Any]]:
    """The dashboard apps as Chatwoot itself lists them."""
    found = http.get("dashboard_apps").raise_for_status().json()
    return sorted((one["id"], one["title"], one["content"]) for one in found)


def frame(url: str) -> list[dict[str, str]]:
    return [{"type": "frame", "url": url}]


async def provided(dsn: str, chatwoot: TwinProcess, panel: str, **more: Any) -> None:
    settings = settings_for(dsn, chatwoot, onec=NOWHERE, **more)
    settings.chatwoot.dashboard_app = panel
    async with open_runtime(settings) as runtime:
        for _ in range(2):
            await assemble(runtime).provisioner.all()


async def test_it_is_made_once_follows_our_address_and_goes_when_it_is_turned_off(dsn: str, seeded_twin: Any) -> None:
    with TwinProcess("chatwoot", seeded_from=seeded_twin("chatwoot")) as chatwoot, administrator(chatwoot) as http:
        body = {"dashboard_app": {"title": "Clobus", "content": frame("https://other.example/dashboard-app")}}
        theirs = http.post("dashboard_apps", json=body).raise_for_status().json()
        kept = (theirs["id"], "Clobus", theirs["content"])

        await provided(dsn, chatwoot, "ru", public_url="https://desk.example")
        [first, ours] = shown(http)
        assert first == kept
        assert ours[1:] == ("Clobus", frame("https://desk.example/ru/dashboard-app"))

        http.patch(f"dashboard_apps/{ours[0]}", json={"dashboard_app": {"title": "Desk"}}).raise_for_status()
        await provided(dsn, chatwoot, "uz", public_url="https://new.example/below")
        moved = (ours[0], "Desk", frame("https://new.example/below/uz/dashboard-app"))
        assert shown(http) == [kept, moved]

        http.delete(f"dashboard_apps/{ours[0]}").raise_for_status()  # somebody did that by hand
        await provided(dsn, chatwoot, "uz", public_url="https://new.example/below")
        assert [row[1:] for row in shown(http)] == [kept[1:], ("Clobus", moved[2])]

        await provided(dsn, chatwoot, "off", public_url="https://new.example/below")
        assert shown(http) == [kept]
