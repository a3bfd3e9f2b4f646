"""Who calls the API: `python -m benchmarks.caller webhook|create PORT SECRET SECONDS`, over bare connections.

Webhooks come at a fixed rate, and a late one is counted from when it was due; creations come as fast as they are
answered, each by a client of its own, with an idempotency key of its own and `Prefer: respond-async`.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import sys
import time
from typing import Any

import uvloop

from benchmarks.documents import ASKERS, key

RATE = 200
SLOTS, CALLERS = 32, 16


class Line:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def post(self, path: str, headers: str, body: bytes) -> tuple[int, bytes]:
        """Send, and read the whole answer."""
        return await self.ask("POST", path, f"content-type: application/json\r\n{headers}", body)

    async def ask(self, method: str, path: str, headers: str, body: bytes = b"") -> tuple[int, bytes]:
        """The same with any method."""
        head = f"{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n"
        self.writer.write(head.encode() + headers.encode() + b"\r\n" + body)
        answer = await self.reader.readuntil(b"\r\n\r\n")
        size = int(answer.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        return int(answer[9:12]), await self.reader.readexactly(size)


def delivery(number: int) -> bytes:
    """A change of a conversation, about as long as Chatwoot's."""
    person = {"id": number, "name": "Иван Петров", "email": None, "phone_number": "+998900000000",
              "custom_attributes": {"code_abonent": "10001", "inn_pinfl": "300000001"}, "thumbnail": ""}  # fmt: skip
    message = {
        "id": number,
        "content": "Здравствуйте, помогите разобраться с отражением операции. " * 8,
        "sender": person,
    }
    payload = {
        "event": "conversation_updated", "id": number, "status": "open", "inbox_id": 1, "labels": ["рус", "сайт"],
        "additional_attributes": {}, "custom_attributes": {"number_con": f"{number:09d}", "status_1c": "open"},
        "meta": {"sender": person, "assignee": person, "team": None}, "messages": [message, message],
        "changed_attributes": [{"custom_attributes": {"previous_value": {}, "current_value": {}}}],
    }  # fmt: skip
    return json.dumps(payload, ensure_ascii=False).encode()


async def webhooks(lines: list[Line], secret: str, seconds: float) -> tuple[list[float], list[int], float]:
    """So many a second, in order of being due."""
    free: asyncio.Queue[Line] = asyncio.Queue()
    for line in lines:
        free.put_nowait(line)
    took: list[float] = []
    codes: list[int] = []
    started = time.perf_counter()

    async def one(number: int, due: float) -> None:
        body, stamp = delivery(number), str(int(time.time()))
        signed = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = f"x-chatwoot-timestamp: {stamp}\r\nx-chatwoot-signature: sha256={signed}\r\n"
        headers += f"x-chatwoot-delivery: {secret}-{started}-{number}\r\n"
        line = await free.get()
        code, _ = await line.post("/hooks/chatwoot", headers, body)
        free.put_nowait(line)
        took.append(time.perf_counter() - due)
        codes.append(code)

    async with asyncio.TaskGroup() as group:
        for number in range(int(RATE * seconds)):
            due = started + number / RATE
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            group.create_task(one(number, due))
    return took, codes, time.perf_counter() - started


async def creations(lines: list[Line], token: str, seconds: float) -> tuple[list[float], list[int], float]:
    """As many as are answered."""
    took: list[float] = []
    codes: list[int] = []
    numbers = iter(range(ASKERS * 3))
    started = time.perf_counter()
    headers = f"authorization: Bearer {token}\r\nprefer: respond-async\r\nidempotency-key: bench-{started}-"

    async def work(line: Line) -> None:
        for number in numbers:
            begun = time.perf_counter()
            if begun - started > seconds:
                return
            asked = {"client_id": key("our", number % ASKERS), "lang": "ru", "topic": "НДС",
                     "comment": "Помогите разобраться с отражением операции."}  # fmt: skip
            body = json.dumps({"consultation": asked, "source": "SITE"}, ensure_ascii=False).encode()
            code, _ = await line.post("/api/consultations/create", f"{headers}{number}\r\n", body)
            took.append(time.perf_counter() - begun)
            codes.append(code)

    await asyncio.gather(*(work(line) for line in lines))
    return took, codes, time.perf_counter() - started


async def call(what: str, port: int, secret: str, seconds: float) -> dict[str, Any]:
    """Call and count."""
    slots = SLOTS if what == "webhook" else CALLERS
    lines = [Line(*await asyncio.open_connection("127.0.0.1", port, limit=2**20)) for _ in range(slots)]
    took, codes, wall = await (webhooks if what == "webhook" else creations)(lines, secret, seconds)
    took.sort()
    return {"wall": wall, "count": len(took), "p50": took[len(took) // 2], "p99": took[int(len(took) * 0.99)],
            "max": took[-1], "codes": {str(code): codes.count(code) for code in set(codes)}}  # fmt: skip


if __name__ == "__main__":
    what, port, secret, seconds = sys.argv[1:5]
    sys.stdout.write(json.dumps(uvloop.run(call(what, int(port), secret, float(seconds)))) + "\n")
