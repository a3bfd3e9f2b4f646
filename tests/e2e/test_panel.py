"""The panel where its people meet it: beside a conversation in (the twin of) Chatwoot, and what attackers try there."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import FrameLocator, Page, async_playwright, expect

from clobus.sandbox import people
from tests.e2e.barriers import barriers
from tests.e2e.conftest import CHROMIUM, FLAGS, PHONE, Pages
from tests.e2e.instance import Sandbox

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
WEB = Path(__file__).parents[2] / "web"
SAID: Any = json.loads((WEB / "messages" / "ru" / "panel.json").read_text(encoding="utf-8"))
POLLS = 40_000
"""Longer than the panel waits between two looks, in milliseconds."""


class Seats:
    """Where agents sit, and what is open there."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.api, self.chatwoot, self.other = (
            sandbox.urls[name].rstrip("/").removesuffix("/sandbox") for name in ("api", "chatwoot", "sandbox")
        )
        # Another site than ours, not only another origin: the panel gets no cookie there.
        self.chatwoot = self.chatwoot.replace("127.0.0.1", "localhost")
        credentials = sandbox.data / "twins" / "chatwoot" / "credentials.json"
        self.account = json.loads(credentials.read_text(encoding="utf-8"))["account_id"]
        self.manager = people.logins(sandbox.data)["manager"]

    def shown(self, number: int) -> Any:
        """A seat's content, as the twin has it."""
        address = f"{self.chatwoot}/_control/seat/{self.account}/{number}"
        return httpx.get(address, trust_env=False).raise_for_status().json()

    def address(self, number: int, agent: int | str = "") -> str:
        """The dashboard with a conversation open."""
        return f"{self.chatwoot}/app/accounts/{self.account}/conversations/{number}?lang=en&agent={agent}"


@pytest.fixture(scope="module")
def seats(sandbox: Sandbox) -> Seats:
    return Seats(sandbox)


@pytest_asyncio.fixture(loop_scope="session")
async def own_page(pages: Pages, tmp_path: Path) -> AsyncIterator[Page]:
    """A page of a browser that gives storage to frames of other sites; the windows of `pages` give none."""
    flags = [*FLAGS, "--disable-features=TrackingProtection3pcd"]
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            tmp_path, executable_path=CHROMIUM, args=flags, locale="ru-RU"
        )
        yield pages.watched(context.pages[0])
        await context.close()


async def signed_in(page: Page, seats: Seats) -> tuple[Page, list[dict[str, Any]]]:
    """A browser in which a manager has signed in to our site, and requests of different companies to sit beside."""
    who = {"login": seats.manager["email"], "password": seats.manager["password"]}
    signed = await page.context.request.post(f"{seats.api}/api/auth/login", data=who, headers={"Origin": seats.api})
    assert signed.status == 200, await signed.text()
    shown = await (await page.context.request.get(f"{seats.api}/api/desk/today?limit=50")).json()
    found = {row["company_name"]: row for row in shown["items"] if row["conversation_id"] and row["company_name"]}
    return page, list(found.values())


def panel_of(page: Page) -> FrameLocator:
    return page.frame_locator("#frames iframe")


async def connect(page: Page) -> None:
    """Let the panel of a seat speak for whoever has signed in, in a window of our own."""
    async with page.expect_popup() as opening:
        await panel_of(page).get_by_role("button", name=SAID["connect"]).click()
    window = await opening.value
    async with window.expect_event("close"):
        await window.get_by_role("button", name=SAID["allow"]).click()


async def shows(page: Page, row: dict[str, Any]) -> None:
    await expect(panel_of(page).get_by_role("heading", name=row["company_name"])).to_be_visible()


