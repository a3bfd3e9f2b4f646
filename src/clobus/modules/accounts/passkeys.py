"""Passkeys (WebAuthn level 2), by the library `webauthn`: made for a person, found by what the browser shows.

A challenge is a proof that is used up with its first answer, so an answer that somebody recorded is worth nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import webauthn
from psycopg.rows import DictRow
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from clobus.core.db import Connection, one, rows, run
from clobus.modules.accounts import proofs

MAX_EACH = 20
MILLIS = 300_000


@dataclass(frozen=True, slots=True)
class Party:
    """For whom passkeys are: the host that they are bound to, and the origins that may ask."""

    host: str
    origins: tuple[str, ...]
    name: str = "Clobus"


async def listed(connection: Connection, person_id: UUID) -> list[DictRow]:
    """A person's passkeys, oldest first."""
    return await rows(
        connection,
        "select encode(credential_id, 'hex') as id, name, created_at, used_at from cab.credentials"
        " where person_id = %s order by created_at, credential_id",
        (person_id,),
    )


async def options_to_make(connection: Connection, party: Party, person: Mapping[str, Any]) -> dict[str, Any]:
    """What the browser needs to make one."""
    known = await rows(
        connection, "select credential_id from cab.credentials where person_id = %s", (person["person_id"],)
    )
    options = webauthn.generate_registration_options(
        rp_id=party.host, rp_name=party.name, user_id=person["person_id"].bytes,
        user_name=person["email"] or person["phone_number"] or person["name"], user_display_name=person["name"],
        timeout=MILLIS, exclude_credentials=[PublicKeyCredentialDescriptor(bytes(k["credential_id"])) for k in known],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
    )  # fmt: skip
    challenge = bytes_to_base64url(options.challenge)
    await proofs.make(connection, proofs.CHALLENGE, person["person_id"], {"for": "make"}, challenge)
    made: dict[str, Any] = json.loads(webauthn.options_to_json(options))
    return made


async def make(
    connection: Connection, party: Party, person_id: UUID, credential: Mapping[str, Any], name: str
) -> str | None:
    """Keep a new one; its id, None when what the browser showed proves nothing or the person has too many."""
    challenge = challenge_of(credential)
    proof = await proofs.use(connection, proofs.CHALLENGE, challenge) if challenge else None
    if proof is None or proof["person_id"] != person_id or proof["data"].get("for") != "make":
        return None
    try:
        seen = webauthn.verify_registration_response(
            credential=dict(credential), expected_challenge=base64url_to_bytes(challenge or ""),
            expected_rp_id=party.host, expected_origin=list(party.origins), require_user_verification=True,
        )  # fmt: skip
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return None
    made = await run(
        connection,
        "insert into cab.credentials (credential_id, person_id, public_key, sign_count, name)"
        " select %s, %s, %s, %s, %s where (select count(*) from cab.credentials where person_id = %s) < %s"
        " on conflict do nothing",
        (seen.credential_id, person_id, seen.credential_public_key, seen.sign_count, name, person_id, MAX_EACH),
    )
    return seen.credential_id.hex() if made else None


async def options_to_show(connection: Connection, party: Party, person_id: UUID | None = None) -> dict[str, Any]:
    """What the browser needs to show one: any of this site, or one of a person's."""
    allowed = None
    if person_id is not None:
        known = await rows(connection, "select credential_id from cab.credentials where person_id = %s", (person_id,))
        allowed = [PublicKeyCredentialDescriptor(bytes(row["credential_id"])) for row in known]
    options = webauthn.generate_authentication_options(
        rp_id=party.host, timeout=MILLIS, allow_credentials=allowed,
        user_verification=UserVerificationRequirement.REQUIRED,
    )  # fmt: skip
    await proofs.make(connection, proofs.CHALLENGE, None, {"for": "show"}, bytes_to_base64url(options.challenge))
    made: dict[str, Any] = json.loads(webauthn.options_to_json(options))
    return made


async def who(connection: Connection, party: Party, credential: Mapping[str, Any]) -> UUID | None:
    """Whose passkey this answer proves; None when it proves nothing. The challenge is over in any case."""
    challenge = challenge_of(credential)
    proof = await proofs.use(connection, proofs.CHALLENGE, challenge) if challenge else None
    if proof is None or proof["data"].get("for") != "show":
        return None
    try:
        raw = base64url_to_bytes(str(credential["rawId"]))
        kept = await one(connection, "select * from cab.credentials where credential_id = %s for update", (raw,))
        if kept is None:
            return None
        seen = webauthn.verify_authentication_response(
            credential=dict(credential), expected_challenge=base64url_to_bytes(challenge or ""),
            expected_rp_id=party.host, expected_origin=list(party.origins),
            credential_public_key=bytes(kept["public_key"]), credential_current_sign_count=kept["sign_count"],
            require_user_verification=True,
        )  # fmt: skip
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return None
    await run(
        connection,
        "update cab.credentials set sign_count = %s, used_at = now() where credential_id = %s",
        (seen.new_sign_count, raw),
    )
    found: UUID = kept["person_id"]
    return found


async def remove(connection: Connection, person_id: UUID, named: str) -> bool:
    """Forget a passkey of a person."""
    return await run(
        connection,
        "delete from cab.credentials where person_id = %s and encode(credential_id, 'hex') = %s",
        (person_id, named),
    ) > 0  # fmt: skip


def challenge_of(credential: Mapping[str, Any]) -> str | None:
    """The challenge that a browser says to have answered; None when it says none."""
    try:
        told = json.loads(base64url_to_bytes(credential["response"]["clientDataJSON"]))
        return str(told["challenge"])
    except (KeyError, ValueError, TypeError):
        return None
