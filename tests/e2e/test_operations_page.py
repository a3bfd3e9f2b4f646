"""The page of operations where it took over from the old one: messages with their fate, letters about accounts."""

from __future__ import annotations

import psycopg
import pytest
from playwright.async_api import expect
from psycopg.types.json import Jsonb

from tests.e2e.conftest import PHONE, Pages
from tests.e2e.instance import Sandbox
from tests.e2e.test_console import opened

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
LINK = "https://desk.example.uz/uz/join?token=of-one-use"
LETTER = """
insert into log.letters (id, type, email, language, params, state, attempts, error, expires_at) values
(gen_random_uuid(), 'invitation', 'nobody.yet@example.uz', 'uz', %s, 'failed', 1,
 '550 <nobody.yet@example.uz> has no box', now() + interval '1 day')
"""
MESSAGE = """
with told as (insert into log.notification_log (id, notification_type, entity_id, unique_hash, language, state, channel,
 route, body, audience, recipient, expires_at) select gen_random_uuid(), 'accepted', cons_id, 'e2e', 'ru', 'failed',
 'email', '{email}', '<b>Accepted</b>', 'client', 'client', now() + interval '1 day' from cons.cons limit 1
 returning id)
insert into log.notification_attempts (notification_id, channel, state, error, times, at)
select id, 'email', 'failed', 'no such box', 2, now() from told
"""


def prepared(sandbox: Sandbox) -> None:
    params = {"person": "Nodira", "organisation": "Romashka", "inviter": "Aziz", "url": LINK}
    with psycopg.connect(sandbox.clobus("db", "url")) as connection:
        connection.execute(LETTER, (Jsonb(params),))
        connection.execute(MESSAGE)


async def test_the_noted_address_shows_messages_and_letters_and_tries_them_again(
    pages: Pages, sandbox: Sandbox
) -> None:
    prepared(sandbox)
    page = await opened(pages, sandbox, "ops", language="en-GB", size=PHONE)
    await page.wait_for_url("**/en/ops")
    await page.get_by_role("tab", name="Messages").click()
    await page.get_by_label("State").select_option("failed")
    line = page.locator("li", has_text="no such box")
    await expect(line).to_contain_text("e-mail: Failed ×2")
    await line.get_by_text("Text", exact=True).click()
    await expect(line).to_contain_text("<b>Accepted</b>")  # as it is, not as markup
    await line.get_by_role("button", name="Try again").click()
    await expect(line).to_have_count(0)

    await page.get_by_role("tab", name="Dead letters").click()
    letter = page.locator("li", has_text="Letter about an account")
    await expect(letter).to_contain_text("550 <***@example.uz> has no box")
    await letter.get_by_role("button", name="Open").click()
    window = page.locator("dialog")
    held = await window.get_by_role("textbox").input_value()
    assert "n***@example.uz" in held
    seen = held + await page.content()
    assert [word for word in ("nobody.yet", "of-one-use", "Nodira") if word in seen] == []
    await window.get_by_role("button", name="Try again").click()
    await expect(letter).to_have_count(0)
    for _ in range(40):
        sent = await (await page.context.request.get(f"{sandbox.urls['mail'].rstrip('/')}/_control/messages")).text()
        if "nobody.yet" in sent:
            return
        await page.wait_for_timeout(250)
    raise AssertionError("the letter did not go out")
