"""The console as people of the desk use it: today, one request, managers, words, operations, the panel in Chatwoot."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.e2e.barriers import barriers, looked_at, ready
from tests.e2e.conftest import Pages
from tests.e2e.instance import Sandbox

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PLACES = (
    "desk", "desk/requests", "desk/request?id={cons_id}", "desk/managers", "desk/clients", "desk/client?id={client_id}",
    "desk/knowledge", "desk/merges", "desk/panel", "ops", "ops/people", "dashboard-app", "missing",
)  # fmt: skip


async def opened(pages: Pages, sandbox: Sandbox, path: str, *, role: str = "administrator", **how: Any) -> Page:
    """A page of the console in a browser of its own that has signed in with a key of this role."""
    base = sandbox.urls["api"].rstrip("/")
    page = await pages.open("about:blank", **how)
    token = sandbox.clobus("sandbox", "token", role).splitlines()[-1]
    signed = await page.context.request.post(f"{base}/api/auth/key", data={"token": token}, headers={"Origin": base})
    assert signed.status == 200, await signed.text()
    await page.goto(f"{base}/{path}")
    return page


async def open_request(page: Page, sandbox: Sandbox) -> dict[str, Any]:
    """A request of today that has a company and a conversation."""
    answer = await page.context.request.get(f"{sandbox.urls['api']}/api/desk/today?limit=50")
    found: dict[str, Any] = next(
        row for row in (await answer.json())["items"] if row["conversation_id"] and row["client_id"]
    )
    return found


@pytest.mark.parametrize("language", ["uz", "ru", "en"])
async def test_every_page_has_its_heading_fits_its_window_and_keeps_nobody_out(
    pages: Pages, sandbox: Sandbox, language: str
) -> None:
    page = await opened(pages, sandbox, f"{language}/desk")
    request = await open_request(page, sandbox)
    wrong: list[str] = []
    for place in PLACES:
        await page.goto(f"{sandbox.urls['api']}/{language}/{place.format(**request)}")
        await ready(page)
        assert await page.evaluate("document.documentElement.lang") == language
        name = re.sub("[^a-z]+", "-", place.partition("?")[0])
        wrong += await looked_at(page, f"{language}-{name}", dark=language == "ru")
    assert wrong == []


async def test_a_request_is_opened_from_today_and_handed_over(pages: Pages, sandbox: Sandbox) -> None:
    page = await opened(pages, sandbox, "en/desk")
    await page.locator("tbody a").first.click()
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await page.get_by_role("tab", name="In the systems").click()
    await expect(page.locator("tbody tr", has_text="Planned for")).to_have_count(1)
    assert await barriers(page) == []
    await page.get_by_role("button", name="Hand over").click()
    one = page.locator("dialog li button").first
    name = (await one.locator("span.font-medium").inner_text()).strip()
    assert await barriers(page) == []
    await one.click()
    await expect(page.locator("dialog li")).to_have_count(0)
    await expect(page.locator("dl", has_text=name)).to_have_count(1)
    await page.get_by_role("tab", name="What happened").click()
    await expect(page.locator("ol li", has_text=name).first).to_be_visible()  # told live: nobody reloaded


async def test_a_day_is_closed_for_a_manager_and_1c_hears_of_it(pages: Pages, sandbox: Sandbox) -> None:
    page = await opened(pages, sandbox, "en/desk/managers", role="head")
    await page.get_by_role("button", name=re.compile("days of the queue")).last.click()
    days = page.locator("dialog li")
    await expect(days).to_have_count(14)
    assert await barriers(page) == []
    await days.last.get_by_role("button", name="Close").click()
    await expect(days.last.get_by_role("button", name="Open")).to_be_visible()
    await expect(days.last).not_to_contain_text("on its way", timeout=40_000)


async def test_an_article_is_changed_and_kept_by_1c(pages: Pages, sandbox: Sandbox) -> None:
    page = await opened(pages, sandbox, "en/desk/knowledge", role="head")
    await page.get_by_role("button", name=re.compile("^Edit: ")).first.click()
    window = page.locator("dialog")
    assert await barriers(page) == []
    await window.get_by_label("Answer").fill("By the steps of the month's closing.")
    await window.get_by_role("button", name="Write to 1C").click()
    await expect(page.get_by_text("Written to 1C")).to_be_visible()
    await page.reload()
    await page.locator("details summary").first.click()
    await expect(page.get_by_text("By the steps of the month's closing.")).to_be_visible()


async def test_a_manager_reads_no_operations(pages: Pages, sandbox: Sandbox) -> None:
    page = await opened(pages, sandbox, "en/desk", role="manager")
    await expect(page.get_by_role("navigation").get_by_text("System health")).to_have_count(0)
    await page.goto(f"{sandbox.urls['api'].rstrip('/')}/en/ops")
    await expect(page.get_by_text("This page is not open to you")).to_be_visible()
