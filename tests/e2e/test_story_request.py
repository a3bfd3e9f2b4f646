"""A question from its first word to its talk, between a client's page, 1C and Chatwoot."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e import stories
from tests.e2e.conftest import PHONE, Pages
from tests.e2e.instance import Sandbox
from tests.e2e.stories import LONG, Office, client

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
FILE = {"name": "balans.txt", "mimeType": "text/plain", "buffer": b"aktiv = passiv"}


async def _picked(page: Page) -> Locator:
    """The window of a move, in which the third day's first hour was picked."""
    await page.get_by_role("button", name="Move", exact=True).click()
    window = page.get_by_role("dialog", name="Pick another time")
    await window.get_by_role("group", name="Day").get_by_role("radio").nth(2).check(force=True)
    await window.get_by_role("group", name="Hour").get_by_role("radio").first.check(force=True)
    await window.get_by_label("Reason").fill("The accountant is away")
    return window


async def test_a_consultation_lives_through_pages_1c_and_chatwoot(
    sandbox: Sandbox, pages: Pages, companies: list[dict[str, Any]]
) -> None:
    company, api, office = companies.pop(), sandbox.urls["api"], Office(sandbox)
    page, _ = await client(sandbox, pages, company)
    pages.forgive("/cancel", "/redates")
    words = f"Как закрыть месяц и начислить НДС? {company['org_inn']}"
    await page.goto(f"{api}/en/new?kind=accounting")
    await page.get_by_role("button", name="Send request").click()
    await expect(page.get_by_text("Write your question or choose a typical one")).to_be_visible()
    category = page.get_by_label("Category")
    await category.select_option(index=1)
    typical = page.get_by_label("Typical question")
    await typical.select_option(index=1)
    await page.get_by_label("Your question").fill(words)
    await expect(page.get_by_text("The answer may be here")).to_be_visible()
    await page.get_by_label("Add a file").set_input_files(FILE)
    await page.get_by_text("At a set time").click()
    await page.get_by_role("group", name="Day").get_by_role("radio").nth(1).check(force=True)
    await page.get_by_role("group", name="Hour").get_by_role("radio").first.check(force=True)
    await page.get_by_role("button", name="Send request").click()
    await expect(page).to_have_url(re.compile(r"/en/request\?id="))
    await expect(page.locator("h1")).to_contain_text("No. ", timeout=LONG)  # 1C's number, told live
    document = await office.document(company["org_inn"])
    key, name = await office.manager(document["manager_key"])
    await office.acts(document["key"], act="assign", manager=key)
    await expect(page.get_by_role("main").get_by_text(name, exact=True).first).to_be_visible(timeout=LONG)

    other = await page.context.new_page()  # the same person, at another window
    await other.goto(page.url)
    windows = [await _picked(page), await _picked(other)]
    await windows[0].get_by_role("button", name="Set the time").click()
    await expect(windows[0]).to_have_count(0)
    await windows[1].get_by_role("button", name="Set the time").click()
    await expect(windows[1].get_by_role("alert")).to_have_text("The consultation is planned for this time already")
    await other.close()

    log = page.get_by_role("log")
    box = page.get_by_label("Message", exact=True)
    await box.fill("The report is attached")
    await page.get_by_label("Attach a file").first.set_input_files(FILE)
    await box.press("Enter")
    await expect(log).to_contain_text("The report is attached", timeout=LONG)
    await expect(log).to_contain_text("balans.txt", timeout=LONG)
    cons_id = page.url.rpartition("=")[2]
    [row] = sandbox.sql("select conversation_id from cons.cons where cons_id = %s", cons_id)
    await office.answers(row["conversation_id"], "Look at the act", ("act.txt", b"closed", "text/plain"))
    await expect(log).to_contain_text("Look at the act", timeout=LONG)
    await expect(log.get_by_role("link", name="act.txt")).to_be_visible(timeout=LONG)

    await office.acts(document["key"], act="close")
    await expect(page.get_by_text("How was the consultation?")).to_be_visible(timeout=LONG)
    await page.get_by_label("Mark 4").first.check(force=True)
    await page.get_by_label("Comment").fill("Quick and clear")
    await page.get_by_role("main").get_by_role("button", name="Send", exact=True).last.click()
    await expect(page.get_by_text("Your mark: 4. Thank you!")).to_be_visible(timeout=LONG)
    rated = "select rating, comment from cons.cons_rating_answers where cons_key = %s"
    assert [tuple(each.values()) for each in sandbox.sql(rated, document["key"])] == [(4, "Quick and clear")]


