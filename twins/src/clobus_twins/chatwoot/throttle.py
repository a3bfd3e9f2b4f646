"""Rack::Attack's rules (chatwoot.md §1.5); the loopback address is on the safelist, as in the original."""

from __future__ import annotations

import re
import time

from starlette.requests import Request

from clobus_twins.chatwoot.settings import Settings

_ACCOUNT = re.compile(r"^/api/v\d/accounts/(\d+)/(.*)$")
# what of the path, method (None = any), limit, period in seconds, counted by account alone or with the caller
RULES: tuple[tuple[str, re.Pattern[str], str | None, int, int, str], ...] = (
    ("transcript", re.compile(r"^conversations/\d+/transcript$"), "POST", 1000, 3600, "account"),
    ("upload", re.compile(r"^upload$"), "POST", 60, 3600, "account"),
    ("contact search", re.compile(r"^contacts/search"), None, 100, 60, "account"),
    ("reports by user", re.compile(r"^reports"), None, 100, 60, "caller"),
    ("reports by account", re.compile(r"^reports"), None, 1000, 60, "account"),
    ("conversations meta", re.compile(r"^conversations/meta$"), "GET", 30, 60, "caller"),
)


class Throttle:
    """Counts requests in windows aligned to the epoch."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._counts: dict[tuple[str, str, int], int] = {}

    def refuses(self, request: Request) -> bool:
        """True when a rule's limit is passed."""
        if not self.settings.rate_limits or request.url.path == "/health":
            return False
        address = request.client.host if request.client else ""
        if address in self.settings.allowed_ips:
            return False
        refused = self._over("all", address, self.settings.rack_attack_limit, 60)
        if request.url.path.startswith("/auth/sign_in"):
            refused = self._over("sign in", address, 5, 300) or refused
        match = _ACCOUNT.match(request.url.path)
        if match is None:
            return refused
        caller = request.headers.get("api_access_token") or request.headers.get("api-access-token") or address
        for name, pattern, method, limit, period, by in RULES:
            if pattern.match(match[2]) and method in (None, request.method):
                key = match[1] if by == "account" else f"{match[1]}/{caller}"
                refused = self._over(name, key, limit, period) or refused
        return refused

    def _over(self, name: str, key: str, limit: int, period: int) -> bool:
        window = int(time.time()) // period
        if len(self._counts) > 10_000:
            self._counts.clear()
        counted = self._counts[name, key, window] = self._counts.get((name, key, window), 0) + 1
        return counted > limit
