"""An account from its first letter to its last key, as its owner goes through the pages."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.e2e import stories
from tests.e2e.conftest import PHONE, Pages
from tests.e2e.instance import Sandbox
from tests.e2e.stories import PASSWORD, Mailbox, Telephone, at_home, client, registered, sign_in

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
DEVICE = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


async def test_a_company_registers_by_email_and_is_known_by_its_own_address(
    sandbox: Sandbox, pages: Pages, companies: list[dict[str, Any]]
) -> None:
    company = companies.pop()
    box = Mailbox(sandbox, company["email"])
    page = await pages.open(f"{sandbox.urls['api']}/ru/sign-up", size=PHONE)
    pages.forgive("/api/auth/register", "/api/auth/verify-email")
    send = page.get_by_role("button", name="Создать аккаунт")
    await send.click()
    await expect(page.get_by_text("Заполните поле").first).to_be_visible()
    await page.get_by_label("Имя и фамилия").fill("Дилноза Каримова")
    await page.get_by_label("Электронная почта").fill(company["email"])
    await page.get_by_label("ИНН").fill("12345")
    await page.get_by_label("Название организации").fill(company["company_name"])
    password = page.get_by_label("Пароль", exact=True)
    await password.fill("password123")
    await expect(page.get_by_text("Этот пароль есть в списках утечек.")).to_be_visible()
    await send.click()
    await expect(page.get_by_text("ИНН из 9 цифр или ПИНФЛ из 14")).to_be_visible()
    await page.get_by_label("ИНН").fill(company["org_inn"])
    await send.click()
    await expect(page.get_by_role("alert").filter(has_text="украденных")).to_be_visible()
    await password.fill(PASSWORD)
    await send.click()
    await expect(page.get_by_text("Проверьте почту")).to_be_visible()
    link = await box.link("Подтвердите адрес")
    await page.goto(link)
    await page.get_by_role("button", name="Подтвердить").click()
    await expect(page.get_by_text("Аккаунт готов")).to_be_visible()
    await page.goto(link)
    await page.get_by_role("button", name="Подтвердить").click()
    await expect(page.get_by_text("уже недействительна")).to_be_visible()
    # Whoever tries an address that is taken sees what everybody sees; only its own mailbox hears.
    await page.goto(f"{sandbox.urls['api']}/ru/sign-up")
    await page.get_by_label("Имя и фамилия").fill("Кто-то другой")
    await page.get_by_label("Электронная почта").fill(company["email"])
    await password.fill(PASSWORD)
    await page.get_by_label("Обращаюсь от организации").uncheck()
    await send.click()
    await expect(page.get_by_text("Проверьте почту")).to_be_visible()
    assert "sign-in" in await box.link("У вас уже есть учётная запись")
    await sign_in(page, sandbox, company["email"], PASSWORD)
    await at_home(page)
    await page.goto(f"{sandbox.urls['api']}/ru/organisation?tab=about")
    await expect(page.get_by_text("Клиент найден")).to_be_visible()  # by its own address: nobody had to check it


async def test_a_person_registers_by_telephone_through_telegram(
    sandbox: Sandbox, pages: Pages, companies: list[dict[str, Any]]
) -> None:
    company = companies.pop()
    page = await pages.open(f"{sandbox.urls['api']}/uz/sign-in", size=PHONE)
    pages.forgive("/api/auth/telegram-login/finish")
    await page.get_by_role("button", name="Telegram orqali kirish").click()
    bot = await page.get_by_role("link", name="Botni ochish").get_attribute("href")
    phone = Telephone(sandbox, 70_000_000 + int(company["phone_number"][-6:]), company["phone_number"])
    await page.get_by_label("Botdan kelgan kod").fill("000000")
    await page.get_by_role("button", name="Kirish", exact=True).click()
    await expect(page.get_by_role("alert").filter(has_text="Kod")).to_be_visible()
    await phone.does("start", payload=str(bot).rpartition("=")[2])
    await phone.reads("(raqamingizni)")
    await phone.does("contact", phone=phone.phone)
    await page.get_by_label("Botdan kelgan kod").fill(await phone.reads(r"(\b\d{6}\b)"))
    await page.get_by_role("button", name="Kirish", exact=True).click()
    await at_home(page)
    await expect(page.locator("h1")).to_have_text("Assalomu alaykum, Dilnoza!")
    await page.goto(f"{sandbox.urls['api']}/uz/organisation?tab=about")
    await expect(page.get_by_text(company["org_inn"]).first).to_be_visible()


async def test_a_link_that_was_followed_too_late_says_so_and_another_comes(
    sandbox: Sandbox, pages: Pages, companies: list[dict[str, Any]]
) -> None:
    address, api = companies.pop()["email"], sandbox.urls["api"]
    box = Mailbox(sandbox, address)
    page = await pages.open(f"{api}/uz/sign-up")
    pages.forgive("/api/auth/verify-email")

    async def ask() -> str:
        await page.goto(f"{api}/uz/sign-up")
        await page.get_by_label("Ism va familiya").fill("Dilnoza Karimova")
        await page.get_by_label("Elektron pochta").fill(address)
        await page.get_by_label("Parol", exact=True).fill(PASSWORD)
        await page.get_by_label("Tashkilotim nomidan murojaat qilaman").uncheck()
        await page.get_by_role("button", name="Hisob yaratish").click()
        return await box.link("Manzilni tasdiqlang")

    late = await ask()
    sandbox.sql("update cab.proofs set expires_at = now() - interval '1 second' where data ->> 'email' = %s", address)
    await page.goto(late)
    await page.get_by_role("button", name="Tasdiqlash").click()
    await expect(page.get_by_text("endi yaroqsiz")).to_be_visible()
    await page.goto(await ask())
    await page.get_by_role("button", name="Tasdiqlash").click()
    await expect(page.get_by_text("Hisobingiz tayyor")).to_be_visible()


async def test_links_that_are_followed_in_another_browser(
    sandbox: Sandbox, pages: Pages, companies: list[dict[str, Any]]
) -> None:
    """Whoever reads the letter need not be who asked for it: he sets a password, and no address moves to strangers."""
    address, api = companies.pop()["email"], sandbox.urls["api"]
    box, moved = Mailbox(sandbox, address), Mailbox(sandbox, f"moved.{address}")
    page = await pages.open(f"{api}/en/sign-up")
    pages.forgive("/api/auth/verify-email", "/api/auth/login")
    await page.get_by_label("Your name").fill("Aziz Karimov")
    await page.get_by_label("E-mail").fill(address)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_label("I ask on behalf of a company").uncheck()
    await page.get_by_role("button", name="Create account").click()
    phone = await pages.open(await box.link("Confirm your address"), size=PHONE)
    await phone.get_by_role("button", name="Confirm").click()
    await phone.get_by_role("link", name="Choose a password").click()
    own = f"{PASSWORD}-own"
    await phone.get_by_label("Password", exact=True).fill(own)
    await phone.get_by_label("Repeat the password").fill(own)
    await phone.get_by_role("button", name="Save").click()
    await expect(phone.get_by_text("The password was changed")).to_be_visible()
    await sign_in(page, sandbox, address, PASSWORD)
    await expect(page.get_by_text("The login, password or code is wrong")).to_be_visible()
    await sign_in(page, sandbox, address, own)
    await at_home(page)

    await page.goto(f"{api}/en/settings?tab=account")
    await page.get_by_label("New address").fill(moved.address)
    await page.get_by_role("button", name="Change address").click()
    tablet = await pages.open(await moved.link("Confirm your new address"), size=PHONE)
    await tablet.get_by_role("button", name="Confirm").click()
    await expect(tablet.get_by_text("Sign in to your account in this browser")).to_be_visible()
    await tablet.get_by_role("link", name="To sign-in").click()
    await tablet.get_by_label("E-mail or phone").fill(address)
    await tablet.get_by_label("Password", exact=True).fill(own)
    await tablet.get_by_role("button", name="Sign in", exact=True).click()
    await tablet.get_by_role("button", name="Confirm").click()
    await expect(tablet.get_by_text("The address was changed")).to_be_visible()


async def test_a_password_is_forgotten_and_changed_and_an_address_moves(
    sandbox: Sandbox, pages: Pages, companies: list[dict[str, Any]]
) -> None:
    company = companies.pop()
    address = company["email"]
    box = await registered(sandbox, address, "Aziz Karimov", company)
    api = sandbox.urls["api"]
    page = await pages.open(f"{api}/en/forgot-password")
    pages.forgive("/api/auth/password", "/api/auth/login")
    await page.get_by_label("E-mail or phone").fill(address)
    await page.get_by_role("button", name="Send a link").click()
    await expect(page.get_by_text("A letter is on its way")).to_be_visible()
    link = await box.link("A new password")
    await page.goto(link)
    second = f"{PASSWORD}-again"

    async def reset(password: str) -> None:
        await page.get_by_label("Password", exact=True).fill(password)
        await page.get_by_label("Repeat the password").fill(password)
        await page.get_by_role("button", name="Save").click()

    await reset("aaaaaaaaaaaa")
    await expect(page.get_by_role("alert").filter(has_text=re.compile("Take another|too simple"))).to_be_visible()
    await reset(second)
    await expect(page.get_by_text("The password was changed")).to_be_visible()
    await box.letter("Your password was changed")
    await page.goto(link)
    await reset(f"{second}-once-more")
    await expect(page.get_by_text("no longer valid")).to_be_visible()
    await sign_in(page, sandbox, address, PASSWORD)
    await expect(page.get_by_text("The login, password or code is wrong")).to_be_visible()
    await sign_in(page, sandbox, address, second)
    await at_home(page)

    await page.goto(f"{api}/en/settings?tab=security")
    third = f"{PASSWORD}-third"
    await page.get_by_label("Current password").fill(PASSWORD)
    await page.get_by_label("New password", exact=True).fill(third)
    await page.get_by_label("New password again").fill(third)
    await page.get_by_role("button", name="Change password").click()
    await expect(page.get_by_text("The password or code is wrong")).to_be_visible()
    await expect(page.get_by_text("Strength: ")).to_be_visible()
    await page.get_by_label("Current password").fill(second)
    await page.get_by_role("button", name="Change password").click()
    await expect(page.get_by_text("The password was changed")).to_be_visible()
    await box.letter("Your password was changed")

    await page.goto(f"{api}/en/settings?tab=account")
    moved = Mailbox(sandbox, f"moved.{address}")
    await page.get_by_label("New address").fill(moved.address)
    await page.get_by_role("button", name="Change address").click()
    await expect(page.get_by_text(f"A link was sent to {moved.address}")).to_be_visible()
    assert moved.address in await box.letter("A change of address was asked for")
    await page.goto(await moved.link("Confirm your new address"))
    await page.get_by_role("button", name="Confirm").click()
    await expect(page.get_by_text("The address was changed")).to_be_visible()
    for told in (box, moved):
        assert moved.address in await told.letter("Your address was changed")
    await sign_in(page, sandbox, moved.address, third)
    await at_home(page)


async def test_an_authenticator_guards_an_account_and_recovery_codes_stand_in_once(
    sandbox: Sandbox, pages: Pages, companies: list[dict[str, Any]]
) -> None:
    company = companies.pop()
    address = company["email"]
    page, box = await client(sandbox, pages, company, "/api/me/totp", "/api/auth/second-factor", "/api/auth/step-up")
    await page.goto(f"{sandbox.urls['api']}/en/settings?tab=security")
    await page.get_by_role("button", name="Turn on").click()
    window = page.get_by_role("dialog", name="Authenticator app")
    await expect(window.get_by_role("img", name="QR code for the authenticator")).to_be_visible()
    secret = await window.locator("p.font-mono").inner_text()
    await window.get_by_label("Code of 6 digits").fill("000000")
    await window.get_by_role("button", name="Turn on").click()
    await expect(window.get_by_text("The code does not match")).to_be_visible()
    await window.get_by_label("Code of 6 digits").fill(stories.code_of(secret))
    await window.get_by_role("button", name="Turn on").click()
    kept = page.get_by_role("dialog", name="Your recovery codes")
    await expect(kept.get_by_role("listitem")).to_have_count(10)
    codes = await kept.get_by_role("listitem").all_inner_texts()
    await kept.get_by_role("button", name="I kept them").click()
    await expect(page.get_by_text("10 left")).to_be_visible()
    await box.letter("Your second step was changed")

    other = await pages.open("about:blank")
    code = other.get_by_label("Code", exact=True)
    confirm = other.get_by_role("button", name="Confirm")
    await sign_in(other, sandbox, address, PASSWORD)
    await code.fill("000000")
    await confirm.click()
    await expect(other.get_by_text("The login, password or code is wrong")).to_be_visible()
    await other.get_by_role("button", name="Use a recovery code").click()
    await code.fill(codes[0])
    await confirm.click()
    await at_home(other)
    await sign_in(other, sandbox, address, PASSWORD)
    await other.get_by_role("button", name="Use a recovery code").click()
    await code.fill(codes[0])
    await confirm.click()
    await expect(other.get_by_text("The login, password or code is wrong")).to_be_visible()
    await other.get_by_role("button", name="Use the app’s code").click()
    await code.fill(stories.code_of(secret, later=1))
    await confirm.click()
    await at_home(other)

    await _turned_off_an_hour_later(sandbox, other, address, codes[1])


async def _turned_off_an_hour_later(sandbox: Sandbox, other: Page, address: str, code: str) -> None:
    """The proof is old, and what is dangerous asks anew; a process knows a session for some seconds."""
    old = "update sys.sessions set proved_at = now() - interval '1 hour' where person_id in"
    sandbox.sql(old + " (select person_id from cab.people where email = %s)", address)

    async def is_old() -> bool | None:
        me = await (await other.context.request.get(f"{sandbox.urls['api']}/api/me")).json()
        return datetime.fromisoformat(me["proved_until"]) < datetime.now(UTC) or None

    await stories.until(is_old)
    await other.goto(f"{sandbox.urls['api']}/en/settings?tab=security")
    await other.get_by_role("button", name="Turn off").click()
    await other.get_by_role("dialog").get_by_role("button", name="Turn off").click()
    asked = other.get_by_role("dialog", name="Confirm that it’s you")
    await asked.get_by_label("Code of the app, or a recovery code").fill(code)
    await asked.get_by_role("button", name="Confirm").click()
    await expect(other.get_by_role("button", name="Turn on")).to_be_visible()


async def test_a_passkey_is_added_signs_in_and_is_removed(
    sandbox: Sandbox, pages: Pages, companies: list[dict[str, Any]]
) -> None:
    company = companies.pop()
    address = company["email"]
    await registered(sandbox, address, "Aziz Karimov", company)
    local = Sandbox(sandbox.data, {"api": sandbox.urls["api"].replace("127.0.0.1", "localhost")})
    page = await pages.open("about:blank")
    pages.forgive("/api/auth/passkeys/login", "/api/auth/session")
    device = await page.context.new_cdp_session(page)
    await device.send("WebAuthn.enable")
    await device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    await sign_in(page, local, address, PASSWORD)
    await at_home(page)
    await page.goto(f"{local.urls['api']}/en/settings?tab=security")
    await page.get_by_role("button", name="Add a passkey").click()
    await page.get_by_role("dialog", name="Your recovery codes").get_by_role("button", name="I kept them").click()
    one = page.locator("li", has_text="Computer")
    await expect(one).to_be_visible()
    await _sign_out(page)
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await at_home(page)
    await page.goto(f"{local.urls['api']}/en/settings?tab=security")
    await expect(one).to_contain_text("Last used")
    await one.get_by_role("button", name="Delete").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(one).to_have_count(0)
    await _sign_out(page)
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await expect(page.get_by_role("alert").filter(has_text="wrong")).to_be_visible()


async def _sign_out(page: Page) -> None:
    await page.get_by_role("button", name="Account").click()
    await page.get_by_role("menuitem", name="Sign out").click()
    await expect(page).to_have_url(re.compile("/sign-in"))


async def test_another_device_is_told_of_seen_and_thrown_out(
    sandbox: Sandbox, pages: Pages, companies: list[dict[str, Any]]
) -> None:
    company = companies.pop()
    address = company["email"]
    page, box = await client(sandbox, pages, company, "/api/")
    other = await pages.open("about:blank", user_agent="Mozilla/5.0 Android Mobile")
    await sign_in(other, sandbox, address, PASSWORD)
    await at_home(other)
    assert "a phone" in await box.letter("Sign-in from a new device")  # the first device is no news
    await page.goto(f"{sandbox.urls['api']}/en/settings?tab=sessions")
    row = page.get_by_role("listitem").filter(has_text="Phone")
    await expect(row).to_be_visible()
    await expect(page.get_by_role("listitem").filter(has_text="this device")).to_contain_text("Browser")
    await row.get_by_role("button", name="End").click()
    await expect(row).to_have_count(0)
    await other.get_by_role("link", name="My requests").first.click()
    await other.reload()
    await expect(other).to_have_url(re.compile("/en/sign-in"))
