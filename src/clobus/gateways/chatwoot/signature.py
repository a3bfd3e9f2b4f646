"""Signatures of Chatwoot's webhooks (chatwoot.md §5.5): HMAC-SHA256 of `timestamp.body`, one secret per address."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from clobus.core.errors import Unauthenticated

TOLERANCE = 300
PREFIX = "sha256="


def verify(
    raw: bytes,
    timestamp: str | None,
    signature: str | None,
    secrets: Sequence[str],
    now: datetime,
    tolerance: float = TOLERANCE,
) -> float:
    """Check a delivery against any of the secrets; returns its age in seconds.

    `raw` are the bytes as received: Chatwoot escapes differently from any re-encoding. Raises Unauthenticated with
    code signature.missing, .malformed, .stale (older or newer than `tolerance` seconds), .wrong or .no_secret.
    """
    if not secrets or not all(secrets):
        raise Unauthenticated("signature.no_secret")
    if not timestamp or not signature:
        raise Unauthenticated("signature.missing")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12 and signature.isascii()):
        raise Unauthenticated("signature.malformed")
    given = signature.encode()
    # Every secret is tried, so that the time taken tells nothing.
    good = [hmac.compare_digest(sign(raw, timestamp, secret).encode(), given) for secret in secrets]
    if not any(good):
        raise Unauthenticated("signature.wrong")
    age = now.timestamp() - int(timestamp)
    if abs(age) > tolerance:
        raise Unauthenticated("signature.stale", {"age": round(age)})
    return age


def sign(raw: bytes, timestamp: str, secret: str) -> str:
    """The header that Chatwoot would send."""
    return PREFIX + hmac.new(secret.encode(), timestamp.encode() + b"." + raw, hashlib.sha256).hexdigest()