async def test_support_is_asked_once_at_a_time_and_cancelled_while_it_is_fresh(
    sandbox: Sandbox, pages: Pages, companies: list[dict[str, Any]]
) -> None:
    api = sandbox.urls["api"]
    page, _ = await client(sandbox, pages, companies.pop(), size=PHONE)
    pages.forgive("/api/consultations/simple", "/cancel")

    async def ask(words: str) -> None:
        await page.goto(f"{api}/uz/new?kind=support")
        await page.get_by_label("Savolingiz").fill(words)
        await page.get_by_role("button", name="Murojaatni yuborish").click()

    await ask("Dastur ochilmayapti, litsenziya topilmadi deydi")
    await expect(page).to_have_url(re.compile(r"/uz/request\?id="))
    first = page.url
    await ask("Yana bir savol")
    await expect(page.get_by_text("ochiq")).to_be_visible()
    await page.goto(first)
    await page.get_by_role("button", name="Bekor qilish").click()
    await page.get_by_role("dialog").get_by_role("button", name="Bekor qilish").click()
    await expect(page.get_by_text("Bekor qilingan").first).to_be_visible(timeout=LONG)
    await ask("Endi boshqa savol")
    await expect(page).to_have_url(re.compile(r"/uz/request\?id="))


async def test_a_move_is_told_by_the_channel_and_in_the_language_that_were_chosen(
    sandbox: Sandbox, pages: Pages, companies: list[dict[str, Any]]
) -> None:
    company, api, office = companies.pop(), sandbox.urls["api"], Office(sandbox)
    page, box = await client(sandbox, pages, company)
    await page.goto(f"{api}/en/settings?tab=notifications")
    for channel in ("Telegram", "The request’s talk", "On the open page"):
        await page.get_by_label(channel).uncheck()
    await page.get_by_label("E-mail", exact=True).check()
    await page.get_by_label("Language of notifications").select_option("uz")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved")).to_be_visible()
    await page.goto(f"{api}/en/new?kind=accounting")
    await page.get_by_label("Your question").fill(f"Balance {company['org_inn']}")
    await page.get_by_role("button", name="Send request").click()
    await expect(page).to_have_url(re.compile(r"/en/request\?id="))
    document = await office.document(company["org_inn"])
    await office.acts(document["key"], act="redate", planned="2031-05-05T10:30")
    await box.letter("ariza")
    await page.goto(f"{api}/en/settings?tab=notifications")
    now = datetime.now(ZoneInfo("Asia/Tashkent"))
    since, until = (f"{now + timedelta(hours=hours):%H:%M}" for hours in (-2, 2))
    await page.get_by_label("Quiet hours").check()
    await page.get_by_label("From").fill(since)
    await page.get_by_label("To", exact=True).fill(until)
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved")).to_be_visible()
    await page.reload()
    await expect(page.get_by_label("To", exact=True)).to_have_value(until)
    await office.acts(document["key"], act="close")  # he is told at once, and asked to rate when it is quiet no more

    async def held() -> list[dict[str, Any]]:
        return sandbox.sql(
            "select l.state, l.next_at from log.notification_log l join cons.cons c on c.cons_id = l.entity_id"
            " where c.cl_ref_key = %s and l.notification_type = 'rating_ask' and l.recipient = 'client'"
            " and l.next_at > now() + interval '1 hour'",
            document["key"],
        )

    [asked] = await stories.until(held)
    assert (asked["state"], f"{asked['next_at'].astimezone(now.tzinfo):%H:%M}") == ("queued", until)
    while "yopildi" not in (text := await box.letter("ariza")):  # those of the move are before it
        assert "baho" not in text
    assert await box.letters() == []
