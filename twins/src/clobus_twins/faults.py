"""Faults that a tester asks for: parsing, matching, counting."""

from __future__ import annotations

import math
import random
import re
from dataclasses import dataclass, field
from typing import Any

GENERAL_KINDS = frozenset({"status", "slow", "hang", "cut", "cut_after_write"})
_KNOWN_KEYS = frozenset(
    {"kind", "status", "retry_after", "times", "match", "seconds", "probability", "body", "headers", "after", "id"}
)
_OWN_KEYS = {"webhook_doubled": frozenset({"same_id"})}
_HEADER = re.compile(r"[\w!#$%&'*+.^`|~-]+: [\x20-\x7e]*", re.ASCII)


class BadControlError(ValueError):
    """A control request that makes no sense; its text goes to the caller with 400."""


@dataclass(slots=True)
class Fault:
    """One fault: what happens, to which requests, how many times (None = until cleared)."""

    id: int
    kind: str
    times: int | None = 1
    match: str = ""
    status: int = 503
    retry_after: float | None = None
    seconds: float = 2.0
    probability: float = 1.0
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    after: bool = False
    extra: dict[str, Any] = field(default_factory=dict)
    fired: int = 0
    pattern: re.Pattern[str] | None = None

    def spent(self) -> bool:
        """True when it has happened as often as was asked."""
        return self.times is not None and self.fired >= self.times

    def shown(self) -> dict[str, Any]:
        """The fault as `GET /_control/faults` lists it."""
        out: dict[str, Any] = {"id": self.id, "kind": self.kind, "times": self.times, "fired": self.fired}
        if self.match:
            out["match"] = self.match
        if self.kind == "status":
            out |= {"status": self.status, "retry_after": self.retry_after, "after": self.after}
        if self.kind in {"slow", "hang"}:
            out["seconds"] = self.seconds
        if self.probability < 1:
            out["probability"] = self.probability
        return out | self.extra


class FaultBook:
    """The faults that wait to happen. `kinds` are those of one twin, beside the general ones."""

    def __init__(self, kinds: frozenset[str] = frozenset(), seed: int | None = None) -> None:
        self.kinds = GENERAL_KINDS | kinds
        self._faults: list[Fault] = []
        self._next = 1
        self._random = random.Random(seed)  # noqa: S311 - dice of a test, not a secret

    def add(self, body: Any) -> list[Fault]:
        """Take one fault or a list of them as JSON; BadControlError in words when one is wrong."""
        items = body if isinstance(body, list) else [body]
        made = [self._parse(item) for item in items]
        self._faults.extend(made)
        return made

    def clear(self) -> None:
        """Forget all faults."""
        self._faults.clear()

    def shown(self) -> list[dict[str, Any]]:
        """The faults that may still happen."""
        return [fault.shown() for fault in self._faults]

    def take(self, kinds: str | frozenset[str], line: str) -> Fault | None:
        """The first waiting fault of these kinds that fits `METHOD path?query`; it counts as happened."""
        if not self._faults:
            return None
        wanted = frozenset({kinds}) if isinstance(kinds, str) else kinds
        for fault in self._faults:
            if fault.kind not in wanted or (fault.pattern is not None and not fault.pattern.search(line)):
                continue
            if fault.probability < 1 and self._random.random() >= fault.probability:
                continue
            fault.fired += 1
            if fault.spent():
                self._faults.remove(fault)
            return fault
        return None

    def _parse(self, item: Any) -> Fault:
        if not isinstance(item, dict):
            raise BadControlError('a fault is an object such as {"kind": "status", "status": 503, "times": 2}')
        kind = item.get("kind")
        if not isinstance(kind, str) or kind not in self.kinds:
            raise BadControlError(f"unknown fault kind {kind!r}; this twin knows: {', '.join(sorted(self.kinds))}")
        extra = {key: value for key, value in item.items() if key not in _KNOWN_KEYS}
        if not extra.keys() <= _OWN_KEYS.get(kind, frozenset()):
            raise BadControlError(f"unknown keys in a {kind!r} fault: {', '.join(sorted(extra))}")
        fault = Fault(self._next, kind, extra=extra)
        fault.times = _number(item, "times", 1, low=1, whole=True, none=True)
        fault.status = int(_number(item, "status", 503, low=100, high=599, whole=True) or 503)
        fault.retry_after = _number(item, "retry_after", None, low=0, none=True)
        fault.seconds = _number(item, "seconds", 3600 if kind == "hang" else 2, low=0) or 0
        probability = _number(item, "probability", 1, low=0, high=1)
        fault.probability = 1 if probability is None else probability
        fault.body = item.get("body")
        fault.after = item.get("after", False)
        if not isinstance(fault.after, bool):
            raise BadControlError("after is true or false")
        headers = item.get("headers") or {}
        if not isinstance(headers, dict) or not all(_HEADER.fullmatch(f"{n}: {v}") for n, v in headers.items()):
            raise BadControlError("headers is an object of names and values that a header may hold")
        fault.headers = {str(name): str(value) for name, value in headers.items()}
        fault.match = item.get("match") or ""
        if not isinstance(fault.match, str):
            raise BadControlError("match is a regular expression over 'METHOD path?query'")
        if fault.match:
            try:
                fault.pattern = re.compile(fault.match)
            except re.error as error:
                raise BadControlError(f"match is not a regular expression: {error}") from error
        self._next += 1
        return fault


def _number(
    item: dict[str, Any],
    key: str,
    default: float | None,
    *,
    low: float = 0,
    high: float = 1e9,
    whole: bool = False,
    none: bool = False,
) -> Any:
    value = item.get(key, default)
    if value is None:
        if none:
            return None
        raise BadControlError(f"{key} needs a number")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadControlError(f"{key} needs a number, not {value!r}")
    if whole and value != int(value):
        raise BadControlError(f"{key} needs a whole number, not {value!r}")
    if not low <= value <= high:
        raise BadControlError(f"{key} lies between {low:g} and {high:g}, not {value!r}")
    return int(value) if whole else value
