"""What an answer of 1C means (onec.md §1.11): its statuses alone say little, the text decides."""

from __future__ import annotations

import re

import httpx
import msgspec

from clobus.core.errors import BadAnswer, GatewayError, Missing, Refused, Transient
from clobus.core.http import describe, retry_after

LICENCE_PAUSE = 60.0
DENIED_PAUSE = 60.0
LICENCE = re.compile(
    r"(?i)не (обнаружено|найдена|найдено)\s+(свободной\s+|программная\s+)?лиценз"
    r"|licen[sc]e (was |is )?not found|no (free )?licen[sc]e"
)
DENIED = re.compile(
    r"(?i)начало сеанса .{0,80}запрещен|сеанс\w* .{0,40}(запрещен|заблокирован)"
    r"|session start .{0,60}(prohibited|denied|not allowed)|sessions? (are |is )?denied"
    r"|монопольн\w+ режим|регламентн\w+ работ"
)
# A lock or a memory limit rolls the write back: the text proves that nothing was done.
BUSY = re.compile(
    r"(?i)конфликт блокировок|ожидани\w+ предоставления блокировки|взаимоблокиров|deadlock"
    r"|lock (conflict|wait|timeout)|недостаточно памяти|not enough memory|no space left"
)
LOST = re.compile(
    r"(?i)соединение с (сервером|базой)|сеанс (отсутствует|удален|завершен)|session (has been )?(ended|deleted)"
)
NAMED = {
    9: "onec.missing", 8: "onec.not_published", 14: "onec.bad_option", 15: "onec.exists", 19: "onec.method",
    20: "onec.rights", -1: "onec.rule",
}  # fmt: skip
PERMANENT = frozenset({400, 401, 403, 404, 405, 412, 501})


class _Message(msgspec.Struct):
    value: str = ""


class _Error(msgspec.Struct):
    code: str | int = ""
    message: _Message | str = ""


class _Body(msgspec.Struct):
    error: _Error | None = msgspec.field(name="odata.error", default=None)
    descr: str = ""


_body = msgspec.json.Decoder(_Body)


def judge(system: str, response: httpx.Response) -> GatewayError | None:
    """Judge an answer of 1C: None when it is one, an error otherwise. Vendor's text is kept apart from the log's."""
    status = response.status_code
    if status < 300:
        if "html" in response.headers.get("content-type", ""):
            # A login page or a stand-in of the web server, with a cheerful status (onec.md §1.10).
            return BadAnswer(system, f"{describe(response)} with HTML", status=status, code="onec.html")
        return None
    code, text = read_error(response)
    wait = retry_after(response)
    whole = text if code is not None else response.text[:4000]
    said = f"{describe(response)}, code {code if code is not None else 'none'}"
    paused = _paused(system, status, whole, said, wait)
    if paused is not None:
        return paused
    if status in (408, 429, 502, 503, 504) or (status >= 500 and status != 501 and code is None):
        return Transient(system, said, status=status, vendor_text=text, retry_after=wait, not_done=status in (429, 503))
    if code is not None and code == 9:
        return Missing(system, said, status=status, code=NAMED[9], vendor_text=text)
    if code is None and status == 404:
        # Over-long address, wrong base, publication gone: nothing may be concluded about the object.
        return BadAnswer(system, f"{said}: not 1C's own 404", status=status, code="onec.not_its_404")
    if status < 400 or code == 8:
        return BadAnswer(system, said, status=status, code=NAMED[8] if code == 8 else None, vendor_text=text)
    return Refused(system, said, status=status, code=_name(status, code), vendor_text=text)


def read_error(response: httpx.Response) -> tuple[int | None, str]:
    """Read 1C's own error as (code, text); (None, "") when the body is not one (HTML, empty, another's JSON)."""
    try:
        body = _body.decode(response.content)
    except msgspec.MsgspecError:
        return None, ""
    if body.error is None:
        return None, body.descr
    message = body.error.message
    text = message if isinstance(message, str) else message.value
    try:
        return int(body.error.code), text
    except ValueError:
        return -1, text


def _paused(system: str, status: int, text: str, said: str, wait: float | None) -> Transient | None:
    if LICENCE.search(text):
        return Transient(
            system, f"{said}: no free licence", status=status, code="onec.licence", vendor_text=text,
            retry_after=wait or LICENCE_PAUSE, not_done=True,
        )  # fmt: skip
    if DENIED.search(text):
        return Transient(
            system, f"{said}: sessions are denied, the base is paused", status=status, code="onec.paused",
            vendor_text=text, retry_after=wait or DENIED_PAUSE, not_done=True,
        )  # fmt: skip
    if status >= 500 and (BUSY.search(text) or LOST.search(text)):
        return Transient(
            system, f"{said}: busy", status=status, code="onec.busy", vendor_text=text, retry_after=wait,
            not_done=LOST.search(text) is None, trips=False,
        )  # fmt: skip
    return None


def _name(status: int, code: int | None) -> str:
    if status in (401, 403) and code is None:
        return "onec.unauthorized"
    if status == 412:
        return "onec.stale"
    if code is None:
        return f"onec.http_{status}"
    return NAMED.get(code, f"onec.code_{code}")
