"""What an answer of Chatwoot means (chatwoot.md §1.6): by status and keys, never by wording, which is localised."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec

from clobus.core import clock
from clobus.core.errors import BadAnswer, GatewayError, Missing, Refused, Transient
from clobus.core.http import describe, is_json, retry_after

CODES = {401: "chatwoot.unauthorized", 402: "chatwoot.licence", 403: "chatwoot.forbidden", 422: "chatwoot.invalid"}


def judge(system: str, response: httpx.Response) -> GatewayError | None:
    """Judge an answer of Chatwoot: None when it is one, an error otherwise."""
    status, said = response.status_code, describe(response)
    if status < 300:
        if "html" in response.headers.get("content-type", ""):
            return BadAnswer(system, f"{said} with HTML", status=status, code="chatwoot.html")
        return None
    if status == 429:
        wait = retry_after(response)
        return Transient(
            system, said, status=status, code="chatwoot.throttled", not_done=True,
            retry_after=to_next_minute() if wait is None else wait,
        )  # fmt: skip
    if status >= 500 or status == 408:
        return Transient(system, said, status=status, retry_after=retry_after(response), not_done=status == 503)
    body = _body(response)
    if status == 404:
        if (body is not None and "status" not in body) or not response.content:
            return Missing(system, said, status=status, code="chatwoot.missing")
        # `status` in the body: no such route, edition or public record; HTML: not Chatwoot at all (§1.6).
        return BadAnswer(system, f"{said}: no such route", status=status, code="chatwoot.no_route")
    if status < 400 or body is None:
        return BadAnswer(system, f"{said}, not JSON", status=status)
    refused = Refused(
        system, said, status=status, code=CODES.get(status, f"chatwoot.http_{status}"), vendor_text=read_error(body)
    )
    if isinstance(body.get("attributes"), list):
        refused.data["attributes"] = [str(name) for name in body["attributes"]]
    return refused


def read_error(body: dict[str, Any]) -> str:
    """The text of any of the error shapes: `error` (text or object), `errors` (list), `message`."""
    error = body.get("error", body.get("message", body.get("errors", "")))
    return error if isinstance(error, str) else msgspec.json.encode(error).decode()


def to_next_minute() -> float:
    """Seconds to the next full minute: throttle windows are aligned to the epoch, 429 names no time (§1.5)."""
    return 60.0 - clock.now().timestamp() % 60.0 + 0.5


def _body(response: httpx.Response) -> dict[str, Any] | None:
    if not is_json(response):
        return None
    try:
        return msgspec.json.decode(response.content, type=dict[str, Any])
    except msgspec.MsgspecError:
        return None
