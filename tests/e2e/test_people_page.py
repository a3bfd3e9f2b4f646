"""Users, their roles and the log of acts, by those who may and by one who may not."""

from __future__ import annotations

import csv
import io

import pytest
from playwright.async_api import Page, expect

from tests.e2e.barriers import barriers, ready
from tests.e2e.conftest import Pages
from tests.e2e.instance import Sandbox

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


async def signed_in(pages: Pages, sandbox: Sandbox, role: str) -> Page:
    """A browser in which somebody of this role has signed in with his password, on the page for that."""
    login = sandbox.logins()[role]
    page = await pages.open(f"{sandbox.urls['api']}/en/sign-in")
    await page.get_by_label("E-mail or phone").fill(login["email"])
    await page.get_by_label("Password", exact=True).fill(login["password"])
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.wait_for_url("**/en/home" if role in ("owner", "user", "viewer") else "**/en/desk")
    return page


async def test_an_administrator_gives_a_role_and_reads_of_it_in_the_log(pages: Pages, sandbox: Sandbox) -> None:
    api, email = sandbox.urls["api"], sandbox.logins()["viewer"]["email"]
    theirs = await signed_in(pages, sandbox, "viewer")
    page = await signed_in(pages, sandbox, "administrator")
    await page.goto(f"{api}/en/ops/people")
    own = page.get_by_role("row", name=sandbox.logins()["administrator"]["email"])
    await expect(own).to_be_visible()
    await expect(own.get_by_role("button")).to_have_count(0)  # nobody raises himself
    await page.get_by_label("Name, e-mail or telephone").fill("viewer@")
    rows = page.get_by_role("table").locator("tbody tr")
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text(email)
    # By keys alone; what they pass on the way is no role that is given.
    await page.get_by_role("button", name="Role of Viewer").press("Enter")
    window = page.get_by_role("dialog")
    assert await barriers(page) == []
    await window.get_by_label("Role", exact=True).focus()
    for _ in range(4):
        await page.keyboard.press("ArrowDown")
    await expect(window.get_by_label("Role", exact=True)).to_have_value("auditor")
    assert (await theirs.context.request.get(f"{api}/api/me")).status == 200
    await window.get_by_role("button", name="Give this role").press("Enter")
    await expect(page.get_by_text("The person has to sign in again")).to_be_visible()
    assert (await theirs.context.request.get(f"{api}/api/me")).status == 401
    await page.get_by_label("Role", exact=True).select_option(label="Auditor")
    await expect(rows).to_have_count(1)
    await page.get_by_role("button", name="Role of Viewer").click()
    await window.get_by_label("Role", exact=True).select_option(label="Client")
    await window.get_by_role("button", name="Give this role").click()
    await expect(page.get_by_text("Nobody was found")).to_be_visible()

    await page.get_by_role("tab", name="Log of acts").click()
    await page.get_by_label("Person, act or what it was done to").fill("person.changed")
    await expect(rows.first).to_contain_text("Role: auditor → —")
    await expect(rows.first).to_contain_text("Administrator")
    await expect(rows.nth(1)).to_contain_text("Role: — → auditor")
    assert await barriers(page) == []
    async with page.expect_download() as file:
        await page.get_by_role("link", name="CSV").click()
    told = (await (await file.value).path()).read_text(encoding="utf-8-sig")
    written = list(csv.DictReader(io.StringIO(told)))
    assert len(written) == await rows.count()
    assert {row["act"] for row in written} == {"person.changed"}
    await page.get_by_label("Person, act or what it was done to").fill("no such act")
    await expect(page.get_by_text("No such act")).to_be_visible()


async def test_who_is_locked_stays_out_until_he_is_unlocked(pages: Pages, sandbox: Sandbox) -> None:
    api, login = sandbox.urls["api"], sandbox.logins()["user"]
    page = await signed_in(pages, sandbox, "administrator")
    await page.goto(f"{api}/en/ops/people")
    await page.get_by_label("Name, e-mail or telephone").fill("user@")
    row = page.get_by_role("row", name=login["email"])
    for act, status in (("Lock", 401), ("Unlock", 200)):
        await row.get_by_role("button", name=act, exact=True).click()
        window = page.get_by_role("dialog")
        assert await barriers(page) == []
        await window.get_by_role("button", name=act, exact=True).click()
        await expect(row.get_by_role("button", name="Unlock" if act == "Lock" else "Lock", exact=True)).to_be_visible()
        body = {"login": login["email"], "password": login["password"]}
        answer = await page.context.browser.new_context()  # type: ignore[union-attr]  # it has one
        tried = await answer.request.post(f"{api}/api/auth/login", data=body, headers={"Origin": api})
        assert tried.status == status, await tried.text()


async def test_the_head_sees_people_and_changes_nobody(pages: Pages, sandbox: Sandbox) -> None:
    page = await signed_in(pages, sandbox, "head")
    await page.goto(f"{sandbox.urls['api']}/en/ops/people")
    await expect(page.get_by_role("row", name=sandbox.logins()["manager"]["email"])).to_be_visible()
    await expect(page.get_by_role("table").get_by_role("button")).to_have_count(0)
    await expect(page.get_by_role("button", name="Lock", exact=True)).to_have_count(0)
    await expect(page.get_by_role("tab")).to_have_count(0)


async def test_a_manager_is_refused_politely(pages: Pages, sandbox: Sandbox) -> None:
    api = sandbox.urls["api"]
    page = await signed_in(pages, sandbox, "manager")
    await expect(page.get_by_role("navigation").get_by_text("Users")).to_have_count(0)
    await page.goto(f"{api}/en/ops/people")
    await expect(page.get_by_text("This page is not open to you")).to_be_visible()
    await ready(page)
    assert await barriers(page) == []
    for path in ("people", "audit", "audit.csv"):
        assert (await page.context.request.get(f"{api}/api/{path}")).status == 403
    await page.get_by_role("link", name="Go home").click()
    await page.wait_for_url("**/en/desk")
