"""One small instance and one Chromium for all tests of pages; what a page complains of fails its test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from tests.e2e.instance import Sandbox, running

HERE = Path(__file__).parent
CHROMIUM = "/usr/bin/chromium"
# Without these Chromium calls home, which a closed network answers slowly.
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """The platform with its twins and pages, from nothing."""
    with running() as found:
        yield found


@pytest.fixture(scope="session")
def companies(sandbox: Sandbox) -> list[dict[str, Any]]:
    """Clients of the desk that have an address of their own and that nobody has claimed."""
    return sandbox.companies()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of pages run in one loop, which their one browser is bound to."""
    for item in items:
        if HERE in item.path.parents and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium."""
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        await found.close()


@dataclass
class Pages:
    """Opens pages, and notes what they complain of."""

    browser: Browser
    complaints: list[str]
    forgiven: tuple[str, ...] = ()

    def forgive(self, *paths: str) -> None:
        """Refusals of these paths are what the test is about."""
        self.forgiven += paths

    async def open(self, url: str, *, size: dict[str, int] = DESKTOP, language: str = "ru-RU", **more: Any) -> Page:
        """A page in a browser of its own."""
        context = await self.browser.new_context(viewport=size, locale=language, **more)  # type: ignore[arg-type]  # a size
        page = self.watched(await context.new_page())
        await page.goto(url)
        return page

    def watched(self, page: Page) -> Page:
        """A page whose complaints are noted."""
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self._note(said.text, said.location["url"]) if said.type == "error" else None)
        page.on("response", lambda got: self._note(str(got.status), got.url) if got.status > 399 else None)
        return page

    def _note(self, text: str, url: str) -> None:
        if not any(path in url for path in self.forgiven):
            self.complaints.append(f"{text} {url}")


@pytest_asyncio.fixture(loop_scope="session")
async def pages(browser: Browser) -> AsyncIterator[Pages]:
    """A way to open pages, which nothing of earlier ones shows in."""
    found = Pages(browser, [])
    yield found
    for context in browser.contexts:
        await context.close()
    assert found.complaints == []