async def test_the_platform_registered_it_and_it_shows_card_and_numbers(own_page: Page, seats: Seats) -> None:
    page, (first, second, *_) = await signed_in(own_page, seats)
    seat = seats.shown(first["conversation_id"])
    assert [(app["title"], app["content"]) for app in seat["apps"]] == [
        ("Clobus", [{"type": "frame", "url": f"{seats.api}/ru/dashboard-app"}])
    ]
    await page.goto(seats.address(first["conversation_id"]))
    await connect(page)
    await shows(page, first)
    mine = panel_of(page).locator("section", has_text=SAID["mine"]["title"])
    counts = (await (await page.context.request.get(f"{seats.api}/api/desk/today")).json())["counts"]
    assert counts["mine"] > 0
    await expect(mine.locator("dd").first).to_have_text(str(counts["mine"]))
    # The pass is kept for the tab, and each look renews it.
    kept = "sessionStorage.getItem('clobus.dashboard-pass')"
    await page.goto(seats.address(second["conversation_id"], seat["currentAgent"]["id"]))
    await shows(page, second)
    frame = next(each for each in page.frames if each.url.startswith(seats.api))
    assert await barriers(frame) == []
    before = await frame.evaluate(kept)
    async with page.expect_response(lambda got: "/dashboard-app/conversations/" in got.url, timeout=POLLS):
        pass
    await page.wait_for_timeout(500)
    assert await frame.evaluate(kept) != before
    await shows(page, second)


async def test_where_frames_of_other_sites_keep_nothing_one_connects_on_each_page(pages: Pages, seats: Seats) -> None:
    page, (first, second, *_) = await signed_in(await pages.open("about:blank"), seats)
    await page.goto(seats.address(first["conversation_id"]))
    await expect(panel_of(page).get_by_role("button", name=SAID["connect"])).to_be_visible()
    frame = next(each for each in page.frames if each.url.startswith(seats.api))
    with pytest.raises(PlaywrightError, match="Access is denied"):
        await frame.evaluate("window.localStorage.length")
    await connect(page)
    await shows(page, first)
    await page.goto(seats.address(second["conversation_id"]))
    await connect(page)
    await shows(page, second)


async def test_it_is_dark_and_narrow_where_chatwoot_is(pages: Pages, seats: Seats) -> None:
    page, (first, *_) = await signed_in(await pages.open("about:blank", color_scheme="dark"), seats)
    await page.goto(seats.address(first["conversation_id"]))
    await connect(page)
    await shows(page, first)
    frame = next(each for each in page.frames if each.url.startswith(seats.api))
    assert await frame.evaluate("document.documentElement.dataset.theme") == "dark"  # without any storage
    for width in (300, 400):
        beside = "(it, width) => { it.style.cssText = `position: fixed; z-index: 9; width: ${width}px; height: 100%` }"
        await page.locator("#frames iframe").evaluate(beside, width)
        await frame.wait_for_function("width => window.innerWidth === width", arg=width)  # another process' frame
        outside = (
            "[...document.querySelectorAll('dt, dd, h1, h2')].filter(each => each.scrollWidth > each.clientWidth + 1)"
        )
        assert await frame.evaluate(f"{outside}.map(each => each.textContent)") == []
        assert await barriers(frame) == []


async def test_behind_another_tab_the_pass_is_renewed(pages: Pages, seats: Seats) -> None:
    page = await pages.open("about:blank")
    hides = "Object.defineProperty(document, 'visibilityState', { get: () => (window.behind ? 'hidden' : 'visible') })"
    await page.context.add_init_script(hides)
    page, (first, *_) = await signed_in(page, seats)
    await page.goto(seats.address(first["conversation_id"]))
    await connect(page)
    await shows(page, first)
    frame = next(each for each in page.frames if each.url.startswith(seats.api))
    await frame.evaluate("window.behind = true; document.dispatchEvent(new Event('visibilitychange'))")
    async with page.expect_response(lambda got: "/dashboard-app/conversations/" in got.url, timeout=POLLS):
        pass


