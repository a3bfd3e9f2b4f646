"""Whom an OpenID Connect provider vouches for: an id token, checked as OpenID Connect Core 1.0, 3.1.3.7, wants it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from jwt import PyJWKSet
from psycopg.rows import DictRow

from clobus.core import i18n
from clobus.core.db import Connection
from clobus.core.errors import Unauthenticated
from clobus.modules.accounts import people

ALGORITHMS = ("RS256", "PS256", "ES256")
"""By these a provider may sign: with keys of its own alone, never with a shared secret or not at all."""
LEEWAY = 60


@dataclass(frozen=True, slots=True)
class Vouched:
    """Who signed in there."""

    issuer: str
    subject: str
    name: str
    email: str | None
    language: str


def challenge(verifier: str) -> str:
    """What the provider is shown of a verifier (PKCE, RFC 7636, S256)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def verify(token: str, keys: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str) -> Vouched:
    """Whom a token vouches for; Unauthenticated `oidc.failed` for anything that is not quite right."""
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") not in ALGORITHMS:
            raise Unauthenticated("oidc.failed")
        found = [key for key in PyJWKSet.from_dict(dict(keys)).keys if key.key_id == header.get("kid")]
        if len(found) != 1:
            raise Unauthenticated("oidc.failed")
        told = jwt.decode(
            token, found[0].key, algorithms=[header["alg"]], audience=client_id, issuer=[issuer, f"{issuer}/"],
            leeway=LEEWAY, options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )  # fmt: skip
    except (jwt.PyJWTError, ValueError, KeyError, TypeError):
        raise Unauthenticated("oidc.failed") from None
    if told.get("azp", client_id) != client_id or not hmac.compare_digest(str(told.get("nonce", "")), nonce):
        raise Unauthenticated("oidc.failed")
    email = str(told["email"]).strip().lower() if told.get("email") and told.get("email_verified") is True else None
    name = str(told.get("name") or told.get("preferred_username") or email or told["sub"])[:200]
    return Vouched(issuer, str(told["sub"])[:255], name, email, i18n.language_of(str(told.get("locale", ""))[:2]))


async def person(connection: Connection, who: Vouched, *, may_register: bool) -> tuple[DictRow | None, bool]:
    """The person of a subject, made when there is none; and whether he was made.

    An address alone ties nobody to an account that is there: its person ties it himself, when he is signed in. None
    then, and when registration is closed.
    """
    found = await people.by_subject(connection, who.issuer, who.subject)
    if found is not None or not may_register:
        return found, False
    made = await people.make(
        connection,
        {"name": who.name, "language": who.language, "email": who.email, "oidc_issuer": who.issuer,
         "oidc_subject": who.subject},
    )  # fmt: skip
    return made, made is not None
