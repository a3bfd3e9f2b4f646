"""Several organisations or none, pairs to decide, log-ins from elsewhere, links to articles: on pages, in Chromium."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pyotp
import pytest
from playwright.async_api import Page, expect

from clobus.core.db import Database, one, rows, run
from clobus.core.events import Event, Origin, publish
from clobus.modules.accounts import organisations, people, second_factors, telegram_login
from tests.e2e.conftest import PHONE, Pages
from tests.e2e.instance import Sandbox
from tests.e2e.test_portal import _whole

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
SECOND = """
select c.client_id, c.org_inn, coalesce(c.company_name, c.org_inn) as name from cons.clients c
where c.is_parent and not c.deleted and c.org_inn ~ '^[0-9]{9}$'
  and exists (select 1 from cons.cons r where r.client_id = c.client_id)
  and not exists (select 1 from cab.organisations o where o.client_id = c.client_id)
order by c.client_id limit 1
"""


async def opened(sandbox: Sandbox) -> Database:
    """The instance's database."""
    db = Database(await asyncio.to_thread(sandbox.clobus, "db", "url"), max_size=1)
    await db.open()
    return db


async def entered(pages: Pages, sandbox: Sandbox, role: str, **how: Any) -> Page:
    """A page of somebody of the sandbox, who signed in with his password on it."""
    known = json.loads((sandbox.data / "logins.json").read_text())[role]
    page = await pages.open(f"{sandbox.urls['api']}/en/sign-in", **how)
    await page.get_by_label("E-mail or phone").fill(known["email"])
    await page.get_by_label("Password", exact=True).fill(known["password"])
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page).to_have_url(re.compile("/en/(home|desk)$"))
    return page


async def second_organisation(sandbox: Sandbox) -> dict[str, Any]:
    """The sandbox's owner gets another organisation; both, and a request of each."""
    db = await opened(sandbox)
    try:
        async with db.transaction() as connection:
            owner = await people.by_login(connection, "owner@clobus.example")
            assert owner is not None
            own = await organisations.of_person(connection, owner["person_id"])
            if len(own) < 2:
                company = await one(connection, SECOND)
                assert company is not None
                made = await organisations.make(connection, owner["person_id"], company["org_inn"], company["name"])
                await organisations.settle(connection, made["organisation_id"], company["client_id"], "staff")
                await run(
                    connection,
                    "update cons.cons set status = 'closed', con_rates = null, denied = false, end_date = %s where"
                    " cons_id = (select cons_id from cons.cons where client_id = %s order by create_date desc limit 1)",
                    (datetime.now(UTC) - timedelta(hours=5), company["client_id"]),
                )
                own = await organisations.of_person(connection, owner["person_id"])
            first, second = own
            found = await rows(
                connection,
                "select client_id, (array_agg(cons_id order by create_date desc))[1] as id from cons.cons"
                " where client_id = any(%s) group by 1",
                ([first["client_id"], second["client_id"]],),
            )
    finally:
        await db.close()
    newest: dict[UUID, UUID] = {row["client_id"]: row["id"] for row in found}
    return {
        "first": first["name"], "second": second["name"],
        "mine": newest[first["client_id"]], "theirs": newest[second["client_id"]],
    }  # fmt: skip


async def shown(page: Page) -> set[str]:
    """The requests that a list shows."""
    await expect(page.locator("main a[href*='/request?id=']").first).to_be_visible()
    return {
        (await link.get_attribute("href") or "").rpartition("=")[2]
        for link in await page.locator("main a[href*='/request?id=']").all()
    }


async def changed(sandbox: Sandbox, cons_id: UUID, words: str) -> None:
    """A request is changed by somebody else."""
    db = await opened(sandbox)
    try:
        async with db.transaction() as connection:
            await run(connection, "update cons.cons set comment = %s where cons_id = %s", (words, cons_id))
            await publish(connection, [Event("Changed", cons_id, Origin.API, "test", {"comment": (None, "changed")})])
    finally:
        await db.close()