async def test_who_is_not_chatwoot_neither_frames_it_nor_is_heard(pages: Pages, seats: Seats) -> None:
    page, (first, second, *_) = await signed_in(await pages.open("about:blank"), seats)
    # A page of another origin that opened Chatwoot holds its window, and so the frames in it.
    await page.goto(f"{seats.other}/sandbox")
    forged = json.dumps({"event": "appContext", "data": {"conversation": {"id": second["conversation_id"]}}})
    async with page.expect_popup() as opening:
        await page.evaluate("url => { window.victim = window.open(url) }", seats.address(first["conversation_id"]))
    victim = await opening.value
    await connect(victim)
    await shows(victim, first)
    await page.evaluate("said => window.victim.frames[0].postMessage(said, '*')", forged)
    # Nor is anything heard from another window of Chatwoot's origin than the one around us.
    known = list(victim.frames)
    await victim.evaluate("void document.body.appendChild(document.createElement('iframe'))")
    [beside] = [each for each in victim.frames if each not in known]
    await beside.evaluate("said => parent.frames[0].postMessage(said, '*')", forged)
    await victim.wait_for_timeout(1500)
    await shows(victim, first)
    # And it stands in nobody else's page.
    await page.goto(f"{seats.other}/sandbox/static/page.css")
    await page.evaluate(
        "url => { const f = document.body.appendChild(document.createElement('iframe')); f.id = 'mine'; f.src = url }",
        f"{seats.api}/ru/dashboard-app",
    )
    await page.wait_for_timeout(1500)
    # A style sheet's page has no icon, which every browser asks for: the 404.
    framed = [each.url for each in page.frames if each != page.main_frame]
    assert all(not url.startswith(seats.api) for url in framed), framed
    pages.complaints[:] = [said for said in pages.complaints if "frame-ancestors" not in said and "404" not in said]


async def test_what_chatwoot_says_of_an_agent_opens_nothing(pages: Pages, seats: Seats) -> None:
    page, (first, *_) = await signed_in(await pages.open("about:blank"), seats)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    shown = seats.shown(first["conversation_id"])
    others = [each for each in shown["agents"] if each["id"] != shown["currentAgent"]["id"]]

    def forged(agent: Any) -> Any:
        return {"event": "appContext", "data": {**shown, "currentAgent": agent | {"email": "head@clobus.example"}}}

    tell = "said => document.querySelector('#frames iframe').contentWindow.postMessage(JSON.stringify(said), '*')"
    await page.goto(seats.address(first["conversation_id"]))
    connect_button = panel_of(page).get_by_role("button", name=SAID["connect"])
    await expect(connect_button).to_be_visible()
    await page.evaluate(tell, forged(others[0]))
    await page.wait_for_timeout(1000)
    await expect(connect_button).to_be_visible()  # no pass, no panel, whatever is said
    assert [url for url in asked if "/api/dashboard-app/conversations" in url] == []
    await connect(page)
    await shows(page, first)
    # Now another one sits there: he is not shown what belongs to who connected.
    await page.evaluate(tell, forged(others[1]))
    await expect(panel_of(page).get_by_text(SAID["lack"]["other"]["title"])).to_be_visible()
    await expect(panel_of(page).get_by_role("heading", name=first["company_name"])).to_have_count(0)


async def test_an_ended_session_says_what_to_do_and_is_taken_up_again(pages: Pages, seats: Seats) -> None:
    page, (first, *_) = await signed_in(await pages.open("about:blank", size=PHONE), seats)
    await page.goto(seats.address(first["conversation_id"]))
    await connect(page)
    await shows(page, first)
    out = await page.context.request.post(f"{seats.api}/api/auth/sign-out", headers={"Origin": seats.api})
    assert out.status == 204
    await expect(panel_of(page).get_by_text(SAID["lack"]["over"]["title"])).to_be_visible(timeout=POLLS)
    await expect(panel_of(page).get_by_role("heading", name=first["company_name"])).to_have_count(0)
    async with page.expect_popup() as opening:
        await panel_of(page).get_by_role("button", name=SAID["connect"]).click()
    window = await opening.value
    await window.get_by_label("Пароль").fill(seats.manager["password"])
    await window.locator("input").first.fill(seats.manager["email"])
    await window.locator("form button[type=submit]").click()
    await window.get_by_role("button", name=SAID["allow"]).click()
    await shows(page, first)
    pages.complaints[:] = [said for said in pages.complaints if "401" not in said]
