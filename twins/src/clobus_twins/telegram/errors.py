"""Refusals in the Bot API's own shape."""

from __future__ import annotations

from typing import Any


class BotApiError(Exception):
    """An answer `{"ok": false, …}`."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def body(self) -> dict[str, Any]:
        """The answer's body."""
        shown: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        return shown | ({"parameters": self.parameters} if self.parameters else {})


def bad(text: str) -> BotApiError:
    """A 400 with its usual beginning."""
    return BotApiError(400, f"Bad Request: {text}")
