"""Second factors: codes of an authenticator (TOTP, RFC 6238) and the recovery codes for who lost it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import secrets
from collections.abc import Sequence
from uuid import UUID

import pyotp
import segno
from cryptography.fernet import Fernet, InvalidToken

from clobus.core import clock
from clobus.core.auth import hash_token
from clobus.core.db import Connection, one, rows, run

ISSUER = "Clobus"
STEP = 30
DRIFT = (0, -1, 1)
"""Steps that a phone's clock may be off."""
CODES = 10


class Vault:
    """Seals secrets that have to be read again, with a key made of the platform's own."""

    def __init__(self, secret_key: str) -> None:
        derived = hmac.new(secret_key.encode(), b"clobus second factors", hashlib.sha256).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(derived))

    def seal(self, secret: str) -> bytes:
        """What is kept."""
        return self._fernet.encrypt(secret.encode())

    def open(self, sealed: bytes) -> str | None:
        """The secret; None when it was sealed with another key."""
        try:
            return self._fernet.decrypt(bytes(sealed)).decode()
        except InvalidToken:
            return None


def uri(secret: str, account: str) -> str:
    """What an authenticator reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=ISSUER)


def picture(text: str) -> str:
    """The same as a QR code: an SVG of black on white, without a size of its own."""
    out = io.BytesIO()
    segno.make(text, error="m").save(
        out, kind="svg", border=4, light="#fff", xmldecl=False, svgns=True, omitsize=True, nl=False
    )
    return out.getvalue().decode()


async def start(connection: Connection, vault: Vault, person_id: UUID) -> str | None:
    """A new secret, not in force until a code of it was given; None when one is in force already."""
    secret = pyotp.random_base32()
    made = await run(
        connection,
        "insert into cab.second_factors as f (person_id, secret) values (%s, %s) on conflict (person_id) do update"
        " set secret = excluded.secret, last_step = 0, created_at = now() where f.confirmed_at is null",
        (person_id, vault.seal(secret)),
    )
    return secret if made else None


async def confirm(connection: Connection, vault: Vault, person_id: UUID, code: str) -> bool:
    """Put the secret in force with its first code; False when the code is wrong or there is nothing to confirm."""
    if not await _take(connection, vault, person_id, code, confirmed=False):
        return False
    return await run(
        connection,
        "update cab.second_factors set confirmed_at = now() where person_id = %s and confirmed_at is null",
        (person_id,),
    ) > 0  # fmt: skip


async def matches(connection: Connection, vault: Vault, person_id: UUID, code: str) -> bool:
    """Whether a code is the present one; each is taken once."""
    return await _take(connection, vault, person_id, code, confirmed=True)


async def _take(connection: Connection, vault: Vault, person_id: UUID, code: str, *, confirmed: bool) -> bool:
    row = await one(
        connection,
        "select secret, last_step from cab.second_factors where person_id = %s and (confirmed_at is not null) = %s"
        " for update",
        (person_id, confirmed),
    )
    secret = vault.open(row["secret"]) if row else None
    if row is None or secret is None:
        return False
    step = step_of(secret, code, int(clock.now().timestamp()))
    if step is None or step <= row["last_step"]:
        return False
    await run(connection, "update cab.second_factors set last_step = %s where person_id = %s", (step, person_id))
    return True


def step_of(secret: str, code: str, at: int) -> int | None:
    """The time step that a code belongs to, near `at` (seconds); None when it belongs to none."""
    totp = pyotp.TOTP(secret)
    now = at // STEP
    found = [now + off for off in DRIFT if hmac.compare_digest(totp.at((now + off) * STEP), code)]
    return found[0] if found else None


async def remove(connection: Connection, person_id: UUID) -> bool:
    """Take it out of force; recovery codes go when no second factor is left."""
    gone = await run(connection, "delete from cab.second_factors where person_id = %s", (person_id,)) > 0
    await forget_codes_without_factor(connection, person_id)
    return gone


async def forget_codes_without_factor(connection: Connection, person_id: UUID) -> None:
    """Recovery codes of a person who has nothing that they would stand in for."""
    await run(
        connection,
        "delete from cab.recovery_codes where person_id = %(id)s"
        " and not exists (select 1 from cab.second_factors where person_id = %(id)s and confirmed_at is not null)"
        " and not exists (select 1 from cab.credentials where person_id = %(id)s)",
        {"id": person_id},
    )


async def new_codes(connection: Connection, person_id: UUID) -> list[str]:
    """Ten recovery codes of 80 bits instead of those before; only their hashes are kept."""
    codes = ["-".join(_groups(base64.b32encode(secrets.token_bytes(10)).decode())) for _ in range(CODES)]
    await run(connection, "delete from cab.recovery_codes where person_id = %s", (person_id,))
    await run(
        connection,
        "insert into cab.recovery_codes (person_id, code_hash) select %s, h from unnest(%s::bytea[]) as h",
        (person_id, [_hash(person_id, code) for code in codes]),
    )
    return codes


async def use_code(connection: Connection, person_id: UUID, code: str) -> bool:
    """Use a recovery code up; False when it is none, or was used."""
    return await run(
        connection,
        "update cab.recovery_codes set used_at = now() where person_id = %s and code_hash = %s and used_at is null",
        (person_id, _hash(person_id, code)),
    ) > 0  # fmt: skip


async def methods(connection: Connection, person_id: UUID) -> list[str]:
    """By which second factors a person can prove himself, the usual one first; none of them: none is asked for."""
    found = await rows(
        connection,
        "select exists (select 1 from cab.second_factors where person_id = %(id)s and confirmed_at is not null)"
        " as totp,"
        " exists (select 1 from cab.credentials where person_id = %(id)s) as passkey,"
        " exists (select 1 from cab.recovery_codes where person_id = %(id)s and used_at is null) as recovery",
        {"id": person_id},
    )
    has = found[0]
    if not has["totp"] and not has["passkey"]:
        return []
    return [name for name in ("totp", "passkey", "recovery") if has[name]]


async def codes_left(connection: Connection, person_id: UUID) -> int:
    """How many recovery codes are unused."""
    found = await one(
        connection,
        "select count(*) as n from cab.recovery_codes where person_id = %s and used_at is null",
        (person_id,),
    )
    return int(found["n"]) if found else 0


def _groups(text: str) -> Sequence[str]:
    return [text[at : at + 4].lower() for at in range(0, len(text), 4)]


def _hash(person_id: UUID, code: str) -> bytes:
    return hash_token(f"{person_id}\n{''.join(code.lower().replace('-', '').split())}")
