"""Retries, lost answers, breaker, and what is told about them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from clobus.core import clock, db, http
from clobus.core.breaker import BreakerPolicy, State
from clobus.core.errors import GatewayDown, GatewayError, Missing, OutcomeUnknown, Refused, Transient
from clobus.core.http import Http, RetryPolicy, open_client

QUICK = RetryPolicy(attempts=3, base=0.001, cap=0.002, patience=1.0)
Answer = Callable[[httpx.Request], httpx.Response]
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Script:
    """A partner that gives the answers of a list, the last one for ever, and counts."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.seen: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


def client(script: Answer, **options: Any) -> Http:
    options.setdefault("retry", QUICK)
    options.setdefault("breaker", BreakerPolicy(failures=100))
    return open_client("test", "http://partner/base", transport=httpx.MockTransport(script), **options)


@asynccontextmanager
async def raw_server(talk: Talk) -> AsyncIterator[str]:
    """A server on the loopback that may be as rude as it likes."""
    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def request_of(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            await reader.readexactly(int(line.split(b":")[1]))


async def test_a_read_is_repeated_until_it_succeeds() -> None:
    script = Script(httpx.Response(503), httpx.ReadTimeout("slow"), httpx.Response(200, content=b"ok"))
    async with client(script) as partner:
        assert (await partner.get("things")).content == b"ok"
    assert len(script.seen) == 3
    assert str(script.seen[0].url) == "http://partner/base/things"


async def test_a_read_gives_up_after_its_attempts() -> None:
    script = Script(httpx.Response(503))
    async with client(script) as partner:
        with pytest.raises(Transient) as caught:
            await partner.get("things")
    assert (len(script.seen), caught.value.status) == (3, 503)


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422])
async def test_a_refusal_is_never_repeated(status: int) -> None:
    script = Script(httpx.Response(status))
    async with client(script) as partner:
        with pytest.raises(Missing if status == 404 else Refused):
            await partner.get("things")
    assert len(script.seen) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.ReadTimeout("t"), OutcomeUnknown),
        (httpx.ReadError("r"), OutcomeUnknown),
        (httpx.WriteError("w"), OutcomeUnknown),
        (httpx.RemoteProtocolError("p"), OutcomeUnknown),
        (httpx.Response(500), OutcomeUnknown),
        (httpx.Response(502), OutcomeUnknown),
        (httpx.Response(504), OutcomeUnknown),
        (httpx.ConnectError("c"), GatewayDown),
        (httpx.ConnectTimeout("c"), GatewayDown),
        (httpx.PoolTimeout("p"), GatewayDown),
        (httpx.Response(503), Transient),
        (httpx.Response(429), Transient),
    ],
)
async def test_an_unsafe_write_is_sent_once_and_named_by_what_is_known(
    answer: httpx.Response | Exception, kind: type[GatewayError]
) -> None:
    script = Script(answer)
    async with client(script) as partner:
        with pytest.raises(GatewayError) as caught:
            await partner.request("POST", "things", body={"a": 1})
    assert type(caught.value) is kind
    assert len(script.seen) == 1


async def test_a_repeatable_write_is_repeated() -> None:
    script = Script(httpx.ReadTimeout("t"), httpx.Response(502), httpx.Response(200))
    async with client(script) as partner:
        await partner.request("PATCH", "things", body={"a": 1}, repeatable=True)
    assert len(script.seen) == 3
    assert script.seen[2].content == b'{"a":1}'


async def test_retry_after_is_waited_for_or_left_to_the_queue() -> None:
    script = Script(httpx.Response(429, headers={"Retry-After": "0.2"}), httpx.Response(200))
    async with client(script) as partner:
        started = clock.monotonic()
        await partner.get("things")
        assert clock.monotonic() - started >= 0.2
    script = Script(httpx.Response(429, headers={"Retry-After": "3600"}))
    async with client(script) as partner:
        with pytest.raises(Transient) as caught:
            await partner.get("things")
    assert (len(script.seen), caught.value.retry_after) == (1, 3600)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7", 7.0), ("Thu, 01 Jan 2026 00:01:00 GMT", 60.0), ("Wed, 31 Dec 2025 00:00:00 GMT", 0.0), ("soon", None)],
)
def test_retry_after_is_read_as_seconds_and_as_a_date(text: str, seconds: float | None) -> None:
    with clock.freeze(datetime(2026, 1, 1, tzinfo=UTC)):
        assert http.retry_after(httpx.Response(429, headers={"Retry-After": text})) == seconds


