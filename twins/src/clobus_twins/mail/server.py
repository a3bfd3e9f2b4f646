"""The SMTP side of the mail twin: takes every letter, unless a fault says otherwise.

Faults are those of every twin, matched against `RCPT address` and `DATA address`: `status` (450, 550 … is the answer),
`slow`, `hang`, `cut` (the connection ends without an answer) and, for DATA, `cut_after_write` (the letter is kept, the
answer is lost).
"""

from __future__ import annotations

import asyncio
from email.utils import parseaddr
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from clobus_twins.control import Control
from clobus_twins.faults import GENERAL_KINDS, Fault
from clobus_twins.mail.store import Store

HOST = "127.0.0.1"
SIZE_LIMIT = 10_000_000


class Handler:
    """What the server does with each command; the names are aiosmtpd's."""

    def __init__(self, store: Store, control: Control) -> None:
        self.store = store
        self.control = control

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient."""
        refused = await self._suffer(server, f"RCPT {address}")
        if refused is not None:
            return refused
        if "@" not in parseaddr(address)[1]:
            return "553 5.1.3 The address is none"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        """Take a letter."""
        line = f"DATA {' '.join(envelope.rcpt_tos)}"
        fault = self.control.faults.take(frozenset({"cut_after_write"}), line)
        if fault is None:
            refused = await self._suffer(server, line)
            if refused is not None:
                return refused
        body = envelope.original_content or b""
        number = self.store.add(self.control.clock.now(), envelope.mail_from or "", envelope.rcpt_tos, body)
        if fault is not None:
            _cut(server)
        return f"250 OK, kept as {number}"

    async def _suffer(self, server: SMTP, line: str) -> str | None:
        """Let a fault happen; the answer when it is a refusal."""
        fault: Fault | None = self.control.faults.take(GENERAL_KINDS - {"cut_after_write"}, line)
        if fault is None:
            return None
        if fault.kind in ("slow", "hang"):
            await asyncio.sleep(fault.seconds)
            return None
        if fault.kind == "cut":
            _cut(server)
        return f"{fault.status} {fault.status // 100}.0.0 Asked for by the tester"


def _cut(server: SMTP) -> None:
    """End the connection at once: whatever is answered now goes nowhere."""
    transport: Any = server.transport
    if transport is not None:
        transport.abort()


async def listen(handler: Handler, port: int) -> asyncio.Server:
    """Listen on a port of this machine, 0 for any."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: SMTP(handler, hostname="mail.twin", ident="Clobus mail twin", data_size_limit=SIZE_LIMIT, loop=loop),
        HOST,
        port,
    )
