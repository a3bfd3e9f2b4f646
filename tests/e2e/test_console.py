"""The console as people of the desk use it: today, one request, managers, words, operations, the panel in Chatwoot."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect
from psycopg.types.json import Jsonb

from tests.e2e.barriers import barriers, looked_at, ready
from tests.e2e.conftest import PHONE, Pages
from tests.e2e.instance import Sandbox

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
TABBED = ("desk/request?id={cons_id}", "desk/managers", "desk/clients", "desk/knowledge", "ops", "ops/people")
PLACES = (
    "desk", "desk/requests", "desk/request?id={cons_id}", "desk/managers", "desk/clients", "desk/client?id={client_id}",
    "desk/knowledge", "desk/merges", "desk/panel", "ops", "ops/people", "dashboard-app", "missing",
)  # fmt: skip


async def opened(pages: Pages, sandbox: Sandbox, path: str, *, role: str = "administrator", **how: Any) -> Page:
    """A page of the console in a browser of its own that has signed in with a key of this role."""
    base = sandbox.urls["api"].rstrip("/")
    page = await pages.open("about:blank", **how)
    token = sandbox.clobus("sandbox", "token", role).splitlines()[-1]
    signed = await page.context.request.post(f"{base}/api/auth/key", data={"token": token}, headers={"Origin": base})
    assert signed.status == 200, await signed.text()
    await page.goto(f"{base}/{path}")
    return page


async def open_request(page: Page, sandbox: Sandbox) -> dict[str, Any]:
    """A request of today that has a company and a conversation."""
    answer = await page.context.request.get(f"{sandbox.urls['api']}/api/desk/today?limit=50")
    found: dict[str, Any] = next(
        row for row in (await answer.json())["items"] if row["conversation_id"] and row["client_id"]
    )
    return found


@pytest.mark.parametrize("language", ["uz", "ru", "en"])
async def test_every_page_has_its_heading_fits_its_window_and_keeps_nobody_out(
    pages: Pages, sandbox: Sandbox, language: str
) -> None:
    page = await opened(pages, sandbox, f"{language}/desk")
    request = await open_request(page, sandbox)
    wrong: list[str] = []
    for place in PLACES:
        await page.goto(f"{sandbox.urls['api']}/{language}/{place.format(**request)}")
        await ready(page)
        assert await page.evaluate("document.documentElement.lang") == language
        name = re.sub("[^a-z]+", "-", place.partition("?")[0])
        wrong += await looked_at(page, f"{language}-{name}", dark=language == "ru")
    assert wrong == []


@pytest.mark.parametrize("place", TABBED)
async def test_every_part_of_a_page_fits_a_phone(pages: Pages, sandbox: Sandbox, place: str) -> None:
    page = await opened(pages, sandbox, "ru/desk", size=PHONE)
    await page.goto(f"{sandbox.urls['api']}/ru/{place.format(**await open_request(page, sandbox))}")
    await ready(page)
    for tab in await page.get_by_role("tab").all():
        await tab.click()
        await ready(page)
        wide = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, (place, await tab.inner_text(), wide)
        assert await barriers(page) == []


async def test_what_was_asked_for_survives_a_reload_and_the_way_back(pages: Pages, sandbox: Sandbox) -> None:
    page = await opened(pages, sandbox, "en/desk")
    await page.get_by_role("button", name="Unassigned").click()
    await page.reload()
    await expect(page.get_by_role("button", name="Unassigned")).to_have_attribute("aria-pressed", "true")

    await page.goto(f"{sandbox.urls['api']}/en/desk/requests")
    await page.get_by_label("State", exact=True).select_option(label="Closed")
    await page.get_by_label("Search").press_sequentially("000001")
    await expect(page).to_have_url(re.compile(r"\?status=closed&q=000001$"))
    await page.locator("tbody a").first.click()
    await expect(page.get_by_role("tab").first).to_be_visible()
    await page.get_by_role("tab", name="In the systems").click()
    await page.reload()
    await expect(page.get_by_role("tab", name="In the systems")).to_have_attribute("aria-selected", "true")
    await page.go_back()
    await expect(page.get_by_label("Search")).to_have_value("000001")
    await expect(page.get_by_label("State", exact=True)).to_have_value("closed")
    # The navigation's own link means the page as it is without a wish.
    await page.get_by_role("navigation").get_by_role("link", name="Requests").click()
    await expect(page.get_by_label("Search")).to_have_value("")
    # An address with nonsense shows the usual.
    await page.goto(f"{sandbox.urls['api']}/en/desk?view=nonsense")
    await expect(page.get_by_role("button", name="Queue")).to_have_attribute("aria-pressed", "true")


async def test_the_machinery_is_told_in_words_and_to_the_second(pages: Pages, sandbox: Sandbox) -> None:
    page = await opened(pages, sandbox, "ru/desk")
    request = await open_request(page, sandbox)
    sandbox.sql(
        "insert into sys.drift (consultation, kind, systems, detail) values (%s, 'assignee', '{postgres,chatwoot}', %s)"
        " on conflict do nothing",
        request["cons_id"], Jsonb({"fields": ["start_date"]}),
    )  # fmt: skip
    await page.goto(f"{sandbox.urls['api']}/ru/desk/request?id={request['cons_id']}&tab=machinery")
    drift = page.locator("section", has=page.get_by_role("heading", name="Расхождения")).last
    await expect(drift).to_contain_text(
        "Вид: Оператор Chatwoot · Где: платформа, Chatwoot · Подробно: Поля Назначена на"
    )
    await expect(drift).to_contain_text(re.compile(r"\d\d:\d\d:\d\d"))
    sandbox.sql("delete from sys.drift where consultation = %s", request["cons_id"])
    assert (
        re.findall(r"\b(?:delivery_id|message_id|sent_at|handled|manager_new)\b", await page.inner_text("main")) == []
    )


async def test_a_manager_closes_his_own_days_and_sees_those_of_others(pages: Pages, sandbox: Sandbox) -> None:
    page = await opened(pages, sandbox, "en/desk/managers", role="manager")
    await page.get_by_role("button", name=re.compile("days of the queue")).first.click()
    await expect(page.locator("dialog li")).to_have_count(14)
    await expect(page.locator("dialog").get_by_text("Only the manager or the head")).to_be_visible()
    await expect(page.locator("dialog li button")).to_have_count(0)


async def test_what_was_typed_into_an_article_is_not_lost_by_a_click_beside(pages: Pages, sandbox: Sandbox) -> None:
    page = await opened(pages, sandbox, "en/desk/knowledge", role="head")
    await page.get_by_role("button", name="Write an article").click()
    window = page.locator("dialog")
    await window.get_by_label("Title").fill("Of the year's end")
    await page.mouse.click(5, 5)
    await page.keyboard.press("Escape")
    await expect(window.get_by_label("Title")).to_have_value("Of the year's end")
    await window.get_by_role("button", name="Cancel").click()
    await expect(window.get_by_label("Title")).to_have_count(0)


async def test_the_preview_of_chatwoot_reads_as_people_read_it(pages: Pages, sandbox: Sandbox) -> None:
    page = await opened(pages, sandbox, "en/desk/knowledge?tab=messages")
    shown = page.locator("section", has=page.get_by_role("heading", name="Request handed over to him")).first
    await expect(shown.locator("p", has_text="Chatwoot").locator("+ div")).to_contain_text("Olim_Karimov <b>")
    await expect(page.get_by_text("Technical support").first).to_be_visible()  # which of two that are named the same


async def test_a_request_is_opened_from_today_and_handed_over(pages: Pages, sandbox: Sandbox) -> None:
    page = await opened(pages, sandbox, "en/desk")
    await page.locator("tbody a").first.click()
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await page.get_by_role("tab", name="In the systems").click()
    await expect(page.locator("tbody tr", has_text="Planned for")).to_have_count(1)
    assert await barriers(page) == []
    await page.get_by_role("button", name="Hand over").click()
    one = page.locator("dialog li button").first
    name = (await one.locator("span.font-medium").inner_text()).strip()
    assert await barriers(page) == []
    await one.click()
    await expect(page.locator("dialog li")).to_have_count(0)
    await expect(page.locator("dl", has_text=name)).to_have_count(1)
    await page.get_by_role("tab", name="What happened").click()
    await expect(page.locator("ol li", has_text=name).first).to_be_visible()  # told live: nobody reloaded


async def test_who_is_handed_a_request_best_is_told_and_what_speaks_against_others(
    pages: Pages, sandbox: Sandbox
) -> None:
    page = await opened(pages, sandbox, "en/desk", role="head")
    base = sandbox.urls["api"].rstrip("/")
    request = await open_request(page, sandbox)
    shown = await (await page.context.request.get(f"{base}/api/desk/managers")).json()
    other = next(each for each in shown if each["limit"] and each["manager_key"] != request["manager"])
    [row] = sandbox.sql(
        "select greatest((coalesce(start_date, now()) at time zone 'Asia/Tashkent')::date,"
        " (now() at time zone 'Asia/Tashkent')::date)::text as day from cons.cons where cons_id = %s",
        request["cons_id"],
    )
    path = f"{base}/api/desk/managers/{other['manager_key']}/closings/{row['day']}"
    closed = await page.context.request.put(path, data={"closed": True}, headers={"Origin": base})
    assert closed.status == 200, await closed.text()
    await page.goto(f"{base}/en/desk/request?id={request['cons_id']}")
    await expect(page.get_by_role("link", name="Requests", exact=True)).to_have_attribute("aria-current", "page")
    await page.get_by_role("button", name="Hand over").click()
    lines = page.locator("dialog li")
    await expect(lines.filter(has_text=other["name"]).first).to_contain_text(
        re.compile("Closed today|Takes nothing on")
    )
    await expect(lines.first).not_to_contain_text(re.compile("Closed today|Takes nothing on"))


async def test_a_day_is_closed_for_a_manager_and_1c_hears_of_it(pages: Pages, sandbox: Sandbox) -> None:
    page = await opened(pages, sandbox, "en/desk/managers", role="head")
    await page.get_by_role("button", name=re.compile("days of the queue")).last.click()
    days = page.locator("dialog li")
    await expect(days).to_have_count(14)
    assert await barriers(page) == []
    await days.last.get_by_role("button", name="Close").click()
    await expect(days.last.get_by_role("button", name="Open")).to_be_visible()
    await expect(days.last).not_to_contain_text("on its way", timeout=40_000)


async def test_an_article_is_changed_and_kept_by_1c(pages: Pages, sandbox: Sandbox) -> None:
    page = await opened(pages, sandbox, "en/desk/knowledge", role="head")
    await page.get_by_role("button", name=re.compile("^Edit: ")).first.click()
    window = page.locator("dialog")
    assert await barriers(page) == []
    await window.get_by_label("Answer").fill("By the steps of the month's closing.")
    await window.get_by_role("button", name="Write to 1C").click()
    await expect(page.get_by_text("Written to 1C")).to_be_visible()
    await page.reload()
    await page.locator("details summary").first.click()
    await expect(page.get_by_text("By the steps of the month's closing.")).to_be_visible()


async def test_of_two_editors_the_second_sees_the_first_and_writes_over(pages: Pages, sandbox: Sandbox) -> None:
    pages.forgive("/api/desk/words/articles/")
    both = [await opened(pages, sandbox, "en/desk/knowledge", role=role) for role in ("head", "administrator")]
    for page, text in zip(both, ("Of the first.", "Of the second."), strict=True):
        await page.get_by_role("button", name=re.compile("^Edit: ")).nth(1).click()
        await page.locator("dialog").get_by_label("Answer").fill(text)
    await both[0].get_by_role("button", name="Write to 1C").click()
    await expect(both[0].get_by_text("Written to 1C")).to_be_visible()
    page = both[1]
    await page.get_by_role("button", name="Write to 1C").click()
    await expect(page.get_by_role("region", name="In 1C now")).to_contain_text("Of the first.")
    await expect(page.locator("dialog").get_by_label("Answer")).to_have_value("Of the second.")
    assert await barriers(page) == []
    await page.get_by_role("button", name="Write over it").click()
    await expect(page.get_by_text("Written to 1C")).to_be_visible()
    await page.locator("details summary").nth(1).click()
    await expect(page.get_by_text("Of the second.")).to_be_visible()


async def test_a_manager_reads_no_operations(pages: Pages, sandbox: Sandbox) -> None:
    page = await opened(pages, sandbox, "en/desk", role="manager")
    await expect(page.get_by_role("navigation").get_by_text("System health")).to_have_count(0)
    await page.goto(f"{sandbox.urls['api'].rstrip('/')}/en/ops")
    await expect(page.get_by_text("This page is not open to you")).to_be_visible()