async def test_the_breaker_opens_and_spares_the_partner() -> None:
    script = Script(httpx.ConnectError("refused"))
    async with client(script, breaker=BreakerPolicy(failures=4, rest=60)) as partner:
        for _ in range(2):
            with pytest.raises(GatewayDown):
                await partner.get("things")
        assert partner.breaker.state is State.OPEN
        sent = len(script.seen)
        assert sent == 4
        with pytest.raises(GatewayDown) as caught:
            await partner.request("POST", "things")
        assert (caught.value.code, len(script.seen)) == ("gateway.open", sent)


async def test_the_breaker_closes_when_the_trial_is_answered() -> None:
    script = Script(httpx.Response(503), httpx.Response(200))
    with clock.freeze(datetime(2026, 1, 1, tzinfo=UTC)) as frozen:
        async with client(script, retry=RetryPolicy(attempts=1), breaker=BreakerPolicy(failures=1)) as partner:
            with pytest.raises(Transient):
                await partner.get("things")
            frozen.move(15)
            await partner.get("things")
            assert partner.breaker.state is State.CLOSED


async def test_refusals_and_unharmful_failures_leave_the_breaker_closed() -> None:
    def judge(system: str, response: httpx.Response) -> GatewayError:
        return Transient(system, "busy", status=500, trips=False)

    script = Script(httpx.Response(500))
    async with client(script, judge=judge, breaker=BreakerPolicy(failures=1)) as partner:
        with pytest.raises(Transient):
            await partner.get("things")
        assert partner.breaker.state is State.CLOSED


async def test_a_cancelled_trial_does_not_block_the_door() -> None:
    hold = asyncio.Event()

    async def slow(request: httpx.Request) -> httpx.Response:
        await hold.wait()
        return httpx.Response(200)

    with clock.freeze(datetime(2026, 1, 1, tzinfo=UTC)) as frozen:
        async with open_client(
            "test", "http://partner", transport=httpx.MockTransport(slow), breaker=BreakerPolicy(failures=1)
        ) as partner:
            partner.breaker.failed(False, "x")
            frozen.move(20)
            trial = asyncio.create_task(partner.get("things"))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            trial.cancel()
            with pytest.raises(asyncio.CancelledError):
                await trial
            hold.set()
            assert (await partner.get("things")).status_code == 200


async def test_a_line_cut_before_any_answer() -> None:
    taken = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal taken
        taken += 1
        await request_of(reader)
        writer.close()

    async with raw_server(talk) as url, open_client("test", url, retry=QUICK) as partner:
        with pytest.raises(OutcomeUnknown):
            await partner.request("POST", "things", body={})
        assert taken == 1
        with pytest.raises(Transient):
            await partner.get("things")
        assert taken == 4


async def test_a_line_cut_in_the_middle_of_an_answer() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{")
        await writer.drain()
        writer.close()

    async with raw_server(talk) as url, open_client("test", url, retry=QUICK) as partner:
        with pytest.raises(OutcomeUnknown):
            await partner.request("POST", "things", body={})


async def test_nobody_listens() -> None:
    async with raw_server(request_of_none) as url:
        pass
    async with open_client("test", url, retry=QUICK) as partner:
        with pytest.raises(GatewayDown):
            await partner.request("POST", "things", body={})


async def request_of_none(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def test_a_slow_answer_times_out() -> None:
    done = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        await done.wait()
        writer.close()

    async with (
        raw_server(talk) as url,
        open_client("test", url, timeout=httpx.Timeout(10, read=0.05), retry=QUICK) as partner,
    ):
        with pytest.raises(OutcomeUnknown, match="ReadTimeout"):
            await partner.request("POST", "things", body={})
        with pytest.raises(Transient, match="ReadTimeout"):
            await partner.get("things")
        done.set()
        await asyncio.sleep(0)


async def test_no_call_inside_a_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "in_transaction", lambda: True)
    async with client(Script(httpx.Response(200))) as partner:
        with pytest.raises(RuntimeError, match="transaction"):
            await partner.get("things")


async def test_logs_tell_no_query_body_header_or_address(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with capture_logs() as logs:
        async with client(Script(httpx.Response(422, content=b"Ivanov")), headers={"api-key": "s3cret"}) as partner:
            with pytest.raises(Refused) as caught:
                await partner.request("POST", "people?q=Ivanov", body={"name": "Ivanov"})
    told = f"{logs} {caplog.text} {caught.value!r} {caught.value}"
    assert "Ivanov" not in told
    assert "s3cret" not in told
    assert "partner/base" not in told
    assert {**logs[0], "ms": 0} == {
        "event": "gateway.call", "system": "test", "method": "POST", "route": "people", "outcome": "refused",
        "ms": 0, "log_level": "debug",
    }  # fmt: skip


def test_certificates_are_always_verified() -> None:
    with pytest.raises(ValueError, match="CA"):
        open_client("test", "https://partner", verify=False)
