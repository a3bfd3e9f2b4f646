"""What an operator of Chatwoot sets, and what only a twin has."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from clobus_twins.faults import BadControlError


@dataclass(slots=True)
class Settings:
    """`frontend_url` None = the host that was called; `allowed_ips` is the safelist of the rate limits;
    `avatar_after` and `bot_retry_seconds` are how long the original's job queue takes."""

    frontend_url: str | None = None
    private_network: bool = True
    rate_limits: bool = True
    rack_attack_limit: int = 3000
    allowed_ips: tuple[str, ...] = ("127.0.0.1", "::1")
    avatar_after: float = 33.0
    bot_retry_seconds: float = 3.0
    messages_per_minute: int = 200

    def apply(self, body: Any) -> dict[str, Any]:
        """Change settings from the body of `POST /_control/settings`; BadControlError for an unknown one."""
        names = {one.name for one in fields(self)}
        if not isinstance(body, dict) or not body.keys() <= names:
            raise BadControlError(f"settings are: {', '.join(sorted(names))}")
        for name, value in body.items():
            setattr(self, name, tuple(value) if name == "allowed_ips" else value)
        return {name: getattr(self, name) for name in sorted(names)}
