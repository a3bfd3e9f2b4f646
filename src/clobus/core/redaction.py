"""Keep persons and secrets out of logs: one processor for structlog, one function for free text."""

import re
from collections.abc import Mapping, MutableMapping
from functools import lru_cache
from typing import Any

HIDDEN = "…"
SECRET_KEYS = re.compile(
    r"(?i)passw|secret|token|authorization|cookie|signature|api_?key|phone|e-?mail|^inn$|pinfl|^content$|^body$"
    r"|^comment$|full_?name|^vendor_text$|^card"
)
SUSPECT = re.compile(r"(?i)[:@=]|bearer|basic|998|\d{4}")
"""Without any of these a text has nothing that `PATTERNS` find: nearly all texts of logs are let through by it."""

PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"/bot\d+:[\w-]+"), f"/bot{HIDDEN}"),
    (re.compile(r"\b\d{6,12}:[A-Za-z0-9_-]{30,}"), HIDDEN),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]+"), rf"\1 {HIDDEN}"),
    (re.compile(r"(?i)\b(\w*(?:token|secret|passw\w*|api_key))(\s*[=:]\s*)[^\s&,;]+"), rf"\1\2{HIDDEN}"),
    (re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+@"), f"{HIDDEN}@"),
    (re.compile(r"\b[\w.%+-]+@[\w-]+(?:\.[\w-]+)+\b"), HIDDEN),
    (re.compile(r"(?<![\w-])\+?998[\s()-]*\d{2}[\s()-]*\d{3}[\s-]*\d{2}[\s-]*\d{2}(?![\w-])"), HIDDEN),
    (re.compile(r"(?<![\w-])(?:\d{4}[ -]?){4}(?![\w-])"), HIDDEN),
    (re.compile(r"(?<![\w-])(?:\d{14}|\d{9})(?![\w-])"), HIDDEN),
)


def redact(text: str) -> str:
    """Hide tokens, passwords, e-mails, phones, card numbers, ИНН (9 digits) and ПИНФЛ (14 digits) in a text."""
    if SUSPECT.search(text) is None:
        return text
    for pattern, shown in PATTERNS:
        text = pattern.sub(shown, text)
    return text


def redact_event(logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: hide values by their key, and persons and secrets inside all texts."""
    for key, value in event.items():
        event[key] = _hide(key, value)
    return event


@lru_cache(maxsize=1000)
def _is_secret(key: str) -> bool:
    return SECRET_KEYS.search(key) is not None


def _hide(key: str, value: Any) -> Any:
    if _is_secret(key) and value not in (None, "", 0, False, True):
        return HIDDEN
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {name: _hide(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_hide("", inner) for inner in value]
    return value
