"""A fresh account of the Chatwoot twin and a receiver of its webhooks, for tests of the twin's rules."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from tests.support.twins import TwinProcess

PATIENCE = 8.0


class Receiver:
    """Takes deliveries on the loopback address; `answers` are the statuses of the next ones by path."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.answers: dict[str, list[int]] = defaultdict(list)
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                kept = {"path": self.path, "headers": headers, "raw": raw, "body": json.loads(raw)}
                receiver.received.append(kept | {"at": time.monotonic()})
                queue = receiver.answers[self.path]
                self.send_response(queue.pop(0) if queue else 200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Stay silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def of(self, path: str, event: str | None = None) -> list[dict[str, Any]]:
        """Deliveries to an address, of one event when it is named."""
        return [one for one in self.received if one["path"] == path and event in (None, one["body"].get("event"))]

    def wait(self, path: str, event: str, count: int = 1) -> list[dict[str, Any]]:
        """The deliveries once there are so many; AssertionError when they do not come."""
        return until(lambda: found if len(found := self.of(path, event)) >= count else None)


def until(look: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """What `look` gives once it is true; AssertionError when that does not happen in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


class Desk:
    """An account with an inbox, a contact and, when asked for, webhooks."""

    def __init__(self, twin: TwinProcess, receiver: Receiver) -> None:
        self.twin, self.receiver = twin, receiver
        made = twin.control("POST", "account")
        self.account, self.token, self.platform = made["account"], made["token"], made["platform"]
        self.http = httpx.Client(base_url=twin.base_url, timeout=20, trust_env=False)
        self.mark = f"{self.account}"

    def raw(self, method: str, path: str, token: str | None = None, **options: Any) -> httpx.Response:
        """A request with a token (the administrator's by default, none when it is empty)."""
        token = self.token if token is None else token
        headers = options.pop("headers", {}) | ({"api_access_token": token} if token else {})
        if path.startswith("/"):
            return self.http.request(method, path, headers=headers, **options)
        return self.http.request(method, f"/api/v1/accounts/{self.account}/{path}", headers=headers, **options)

    def ask(self, method: str, path: str, body: Any = None, token: str | None = None, status: int = 200) -> Any:
        """A request that is to be answered with `status`; the body is JSON both ways."""
        answer = self.raw(method, path, token, **({} if body is None else {"json": body}))
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text[:400]}"
        return answer.json() if answer.content else None

    def inbox(self, callback: bool = False, **settings: Any) -> dict[str, Any]:
        """An API inbox, with its callback at /inbox<account> when asked for."""
        channel = {"type": "api"} | ({"webhook_url": f"{self.receiver.url}/inbox{self.mark}"} if callback else {})
        made: dict[str, Any] = self.ask("POST", "inboxes", {"name": "Портал", "channel": channel} | settings)
        return made

    def webhook(self, *subscriptions: str) -> dict[str, Any]:
        """An account webhook at /account<account>."""
        body: dict[str, Any] = {"url": f"{self.receiver.url}/account{self.mark}"}
        if subscriptions:
            body["subscriptions"] = list(subscriptions)
        made: dict[str, Any] = self.ask("POST", "webhooks", {"webhook": body})["payload"]["webhook"]
        return made

    def agent(self, name: str) -> tuple[int, str]:
        """A confirmed agent through the Platform API: id and token."""
        user = self.ask(
            "POST",
            "/platform/api/v1/users",
            {"name": name, "email": f"{name}.{self.mark}@example.com".lower(), "password": "Passw0rd!23"},
            self.platform,
        )
        path = f"/platform/api/v1/accounts/{self.account}/account_users"
        self.ask("POST", path, {"user_id": user["id"], "role": "agent"}, self.platform)
        return user["id"], user["access_token"]

    def contact(self, inbox: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
        """A contact, with an address in the inbox when one is given."""
        body = {"name": "Клиент"} | fields | ({"inbox_id": inbox["id"]} if inbox else {})
        payload = self.ask("POST", "contacts", body)["payload"]
        made: dict[str, Any] = payload["contact"] | {"source_id": payload["contact_inbox"]["source_id"]}
        return made

    def conversation(self, inbox: dict[str, Any], contact: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """A conversation of the contact."""
        body = {"inbox_id": inbox["id"], "contact_id": contact["id"], "source_id": contact["source_id"]} | fields
        made: dict[str, Any] = self.ask("POST", "conversations", body)
        return made

    def say(self, conversation: dict[str, Any], content: str, **fields: Any) -> dict[str, Any]:
        """A message in the conversation, incoming unless said otherwise."""
        body = {"content": content, "message_type": "incoming"} | fields
        made: dict[str, Any] = self.ask("POST", f"conversations/{conversation['id']}/messages", body)
        return made

    def shown(self, conversation: dict[str, Any]) -> dict[str, Any]:
        """The conversation as it is now."""
        found: dict[str, Any] = self.ask("GET", f"conversations/{conversation['id']}")
        return found

    def lines(self, conversation: dict[str, Any]) -> list[str]:
        """The activity lines of the conversation."""
        messages = self.ask("GET", f"conversations/{conversation['id']}/messages")["payload"]
        return [one["content"] for one in messages if one["message_type"] == 2]
