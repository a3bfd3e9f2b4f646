"""What we believe of Telegram's Bot API, asked of the twin."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator

import pytest
from prometheus_client import REGISTRY, generate_latest
from structlog.testing import capture_logs

from clobus.core.errors import OutcomeUnknown, Refused, Transient
from clobus.core.http import RetryPolicy
from clobus.gateways.telegram.sender import TelegramSender, open_telegram
from tests.support.twins import TwinProcess

TOKEN = "4200000001:" + "t" * 35


@pytest.fixture(scope="module")
def twin() -> Iterator[TwinProcess]:
    with TwinProcess("telegram") as process:
        yield process


@pytest.fixture
async def sender(twin: TwinProcess) -> AsyncIterator[TelegramSender]:
    twin.reset()
    twin.control("POST", "chats", [{"id": 7, "first_name": "A"}, {"id": 9, "first_name": "B"}])
    made = open_telegram(twin.base_url, TOKEN, retry=RetryPolicy(attempts=2, base=0.01, cap=0.01, patience=0.1))
    yield made
    await made.close()


async def test_a_token_is_proved(sender: TelegramSender, twin: TwinProcess) -> None:
    assert (await sender.get_me()).is_bot
    stranger = open_telegram(twin.base_url, "1:short")
    with pytest.raises(Refused) as caught:
        await stranger.get_me()
    assert caught.value.code == "telegram.unauthorized"
    await stranger.close()


async def test_a_text_arrives_as_it_was_written(sender: TelegramSender, twin: TwinProcess) -> None:
    markup = {"inline_keyboard": [[{"text": "5", "callback_data": "rate:5"}]]}
    sent = await sender.send_message(7, "Саломалайкум & <b>hi</b>", parse_mode="HTML", reply_markup=markup)
    [message] = [row for row in twin.control("GET", "messages", chat_id=7) if row["message_id"] == sent.message_id]
    assert "Саломалайкум" in message["text"]
    assert message["reply_markup"] == markup


async def test_a_person_who_blocked_the_bot_is_left_alone(sender: TelegramSender, twin: TwinProcess) -> None:
    twin.control("POST", "chats", {"id": 8, "first_name": "x", "blocked": True})
    with pytest.raises(Refused) as caught:
        await sender.send_message(8, "hello")
    assert (caught.value.code, caught.value.status) == ("telegram.blocked", 403)


@pytest.mark.parametrize("text", ["", "x" * 4097])
async def test_an_impossible_text_is_refused(sender: TelegramSender, text: str) -> None:
    with pytest.raises(Refused) as caught:
        await sender.send_message(7, text)
    assert caught.value.code == "telegram.invalid"


async def test_a_limit_tells_how_long(sender: TelegramSender, twin: TwinProcess) -> None:
    twin.fault("status", status=429, retry_after=17)
    with pytest.raises(Transient) as caught:
        await sender.send_message(7, "hello")
    assert (type(caught.value), caught.value.retry_after, caught.value.not_done) == (Transient, 17, True)


async def test_a_lost_answer_is_not_repeated(sender: TelegramSender, twin: TwinProcess) -> None:
    before = len(twin.control("GET", "messages", chat_id=9) or [])
    twin.fault("cut_after_write", match="sendMessage")
    with pytest.raises(OutcomeUnknown):
        await sender.send_message(9, "once")
    assert len(twin.control("GET", "messages", chat_id=9)) == before + 1


async def test_the_token_is_told_to_nobody(
    sender: TelegramSender, twin: TwinProcess, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    twin.fault("status", status=500)
    with capture_logs() as logs, pytest.raises(Transient) as caught:
        await sender.send_message(7, "hello")
    told = f"{logs} {caplog.text} {caught.value!r} {caught.value} {sender!r} {generate_latest(REGISTRY).decode()}"
    assert TOKEN not in told
    assert "sendMessage" in str(logs)
