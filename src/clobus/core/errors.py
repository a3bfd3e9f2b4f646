"""Every error the platform raises on purpose.

    ClobusError(code, data)           .http_status is what our API answers
    ├─ Invalid              400       the request makes no sense
    ├─ Unauthenticated      401       who are you
    ├─ Forbidden            403       you may not
    ├─ NotFound             404       there is no such thing, for you
    ├─ Conflict             409       not in this state, or somebody was faster
    ├─ TooLarge             413       more than we take
    ├─ Unsupported          415       a kind of content that we don't take
    ├─ Unprocessable        422       understood, and a rule forbids it
    ├─ TooMany              429       .retry_after
    ├─ Unavailable          503       .retry_after; try later
    └─ GatewayError         502       an outside system: .system .status .text .vendor_text
       ├─ Transient         503       may pass by itself: .retry_after
       │  ├─ GatewayDown    503       the request was surely not done: no connection, or the breaker is open
       │  └─ OutcomeUnknown 504       a write that must not be repeated was sent, and the answer is lost: probe first
       └─ Permanent         502       repeating changes nothing
          ├─ Refused        422       a rule of the vendor
          ├─ Missing        404       the vendor says explicitly that the thing does not exist
          └─ BadAnswer      502       not what the vendor's contract promises

`code` is stable and for programs. `text` of a GatewayError is safe for logs: it never holds a query value, a body or a
header. `vendor_text` is the vendor's own wording, may name people, and is for the operator's eyes and decisions only.
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class ClobusError(Exception):
    """Root of all deliberate errors; `code` is stable, `data` fills the text shown to people."""

    http_status: ClassVar[int] = 500

    def __init__(self, code: str, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.data: dict[str, Any] = dict(data or {})


class Invalid(ClobusError):
    """The request is malformed."""

    http_status = 400


class Unauthenticated(ClobusError):
    """Nobody is known behind the request."""

    http_status = 401


class Forbidden(ClobusError):
    """Known, but not allowed."""

    http_status = 403


class NotFound(ClobusError):
    """The thing does not exist, or not for this caller."""

    http_status = 404


class Conflict(ClobusError):
    """The present state forbids it."""

    http_status = 409


class TooLarge(ClobusError):
    """More than we take."""

    http_status = 413


class Unsupported(ClobusError):
    """A kind of content that we don't take."""

    http_status = 415


class Unprocessable(ClobusError):
    """Well formed, and a rule of ours says no."""

    http_status = 422


class TooMany(ClobusError):
    """A limit is reached; `retry_after` in seconds when it is known."""

    http_status = 429

    def __init__(self, code: str, data: Mapping[str, Any] | None = None, *, retry_after: float | None = None) -> None:
        super().__init__(code, data)
        self.retry_after = retry_after


class Unavailable(ClobusError):
    """We cannot serve this now; `retry_after` in seconds when it is known."""

    http_status = 503

    def __init__(self, code: str, data: Mapping[str, Any] | None = None, *, retry_after: float | None = None) -> None:
        super().__init__(code, data)
        self.retry_after = retry_after


class GatewayError(ClobusError):
    """An outside system failed us; `status` is the vendor's HTTP status, None when there was no answer."""

    http_status = 502
    kind: ClassVar[str] = "gateway"

    def __init__(
        self, system: str, text: str, *, status: int | None = None, code: str | None = None, vendor_text: str = ""
    ) -> None:
        super().__init__(code or f"gateway.{self.kind}", {"system": system})
        self.system = system
        self.text = text
        self.status = status
        self.vendor_text = vendor_text

    def __str__(self) -> str:
        return f"{self.system}: {self.text}"


class Transient(GatewayError):
    """May pass by itself. `not_done`: the vendor surely did nothing; `trips`: counts for the circuit breaker."""

    http_status = 503
    kind = "transient"

    def __init__(
        self,
        system: str,
        text: str,
        *,
        status: int | None = None,
        code: str | None = None,
        vendor_text: str = "",
        retry_after: float | None = None,
        not_done: bool = False,
        trips: bool = True,
    ) -> None:
        super().__init__(system, text, status=status, code=code, vendor_text=vendor_text)
        self.retry_after = retry_after
        self.not_done = not_done
        self.trips = trips


class GatewayDown(Transient):
    """The request was surely not done: no connection, or the breaker is open."""

    kind = "down"


class OutcomeUnknown(Transient):
    """A write that must not be repeated was sent and its answer is lost: look for the result before a second try."""

    http_status = 504
    kind = "unknown"


class Permanent(GatewayError):
    """Repeating the same call changes nothing."""

    kind = "permanent"


class Refused(Permanent):
    """A rule of the vendor said no; its wording is in `vendor_text`."""

    http_status = 422
    kind = "refused"


class Missing(Permanent):
    """The vendor says explicitly that the thing does not exist."""

    http_status = 404
    kind = "missing"


class BadAnswer(Permanent):
    """The answer is not what the contract promises: HTML, broken JSON, a required member absent."""

    kind = "bad_answer"
