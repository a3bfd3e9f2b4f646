"""The one way to speak HTTP to an outside system: time-outs, safe retries, circuit breaker, metrics, quiet logs."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, TypeVar

import httpx
import msgspec
import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, wait_random_exponential

from clobus.core import clock, db
from clobus.core.breaker import Breaker, BreakerPolicy
from clobus.core.errors import BadAnswer, GatewayDown, GatewayError, Missing, OutcomeUnknown, Refused, Transient
from clobus.core.metrics import CALL_SECONDS, CALLS

T = TypeVar("T")
Judge = Callable[[str, httpx.Response], GatewayError | None]
Primitive = str | int | float | bool | None
Params = Mapping[str, Primitive | Sequence[Primitive]] | list[tuple[str, Primitive]]

SAFE_METHODS = frozenset({"GET", "HEAD"})
# After these the vendor may or may not have done the write; a bare 503 comes from the door, before any work.
AMBIGUOUS = frozenset({500, 502, 504, 520, 522, 524})

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Form:
    """A multipart body: plain fields, and files as (field, (name, open file, media type))."""

    fields: Mapping[str, str]
    files: Sequence[tuple[str, tuple[str, IO[bytes], str]]]


@dataclass(frozen=True)
class RetryPolicy:
    """Tries of a call that may be repeated: full jitter below `base`, 2 `base`, … `cap`, in seconds.

    A partner's Retry-After up to `patience` is waited for; a longer one goes to the caller, whose queue waits better.
    """

    attempts: int = 4
    base: float = 0.5
    cap: float = 15.0
    patience: float = 30.0


def open_client(
    system: str,
    base_url: str,
    *,
    timeout: httpx.Timeout | float = 30.0,
    verify: bool | str | Path = True,
    auth: httpx.Auth | tuple[str | bytes, str | bytes] | None = None,
    headers: Mapping[str, str] | None = None,
    limits: httpx.Limits | None = None,
    retry: RetryPolicy | None = None,
    breaker: BreakerPolicy | None = None,
    judge: Judge | None = None,
    proxy: str | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Http:
    """Build the client of one outside system; it lives as long as the process.

    `verify` is True or the path of the partner's CA file; ValueError for False: an unverified partner is a stranger.
    `transport` replaces the network (twins, tests).
    """
    if verify is False:
        raise ValueError("certificates are always verified; give the path of the CA instead")
    for noisy in ("httpx", "httpcore"):
        # They log whole addresses, and addresses hold tokens (Telegram) and people's data (searches).
        logging.getLogger(noisy).setLevel(logging.WARNING)
    client = httpx.AsyncClient(
        base_url=base_url,
        timeout=timeout,
        verify=trusting(None if verify is True else str(verify)),
        auth=auth,
        headers=dict(headers or {}),
        limits=limits or httpx.Limits(max_connections=8, max_keepalive_connections=8, keepalive_expiry=30.0),
        proxy=proxy,
        transport=transport,
        trust_env=False,
        follow_redirects=False,
    )
    return Http(system, client, retry or RetryPolicy(), Breaker(system, breaker), judge or judge_plainly)


@cache
def trusting(ca_file: str | None = None) -> ssl.SSLContext:
    """What certificates are checked with; one for all partners: to read the authorities in takes 20 ms each time."""
    return httpx.create_ssl_context(trust_env=False) if ca_file is None else ssl.create_default_context(cafile=ca_file)


class Http:
    """One outside system: an `httpx.AsyncClient` that repeats only what may be repeated."""

    def __init__(
        self, system: str, client: httpx.AsyncClient, retry: RetryPolicy, breaker: Breaker, judge: Judge
    ) -> None:
        self.system = system
        self.client = client
        self.retry = retry
        self.breaker = breaker
        self.judge = judge

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        await self.client.aclose()

    async def get(self, path: str, *, params: Params | None = None, **options: Any) -> httpx.Response:
        """GET, repeated on transient failures; see `request`."""
        return await self.request("GET", path, params=params, **options)

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: object = None,
        form: Form | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
        time_limit: httpx.Timeout | float | None = None,
        attempts: int | None = None,
        route: str | None = None,
    ) -> httpx.Response:
        """Send and return the whole answer, or raise a GatewayError.

        `path` is relative to the base address and may hold an encoded query; `body` is sent as JSON, `form` as
        multipart (its files are read while they are sent: with `repeatable` a ValueError). `repeatable` says
        that a second identical call is harmless (default: GET and HEAD only); other calls are sent once, and a lost
        answer raises OutcomeUnknown. `attempts` overrides the policy of retries. `route` names the call in logs
        (default: the path without its query).
        RuntimeError inside a database transaction: a plan is made there, a call outside (architecture.md C5).
        """
        if db.in_transaction():
            raise RuntimeError(f"a call to {self.system} inside a database transaction")
        once = not (method in SAFE_METHODS if repeatable is None else repeatable)
        if form is not None and not once:
            raise ValueError("a file that was read can't be sent again")
        call = _Call(self, method, route or path.partition("?")[0], once)
        request = self.client.build_request(
            method,
            path,
            params=params,
            content=None if body is None else msgspec.json.encode(body),
            data=None if form is None else dict(form.fields),
            files=None if form is None else list(form.files),
            headers=_headers(headers, body),
            timeout=httpx.USE_CLIENT_DEFAULT if time_limit is None else time_limit,
        )
        if once:
            answer: httpx.Response = await call.send(request)
            return answer
        async for attempt in AsyncRetrying(
            stop=stop_after_attempt(attempts or self.retry.attempts),
            wait=self._pause,
            retry=retry_if_exception(self._again),
            reraise=True,
        ):
            with attempt:
                response: httpx.Response = await call.send(request)
                return response
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def stream(
        self, path: str, read: Callable[[httpx.Response], Awaitable[T]], *, headers: Mapping[str, str], route: str
    ) -> T:
        """GET a body that may be large: `read` takes as much of it as it wants. Not repeated."""
        if db.in_transaction():
            raise RuntimeError(f"a call to {self.system} inside a database transaction")
        call = _Call(self, "GET", route, once=False)
        request = self.client.build_request("GET", path, headers=dict(headers))
        found: T = await call.send(request, read)
        return found

    def _again(self, error: BaseException) -> bool:
        if not isinstance(error, Transient) or error.code == "gateway.open":
            return False
        return (error.retry_after or 0.0) <= self.retry.patience

    def _pause(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        wished = error.retry_after if isinstance(error, Transient) else None
        jitter = wait_random_exponential(multiplier=self.retry.base, max=self.retry.cap)(state)
        return max(wished or 0.0, jitter)


@dataclass(frozen=True)
class _Call:
    """One request of ours, sent one or more times."""

    http: Http
    method: str
    route: str
    once: bool

    async def send(self, request: httpx.Request, read: Callable[[httpx.Response], Awaitable[Any]] | None = None) -> Any:
        """The answer, or what `read` makes of it while it comes."""
        system, breaker, started = self.http.system, self.http.breaker, clock.monotonic()
        outcome = "cancelled"
        trial = breaker.enter()
        settled = False
        try:
            response = await (self._answer(request) if read is None else self._read(request, read))
            outcome = "ok"
            breaker.succeeded(trial)
            settled = True
            return response
        except GatewayError as error:
            outcome = error.kind
            settled = self._settle(error, trial)
            raise
        finally:
            if not settled:
                breaker.abandoned(trial)
            spent = clock.monotonic() - started
            CALLS.labels(system, self.method, outcome).inc()
            CALL_SECONDS.labels(system, self.method).observe(spent)
            log.debug(
                "gateway.call", system=system, method=self.method, route=self.route, outcome=outcome,
                ms=round(spent * 1000, 1),
            )  # fmt: skip

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        try:
            response = await self.http.client.send(request)
        except httpx.TransportError as exc:
            raise self._broken(exc) from exc
        except (httpx.DecodingError, httpx.TooManyRedirects) as exc:
            raise BadAnswer(self.http.system, f"{self._named(exc)}") from exc
        error = self.http.judge(self.http.system, response)
        if error is None:
            return response
        raise self._unsure(error)

    async def _read(self, request: httpx.Request, read: Callable[[httpx.Response], Awaitable[Any]]) -> Any:
        try:
            response = await self.http.client.send(request, stream=True)
            try:
                return await read(response)
            finally:
                await response.aclose()
        except httpx.TransportError as exc:
            raise self._broken(exc) from exc
        except httpx.DecodingError as exc:
            raise BadAnswer(self.http.system, f"{self._named(exc)}") from exc

    def _broken(self, exc: httpx.TransportError) -> GatewayError:
        text = self._named(exc)
        if isinstance(exc, httpx.PoolTimeout):
            return GatewayDown(self.http.system, text, trips=False)
        if isinstance(exc, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError):
            return GatewayDown(self.http.system, text)
        if isinstance(exc, httpx.UnsupportedProtocol):
            return BadAnswer(self.http.system, text)
        return (OutcomeUnknown if self.once else Transient)(self.http.system, text)

    def _unsure(self, error: GatewayError) -> GatewayError:
        """A write sent once, and an answer that does not tell whether it was done."""
        if not self.once:
            return error
        lost = isinstance(error, BadAnswer) and error.status is not None and error.status < 300
        vague = type(error) is Transient and error.status in AMBIGUOUS and not error.not_done
        if not (lost or vague):
            return error
        trips = error.trips if isinstance(error, Transient) else True
        return OutcomeUnknown(
            self.http.system, error.text, status=error.status, vendor_text=error.vendor_text, trips=trips
        )

    def _settle(self, error: GatewayError, trial: bool) -> bool:
        if isinstance(error, Transient):
            if not error.trips:
                return False
            self.http.breaker.failed(trial, error.text, error.retry_after)
        else:
            self.http.breaker.succeeded(trial)
        return True

    def _named(self, exc: Exception) -> str:
        return f"{type(exc).__name__} at {self.method} {self.route}"


def judge_plainly(system: str, response: httpx.Response) -> GatewayError | None:
    """Judge an answer by its status alone: what a partner without surprises means."""
    status, text = response.status_code, describe(response)
    if status < 300:
        return None
    if status == 429:
        return Transient(system, text, status=status, retry_after=retry_after(response), not_done=True)
    if status >= 500 or status == 408:
        return Transient(system, text, status=status, retry_after=retry_after(response), not_done=status == 503)
    if status == 404:
        return Missing(system, text, status=status)
    return (BadAnswer if status < 400 else Refused)(system, text, status=status)


def describe(response: httpx.Response) -> str:
    """What happened, fit for logs: method and status, never the address."""
    return f"{response.request.method} answered {response.status_code}"


def retry_after(response: httpx.Response) -> float | None:
    """Seconds of a Retry-After header, given as seconds or as an HTTP date; None when absent or unreadable."""
    text = response.headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (at - clock.now()).total_seconds()) if at.tzinfo else None


def is_json(response: httpx.Response) -> bool:
    """Tell whether the answer claims to be JSON."""
    return "json" in response.headers.get("content-type", "")


def timeouts(connect: float = 10.0, read: float = 120.0, write: float = 30.0) -> httpx.Timeout:
    """Time-outs in seconds; waiting for a free connection has none, as each call ahead has its own."""
    return httpx.Timeout(connect=connect, read=read, write=write, pool=None)


def _headers(headers: Mapping[str, str] | None, body: object) -> dict[str, str]:
    kind = {} if body is None else {"Content-Type": "application/json"}
    return {**kind, **(headers or {})}
