"""How a page is looked at: wide and narrow, light and dark; does it fit its window, and what does axe say of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from playwright.async_api import Frame, Page, expect

from tests.e2e.conftest import DESKTOP, PHONE

WEB = Path(__file__).parents[2] / "web"
AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")
PICTURES = Path(os.environ.get("SCREENSHOTS", WEB.parent / "build" / "screenshots"))


async def barriers(page: Page | Frame) -> list[str]:
    """What axe finds that keeps people out, with where."""
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {node['target']} {node['html'][:200]}"
        for each in found["violations"] if each["impact"] in GRAVE for node in each["nodes"]
    ]  # fmt: skip


async def ready(page: Page) -> None:
    """Wait until nothing of the page is still being read."""
    await expect(page.locator("h1, p.text-lg").first).to_be_visible()
    await expect(page.locator(".animate-pulse, main [role=status] .sr-only")).to_have_count(0)


async def looked_at(page: Page, name: str, *, dark: bool = False) -> list[str]:
    """What is wrong with the page that is open, wide in one colour and narrow in the other; leaves its pictures."""
    found, before = [], page.viewport_size
    for size in (DESKTOP, PHONE):
        await page.set_viewport_size(size)  # type: ignore[arg-type]  # a size
        await page.evaluate(
            "dark => { document.documentElement.dataset.theme = dark ? 'dark' : 'light' }", dark == (size is DESKTOP)
        )
        # A colour on its way from light to dark is neither, and axe would measure it. What moves for ever has no end.
        await page.evaluate("() => document.getAnimations().forEach(each => { try { each.finish() } catch {} })")
        await page.screenshot(path=PICTURES / f"{name}-{size['width']}.png", full_page=True)
        more = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if more > 0:
            found.append(f"{name} is {more} px wider than {size['width']}")
        found += [f"{name} {size['width']}: {each}" for each in await barriers(page)]
    if before:
        await page.set_viewport_size(before)
    return found
