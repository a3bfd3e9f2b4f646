"""The pages of reports over the small world: three languages, desktop and phone, light and dark, no serious barrier."""

from __future__ import annotations

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.e2e.barriers import looked_at, ready
from tests.e2e.conftest import Pages
from tests.e2e.instance import Sandbox
from tests.support.platform import until

WHOLE = "from=2020-01-01&to=2026-12-31"
PAGES = {
    "overview": f"reports?{WHOLE}", "volume": f"reports/report?name=volume&by=month&{WHOLE}",
    "times": f"reports/report?name=times&by=month&{WHOLE}",
    "managers": f"reports/report?name=managers&{WHOLE}", "requests": f"reports/requests?{WHOLE}",
    "settings": "reports/settings",
}  # fmt: skip
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest_asyncio.fixture(loop_scope="session")
async def head(sandbox: Sandbox, pages: Pages) -> Page:
    """The head of the desk, signed in; the sums of reports have caught up."""
    page = await pages.open("about:blank")  # any page that is not ours lacks an icon, which counts as a complaint
    token = sandbox.clobus("sandbox", "token", "head").split()[-1]
    answer = await page.request.post(
        f"{sandbox.urls['api']}/api/auth/key", data={"token": token}, headers={"Origin": sandbox.urls["api"]}
    )
    assert answer.ok, await answer.text()

    async def caught_up() -> bool:
        told = await (await page.request.get(f"{sandbox.urls['api']}/api/reports/overview?{WHOLE}")).json()
        return bool(told["figures"][0]["value"] > 2000)

    await until(caught_up, 60)
    return page


@pytest.mark.parametrize("language", ["uz", "ru", "en"])
async def test_every_page_in_every_language_and_width(sandbox: Sandbox, head: Page, language: str) -> None:
    wrong: list[str] = []
    for name, path in PAGES.items():
        await head.goto(f"{sandbox.urls['api']}/{language}/{path}")
        await ready(head)
        await head.wait_for_load_state("networkidle")
        wrong += await looked_at(head, f"{language}-reports-{name}", dark=language == "ru")
    assert wrong == []


async def test_a_figure_is_narrowed_drilled_into_and_taken_along(sandbox: Sandbox, head: Page) -> None:
    await head.goto(f"{sandbox.urls['api']}/en/reports/report?name=volume&by=kind&{WHOLE}")
    table = head.get_by_role("table").last
    await expect(table.get_by_role("row")).to_have_count(4)  # head, two kinds, total
    support = table.get_by_role("row", name="Technical support")
    count = int((await support.get_by_role("link").first.inner_text()).replace(",", "").replace(" ", ""))
    async with head.expect_download() as file:
        await head.get_by_role("link", name="CSV").click()
    told = (await (await file.value).path()).read_text(encoding="utf-8-sig").splitlines()
    assert f"Technical support,{count}," in "\n".join(told)
    await support.get_by_role("link").first.click()
    await expect(head.get_by_role("heading", level=1)).to_have_text("Requests behind the figure")
    assert "kind=support" in head.url
    listed = head.get_by_role("table").get_by_role("row")
    await expect(listed).to_have_count(min(count, 50) + 1)
    await head.get_by_role("button", name="Filters").click()
    await head.get_by_label("Kind").select_option(label="Accounting consultation")
    await head.wait_for_url("**kind=accounting**")