async def test_a_person_turns_from_one_organisation_to_another(sandbox: Sandbox, pages: Pages) -> None:
    api, known = sandbox.urls["api"], await second_organisation(sandbox)
    page = await entered(pages, sandbox, "owner")
    switch = page.get_by_role("button", name=re.compile("^Organisation: ")).locator("visible=true")
    await expect(switch).to_contain_text(known["first"])
    await page.goto(f"{api}/en/requests")
    before = await shown(page)
    await switch.click()
    await page.get_by_role("menuitemradio", name=known["second"]).click()
    await expect(switch).to_contain_text(known["second"])
    await expect(page.locator(f"main a[href*='{known['theirs']}']")).to_be_visible()
    assert not before & await shown(page)
    await changed(sandbox, known["theirs"], "Told of it live")  # the topics are those of the second one now
    await expect(page.get_by_text("Told of it live")).to_be_visible()
    # A link to a request of the first one says so, and leads there.
    await page.goto(f"{api}/en/request?id={known['mine']}")
    await expect(page.get_by_text(f"It is of {known['first']}.")).to_be_visible()
    pages.complaints[:] = [each for each in pages.complaints if "404" not in each]
    await page.get_by_role("button", name=re.compile("^Switch to ")).click()
    await expect(page.get_by_role("heading", name="Question")).to_be_visible()
    await expect(switch).to_contain_text(known["first"])
    # Another tab goes on with its own; what was chosen last is remembered after signing out.
    other = await page.context.new_page()
    await other.goto(f"{api}/en/home")
    other_switch = other.get_by_role("button", name=re.compile("^Organisation: ")).locator("visible=true")
    await other_switch.click()
    await other.get_by_role("menuitemradio", name=known["second"]).click()
    await expect(other_switch).to_contain_text(known["second"])
    await expect(switch).to_contain_text(known["first"])
    # On its home the consultation that ended is rated; then nothing is asked any more.
    question = other.locator("section", has=other.get_by_role("heading", name="How was the consultation?"))
    await expect(question).to_be_visible()
    await question.locator("label", has=other.get_by_label("Mark 5")).first.click()
    await question.get_by_role("button").last.click()
    await expect(question).to_have_count(0)
    await other.get_by_role("button", name="Account").click()
    await other.get_by_role("menuitem", name="Sign out").click()
    await expect(other).to_have_url(re.compile("/en/sign-in"))
    login = json.loads((sandbox.data / "logins.json").read_text())["owner"]
    await other.get_by_label("E-mail or phone").fill(login["email"])
    await other.get_by_label("Password", exact=True).fill(login["password"])
    await other.get_by_role("button", name="Sign in", exact=True).click()
    await expect(other_switch).to_contain_text(known["second"])


async def test_who_belongs_nowhere_is_told_how_to_begin(sandbox: Sandbox, pages: Pages) -> None:
    """By the provider of log-ins: a new account, without an organisation."""
    api = sandbox.urls["api"]
    page = await pages.open(f"{api}/en/sign-in?next=/en/requests", size=PHONE, color_scheme="dark")
    await page.get_by_role("link", name="Sign in with 1C").click()
    await page.get_by_label("E-mail").fill("new@example.uz")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page).to_have_url(re.compile("/en/requests$"))
    await expect(page.get_by_text("Wait for an invitation")).to_be_visible()
    await page.get_by_role("button", name="Look again").click()
    await expect(page.get_by_text("You belong to no organisation yet")).to_be_visible()
    for language in ("ru", "en"):
        await _whole(page, f"{api}/{language}/home")
    await page.get_by_role("link", name="Add organisation").click()
    await expect(page.get_by_role("heading", name="Add your organisation")).to_be_visible()


async def test_signing_in_elsewhere_ends_on_a_page_that_says_what_happened(sandbox: Sandbox, pages: Pages) -> None:
    api = sandbox.urls["api"]
    page = await pages.open(f"{api}/en/sign-in")
    await page.get_by_role("link", name="Sign in with 1C").click()
    await page.get_by_role("button", name="Refuse").click()
    await expect(page.get_by_role("alert").first).to_contain_text("did not confirm the sign-in")
    await page.get_by_role("link", name="Sign in with 1C").click()
    await page.get_by_label("E-mail").fill("viewer@clobus.example")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert").first).to_contain_text("There is an account with this address already")
    # No words of an address are shown, and it leads nowhere else.
    await page.goto(f"{api}/en/sign-in?error=constructor&next=https://evil.example/")
    await expect(page.get_by_role("alert").first).to_contain_text("did not confirm")
    href = await page.get_by_role("link", name="Sign in with 1C").get_attribute("href")
    assert href == "/api/auth/oidc/start?lang=en"
    # A ticket that is none of ours, or too old.
    await page.goto("about:blank")
    await page.goto(f"{api}/en/sign-in#ticket={'x' * 40}&methods=totp,recovery")
    await page.get_by_label("Code", exact=True).fill("123456")
    await page.get_by_role("button", name="Confirm").click()
    await expect(page.get_by_role("alert").first).to_contain_text("no longer valid")
    assert "#" not in page.url
    await page.get_by_role("button", name="Start again").click()
    await expect(page.get_by_label("Password", exact=True)).to_be_visible()
    pages.complaints[:] = [each for each in pages.complaints if "401" not in each]


