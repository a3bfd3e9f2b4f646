"""How long a page turn takes once its data are there: `python -m tests.e2e.turns`, told and not judged.

A turn of a list runs from the last byte of the next page (Resource Timing's `responseEnd`) until its rows are painted;
one between pages that were seen before, whose data are kept, from the click. Painted is the first task after the frame
that holds the rows.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Browser, Page, async_playwright, expect

from tests.e2e.barriers import ready
from tests.e2e.conftest import CHROMIUM, DESKTOP, FLAGS, PHONE
from tests.e2e.instance import Sandbox, running

GOAL_MS = 100
ROWS = "main tbody tr, main li"
ROUNDS = 5
# `heading` is what the page is called that should come; the rows are more than before on the same page, any on another.
WATCH = """
([rows, heading]) => {
  const title = () => document.querySelector("main h1")?.textContent;
  const count = () => document.querySelectorAll(rows).length;
  const least = title() === heading ? count() : 0;
  performance.clearResourceTimings();
  let clicked = 0;
  addEventListener("click", (event) => { clicked = event.timeStamp; }, { capture: true, once: true });
  window.turned = new Promise((done, fail) => {
    setTimeout(() => fail(new Error(`no turn to ${heading}`)), 10000);
    const tell = (painted) => {
      const told = performance.getEntriesByType("resource").filter((each) => each.name.includes("/api/consultations?"));
      done({ click: painted - clicked, data: told.length ? painted - told.at(-1).responseEnd : null });
    };
    const watch = new MutationObserver(() => {
      if (title() !== heading || count() <= least) return;
      watch.disconnect();
      requestAnimationFrame(() => {
        const after = new MessageChannel();
        after.port1.onmessage = () => { const painted = performance.now(); setTimeout(tell, 100, painted); };
        after.port2.postMessage(null);
      });
    });
    watch.observe(document.body, { childList: true, subtree: true, characterData: true });
  });
}
"""


@dataclass(frozen=True, slots=True)
class Turns:
    """Turns of one sort, in milliseconds."""

    name: str
    times: list[float]

    def told(self) -> str:
        """One line of the table."""
        return f"{self.name:<44}{len(self.times):>6}{statistics.median(self.times):>12.0f}{max(self.times):>12.0f}"


async def _turn(page: Page, click: str, heading: str, since: str) -> float:
    """Milliseconds of one turn, from the `click` or from the `data`."""
    target = page.locator(click).first
    await target.scroll_into_view_if_needed()
    await page.evaluate(WATCH, [ROWS, heading])
    await target.click()
    found = await page.evaluate("window.turned")
    await ready(page)
    return float(found[since])


async def _list(page: Page, address: str, turns: int) -> list[float]:
    """The next pages of a list, from its data."""
    await page.goto(address)
    await ready(page)
    heading = await page.locator("main h1").inner_text()
    more = "main button:has-text('Show more')"
    return [await _turn(page, more, heading, "data") for _ in range(turns)]


async def _between(page: Page, api: str, first: str, second: str) -> list[float]:
    """From one page to another and back, both with rows and seen before, from the click."""
    headings = {}
    await page.goto(f"{api}/en{first}")
    for path in (first, second, first):
        await page.locator(f"nav a[href='/en{path}']:visible").first.click()
        await page.wait_for_url(f"**/en{path}")
        await ready(page)
        await expect(page.locator(ROWS).first).to_be_visible()
        headings[path] = await page.locator("main h1").inner_text()
    found = []
    for path in (second, first) * ROUNDS:
        found.append(await _turn(page, f"nav a[href='/en{path}']:visible", headings[path], "click"))
    return found


@asynccontextmanager
async def _signed_in(browser: Browser, sandbox: Sandbox, role: str, size: Any, slower: int) -> AsyncIterator[Page]:
    api, login = sandbox.urls["api"], sandbox.logins()[role]
    context = await browser.new_context(viewport=size)
    body = {"login": login["email"], "password": login["password"]}
    answer = await context.request.post(f"{api}/api/auth/login", data=body, headers={"Origin": api})
    assert answer.ok, await answer.text()
    page = await context.new_page()
    if slower > 1:
        await (await context.new_cdp_session(page)).send("Emulation.setCPUThrottlingRate", {"rate": slower})
    yield page
    await context.close()


async def turned(sandbox: Sandbox) -> list[Turns]:
    """The lists of a client and of the head, on a desktop and on a phone of a quarter of its speed."""
    api, found = sandbox.urls["api"], []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for size, slower, kind in ((DESKTOP, 1, "desktop"), (PHONE, 4, "phone, 4 times slower")):
            async with _signed_in(browser, sandbox, "owner", size, slower) as page:
                times = [time for _ in range(ROUNDS) for time in await _list(page, f"{api}/en/requests", 3)]
                found.append(Turns(f"portal's list, next 25 ({kind})", times))
            async with _signed_in(browser, sandbox, "head", size, slower) as page:
                times = await _list(page, f"{api}/en/desk/requests", 10)
                found.append(Turns(f"console's list, next 50 ({kind})", times))
                times = await _between(page, api, "/desk", "/desk/requests")
                found.append(Turns(f"console, page to page ({kind})", times))
        await browser.close()
    return found


def table(found: list[Turns]) -> str:
    """What was measured, for people."""
    head = f"{f'page turn (ms; goal {GOAL_MS})':<44}{'turns':>6}{'median':>12}{'worst':>12}\n"
    return head + "".join(each.told() + "\n" for each in found)


def main() -> int:
    """Measure and tell."""
    with running() as sandbox:
        sys.stdout.write(table(asyncio.run(turned(sandbox))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