async def test_a_chart_is_ruled_in_whole_numbers_and_late_answers_lead_to_their_requests(
    sandbox: Sandbox, head: Page
) -> None:
    await head.goto(f"{sandbox.urls['api']}/en/reports/report?name=volume&by=day&from=2026-09-01&to=2026-10-31")
    drawn = head.get_by_role("img", name="Number of requests")
    await expect(drawn).to_be_visible()
    rules = [int(text.replace(",", "")) for text in (await drawn.locator("text.num").all_text_contents())]
    assert [rule * 4 for rule in rules] == [rules[-1] * line for line in range(5)]
    days = await head.get_by_role("table").last.get_by_role("row").count() - 2
    assert days < await drawn.locator("circle").count() / 3 <= 61, "a day without requests has its place"
    await head.goto(f"{sandbox.urls['api']}/en/reports/report?name=sla&by=kind&{WHOLE}")
    late = head.get_by_role("table").last.get_by_role("row", name="Total").get_by_role("link").nth(1)
    count = int((await late.inner_text()).replace(",", ""))
    await late.click()
    await head.wait_for_url("**only=first_missed**")
    await expect(head.get_by_text("Answer late or overdue")).to_be_visible()
    await expect(head.get_by_role("table").get_by_role("row")).to_have_count(min(count, 50) + 1)


async def test_a_first_day_behind_the_last_takes_it_along(sandbox: Sandbox, head: Page) -> None:
    await head.goto(f"{sandbox.urls['api']}/en/reports/report?name=volume&from=2026-06-10&to=2026-06-30")
    first = head.get_by_label("From")
    await first.fill("2026-07-01")
    await head.wait_for_url("**from=2026-07-01&to=2026-07-01")
    await first.fill("0020-07-01")
    await head.get_by_label("Grouped by").focus()
    await expect(first).to_have_value("2026-07-01")
    assert "from=2026-07-01" in head.url


async def test_days_are_written_as_uzbek_writes_them(sandbox: Sandbox, head: Page) -> None:
    await head.goto(f"{sandbox.urls['api']}/uz/reports/report?name=volume&from=2026-06-10&to=2026-06-30")
    await expect(head.get_by_text("20-may, 2026 – 9-iyun, 2026")).to_be_visible()


async def test_an_hour_of_the_week_is_named_where_its_requests_stand(sandbox: Sandbox, head: Page) -> None:
    await head.goto(f"{sandbox.urls['api']}/en/reports/requests?{WHOLE}&weekday=2&hour=10")
    await expect(head.get_by_text("Tuesday · 10:00 to 11:00")).to_be_visible()
    await head.get_by_role("button", name="Show all").click()
    await expect(head.get_by_text("All requests of the chosen period and filters.")).to_be_visible()
    assert "weekday" not in head.url
    assert "2020-01-01" in head.url


async def test_a_schedule_tells_why_it_failed_and_that_it_rests(sandbox: Sandbox, head: Page) -> None:
    given = {"report": "sla", "period": "day", "at": "08:30", "channel": "email", "recipient": "rests@clobus.example",
             "active": False}  # fmt: skip
    path, origin = f"{sandbox.urls['api']}/api/report-settings/schedules", {"Origin": sandbox.urls["api"]}
    made = await (await head.request.post(path, data=given, headers=origin)).json()
    sandbox.sql(
        "insert into rep.sendings (subject, day, state, error) values (%s, '2026-01-05', 'failed', 'no such mailbox')",
        made["schedule_id"],
    )
    await head.goto(f"{sandbox.urls['api']}/en/reports/settings")
    row = head.get_by_role("row", name="rests@clobus.example")
    for told in ("Failed", "no such mailbox", "Paused"):
        await expect(row.get_by_text(told, exact=True)).to_be_visible()
    assert (await head.request.delete(f"{path}/{made['schedule_id']}", headers=origin)).ok


async def test_a_schedule_is_made_and_ended(sandbox: Sandbox, head: Page) -> None:
    await head.goto(f"{sandbox.urls['api']}/en/reports/settings")
    await head.get_by_role("button", name="Add a schedule").click()
    await head.get_by_role("button", name="Save", exact=True).click()
    await expect(head.get_by_text("Enter a correct e-mail address")).to_be_visible()
    await head.get_by_label("Recipient").fill("head@clobus.example")
    await head.get_by_role("button", name="Save", exact=True).click()
    row = head.get_by_role("row", name="head@clobus.example")
    await expect(row).to_be_visible()
    await row.get_by_role("button", name="Delete").click()
    await head.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(head.get_by_text("No schedules yet")).to_be_visible()