async def test_an_account_is_tied_and_then_asks_for_the_second_factor(sandbox: Sandbox, pages: Pages) -> None:
    api = sandbox.urls["api"]
    page = await entered(pages, sandbox, "user")
    await page.goto(f"{api}/en/settings?tab=security")
    line = page.locator("li", has_text="1C")
    await line.get_by_role("button", name="Tie").click()
    await page.get_by_label("E-mail").fill("user@elsewhere.example")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page).to_have_url(re.compile(r"/en/settings\?tab=security&linked=oidc$"))
    await expect(page.get_by_text("The service is tied to your account")).to_be_visible()
    await expect(line).to_contain_text("tied")
    await _whole(page, f"{api}/uz/settings?tab=security&linked=oidc")
    db = await opened(sandbox)
    key = (sandbox.data / "secret.key").read_text().strip()
    try:
        async with db.transaction() as connection:
            person = await people.by_login(connection, "user@clobus.example")
            assert person is not None
            vault = second_factors.Vault(key)
            secret = await second_factors.start(connection, vault, person["person_id"])
            assert secret is not None
            totp = pyotp.TOTP(secret)
            before = totp.at(datetime.now(UTC) - timedelta(seconds=30))
            assert await second_factors.confirm(connection, vault, person["person_id"], before)
        again = await pages.open(f"{api}/en/sign-in?next=/en/organisation", size=PHONE)
        await again.get_by_role("link", name="Sign in with 1C").click()
        await again.get_by_label("E-mail").fill("user@elsewhere.example")
        await again.get_by_role("button", name="Sign in").click()
        await expect(again.get_by_role("heading", name="Second step")).to_be_visible()
        await again.get_by_label("Code", exact=True).fill(totp.now())
        await again.get_by_role("button", name="Confirm").click()
        await expect(again).to_have_url(re.compile("/en/organisation$"))
        async with db.transaction() as connection:
            assert await second_factors.remove(connection, person["person_id"])
        await page.goto(f"{api}/en/settings?tab=security")
        await line.get_by_role("button", name="Untie").click()
        await page.get_by_role("dialog", name="Untie 1C?").get_by_role("button", name="Untie").click()
        await expect(page.get_by_text("1C was untied")).to_be_visible()
        await expect(line).to_contain_text("not tied")
    finally:
        await db.close()


async def test_a_telegram_is_tied_on_the_page_and_untied(sandbox: Sandbox, pages: Pages) -> None:
    """The bot's part, giving the code to who shared his telephone, is done in the database."""
    page = await entered(pages, sandbox, "viewer", size=PHONE)
    await page.goto(f"{sandbox.urls['api']}/en/settings?tab=security")
    line = page.locator("li", has_text="Telegram")
    await line.get_by_role("button", name="Tie").click()
    start = await line.get_by_role("link", name="Open the bot").get_attribute("href")
    assert start is not None
    box, tie = line.get_by_label("Code from the bot"), line.get_by_role("button", name="Tie")
    await box.fill("000000")
    await tie.click()
    await expect(line.get_by_role("alert")).to_be_visible()
    pages.complaints[:] = [each for each in pages.complaints if "401" not in each]
    db = await opened(sandbox)
    try:
        async with db.transaction() as connection:
            await run(connection, "insert into cons.telegram_users (telegram_user_id, chat_id, phone_number)"
                                  " values (777001, 777001, '+998901112233')")  # fmt: skip
            code = await telegram_login.give_code(connection, start.rpartition("login_")[2], 777001)
    finally:
        await db.close()
    await box.fill(str(code))
    await tie.click()
    await expect(page.get_by_text("The service is tied to your account")).to_be_visible()
    await line.get_by_role("button", name="Untie").click()
    await page.get_by_role("dialog").get_by_role("button", name="Untie").click()
    await expect(page.get_by_text("Telegram was untied")).to_be_visible()
    await expect(line).to_contain_text("not tied")


