"""The strip: each change as it travels, from what people did, the platform's events and what twins received."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from clobus_twins.page.partners import Json, PartnerError, Partners

# What a request of the platform to a twin means; reads are no news.
MEANINGS: dict[str, list[tuple[str, str]]] = {
    "onec": [
        (r"POST .*Document_", "document"), (r"PATCH .*Document_", "change"), (r"POST .*Catalog_", "client"),
        (r"PATCH .*Catalog_", "client"), (r"POST .*InformationRegister_", "register"),
    ],
    "chatwoot": [
        (r"/filter$", ""), (r"POST .*/messages", "message"), (r"POST .*/toggle_status", "status"),
        (r"POST .*/assignments", "assign"), (r"POST .*/labels", "labels"), (r"POST .*/custom_attributes", "attributes"),
        (r"POST .*/conversations$", "conversation"), (r"(POST|PUT) .*/contacts", "contact"),
    ],
    "telegram": [
        (r"/sendMessage", "message"), (r"/(edit|delete)Message", "edit"),
        (r"/send(Photo|Document|Voice|Video|Audio|MediaGroup)", "file"),
    ],
}  # fmt: skip
PATTERN = "^(POST|PUT|PATCH|DELETE) |/send|/edit"


class Trail:
    """Asks everybody what is new since the page looked last."""

    def __init__(self, partners: Partners) -> None:
        self.partners = partners

    async def since(self, seen: dict[str, int]) -> Json:
        """News in order of time, and how far each side has been read; a side that is away is named in `away`."""
        names = [name for name in MEANINGS if name in self.partners.urls]
        parts = await asyncio.gather(
            self._events(seen.get("events", -1)), *(self._received(name, seen.get(name, -1)) for name in names),
            return_exceptions=True,
        )  # fmt: skip
        items: list[Json] = [
            {"at": act["at"], "from": "person", "to": act["system"], "what": act["what"], "subject": act["subject"]}
            for act in self.partners.acts
            if act["seq"] > seen.get("acts", 0)
        ]
        marks = {"acts": self.partners.acts[-1]["seq"] if self.partners.acts else 0}
        away = []
        for name, part in zip(["events", *names], parts, strict=True):
            if isinstance(part, PartnerError):
                away.append("platform" if name == "events" else name)
                marks[name] = seen.get(name, -1)
            elif isinstance(part, BaseException):
                raise part
            else:
                items += part[0]
                marks[name] = part[1]
        return {"items": sorted(items, key=lambda item: item["at"]), "seen": marks, "away": away}

    async def _events(self, after: int) -> tuple[list[Json], int]:
        said = await self.partners.platform("GET", "/api/events", params={"after": after} if after >= 0 else {})
        items = [
            {"at": one["at"], "from": one["origin"], "to": "platform", "what": one["name"],
             "subject": one["number"] or one["cons_id"]}
            for one in said["items"]
        ]  # fmt: skip
        return (items if after >= 0 else []), said["last"]

    async def _received(self, name: str, after: int) -> tuple[list[Json], int]:
        said = await self.partners.ask(
            name, "GET", "/_control/received", params={"since": str(max(0, after)), "match": PATTERN}
        )
        last = max([after, 0, *(one["seq"] for one in said)])
        if after < 0:
            return [], last
        return [item for one in said if (item := _told(name, one))], last


def _told(name: str, one: Json) -> Json | None:
    line = f"{one['method']} {one['path']}"
    what = next((word for pattern, word in MEANINGS[name] if re.search(pattern, line)), "")
    if not what:
        return None
    return {"at": one["at"], "from": "platform", "to": name, "what": what, "status": one["status"],
            "fault": one["fault"], "subject": _subject(one)}  # fmt: skip


def _subject(one: Json) -> str:
    found = re.search(r"/conversations/(\d+)|guid'([0-9a-f-]{36})'", one["path"])
    if found:
        return str(found[1] or found[2])
    body: Any = one.get("body")
    return str(body.get("chat_id") or "") if isinstance(body, dict) else ""
