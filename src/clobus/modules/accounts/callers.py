"""Whom a credential names: a key, a session, a Mini App's user, or the old site's shared secret."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from clobus.core import clock
from clobus.core.auth import Carrier, Credential, Known, Principal, Role, Via, hash_token
from clobus.core.db import Database
from clobus.core.errors import Unauthenticated
from clobus.modules.accounts import init_data, queries, sessions
from clobus.modules.accounts.init_data import MiniAppUser
from clobus.modules.accounts.service import KeyRing
from clobus.modules.accounts.sessions import Lifetimes

KNOWN_SECONDS = 5.0
MAX_KNOWN = 10_000
FRONT_SCOPES = frozenset(
    {"dicts:read", "clients:write-new", "consultations:create", "consultations:read-by-id"}
)  # fmt: skip
"""What the old site's secret, known to every browser, may still do (docs/callers.md says why)."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What callers are checked against, from settings."""

    lifetimes: Lifetimes
    bot_token: str | None = None
    init_data_seconds: float = 3600.0
    front_secret: str | None = None


class Callers:
    """The authenticator of the API; what was found is remembered for a few seconds."""

    def __init__(self, db: Database, trust: Trust, *, seconds: float = KNOWN_SECONDS) -> None:
        self.trust = trust
        self.keys = KeyRing(db, seconds=seconds)
        self._db = db
        self._seconds = seconds
        self._known: dict[bytes, tuple[float, Principal]] = {}

    async def authenticate(self, credential: Credential) -> Known | None:
        """Whom a credential names; Unauthenticated tells what is wrong with `initData`."""
        match credential.carrier:
            case Carrier.TELEGRAM:
                return Known(await self._mini_app(credential.text))
            case Carrier.COOKIE:
                return await self._session(credential.text, rotating=True)
            case Carrier.FRONT:
                return self._front(credential.text)
        if credential.text.startswith(f"{sessions.PREFIX}_"):
            return await self._session(credential.text, rotating=False)
        if (front := self._front(credential.text)) is not None:
            return front
        principal = await self.keys.authenticate(credential.text)
        return Known(principal) if principal else None

    def forget(self) -> None:
        """Look everybody up anew: somebody signed out here, or lost a right and his keys with it."""
        self._known.clear()
        self.keys.forget()

    def mini_app_user(self, raw: str) -> MiniAppUser:
        """The user behind `initData`; Unauthenticated when it is not Telegram's word, or too old."""
        if self.trust.bot_token is None:
            raise Unauthenticated("telegram.no_bot")
        return init_data.verify(
            raw, self.trust.bot_token, seconds=self.trust.init_data_seconds, now=clock.now()
        )  # fmt: skip

    def contact_of(self, raw: str, telegram_user_id: int) -> str:
        """The own phone number of a Mini App's user, as Telegram vouches for it."""
        if self.trust.bot_token is None:
            raise Unauthenticated("telegram.no_bot")
        return init_data.verify_contact(
            raw, self.trust.bot_token, telegram_user_id, seconds=self.trust.init_data_seconds, now=clock.now()
        )  # fmt: skip

    async def _mini_app(self, raw: str) -> Principal:
        user = self.mini_app_user(raw)  # each time: it grows old
        name = hash_token(f"tg:{user.id}")
        known = self._remembered(name)
        if known is not None:
            return known
        async with self._db.read() as connection:
            clients = await queries.linked_clients(connection, user.id)
        first = clients[0] if clients else None
        principal = Principal(
            f"tg:{user.id}", "telegram", Role.CLIENT, frozenset(), first, frozenset(clients), Via.TELEGRAM, user.id
        )
        return self._remember(name, principal) if clients else principal

    async def _session(self, token: str, *, rotating: bool) -> Known | None:
        name = hash_token(token)
        known = self._remembered(name)
        if known is not None:
            return Known(known)
        lifetimes = self.trust.lifetimes
        if not rotating:
            lifetimes = Lifetimes(lifetimes.idle, lifetimes.absolute, lifetimes.staff_idle, lifetimes.staff_absolute,
                                  float(10**9), lifetimes.staff_second_factor)  # fmt: skip
        found = await sessions.find(self._db, token, lifetimes)
        if found is None:
            return None
        principal, fresh = found
        if fresh is None:
            self._remember(name, principal)
        absolute = lifetimes.absolute if principal.role is Role.CLIENT else lifetimes.staff_absolute
        return Known(principal, fresh, absolute)

    def _front(self, text: str) -> Known | None:
        ours = self.trust.front_secret
        if ours is None or not hmac.compare_digest(text.encode(), ours.encode()):
            return None
        return Known(Principal("front", "front", Role.SERVICE, FRONT_SCOPES, via=Via.FRONT))

    def _remembered(self, name: bytes) -> Principal | None:
        known = self._known.get(name)
        return known[1] if known is not None and known[0] > clock.monotonic() else None

    def _remember(self, name: bytes, principal: Principal) -> Principal:
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        self._known[name] = (clock.monotonic() + self._seconds, principal)
        return principal
