"""The composition root: settings become a database and gateways, opened in order and closed in reverse."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import httpx

from clobus import event_handlers
from clobus.core import events
from clobus.core.db import Database
from clobus.gateways.chatwoot.client import ChatwootClient, connect_http, open_chatwoot
from clobus.gateways.chatwoot.platform import ChatwootPlatform
from clobus.gateways.mail.smtp import Mailer
from clobus.gateways.oidc.client import OidcClient, open_oidc
from clobus.gateways.onec.client import OnecClient, open_onec
from clobus.gateways.telegram.sender import TelegramSender, open_telegram
from clobus.settings import Settings


@dataclass(frozen=True, slots=True)
class Runtime:
    """What every process of the platform works with."""

    settings: Settings
    db: Database
    onec: OnecClient
    chatwoot: ChatwootClient
    platform: ChatwootPlatform | None
    telegram: TelegramSender | None
    mailer: Mailer | None = None
    oidc: OidcClient | None = None


@asynccontextmanager
async def open_runtime(
    settings: Settings, *, pool_size: int = 8, transports: dict[str, httpx.AsyncBaseTransport] | None = None
) -> AsyncIterator[Runtime]:
    """Open everything; no network is touched but the database. `transports` replaces a partner's wire in tests."""
    wires = transports or {}
    events.configure(event_handlers.REACTIONS)
    async with AsyncExitStack() as stack:
        db = Database(settings.database_url.get_secret_value(), max_size=pool_size)
        await db.open()
        stack.push_async_callback(db.close)
        onec = open_onec(
            str(settings.onec.base_url).rstrip("/"),
            settings.onec.user,
            settings.onec.password.get_secret_value(),
            zone=ZoneInfo(settings.onec.zone),
            verify=settings.onec.ca_file or True,
            connections=max(2, settings.onec.pages_in_flight),
            transport=wires.get("onec"),
        )
        stack.push_async_callback(onec.close)
        chatwoot, platform = _chatwoot(settings, wires.get("chatwoot"))
        stack.push_async_callback(chatwoot.close)
        if platform is not None:
            stack.push_async_callback(platform.close)
        telegram = None
        if settings.telegram is not None:
            telegram = open_telegram(
                str(settings.telegram.base_url).rstrip("/"),
                settings.telegram.bot_token.get_secret_value(),
                verify=settings.telegram.ca_file or True,
                transport=wires.get("telegram"),
            )
            stack.push_async_callback(telegram.close)
        oidc = None
        if settings.oidc is not None:
            oidc = open_oidc(
                str(settings.oidc.issuer).rstrip("/"),
                settings.oidc.client_id,
                settings.oidc.client_secret.get_secret_value(),
                verify=settings.oidc.ca_file or True,
                transport=wires.get("oidc"),
            )
            stack.push_async_callback(oidc.close)
        yield Runtime(settings, db, onec, chatwoot, platform, telegram, _mailer(settings), oidc)


def _chatwoot(
    settings: Settings, wire: httpx.AsyncBaseTransport | None
) -> tuple[ChatwootClient, ChatwootPlatform | None]:
    given = settings.chatwoot
    base, verify = str(given.base_url).rstrip("/"), given.ca_file or True
    client = open_chatwoot(base, given.token.get_secret_value(), given.account_id, verify=verify, transport=wire)
    if given.platform_token is None:
        return client, None
    http = connect_http(base, given.platform_token.get_secret_value(), verify=verify, transport=wire)
    return client, ChatwootPlatform(http)


def _mailer(settings: Settings) -> Mailer | None:
    given = settings.mail
    if given is None:
        return None
    password = given.password.get_secret_value() if given.password else None
    return Mailer(
        given.host, given.port, given.sender, user=given.user, password=password, tls=given.tls, ca_file=given.ca_file
    )
