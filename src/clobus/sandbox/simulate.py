"""People at work in the sandbox: clients through our API, managers in Chatwoot, users in 1C."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx

from clobus.core import clock
from clobus.core.db import Database, rows

_TEXTS = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
_OPEN = "c.status in ('new', 'open', 'pending', 'other')"
RECENT = 50


class Simulation:
    """Draws who does what next, and does it by the same doors as real people; `counts` tells what was done."""

    def __init__(
        self, db: Database, zone: ZoneInfo, *, urls: dict[str, str], api_key: str, desk: dict[str, Any], seed: int,
        say: Callable[[str], None],
    ) -> None:  # fmt: skip
        self.db = db
        self.zone = zone
        self.urls = urls
        self.desk = desk
        self.dice = random.Random(seed)  # noqa: S311 - a play, not a secret
        self.say = say
        self.counts: Counter[str] = Counter()
        self.http = httpx.AsyncClient(timeout=30, trust_env=False)
        self._key = {"Authorization": f"Bearer {api_key}"}
        self._agent = {"api_access_token": str(desk["admin_token"])}
        self._account = f"{urls['chatwoot']}/api/v1/accounts/{desk['account_id']}"
        self._clients: list[tuple[UUID, UUID]] = []
        self._managers: list[tuple[UUID, int | None]] = []
        self._acts: dict[Callable[[], Awaitable[str | None]], int] = {
            self.client_asks: 4, self.client_writes: 3, self.client_cancels: 1, self.manager_replies: 4,
            self.manager_resolves: 3, self.manager_hands_over: 2, self.onec_call: 3, self.onec_starts: 2,
            self.onec_closes: 3, self.onec_moves: 2, self.onec_hands_over: 2, self.onec_cancels: 1,
        }  # fmt: skip

    async def run(self, rate: float, seconds: float | None) -> None:
        """Act `rate` times a second for `seconds`, or until cancelled; ValueError when nobody is there to act."""
        await self._people()
        began, done = clock.monotonic(), 0
        try:
            while seconds is None or clock.monotonic() - began < seconds:
                await self._act()
                done += 1
                await asyncio.sleep(max(0.0, began + done / rate - clock.monotonic()))
        finally:
            await self.http.aclose()

    async def _people(self) -> None:
        async with self.db.read() as connection:
            clients = await rows(
                connection,
                "select client_id, cl_ref_key from cons.clients where is_parent and not deleted and cl_ref_key is not"
                " null and code_abonent is not null and org_inn is not null and phone_number is not null"
                " order by cl_ref_key limit 500",
            )
            managers = await rows(
                connection,
                "select u.cl_ref_key, m.chatwoot_user_id from cons.users u left join sys.user_mapping m"
                " on m.cl_manager_key = u.cl_ref_key where not u.deletion_mark and not u.invalid"
                " and u.consultation_enabled order by u.cl_ref_key",
            )
        self._clients = [(row["client_id"], row["cl_ref_key"]) for row in clients]
        self._managers = [(row["cl_ref_key"], row["chatwoot_user_id"]) for row in managers]
        if not clients or not managers:
            raise ValueError("there are no clients or no managers yet: wait for the first load")

    async def _act(self) -> None:
        [act] = self.dice.choices(list(self._acts), list(self._acts.values()))
        name = getattr(act, "__name__", "act")
        try:
            said = await act()
        except httpx.HTTPStatusError as error:
            name, said = f"{name}.refused", f"{error.response.status_code} {error.response.text[:120]}"
        except httpx.HTTPError as error:
            name, said = f"{name}.lost", type(error).__name__
        if said is None:
            return
        self.counts[name] += 1
        self.say(f"{name:<24} {said}")

    async def client_asks(self) -> str | None:
        """A client makes a request on the site."""
        support = self.dice.random() < 0.3
        asked = {
            "client_id": str(self.dice.choice(self._clients)[0]),
            "lang": self.dice.choice(("ru", "uz")),
            "comment": self.dice.choice(_TEXTS["questions"]),
            "consultation_type": _TEXTS["support" if support else "accounting"],
            "selected_software": self.dice.choice(_TEXTS["software"]),
        }
        if not support:
            asked["scheduled_at"] = (clock.now() + timedelta(hours=self.dice.uniform(2, 240))).isoformat()
        headers = self._key | {"Idempotency-Key": f"simulation-{self.dice.getrandbits(64):016x}"}
        body = {"consultation": asked, "source": "SITE"}
        made = await self._post(f"{self.urls['api']}/api/consultations/create", body, headers)
        return str(made.json()["consultation"]["cons_id"])

    async def client_cancels(self) -> str | None:
        """A client takes a request back."""
        row = await self._request(f"c.source <> '1C_CL' and {_OPEN} and c.created_at > now() - interval '20 minutes'")
        if row is None:
            return None
        await self._post(f"{self.urls['api']}/api/consultations/{row['cons_id']}/cancel", None, self._key)
        return str(row["cons_id"])

    async def client_writes(self) -> str | None:
        """A client writes into the conversation."""
        row = await self._request(f"c.conversation_id is not null and c.chatwoot_source_id is not null and {_OPEN}")
        if row is None:
            return None
        inbox = f"{self.urls['chatwoot']}/public/api/v1/inboxes/{self.desk['inbox_identifier']}"
        path = f"{inbox}/contacts/{row['chatwoot_source_id']}/conversations/{row['conversation_id']}/messages"
        await self._post(path, {"content": self.dice.choice(_TEXTS["questions"])}, {})
        return f"conversation {row['conversation_id']}"

    async def manager_replies(self) -> str | None:
        """A manager answers."""
        return await self._in_desk("messages", {"content": self.dice.choice(_TEXTS["answers"])})

    async def manager_resolves(self) -> str | None:
        """A manager ends the talk."""
        return await self._in_desk("toggle_status", {"status": "resolved"})

    async def manager_hands_over(self) -> str | None:
        """A manager gives the conversation to another."""
        agents = [agent for _, agent in self._managers if agent]
        return await self._in_desk("assignments", {"assignee_id": self.dice.choice(agents)}) if agents else None

    async def onec_call(self) -> str | None:
        """A call came in: a new document."""
        key = str(UUID(int=self.dice.getrandbits(128), version=4))
        await self._change(key, "create", op="create")
        return f"document {key}"

    async def onec_starts(self) -> str | None:
        """The consultation begins."""
        return await self._edit("start")

    async def onec_closes(self) -> str | None:
        """The consultation is over."""
        return await self._edit("close")

    async def onec_moves(self) -> str | None:
        """Another date."""
        return await self._edit("reschedule")

    async def onec_hands_over(self) -> str | None:
        """Another manager."""
        return await self._edit("reassign")

    async def onec_cancels(self) -> str | None:
        """Closed without a consultation."""
        return await self._edit("cancel")

    async def _in_desk(self, verb: str, body: dict[str, Any]) -> str | None:
        row = await self._request(f"c.conversation_id is not null and {_OPEN}")
        if row is None:
            return None
        await self._post(f"{self._account}/conversations/{row['conversation_id']}/{verb}", body, self._agent)
        return f"conversation {row['conversation_id']}"

    async def _edit(self, what: str) -> str | None:
        row = await self._request(f"c.cl_ref_key is not null and {_OPEN}")
        if row is None:
            return None
        await self._change(str(row["cl_ref_key"]), what)
        return f"document {row['cl_ref_key']}"

    async def _change(self, key: str, what: str, **more: str) -> None:
        local = clock.now().astimezone(self.zone).replace(tzinfo=None)
        values = {
            "{client}": str(self.dice.choice(self._clients)[1]),
            "{manager}": str(self.dice.choice(self._managers)[0]),
            "{now}": local.isoformat(timespec="seconds"),
            "{later}": (local + timedelta(hours=self.dice.uniform(1, 200))).isoformat(timespec="seconds"),
            "{text}": self.dice.choice(_TEXTS["questions"]),
        }
        fields = {name: values.get(value, value) for name, value in _TEXTS[what].items()}
        edit = {"set": _TEXTS["document"], "key": key, "fields": fields, **more}
        await self._post(f"{self.urls['onec']}/_control/change", edit, {})

    async def _request(self, condition: str) -> dict[str, Any] | None:
        async with self.db.read() as connection:
            found = await rows(
                connection,
                "select c.cons_id, c.cl_ref_key, c.conversation_id, c.chatwoot_source_id from cons.cons c"  # noqa: S608 - our own conditions
                f" where {condition} order by c.created_at desc limit {RECENT}",
            )
        return self.dice.choice(found) if found else None

    async def _post(self, url: str, body: Any, headers: dict[str, str]) -> httpx.Response:
        answer = await self.http.post(url, json=body, headers=headers)
        answer.raise_for_status()
        return answer
