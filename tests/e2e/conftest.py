"""One small instance and one Chromium for all tests of pages; what a page complains of fails its test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

from tests.support.ports import free_port

CHROMIUM = "/usr/bin/chromium"
# Without these Chromium calls home, which a closed network answers slowly.
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
READY_SECONDS = 180


@dataclass
class Sandbox:
    """A running instance."""

    data: Path
    urls: dict[str, str]

    def clobus(self, *arguments: str) -> str:
        """Run a command on it and give what it prints."""
        return subprocess.run(
            [sys.executable, "-m", "clobus", *arguments], env=_environment(self.data), capture_output=True, text=True,
            check=True,
        ).stdout.strip()  # fmt: skip


def _environment(data: Path) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("CLOBUS_")}
    return plain | {"DATA": str(data), "PYTHONUNBUFFERED": "1"}


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """The platform with its twins and pages, from nothing."""
    with tempfile.TemporaryDirectory(prefix="clobus-e2e-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o755)  # PostgreSQL's account has to come through
        data, log = Path(home) / "data", Path(home) / "up.log"
        command = [sys.executable, "-m", "clobus", "up", "--size", "small", "--port", str(free_port())]
        with log.open("w") as out:
            process = subprocess.Popen(
                [*command, "--data", str(data)], env=_environment(data), stdout=out, stderr=subprocess.STDOUT
            )
        try:
            deadline = time.monotonic() + READY_SECONDS
            while "\nready " not in log.read_text(encoding="utf-8"):
                assert process.poll() is None, log.read_text(encoding="utf-8")[-3000:]
                assert time.monotonic() < deadline, log.read_text(encoding="utf-8")[-3000:]
                time.sleep(0.2)
            found = Sandbox(data, {})
            found.urls = json.loads(found.clobus("sandbox", "urls", "--json"))
            yield found
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture
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

    async def open(self, url: str, *, size: dict[str, int] = DESKTOP, language: str = "ru-RU", **more: Any) -> Page:
        """A page in a browser of its own."""
        context = await self.browser.new_context(viewport=size, locale=language, **more)  # type: ignore[arg-type]  # a size
        page = await context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("response", lambda got: self.complaints.append(f"{got.status} {got.url}") if got.status > 399 else None)
        await page.goto(url)
        return page


@pytest.fixture
async def pages(browser: Browser) -> AsyncIterator[Pages]:
    """A way to open pages."""
    found = Pages(browser, [])
    yield found
    assert found.complaints == []
