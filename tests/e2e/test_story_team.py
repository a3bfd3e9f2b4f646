"""An organisation with more than one person, and with a program: invitations, roles, keys, and the log of it all."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import PHONE, Pages
from tests.e2e.instance import Sandbox
from tests.e2e.stories import PASSWORD, Mailbox, at_home, client

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
ACTS = {
    "en": ("Organisation added", "Member invited: {guest}, Viewer", "Member joined: Bobur Tojiev, Viewer",
           "Role changed: Bobur Tojiev, Viewer → User", "Organisation handed over: Bobur Tojiev",
           "API key made: Site", "API key revoked: Site"),
    "ru": ("Организация добавлена", "Приглашён участник: {guest}, Наблюдатель", "Роль изменена: Bobur Tojiev"),
    "uz": ("Tashkilot qo‘shildi", "A’zo taklif qilindi: {guest}, Kuzatuvchi", "Rol o‘zgartirildi: Bobur Tojiev"),
}  # fmt: skip


async def test_a_colleague_is_invited_raised_made_owner_and_the_log_tells_it(
    sandbox: Sandbox, pages: Pages, companies: list[dict[str, Any]]
) -> None:
    company, api = companies.pop(), sandbox.urls["api"]
    page, _ = await client(sandbox, pages, company)
    guest = Mailbox(sandbox, f"guest.{company['email']}")
    await page.goto(f"{api}/en/organisation")
    await page.get_by_label("E-mail").fill(guest.address)
    await page.get_by_label("Role", exact=True).select_option("viewer")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_text(f"{guest.address} was invited")).to_be_visible()

    other = await _joined(sandbox, pages, company, guest)
    await _role_and_key(sandbox, page)

    await page.goto(f"{api}/en/organisation?tab=people")
    await page.get_by_role("button", name="Hand over").click()
    await page.get_by_role("dialog").get_by_role("button", name="Hand over").click()
    await expect(page.get_by_role("row", name=re.compile("Bobur")).get_by_text("Owner")).to_be_visible()
    await guest.letter(f"A new owner: {company['company_name']}")
    shown = f"{guest.address[0]}…@{guest.address.partition('@')[2]}"
    for language, acts in ACTS.items():
        await page.goto(f"{api}/{language}/organisation?tab=audit")
        for act in acts:
            await expect(page.get_by_role("row").filter(has_text=act.format(guest=shown))).to_have_count(1)
        rows = await page.get_by_role("row").all_inner_texts()
        assert not [row for row in rows if "/api/" in row or re.search(r"\b\w+\.\w+_\w+\b", row)]

    await other.goto(f"{api}/en/organisation?tab=people")
    await other.get_by_role("button", name="Remove").click()
    await other.get_by_role("dialog").get_by_role("button", name="Remove").click()
    await expect(other.get_by_text("Aziz Karimov")).to_have_count(0)
    await page.reload()
    await expect(page.locator("h1")).to_be_visible()
    await expect(page.locator("h1", has_text=company["company_name"])).to_have_count(0)


async def _joined(sandbox: Sandbox, pages: Pages, company: dict[str, Any], guest: Mailbox) -> Page:
    """Who has no account yet: from the invitation he goes to make one, comes back to it, and may only look."""
    api = sandbox.urls["api"]
    other = await pages.open(await guest.link(f"Invitation: {company['company_name']}"), size=PHONE)
    pages.forgive("/api/auth/session", "/api/consultations")
    language = other.url.split("/")[3]
    assert language == "en"
    await other.get_by_role("link", name="Create an account").click()
    await other.get_by_label("Your name").fill("Bobur Tojiev")
    await other.get_by_label("E-mail").fill(guest.address)
    await other.get_by_label("Password", exact=True).fill(PASSWORD)
    await other.get_by_role("button", name="Create account").click()
    await expect(other.get_by_text("Check your e-mail")).to_be_visible()
    await other.goto(await guest.link("Confirm your address"))
    await other.get_by_role("button", name="Confirm").click()
    await other.get_by_role("link", name="To sign-in").click()
    await other.get_by_label("E-mail or phone").fill(guest.address)
    await other.get_by_label("Password", exact=True).fill(PASSWORD)
    await other.get_by_role("button", name="Sign in", exact=True).click()
    await other.get_by_role("button", name="Accept").click()
    await at_home(other)
    await other.goto(f"{api}/en/requests")
    await expect(other.get_by_role("main").get_by_role("listitem").first).to_be_visible()
    await other.goto(f"{api}/en/new?kind=support")
    await expect(other.get_by_text("lets you look only")).to_be_visible()
    await expect(other.get_by_role("button", name="Send request")).to_have_count(0)
    return other


async def _role_and_key(sandbox: Sandbox, page: Page) -> None:
    """The owner raises him, and makes a key for a program that works until it is revoked."""
    api = sandbox.urls["api"]
    await page.goto(f"{api}/en/organisation?tab=people")
    role = page.get_by_label("Role of Bobur Tojiev")
    await role.select_option("user")
    await expect(page.get_by_text("The role was changed")).to_be_visible()
    await page.goto(f"{api}/en/organisation?tab=keys")
    await page.get_by_role("button", name="Make a key").click()
    window = page.get_by_role("dialog", name="Make a key")
    await window.get_by_label("Name").fill("Site")
    await window.get_by_role("button", name="Make a key").click()
    fresh = page.get_by_role("dialog", name="New key")
    token = await fresh.locator("p.font-mono").inner_text()
    await fresh.get_by_role("button", name="Done").click()
    row = page.get_by_role("row", name=re.compile("Site"))
    await expect(row).to_be_visible()
    assert token not in await page.content()
    async with httpx.AsyncClient(base_url=api, headers={"Authorization": f"Bearer {token}"}) as program:
        assert (await program.get("/api/consultations")).status_code == 200
        assert (await program.post("/api/consultations/simple", json={"consultation_type": "x"})).status_code == 403
        await row.get_by_role("button", name="Revoke").click()
        await page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
        await expect(row).to_have_count(0)
        assert (await program.get("/api/consultations")).status_code == 401
