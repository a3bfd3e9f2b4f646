"""The pages of reports over the small world: three languages, desktop and phone, light and dark, no serious barrier."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.architecture import tree
from tests.e2e.conftest import DESKTOP, PHONE, Pages
from tests.e2e.instance import Sandbox
from tests.support.platform import until

AXE = tree.ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
SHOTS = tree.ROOT / "build" / "screenshots"
WHOLE = "from=2020-01-01&to=2026-12-31"
TITLES = {"uz": "Hisobotlar", "ru": "Отчёты", "en": "Reports"}
PAGES = {
    "overview": f"reports?{WHOLE}", "volume": f"reports/report?name=volume&by=month&{WHOLE}",
    "times": f"reports/report?name=times&by=month&{WHOLE}",
    "managers": f"reports/report?name=managers&{WHOLE}", "requests": f"reports/requests?{WHOLE}",
    "settings": "reports/settings",
}  # fmt: skip
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
async def head(sandbox: Sandbox, pages: Pages) -> Page:
    """The head of the desk, signed in; the sums of reports have caught up."""
    page = await pages.open("about:blank")  # any page that is not ours lacks an icon, which counts as a complaint
    token = sandbox.clobus("sandbox", "token", "head").split()[-1]
    answer = await page.request.post(
        f"{sandbox.urls['api']}/api/auth/key", data={"token": token}, headers={"Origin": sandbox.urls["api"]}
    )
    assert answer.ok, await answer.text()

    async def caught_up() -> bool:
        told = await (await page.request.get(f"{sandbox.urls['api']}/api/reports/overview?{WHOLE}")).json()
        return bool(told["figures"][0]["value"] > 2000)

    await until(caught_up, 60)
    return page


async def barriers(page: Page) -> list[dict[str, Any]]:
    """What axe calls serious or worse."""
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = await page.evaluate(
        "async () => (await axe.run()).violations.filter(v => ['serious', 'critical'].includes(v.impact))"
        ".map(v => ({id: v.id, nodes: v.nodes.slice(0, 3).map(n => n.html)}))"
    )
    return found


async def test_every_page_in_every_language_and_width(sandbox: Sandbox, head: Page) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = {}
    sizes = {"desktop": DESKTOP, "phone": PHONE}
    for number, (language, (width, size)) in enumerate(itertools.product(TITLES, sizes.items())):
        await head.set_viewport_size(size)  # type: ignore[arg-type]  # a size
        await head.emulate_media(color_scheme="dark" if number % 2 else "light")
        for name, path in PAGES.items():
            await head.goto(f"{sandbox.urls['api']}/{language}/{path}")
            await expect(head.locator("h1")).to_be_visible()
            await head.wait_for_load_state("networkidle")
            await expect(head.locator(".animate-pulse")).to_have_count(0)
            await head.screenshot(path=SHOTS / f"reports-{name}-{language}-{width}.png", full_page=True)
            wide = await head.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            problems = await barriers(head)
            if wide > 0 or problems:
                found[f"{name} {language} {width}"] = (wide, problems)
    assert found == {}


async def test_a_figure_is_narrowed_drilled_into_and_taken_along(sandbox: Sandbox, head: Page) -> None:
    await head.goto(f"{sandbox.urls['api']}/en/reports/report?name=volume&by=kind&{WHOLE}")
    table = head.get_by_role("table").last
    await expect(table.get_by_role("row")).to_have_count(4)  # head, two kinds, total
    support = table.get_by_role("row", name="Technical support")
    count = int((await support.get_by_role("link").first.inner_text()).replace(",", "").replace(" ", ""))
    async with head.expect_download() as file:
        await head.get_by_role("link", name="CSV").click()
    told = (await (await file.value).path()).read_text(encoding="utf-8-sig").splitlines()
    assert f"Technical support;{count};" in "\n".join(told)
    await support.get_by_role("link").first.click()
    await expect(head.get_by_role("heading", level=1)).to_have_text("Requests behind the figure")
    assert "kind=support" in head.url
    listed = head.get_by_role("table").get_by_role("row")
    await expect(listed).to_have_count(min(count, 50) + 1)
    await head.get_by_role("button", name="Filters").click()
    await head.get_by_label("Kind").select_option(label="Accounting consultation")
    await head.wait_for_url("**kind=accounting**")


async def test_a_schedule_is_made_and_ended(sandbox: Sandbox, head: Page) -> None:
    await head.goto(f"{sandbox.urls['api']}/en/reports/settings")
    await head.get_by_role("button", name="Add a schedule").click()
    await head.get_by_role("button", name="Save", exact=True).click()
    await expect(head.get_by_text("Enter a correct e-mail address")).to_be_visible()
    await head.get_by_label("Recipient").fill("head@clobus.example")
    await head.get_by_role("button", name="Save", exact=True).click()
    row = head.get_by_role("row", name="head@clobus.example")
    await expect(row).to_be_visible()
    await row.get_by_role("button", name="Delete").click()
    await head.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(head.get_by_text("No schedules yet")).to_be_visible()
