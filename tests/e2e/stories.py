"""What people of the stories hold in their hands besides the browser: a mailbox, a telephone, an authenticator."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx
import pyotp
from playwright.async_api import Page, expect

from tests.e2e.conftest import Pages
from tests.e2e.instance import Sandbox

PATIENCE_SECONDS = 75.0
STEP_SECONDS = 0.1
PASSWORD = "seven-quiet-otters-dive"
LONG = 75_000
Found = TypeVar("Found")


async def until(look: Callable[[], Awaitable[Found | None]]) -> Found:
    """What is seen once it is something; AssertionError when nothing comes."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (found := await look()):  # noqa: ASYNC110 - what is looked at is another process's
            await asyncio.sleep(STEP_SECONDS)
    return found


class Mailbox:
    """The letters of one address, as the mail twin took them."""

    def __init__(self, sandbox: Sandbox, address: str) -> None:
        self.address = address
        self._twin = sandbox.urls["mail"]
        self._read = 0

    async def letters(self) -> list[dict[str, Any]]:
        """All that came and was not read yet, the oldest first."""
        async with httpx.AsyncClient(base_url=self._twin) as http:
            asked = {"to": self.address, "since": str(self._read)}
            found: list[dict[str, Any]] = (await http.get("/_control/messages", params=asked)).raise_for_status().json()
        return found

    async def letter(self, subject: str) -> str:
        """The text of the next letter of that subject; those before it count as read, too."""

        async def look() -> dict[str, Any] | None:
            return next((each for each in await self.letters() if subject in each["subject"]), None)

        found = await until(look)
        self._read = found["id"]
        text: str = found["text"]
        return text

    async def link(self, subject: str) -> str:
        """The address that the next letter of that subject leads to."""
        text = await self.letter(subject)
        return re.findall(r"https?://\S+", text)[0]


class Telephone:
    """A person's Telegram."""

    def __init__(self, sandbox: Sandbox, number: int, phone: str) -> None:
        self.id, self.phone = number, phone
        self._twin = sandbox.urls["telegram"]

    async def does(self, act: str, **given: Any) -> None:
        """`start`, `text`, `tap`, `contact` …, as the twin knows them."""
        body = {"id": self.id, "first_name": "Dilnoza", "language_code": "uz", **given}
        async with httpx.AsyncClient(base_url=self._twin) as http:
            (await http.post(f"/_control/person/{act}", json=body)).raise_for_status()

    async def reads(self, pattern: str) -> str:
        """The first group of the newest message of the bot that fits."""

        async def look() -> str | None:
            async with httpx.AsyncClient(base_url=self._twin) as http:
                asked = {"chat_id": str(self.id)}
                shown = (await http.get("/_control/messages", params=asked)).raise_for_status().json()
            texts = [each.get("text") or "" for each in reversed(shown) if each["from"].get("is_bot")]
            return next((found[1] for text in texts if (found := re.search(pattern, text))), None)

        return await until(look)


async def sign_in(page: Page, sandbox: Sandbox, login: str, password: str) -> None:
    """Type who one is on the English page of the sign-in; what follows is for the caller to see."""
    await page.goto(f"{sandbox.urls['api']}/en/sign-in")
    await page.get_by_label("E-mail or phone").fill(login)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Sign in", exact=True).click()


async def at_home(page: Page) -> None:
    """Wait for the client's first page."""
    await expect(page).to_have_url(re.compile(r"/(uz|ru|en)/home$"))
    await expect(page.locator("h1")).to_be_visible()


def code_of(secret: str, *, later: int = 0) -> str:
    """What an authenticator shows now, or some steps of half a minute later (a step's code works once)."""
    return pyotp.TOTP(secret.replace(" ", "")).at(int(time.time()) + 30 * later)


async def registered(sandbox: Sandbox, address: str, name: str, company: dict[str, Any] | None = None) -> Mailbox:
    """An account whose letter was answered, made without pages; its mailbox."""
    box = Mailbox(sandbox, address)
    organisation = {"inn": company["org_inn"], "name": company["company_name"]} if company else None
    body = {"name": name, "email": address, "password": PASSWORD, "language": "en", "organisation": organisation}
    origin = {"Origin": sandbox.urls["api"]}
    async with httpx.AsyncClient(base_url=sandbox.urls["api"], headers=origin, timeout=30) as http:
        (await http.post("/api/auth/register", json=body)).raise_for_status()
        token = (await box.link("Confirm your address")).rpartition("=")[2]
        (await http.post("/api/auth/verify-email", json={"token": token})).raise_for_status()
    return box


async def client(
    sandbox: Sandbox, pages: Pages, company: dict[str, Any], *forgiven: str, **how: Any
) -> tuple[Page, Mailbox]:
    """The owner of a company at home, signed in by his password, and his mailbox; `forgiven`: see `Pages.forgive`."""
    box = await registered(sandbox, company["email"], "Aziz Karimov", company)
    page = await pages.open("about:blank", **how)
    pages.forgive(*forgiven)
    await sign_in(page, sandbox, company["email"], PASSWORD)
    await at_home(page)
    return page, box


class Office:
    """1C and Chatwoot as those see them who work there."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._doors = sandbox.urls["sandbox"]

    async def document(self, words: str) -> dict[str, Any]:
        """1C's document of a question, once it is there."""

        async def look() -> dict[str, Any] | None:
            async with httpx.AsyncClient() as http:
                found = (await http.get(f"{self._doors}/onec/documents", params={"find": words})).raise_for_status()
            return next(iter(found.json()), None)

        return await until(look)

    async def manager(self, key: str) -> tuple[str, str]:
        """Another person than that one: his key and name; 1C's list holds a placeholder and programs, too."""
        async with httpx.AsyncClient() as http:
            found = (await http.get(f"{self._doors}/onec/words")).raise_for_status().json()["managers"]
        return next(
            (each["key"], each["name"])
            for each in found
            if each["key"] != key and re.fullmatch(r"\w+ \w+", each["name"])
        )

    async def acts(self, key: str, **act: Any) -> None:
        """Do something with a document of 1C."""
        async with httpx.AsyncClient() as http:
            (await http.post(f"{self._doors}/onec/documents/{key}", json=act)).raise_for_status()

    async def answers(self, number: int, words: str, file: tuple[str, bytes, str]) -> None:
        """Answer in a conversation of Chatwoot, with a file."""
        async with httpx.AsyncClient() as http:
            said = await http.post(
                f"{self._doors}/chatwoot/conversations/{number}/messages",
                data={"text": words}, files=[("files", file)],
            )  # fmt: skip
            said.raise_for_status()
