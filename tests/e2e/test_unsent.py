"""What a client wrote and did not send: a reload, the end of a session and an answer that is lost take nothing away."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Route, expect

from tests.e2e.conftest import PHONE, Pages
from tests.e2e.instance import Sandbox
from tests.e2e.stories import LONG, PASSWORD, client

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
MADE = "select count(*) as made from cons.cons where comment = %s"


async def test_a_question_outlives_a_reload_and_the_session(
    sandbox: Sandbox, pages: Pages, companies: list[dict[str, Any]]
) -> None:
    company, api = companies.pop(), sandbox.urls["api"]
    page, _ = await client(sandbox, pages, company, "/api/", size=PHONE)
    words = f"Hisobni yopish {company['org_inn']}"
    await page.goto(f"{api}/uz/new?kind=support")
    question = page.get_by_label("Savolingiz", exact=True)
    await question.fill(words)
    await page.reload()
    await expect(question).to_have_value(words)
    await expect(page.get_by_text("Yozib, yubormagan savolingiz saqlangan")).to_be_visible()
    await page.context.clear_cookies()  # as if it ended while he wrote
    await page.get_by_role("button", name="Murojaatni yuborish").click()
    await expect(page.get_by_text("Seans yakunlangan. Qaytadan kiring")).to_be_visible()
    await page.get_by_label("Pochta yoki telefon").fill(company["email"])
    await page.get_by_label("Parol", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Kirish", exact=True).click()
    await expect(page).to_have_url(f"{api}/uz/new?kind=support")
    await expect(question).to_have_value(words)
    await page.get_by_role("button", name="Murojaatni yuborish").click()
    await expect(page).to_have_url(re.compile(r"/uz/request\?id="))
    assert sandbox.sql(MADE, words) == [{"made": 1}]
    message = page.get_by_label("Xabar", exact=True)
    await message.fill("Yana bir savol")
    await page.reload()
    await expect(message).to_have_value("Yana bir savol")
    await page.goto(f"{api}/uz/new")
    await expect(question).to_have_value("")
    await page.get_by_role("button", name="Hisob").click()
    await page.get_by_role("menuitem", name="Chiqish").click()
    await expect(page).to_have_url(re.compile(r"/uz/sign-in$"))
    assert await page.evaluate("Object.keys(sessionStorage).filter(key => key.startsWith('clobus.draft'))") == []


async def test_a_lost_answer_makes_no_second_request(
    sandbox: Sandbox, pages: Pages, companies: list[dict[str, Any]]
) -> None:
    company, api = companies.pop(), sandbox.urls["api"]
    page, _ = await client(sandbox, pages, company, "/api/consultations/simple")
    words = f"Акт сверки {company['org_inn']}"

    async def lost(route: Route) -> None:
        await route.fetch()  # it arrives and is done, and the line breaks
        await route.abort()

    await page.goto(f"{api}/ru/new?kind=accounting")
    await page.get_by_label("Ваш вопрос", exact=True).fill(words)
    await page.route("**/api/consultations/simple", lost, times=1)
    await page.get_by_role("button", name="Отправить заявку").click()
    await expect(page.get_by_text("Нет связи с сервером")).to_be_visible(timeout=LONG)
    await page.reload()  # what people do then
    await page.get_by_role("button", name="Отправить заявку").click()
    await expect(page).to_have_url(re.compile(r"/ru/request\?id="), timeout=LONG)
    assert sandbox.sql(MADE, words) == [{"made": 1}]


async def test_what_cannot_be_sent_is_said_before_it_is(
    sandbox: Sandbox, pages: Pages, companies: list[dict[str, Any]]
) -> None:
    """A question without words, an hour that was not picked, files that are too large or too many."""
    page, _ = await client(sandbox, pages, companies.pop(), size=PHONE)
    await page.goto(f"{sandbox.urls['api']}/uz/new?kind=accounting")
    send = page.get_by_role("button", name="Murojaatni yuborish")
    await send.click()
    question = page.get_by_label("Savolingiz", exact=True)
    await expect(question).to_have_accessible_description(re.compile("Savolingizni yozing yoki namunaviy"))
    await expect(question).to_be_focused()
    top = await question.evaluate("field => field.getBoundingClientRect().top")
    assert top > await page.locator("header").first.evaluate("bar => bar.getBoundingClientRect().bottom")
    await question.fill("Balans")
    await page.get_by_text("Aniq vaqtga").click()
    await send.click()
    await expect(page.get_by_text("Kun va soatni tanlang")).to_be_visible()
    files = page.get_by_label("Fayl qo‘shish")
    kind = {"mimeType": "application/pdf"}
    await files.set_input_files([{"name": "katta.pdf", "buffer": b"x" * 20_000_001, **kind}])
    await expect(page.get_by_text("Juda katta, qo‘shilmadi (20 MB dan ortiq): katta.pdf")).to_be_visible()
    await files.set_input_files([{"name": f"{at}.pdf", "buffer": b"x", **kind} for at in range(11)])
    await expect(page.get_by_text("Birdaniga 10 tagacha fayl yuboriladi")).to_be_visible()
    await expect(page.get_by_role("listitem").filter(has_text=".pdf")).to_have_count(10)
