"""Clients who ask over our API: with keys, again and again, with parallel clicks, while parts die."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

ACCOUNTING, SUPPORT = "Консультация по ведению учёта", "Техническая поддержка"
CREATE = "/api/consultations/create"
SETTLE_SECONDS = 30.0


@dataclass(slots=True)
class Order:
    """A request that somebody wants to make: everything sent under one key."""

    key: str
    kind: str
    body: dict[str, Any]
    tag: str
    accepted: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    unsure: str = ""

    @property
    def settled(self) -> bool:
        """Whether its sender knows what became of it."""
        return bool(self.accepted or self.refused)


class Site:
    """Draws what a client does next and does it; remembers what was promised."""

    def __init__(self, url: str, token: str, clients: list[str], dice: random.Random) -> None:
        self.dice = dice
        self.clients = clients
        self.orders: list[Order] = []
        self.wrong: list[str] = []
        self.http = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=25, trust_env=False
        )
        self.acts = {
            self.order: 5, self.clicks: 4, self.replay: 3, self.other_body: 1, self.cancel: 2, self.look: 2,
        }  # fmt: skip

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def act(self) -> str:
        """Do something; tells what."""
        [act] = self.dice.choices(list(self.acts), list(self.acts.values()))
        act()
        return str(act.__name__)

    def order(self) -> None:
        """One click."""
        self._send(self._new(), 1)

    def clicks(self) -> None:
        """Clicks at once."""
        self._send(self._new(), self.dice.randint(2, 5))

    def replay(self) -> None:
        """An old order sent again."""
        if self.orders:
            self._send(self.dice.choice(self.orders[-30:]), self.dice.randint(1, 2))

    def other_body(self) -> None:
        """Another order under the key of an accepted one: refused, and nothing made."""
        done = [order for order in self.orders if order.accepted]
        if done:
            old = self.dice.choice(done[-30:])
            body = {**old.body, "consultation": {**old.body["consultation"], "comment": f"{old.tag} иначе"}}
            answer = self._post(old.key, body)
            if answer is not None and answer.status_code < 400:
                self.wrong.append(f"key {old.key} took another body: {answer.status_code} {answer.text[:200]}")

    def cancel(self) -> None:
        """A request taken back."""
        done = [order for order in self.orders if order.accepted]
        if done:
            number = next(iter(self.dice.choice(done[-20:]).accepted))
            self._quietly("POST", f"/api/consultations/{number}/cancel")

    def look(self) -> None:
        """A client looks how it stands."""
        done = [order for order in self.orders if order.accepted]
        if done:
            number = next(iter(self.dice.choice(done).accepted))
            answer = self._quietly("GET", f"/api/consultations/{number}")
            if answer is not None and answer.status_code == 404:
                self.wrong.append(f"an accepted request is not there: {number}")

    def settle(self) -> None:
        """Send again whatever nobody knows the end of, as a patient client does."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while left := [order for order in self.orders if not order.settled]:
            for order in left:
                self._send(order, 1)
            if time.monotonic() > deadline:
                self.wrong += [f"{order.key} gets no answer: {order.unsure}" for order in left if not order.settled]
                return
            time.sleep(0.3)

    def _new(self) -> Order:
        number = len(self.orders)
        tag = f"chaos-{self.dice.getrandbits(48):012x}-{number}"
        kind = ACCOUNTING if self.dice.random() < 0.7 else SUPPORT
        asked: dict[str, Any] = {
            "client_id": self.dice.choice(self.clients),
            "lang": self.dice.choice(("ru", "uz")),
            "comment": tag,
            "consultation_type": kind,
            "selected_software": self.dice.choice(("бух", "рт", "ук")),
        }
        if kind == ACCOUNTING and self.dice.random() < 0.6:
            when = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=self.dice.uniform(2, 20 * 24))
            asked["scheduled_at"] = when.isoformat()
        order = Order(f"key-{tag}", kind, {"consultation": asked, "source": "SITE"}, tag)
        self.orders.append(order)
        return order

    def _send(self, order: Order, times: int) -> None:
        with ThreadPoolExecutor(times) as pool:
            answers = list(pool.map(lambda _: self._post(order.key, order.body), range(times)))
        for answer in answers:
            if answer is None or answer.status_code >= 500 or answer.status_code in (409, 425):
                order.unsure = "no answer" if answer is None else f"{answer.status_code} {answer.text[:200]}"
                if answer is not None and answer.status_code == 409 and "idempotency" not in answer.text:
                    order.refused.append(answer.text[:200])
            elif answer.status_code < 300:
                order.accepted.add(answer.json()["consultation"]["cons_id"])
            else:
                order.refused.append(f"{answer.status_code} {answer.text[:200]}")

    def _post(self, key: str, body: dict[str, Any]) -> httpx.Response | None:
        return self._quietly("POST", CREATE, json=body, headers={"Idempotency-Key": key})

    def _quietly(self, method: str, path: str, **options: Any) -> httpx.Response | None:
        try:
            return self.http.request(method, path, **options)
        except httpx.HTTPError:
            return None
