"""The portal where not all is well: no network, refused fields, half a link; and what it keeps, shows and prints."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import PHONE, Pages
from tests.e2e.instance import Sandbox
from tests.e2e.stories import LONG, client

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


async def test_what_a_list_is_narrowed_to_stays_in_its_address(
    sandbox: Sandbox, pages: Pages, companies: list[dict[str, Any]]
) -> None:
    page, _ = await client(sandbox, pages, companies.pop())
    await page.goto(f"{sandbox.urls['api']}/ru/requests")
    rows, search = page.get_by_role("main").get_by_role("listitem"), page.get_by_label("Поиск")
    await expect(rows.first).to_be_visible()
    await page.get_by_label("Состояние").select_option("done")
    await search.fill("нет такого слова")
    await expect(page.get_by_text("Ничего не нашлось")).to_be_visible()
    await page.reload()
    await expect(search).to_have_value("нет такого слова")
    await expect(page.get_by_text("Ничего не нашлось")).to_be_visible()
    await search.fill("")
    await expect(page).to_have_url(re.compile(r"/ru/requests\?state=done$"))
    await rows.first.get_by_role("link").click()
    await expect(page).to_have_url(re.compile(r"/ru/request\?id="))
    await page.go_back()
    await expect(page.get_by_label("Состояние")).to_have_value("done")
    await search.fill("нет такого слова")
    await page.get_by_role("button", name="Показать все").click()
    await expect(page).to_have_url(re.compile("/ru/requests$"))
    await expect(rows.first).to_be_visible()


async def test_without_a_network_the_page_says_so_and_comes_back_by_itself(
    sandbox: Sandbox, pages: Pages, companies: list[dict[str, Any]]
) -> None:
    page, _ = await client(sandbox, pages, companies.pop(), "/")
    await page.goto(f"{sandbox.urls['api']}/ru/requests")
    await expect(page.get_by_role("main").get_by_role("listitem").first).to_be_visible()
    await page.context.set_offline(True)
    await page.get_by_label("Поиск").fill("нет такого слова")
    await expect(page.get_by_role("main").get_by_text("Нет связи с сервером")).to_be_visible()
    await page.context.set_offline(False)
    await expect(page.get_by_text("Ничего не нашлось")).to_be_visible()


async def test_fields_are_told_of_in_the_language_of_the_page(sandbox: Sandbox, pages: Pages) -> None:
    """Also where the browser or the server would speak of them in its own."""
    site = f"{sandbox.urls['api']}/uz"
    page = await pages.open(f"{site}/forgot-password", size=PHONE)
    pages.forgive("/register", "/verify-email", "/reset", "/link")
    await page.get_by_role("button", name="Havola yuborish").click()
    await expect(page.get_by_label("Pochta yoki telefon")).to_have_accessible_description("To‘ldiring")
    await page.goto(f"{site}/sign-in?token=abc")
    await page.get_by_role("button", name="Kirish", exact=True).click()
    await expect(page.get_by_text("Kod to‘liq emas")).to_be_visible()
    await page.goto(f"{site}/sign-up")
    await page.get_by_label("Ism va familiya").fill("Dilnoza")
    await page.get_by_label("Elektron pochta").fill("dilnoza@kompaniya.uz")
    password = page.get_by_label("Parol", exact=True)
    await password.fill("password12")
    await page.get_by_label("Tashkilotim nomidan").uncheck()
    await page.get_by_role("button", name="Hisob yaratish").click()
    await expect(password).to_have_accessible_description(re.compile("Bu parol o‘g‘irlangan parollar"))
    await expect(password).to_be_focused()
    await page.goto(f"{site}/verify-email?token=half")
    await page.get_by_role("button", name="Tasdiqlash").click()
    await expect(page.get_by_text("Havola to‘liq emas")).to_be_visible()
    for path in ("reset-password", "join"):
        await page.goto(f"{site}/{path}")
        await expect(page.get_by_text("Havola to‘liq emas")).to_be_visible()
    # To join, one has to be known: the page asks who looks, and is told that nobody is.
    pages.complaints[:] = [said for said in pages.complaints if "401" not in said]


async def test_on_a_phone_the_chosen_tab_is_in_sight_and_no_row_is_empty(
    sandbox: Sandbox, pages: Pages, companies: list[dict[str, Any]]
) -> None:
    page, _ = await client(sandbox, pages, companies.pop(), size=PHONE)
    await page.goto(f"{sandbox.urls['api']}/uz/settings?tab=notifications")
    tab = page.get_by_role("tab", name="Xabarnomalar")
    await expect(tab).to_be_visible()
    edges = await tab.evaluate("tab => [tab.getBoundingClientRect().left, tab.getBoundingClientRect().right]")
    assert 0 <= edges[0] < edges[1] <= PHONE["width"]
    await page.goto(f"{sandbox.urls['api']}/uz/organisation")
    await expect(page.get_by_role("cell", name="Egasi")).to_be_visible()
    await expect(page.locator("tbody").get_by_text("Amallar", exact=True).locator("visible=true")).to_have_count(0)
    await page.get_by_role("button", name="Nomini o‘zgartirish").click()
    name = "Qurilish-montaj va ishlab chiqarish jamiyati «Toshkentqurilishinvesttaminotloyihalash»"
    await page.get_by_role("dialog").get_by_label("Nomi").fill(name)
    await page.get_by_role("dialog").get_by_role("button", name="Saqlash").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(name)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_days_are_written_as_people_write_them_and_who_only_looks_is_not_asked_to_ask(
    sandbox: Sandbox, pages: Pages
) -> None:
    site, viewer = f"{sandbox.urls['api']}/uz", sandbox.logins()["viewer"]
    page = await pages.open(f"{site}/sign-in?next=/uz/requests")
    await page.get_by_label("Pochta yoki telefon").fill(viewer["email"])
    await page.get_by_label("Parol", exact=True).fill(viewer["password"])
    await page.get_by_role("button", name="Kirish", exact=True).click()
    await expect(page.get_by_role("main").get_by_role("listitem").first).to_be_visible()
    days = re.findall(r"· (\d+)-[a-z]{3}, \d\d:\d\d", await page.get_by_role("main").inner_text())
    assert any(len(day) == 1 for day in days)
    assert not [day for day in days if day.startswith("0")]
    main = page.get_by_role("main")
    await expect(main.get_by_role("link", name="Murojaat yuborish")).to_have_count(0)
    await page.goto(f"{site}/home")
    await expect(main.get_by_text("Yaqin maslahat")).to_be_visible()
    await expect(main.get_by_text("Dastur ishlamayapti")).to_have_count(0)


async def test_a_request_is_printed_on_white_without_what_is_pressed(
    sandbox: Sandbox, pages: Pages, companies: list[dict[str, Any]]
) -> None:
    page, _ = await client(sandbox, pages, companies.pop(), color_scheme="dark")
    await page.goto(f"{sandbox.urls['api']}/ru/requests")
    await page.get_by_role("main").get_by_role("listitem").first.get_by_role("link").click()
    await expect(page.locator("h1")).to_contain_text("№")
    await page.emulate_media(media="print")
    for part in ("aside", "body header:has(button)", "nav"):
        assert not await page.locator(part).first.is_visible()
    await expect(page.locator("h1")).to_be_visible()
    ink = await page.evaluate("getComputedStyle(document.body).color")
    assert ink == "rgb(27, 36, 33)"


async def test_long_words_stay_in_their_place_and_support_waits_for_no_number(
    sandbox: Sandbox, pages: Pages, companies: list[dict[str, Any]]
) -> None:
    """Support is outside of 1C, so nothing of it is on its way; what is long is folded or broken, never cut off."""
    page, _ = await client(sandbox, pages, companies.pop(), size=PHONE)
    await page.goto(f"{sandbox.urls['api']}/ru/new?kind=support")
    words = f"{'Не проводится реализация. ' * 40}{'оченьдлинноеслово' * 20}"
    await page.get_by_label("Ваш вопрос", exact=True).fill(words)
    await page.get_by_role("button", name="Отправить заявку").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Техническая поддержка")
    await expect(page).to_have_title("Техническая поддержка · Clobus")
    await expect(page.get_by_text("Дежурный специалист")).to_be_visible()
    for wrong in ("Номер присваивается", "Менеджер назначается"):
        await expect(page.get_by_text(wrong)).to_have_count(0)
    asked = page.get_by_role("heading", name="Вопрос").locator("xpath=ancestor::section").locator("p")
    folded = await asked.evaluate("words => words.clientHeight")
    await page.get_by_role("button", name="Показать полностью").click()
    assert await asked.evaluate("words => words.clientHeight") > 2 * folded
    said = page.get_by_role("log").get_by_text("оченьдлинноеслово")
    await expect(said).to_be_visible(timeout=LONG)
    assert await said.evaluate("words => words.getBoundingClientRect().left >= 0 && words.scrollWidth <= innerWidth")
    assert await page.get_by_role("log").evaluate("log => log.scrollWidth <= log.clientWidth")


async def test_a_request_is_taken_back_here_while_that_may_be(
    sandbox: Sandbox, pages: Pages, companies: list[dict[str, Any]]
) -> None:
    page, _ = await client(sandbox, pages, companies.pop())
    await page.goto(f"{sandbox.urls['api']}/ru/new?kind=support")
    await page.get_by_label("Ваш вопрос", exact=True).fill("Не открывается отчёт")
    await page.get_by_role("button", name="Отправить заявку").click()
    await expect(page.get_by_role("button", name="Отменить заявку")).to_be_visible()
    await page.clock.install()
    await page.reload()
    await expect(page.get_by_role("button", name="Отменить заявку")).to_be_visible()
    await page.clock.fast_forward("31:00")
    await expect(page.get_by_text("Отменить на сайте уже нельзя")).to_be_visible()
    await expect(page.get_by_role("button", name="Отменить заявку")).to_have_count(0)
