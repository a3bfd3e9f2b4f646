"""Signatures of webhooks."""

import hashlib
import hmac
from datetime import UTC, datetime

import pytest

from clobus.core.errors import Unauthenticated
from clobus.gateways.chatwoot.signature import sign, verify

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()) - 10)
RAW = b'{"event":"message_created","content":"\\u003cb\\u003e"}'


def signed(raw: bytes, stamp: str, secret: str) -> str:
    return "sha256=" + hmac.new(secret.encode(), stamp.encode() + b"." + raw, hashlib.sha256).hexdigest()


def test_a_good_signature_tells_its_age() -> None:
    assert sign(RAW, STAMP, "s1") == signed(RAW, STAMP, "s1")
    assert verify(RAW, STAMP, signed(RAW, STAMP, "s1"), ["s1"], NOW) == 10
    assert verify(RAW, STAMP, signed(RAW, STAMP, "old"), ["new", "old"], NOW) == 10


@pytest.mark.parametrize(
    ("raw", "stamp", "signature", "secrets", "code"),
    [
        (RAW + b" ", STAMP, signed(RAW, STAMP, "s"), ["s"], "wrong"),
        (RAW, str(int(STAMP) + 1), signed(RAW, STAMP, "s"), ["s"], "wrong"),
        (RAW, STAMP, signed(RAW, STAMP, "other"), ["s"], "wrong"),
        (RAW, STAMP, signed(RAW, STAMP, "s").removeprefix("sha256="), ["s"], "wrong"),
        (RAW, None, signed(RAW, STAMP, "s"), ["s"], "missing"),
        (RAW, STAMP, None, ["s"], "missing"),
        (RAW, STAMP, "", ["s"], "missing"),
        (RAW, "soon", signed(RAW, "soon", "s"), ["s"], "malformed"),
        (RAW, "-1", signed(RAW, "-1", "s"), ["s"], "malformed"),
        (RAW, "٣", signed(RAW, "٣", "s"), ["s"], "malformed"),
        (RAW, STAMP, "sha256=ж", ["s"], "malformed"),
        (RAW, STAMP, signed(RAW, STAMP, ""), [""], "no_secret"),
        (RAW, STAMP, signed(RAW, STAMP, ""), [], "no_secret"),
    ],
)
def test_everything_else_is_nobody(
    raw: bytes, stamp: str | None, signature: str | None, secrets: list[str], code: str
) -> None:
    with pytest.raises(Unauthenticated) as caught:
        verify(raw, stamp, signature, secrets, NOW)
    assert caught.value.code == f"signature.{code}"


@pytest.mark.parametrize("shift", [-301, 301])
def test_an_old_or_future_one_is_stale(shift: int) -> None:
    stamp = str(int(NOW.timestamp()) + shift)
    with pytest.raises(Unauthenticated, match="stale"):
        verify(RAW, stamp, signed(RAW, stamp, "s"), ["s"], NOW)
    assert verify(RAW, stamp, signed(RAW, stamp, "s"), ["s"], NOW, tolerance=400) == -shift
