"""The sandbox page as somebody who is shown the product uses it."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import PHONE, Pages
from tests.e2e.instance import Sandbox

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
LONG = 40_000


async def opened(pages: Pages, sandbox: Sandbox, **how: object) -> Page:
    page = await pages.open(sandbox.urls["sandbox"], **how)  # type: ignore[arg-type]  # of Pages.open
    await page.wait_for_selector("[data-ready]")
    return page


async def test_a_close_in_1c_travels_to_chatwoot_and_is_seen_on_the_strip(pages: Pages, sandbox: Sandbox) -> None:
    page = await opened(pages, sandbox)
    row = page.locator("#onec .row", has_text=re.compile("в очереди|в работе")).first
    number = await row.locator("b").inner_text()
    await row.click()
    await page.locator("#onec [data-act=close]").click()
    await expect(page.locator("#onec .row", has_text=number)).to_contain_text("закрыта")
    strip = page.locator("#strip")
    await expect(strip.locator("li", has_text="Человек → 1С")).not_to_have_count(0)
    await expect(strip.locator("li", has_text=f"1С → Clobus закрыта {number}")).to_have_count(1, timeout=LONG)
    await expect(strip.locator("li", has_text="Clobus → Chatwoot статус")).not_to_have_count(0, timeout=LONG)
    await page.locator("#chatwoot [data-status=resolved]").click()
    await expect(page.locator("#chatwoot .row", has_text=number)).to_have_count(1, timeout=LONG)


async def test_a_document_is_made_edited_moved_called_and_cancelled(pages: Pages, sandbox: Sandbox) -> None:
    page = await opened(pages, sandbox)
    await page.get_by_role("button", name="Новый документ").click()
    await page.locator("#onec textarea").fill("Как провести инвентаризацию?")
    await page.get_by_role("button", name="Создать").click()
    row = page.locator("#onec .row", has_text="Как провести инвентаризацию?")
    await expect(row).to_have_count(1)
    await page.locator("#onec textarea").fill("Как провести инвентаризацию склада?")
    await page.locator("#onec [data-act=edit]").click()
    await expect(page.locator("#onec .row", has_text="инвентаризацию склада?")).to_have_count(1)
    await page.locator("#onec input[type=datetime-local]").fill("2031-05-05T10:30")
    await page.locator("#onec [data-act=redate]").click()
    await expect(page.locator("#onec .row", has_text="05.05.2031, 10:30")).to_have_count(1)
    await page.locator("#onec [data-act=call]").click()
    await page.locator("#onec [data-act=assign]").click()
    await page.locator("#onec [data-act=cancel]").click()
    await expect(page.locator("#onec .row.chosen")).to_contain_text("без консультации")
    await page.locator("#onec [data-act=delete]").click()
    await expect(page.locator("#onec .row.chosen")).to_contain_text("помечена на удаление")
    for act in ("создал документ", "изменил", "перенёс", "звонил", "отменил", "пометил на удаление"):
        await expect(page.locator("#strip li", has_text=act)).not_to_have_count(0)


async def test_a_manager_answers_with_a_file_notes_assigns_labels_and_resolves(pages: Pages, sandbox: Sandbox) -> None:
    page = await opened(pages, sandbox)
    await page.locator("#chatwoot [data-status=pending]").click()
    await page.locator("#chatwoot .row").first.click()
    foot = page.locator("#chatwoot .foot")
    await foot.locator("textarea").fill("Смотрите приложение <b>акт</b>")
    await foot.locator("input[type=file]").set_input_files(
        {"name": "act.txt", "mimeType": "text/plain", "buffer": b"act"}
    )
    await foot.locator("button.primary").click()
    answer = page.locator("#chatwoot .bubble.out", has_text="Смотрите приложение <b>акт</b>")
    await expect(answer.locator("a")).to_contain_text("act.txt")
    await foot.get_by_role("button", name="Заметка").click()
    await foot.locator("textarea").fill("Клиент ждёт звонка")
    await foot.locator("textarea").press("Enter")
    await expect(page.locator("#chatwoot .bubble.note", has_text="Клиент ждёт звонка")).to_have_count(1)
    label = page.locator("#chatwoot select").nth(1)
    chosen = await label.locator("option").nth(1).get_attribute("value")
    await label.select_option(chosen)
    await expect(page.locator("#chatwoot .talk .tag", has_text=str(chosen))).not_to_have_count(0)
    await page.locator("#chatwoot [data-act=resolve]").click()
    await expect(page.locator("#chatwoot [data-act=reopen]")).to_be_visible()


async def test_a_phone_talks_with_the_bot(pages: Pages, sandbox: Sandbox) -> None:
    page = await opened(pages, sandbox, size=PHONE)
    await page.locator("#tabs [data-panel=telegram]").click()
    await page.locator("#telegram [data-act=start]").click()
    tongue = page.locator("#telegram .bubble .keys button", has_text="Русский")
    await expect(tongue).to_be_visible(timeout=LONG)
    await tongue.click()
    await expect(page.locator("#telegram .bubble", has_text="Здравствуйте")).to_be_visible(timeout=LONG)
    width = await page.evaluate("() => document.documentElement.scrollWidth")
    assert width <= PHONE["width"]


async def test_faults_are_set_seen_and_cleared(pages: Pages, sandbox: Sandbox) -> None:
    page = await opened(pages, sandbox)
    await page.locator("#more [data-tab=faults]").click()
    card = page.locator("#more [data-twin=telegram]")
    await card.locator("[data-fault=cut]").click()
    await expect(card.locator(".tag.cancelled")).to_be_visible()
    await card.locator("[data-clear=telegram]").click()
    await expect(card.locator(".tag.closed")).to_be_visible()


async def test_bad_input_is_answered_in_words_and_nothing_breaks(pages: Pages, sandbox: Sandbox) -> None:
    page = await opened(pages, sandbox)
    await page.locator("#onec .row").first.click()
    await page.locator("#onec input[type=datetime-local]").evaluate("(it) => { it.type = 'text'; it.value = 'soon'; }")
    await page.locator("#onec [data-act=redate]").click()
    await expect(page.locator("#toast.shown")).to_contain_text("planned is no date")
    assert [one for one in pages.complaints if "400" not in one] == []
    pages.complaints.clear()  # the browser says that it got a 400


@pytest.mark.parametrize(
    ("language", "title"), [("uz-UZ", "Qum maydoni"), ("ru-RU", "Песочница"), ("en-GB", "Sandbox")]
)
async def test_it_speaks_three_languages(pages: Pages, sandbox: Sandbox, language: str, title: str) -> None:
    page = await opened(pages, sandbox, language=language)
    await expect(page.locator("h1 small")).to_have_text(title)
    shown = await page.locator("body").inner_text()
    assert not re.search(r"\b(panel|stage|act|chatwoot|phone|fault|system|what)\.[a-z]", shown)
    await page.get_by_role("button", name="EN", exact=True).click()
    await expect(page.locator("h1 small")).to_have_text("Sandbox")


async def test_the_api_knows_the_way(pages: Pages, sandbox: Sandbox) -> None:
    page = await pages.open(f"{sandbox.urls['api']}/sandbox")
    await page.wait_for_selector("[data-ready]")
    assert page.url.partition("#")[0] == sandbox.urls["sandbox"]
