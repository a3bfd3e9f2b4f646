"""Chatwoot on the page: the inbox as its administrator sees it."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import UploadFile

from clobus_twins.page.partners import Json, PartnerError, Partners

KINDS = {0: "in", 1: "out", 2: "activity", 3: "template"}
STATUSES = ("open", "pending", "snoozed", "resolved", "all")


class Desk:
    """Conversations, over the application API."""

    def __init__(self, partners: Partners) -> None:
        self.partners = partners
        self._agents: list[Json] | None = None

    async def conversations(self, status: str) -> list[Json]:
        """The newest conversations of a status."""
        if status not in STATUSES:
            raise PartnerError(400, "there is no such status")
        said = await self._ask("GET", "conversations", params={"status": status, "assignee_type": "all", "page": "1"})
        return [_row(one) for one in said["data"]["payload"]]

    async def conversation(self, number: int) -> Json:
        """One conversation with its messages."""
        shown = await self._ask("GET", f"conversations/{number}")
        said = await self._ask("GET", f"conversations/{number}/messages")
        if self._agents is None:
            self._agents = [{"id": one["id"], "name": one["name"]} for one in await self._ask("GET", "agents")]
        labels = [one["title"] for one in (await self._ask("GET", "labels"))["payload"]]
        return {
            **_row(shown), "messages": [_message(one) for one in said["payload"]], "agents": self._agents,
            "seat": self._seat(number), "all_labels": labels, "attributes": shown.get("custom_attributes", {}),
            "assignee": (shown["meta"].get("assignee") or {}).get("id"),
        }  # fmt: skip

    def _seat(self, number: int) -> str:
        account = self.partners.credentials["chatwoot"]["account_id"]
        # To a browser this is another site than what it frames, as in life: cookies of one are not the other's.
        site = self.partners.urls["chatwoot"].replace("127.0.0.1", "localhost")
        return f"{site}/app/accounts/{account}/conversations/{number}"

    async def say(self, number: int, text: str, *, private: bool, files: list[UploadFile]) -> None:
        """Answer, or leave a note."""
        path = f"conversations/{number}/messages"
        if files:
            sent = [
                ("attachments[]", (one.filename or "file", await one.read(), one.content_type or "")) for one in files
            ]
            form = {"content": text, "private": str(private).lower(), "message_type": "outgoing"}
            await self._ask("POST", path, data=form, files=sent)
        else:
            await self._ask("POST", path, json={"content": text, "private": private, "message_type": "outgoing"})
        self.partners.note("chatwoot", "note" if private else "answer", str(number))

    async def act(self, number: int, given: Json) -> None:
        """One act: status, assign, labels."""
        act, value = str(given.get("act")), given.get("value")
        if act == "status":
            await self._ask("POST", f"conversations/{number}/toggle_status", json={"status": value})
        elif act == "assign":
            await self._ask("POST", f"conversations/{number}/assignments", json={"assignee_id": value})
        elif act == "labels":
            await self._ask("POST", f"conversations/{number}/labels", json={"labels": value})
        else:
            raise PartnerError(400, f"there is no act {act}")
        self.partners.note("chatwoot", f"{act}.{value}" if act == "status" else act, str(number))

    async def _ask(self, method: str, path: str, **given: Any) -> Any:
        known = self.partners.credentials["chatwoot"]
        headers = {"api_access_token": str(known["admin_token"])}
        account = f"/api/v1/accounts/{known['account_id']}"
        return await self.partners.ask("chatwoot", method, f"{account}/{path}", headers=headers, **given)


def _row(shown: Json) -> Json:
    meta = shown["meta"]
    last = next((one for one in reversed(shown.get("messages") or []) if one.get("content")), None)
    return {
        "id": shown["id"], "status": shown["status"], "labels": shown.get("labels", []), "at": shown.get("timestamp"),
        "number": (shown.get("custom_attributes") or {}).get("number_con"), "unread": shown.get("unread_count", 0),
        "contact": (meta.get("sender") or {}).get("name") or "—", "last": (last or {}).get("content") or "",
        "agent": (meta.get("assignee") or {}).get("name"),
    }  # fmt: skip


def _message(one: Json) -> Json:
    return {
        "id": one["id"], "kind": "note" if one.get("private") else KINDS.get(one["message_type"], "out"),
        "text": one.get("content") or "", "at": one["created_at"], "who": (one.get("sender") or {}).get("name") or "",
        "files": [{"url": file.get("data_url"), "kind": file.get("file_type"), "name": _name(file)}
                  for file in one.get("attachments") or []],
    }  # fmt: skip


def _name(file: Json) -> str:
    return str(file.get("data_url") or "").rpartition("/")[2] or "file"