async def test_pairs_are_decided_side_by_side(sandbox: Sandbox, pages: Pages) -> None:
    api, db = sandbox.urls["api"], await opened(sandbox)
    try:
        async with db.transaction() as connection:
            viewer = await people.by_login(connection, "viewer@clobus.example")
            company = await one(connection, SECOND)
            assert viewer is not None
            assert company is not None
            for name, inn in (("Sharq Savdo", company["org_inn"]), ("Nobody Known", "999999999")):
                made = await organisations.make(connection, viewer["person_id"], inn, name)
                if inn == company["org_inn"]:
                    await run(connection, "insert into cab.merges (organisation_id, client_id, reason)"
                                          " values (%s, %s, 'unproved')",
                              (made["organisation_id"], company["client_id"]))  # fmt: skip
        page = await entered(pages, sandbox, "head")
        await _whole(page, f"{api}/en/desk/merges")
        card = page.locator("section", has_text="Sharq Savdo")
        await expect(card.locator("tbody tr", has_text="Tax ID")).to_contain_text("agrees")
        async with db.transaction() as connection:  # it was long ago that he proved himself
            await run(
                connection,
                "update sys.sessions s set proved_at = now() - interval '1 hour' from cab.people p"
                " where p.person_id = s.person_id and p.email = 'head@clobus.example'",
            )
        await asyncio.sleep(5.1)  # so long the API remembers callers
        await card.get_by_role("button", name="One company").click()
        await page.get_by_role("dialog").get_by_role("button", name="One company").click()
        proof = page.get_by_label("Password", exact=True)
        await proof.fill(json.loads((sandbox.data / "logins.json").read_text())["head"]["password"])
        await proof.press("Enter")
        decided = page.locator("section", has=page.get_by_role("heading", name="Decisions"))
        await expect(decided.locator("tbody tr", has_text="Sharq Savdo")).to_contain_text("one company")
        await expect(decided.locator("tbody tr", has_text="Sharq Savdo")).to_contain_text("Head")
        pages.complaints[:] = [each for each in pages.complaints if "403" not in each]
        await decided.locator("tbody tr", has_text="Sharq Savdo").get_by_role("button", name="Take back").click()
        window = page.get_by_role("dialog", name="Take the decision back?")
        await expect(window).to_contain_text("will see the client’s requests no more")
        await window.get_by_role("button", name="Take back").click()
        await expect(card.get_by_role("button", name="One company")).to_be_visible()
        await card.get_by_role("button", name="Not the same").click()
        await page.get_by_role("dialog").get_by_role("button", name="Not the same").click()
        await expect(decided.locator("tbody tr", has_text="Sharq Savdo")).to_contain_text("not the same")
        await page.locator("section", has_text="Nobody Known").get_by_role("button", name="Pick by hand").click()
        await expect(page.get_by_role("dialog")).to_contain_text("Nothing was found")
        await page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a size
        await page.emulate_media(color_scheme="dark")
        await _whole(page, f"{api}/ru/desk/merges")
    finally:
        async with db.transaction() as connection:
            await run(connection, "delete from cab.organisations where name in ('Sharq Savdo', 'Nobody Known')")
        await db.close()


async def test_an_article_has_an_address_of_its_own(sandbox: Sandbox, pages: Pages) -> None:
    api, key = sandbox.urls["api"], await asyncio.to_thread(sandbox.clobus, "sandbox", "token", "auditor")
    async with httpx.AsyncClient(base_url=api, headers={"Authorization": f"Bearer {key.splitlines()[-1]}"}) as http:
        found = (await http.get("/api/articles", params={"q": "НДС отчёт месяц"})).json()["articles"][0]
    page = await entered(pages, sandbox, "viewer", size=PHONE)
    for language in ("uz", "en"):
        await _whole(page, f"{api}/{language}/article?id={found['ref_key']}")
    await expect(page.locator("article")).to_contain_text(found["answer"].split("\n")[0])
    await page.goto(f"{api}/en/article?id={UUID(int=7)}")
    await expect(page.get_by_text("There is no such article any more")).to_be_visible()
    pages.complaints[:] = [each for each in pages.complaints if "404" not in each]
