"""Carrying webhooks to their addresses, off the request's path, with the faults that a tester asks for."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import ipaddress
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpx

from clobus_twins.chatwoot.settings import Settings
from clobus_twins.control import Control
from clobus_twins.faults import Fault

KINDS = frozenset({"webhook_lost", "webhook_doubled", "webhook_reordered", "webhook_late", "webhook_badly_signed"})
TIMEOUT = 5.0
CONCURRENCY = 10
STAGGER = 0.25
REDIRECTS = 10


@dataclass(slots=True)
class Delivery:
    """One body for one address. `attempts` > 1 only for agent bots; `failed` hears the reason of the last failure."""

    url: str
    event: str
    body: bytes
    secret: str | None = None
    target: str = "account"
    attempts: int = 1
    failed: Callable[[str], None] | None = None
    delivery_id: str | None = field(default_factory=lambda: str(uuid.uuid4()))
    badly_signed: bool = False


class DeliveryError(Exception):
    """An attempt that failed; `status` None when there was no answer."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


class Courier:
    """Delivers in the order of arrival to each address, ten at once at most; a slow address is not waited for long."""

    def __init__(self, control: Control, settings: Settings) -> None:
        self.control = control
        self.settings = settings
        self.log: deque[dict[str, Any]] = deque(maxlen=10_000)
        self.pending = 0
        self._waiting: dict[str, deque[Delivery]] = {}
        self._held: dict[str, list[Delivery]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._client: httpx.AsyncClient | None = None
        self._slots = asyncio.Semaphore(CONCURRENCY)

    async def start(self) -> None:
        """Open the client."""
        self._client = httpx.AsyncClient(timeout=TIMEOUT, trust_env=False, follow_redirects=False)

    async def stop(self) -> None:
        """Give what is under way a second, then drop the rest, as a killed worker does."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1)
        for task in self._tasks:
            task.cancel()
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def send(self, delivery: Delivery) -> None:
        """Take a delivery; faults are drawn now."""
        line = f"POST {delivery.url} {delivery.event}"
        fault = self.control.faults.take(KINDS, line)
        if fault is None:
            self._enqueue(delivery)
        else:
            self._suffer(fault, delivery)

    def shown(self) -> dict[str, Any]:
        """What was delivered, for `GET /_control/deliveries`."""
        return {"pending": self.pending, "deliveries": list(self.log)}

    def _suffer(self, fault: Fault, delivery: Delivery) -> None:
        if fault.kind == "webhook_lost":
            self._note(delivery, "lost")
        elif fault.kind == "webhook_doubled":
            self._enqueue(delivery)
            same = bool(fault.extra.get("same_id"))
            self._enqueue(replace(delivery, delivery_id=delivery.delivery_id if same else str(uuid.uuid4())))
        elif fault.kind == "webhook_badly_signed":
            self._enqueue(replace(delivery, badly_signed=True))
        elif fault.kind == "webhook_late":
            self._spawn(self._later(delivery, fault.seconds))
        else:
            self._held.setdefault(delivery.url, []).append(delivery)
            self._spawn(self._release(delivery, fault.seconds))

    async def _later(self, delivery: Delivery, seconds: float) -> None:
        self.pending += 1
        try:
            await asyncio.sleep(seconds)
        finally:
            self.pending -= 1
        self._enqueue(delivery)

    async def _release(self, delivery: Delivery, seconds: float) -> None:
        """Let a held delivery go when nothing overtook it for so long."""
        self.pending += 1
        try:
            await asyncio.sleep(seconds)
        finally:
            self.pending -= 1
        held = self._held.get(delivery.url, [])
        if delivery in held:
            held.remove(delivery)
            self._enqueue(delivery, overtaking=False)

    def _enqueue(self, delivery: Delivery, *, overtaking: bool = True) -> None:
        queue = self._waiting.get(delivery.url)
        self.pending += 1
        if queue is None:
            queue = self._waiting[delivery.url] = deque()
            self._spawn(self._serve(delivery.url, queue))
        queue.append(delivery)
        if overtaking:
            for held in self._held.pop(delivery.url, []):
                self._enqueue(held, overtaking=False)

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, url: str, queue: deque[Delivery]) -> None:
        while queue:
            task = asyncio.get_running_loop().create_task(self._carry(queue.popleft()))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            await asyncio.wait({task}, timeout=STAGGER)
        del self._waiting[url]

    async def _carry(self, delivery: Delivery) -> None:
        try:
            async with self._slots:
                await self._attempts(delivery)
        finally:
            self.pending -= 1

    async def _attempts(self, delivery: Delivery) -> None:
        for attempt in range(1, delivery.attempts + 1):
            try:
                status = await self._attempt(delivery)
            except DeliveryError as error:
                self._note(delivery, error.reason, error.status)
                if attempt < delivery.attempts and error.status in (429, 500):
                    await asyncio.sleep(self.settings.bot_retry_seconds)
                    continue
                if delivery.failed is not None:
                    delivery.failed(error.reason)
            else:
                self._note(delivery, "delivered", status)
            return

    async def _attempt(self, delivery: Delivery) -> int:
        if self._client is None:
            raise DeliveryError("the twin is stopping")
        url = delivery.url
        for _ in range(REDIRECTS + 1):
            self._guard(url)
            address, headers = self._prepared(delivery, url)
            try:
                response = await self._client.post(address, content=delivery.body, headers=headers)
            except httpx.ConnectTimeout as error:
                raise DeliveryError("Net::OpenTimeout") from error
            except httpx.TimeoutException as error:
                raise DeliveryError("Net::ReadTimeout with #<TCPSocket:(closed)>") from error
            except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
                parts = urlsplit(url)
                raise DeliveryError(
                    f"Failed to open TCP connection to {parts.hostname}:{parts.port or 80} ({error})"
                ) from error
            if response.is_success:
                return response.status_code
            if response.status_code in (301, 302, 303, 307, 308) and "location" in response.headers:
                url = urljoin(url, response.headers["location"])
                continue
            raise DeliveryError(f"{response.status_code} {response.reason_phrase}", response.status_code)
        raise DeliveryError("Got 10 redirects")

    def _guard(self, url: str) -> None:
        """Refuse private addresses when the twin is set so (chatwoot.md §5.5)."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https"):
            raise DeliveryError(f"Scheme '{parts.scheme}' not in allowed schemes")
        if self.settings.private_network:
            return
        private = parts.hostname == "localhost"
        with contextlib.suppress(ValueError):
            private = private or not ipaddress.ip_address(parts.hostname or "").is_global
        if private:
            raise DeliveryError(f"Hostname '{parts.hostname}' has no public ip addresses")

    def _prepared(self, delivery: Delivery, url: str) -> tuple[str, dict[str, str]]:
        headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "Ruby"}
        if delivery.delivery_id is not None:
            headers["X-Chatwoot-Delivery"] = delivery.delivery_id
        if delivery.secret:
            stamp = str(int(self.control.clock.now().timestamp()))
            secret = delivery.secret + ("-wrong" if delivery.badly_signed else "")
            headers["X-Chatwoot-Timestamp"] = stamp
            headers["X-Chatwoot-Signature"] = signature(secret, stamp, delivery.body)
        parts = urlsplit(url)
        if parts.username:
            pair = f"{parts.username}:{parts.password or ''}".encode()
            headers["Authorization"] = "Basic " + base64.b64encode(pair).decode()
            url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        return url, headers

    def _note(self, delivery: Delivery, outcome: str, status: int | None = None) -> None:
        self.log.append(
            {
                "at": self.control.clock.now().isoformat(),
                "url": delivery.url,
                "event": delivery.event,
                "target": delivery.target,
                "delivery_id": delivery.delivery_id,
                "outcome": outcome,
                "status": status,
            }
        )


def signature(secret: str, stamp: str, body: bytes) -> str:
    """`sha256=` and the HMAC over timestamp, dot and raw body (chatwoot.md §5.5)."""
    return "sha256=" + hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
