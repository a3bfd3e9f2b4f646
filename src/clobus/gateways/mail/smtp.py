"""Send letters over SMTP (RFC 5321), each once. A connection lives for one letter: they are few."""

from __future__ import annotations

import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Literal

import aiosmtplib
from aiosmtplib import errors

from clobus.core import clock, db
from clobus.core.errors import GatewayDown, GatewayError, OutcomeUnknown, Refused, Transient
from clobus.core.metrics import CALL_SECONDS, CALLS

SYSTEM = "mail"
TLS = Literal["starttls", "implicit", "none"]
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}")


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that goes with a letter."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter to one person; `id` becomes its Message-ID together with the sender's domain."""

    to: str
    subject: str
    text: str
    html: str
    id: str
    enclosures: tuple[Enclosure, ...] = ()


class Mailer:
    """One mail server. Certificates are always verified; `ca_file` is for a server with a CA of its own."""

    def __init__(
        self, host: str, port: int, sender: str, *, user: str | None = None, password: str | None = None,
        tls: TLS = "starttls", ca_file: Path | None = None, seconds: float = 10.0,
    ) -> None:  # fmt: skip
        self.host, self.port, self.sender = host, port, sender
        self.tls: TLS = tls
        self.seconds = seconds
        self._user, self._password = user, password
        self._context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)

    async def send(self, letter: Letter) -> None:
        """Send a letter, once.

        Refused when the server takes no letter for that address (code mail.no_address when it is none), Transient with
        `not_done` when it was surely not taken, OutcomeUnknown when the answer to the letter itself was lost: do not
        repeat, a person would read it twice. RuntimeError inside a database transaction.
        """
        if db.in_transaction():
            raise RuntimeError("a letter inside a database transaction")
        if not _ADDRESS.fullmatch(letter.to):
            raise Refused(SYSTEM, "no address", code="mail.no_address")
        began, outcome = clock.monotonic(), "ok"
        try:
            await self._send(letter)
        except GatewayError as error:
            outcome = error.kind
            raise
        finally:
            CALLS.labels(SYSTEM, "SEND", outcome).inc()
            CALL_SECONDS.labels(SYSTEM, "SEND").observe(clock.monotonic() - began)

    async def _send(self, letter: Letter) -> None:
        async with self._connected() as server:
            try:
                await server.mail(self._address)
                await server.rcpt(letter.to)
            except errors.SMTPResponseException as error:
                raise _judged(error) from error
            except (errors.SMTPException, OSError) as error:
                raise GatewayDown(SYSTEM, f"lost before the letter: {type(error).__name__}") from error
            try:
                await server.data(self._written(letter))
            except errors.SMTPDataError as error:
                raise _judged(error) from error
            except (errors.SMTPException, OSError) as error:
                raise OutcomeUnknown(SYSTEM, f"the answer to the letter was lost: {type(error).__name__}") from error

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[aiosmtplib.SMTP]:
        server = aiosmtplib.SMTP(
            hostname=self.host, port=self.port, username=self._user, password=self._password, timeout=self.seconds,
            use_tls=self.tls == "implicit", start_tls=self.tls == "starttls", tls_context=self._context,
        )  # fmt: skip
        try:
            await server.connect()
        except errors.SMTPAuthenticationError as error:
            raise Transient(SYSTEM, f"log-in refused: {error.code}", code="mail.unauthorized", not_done=True) from error
        except (errors.SMTPException, OSError) as error:
            raise GatewayDown(SYSTEM, f"no connection: {type(error).__name__}") from error
        try:
            yield server
        finally:
            server.close()

    @property
    def _address(self) -> str:
        """The sender's address without his name."""
        found = re.search(r"<([^>]+)>", self.sender)
        return found[1] if found else self.sender

    def _written(self, letter: Letter) -> bytes:
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"] = self.sender, letter.to
        message["Subject"] = " ".join(letter.subject.split())
        message["Date"] = clock.now()
        message["Message-ID"] = f"<{letter.id}@{self._address.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no automatic answers to it, please
        # Base64 and not 8bit: not every server on the way keeps eight bits.
        message.set_content(letter.text, cte="base64")
        message.add_alternative(letter.html, subtype="html", cte="base64")
        for file in letter.enclosures:
            kind, _, subtype = file.media_type.partition("/")
            message.add_attachment(file.content, maintype=kind, subtype=subtype, filename=file.name)
        return message.as_bytes()


def _judged(error: errors.SMTPResponseException) -> GatewayError:
    """A refusal by its code (RFC 5321 §4.2.1): 4 is for now, 5 for good; both say that the letter was not taken."""
    said = f"refused with {error.code}"
    if error.code >= 500:
        return Refused(SYSTEM, said, status=error.code, code="mail.refused", vendor_text=str(error.message)[:500])
    return Transient(SYSTEM, said, status=error.code, vendor_text=str(error.message)[:500], not_done=True)
