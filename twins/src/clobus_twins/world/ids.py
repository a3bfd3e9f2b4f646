"""Identifiers of the world: fixed 1C constants and GUIDs made from names or from a seeded generator."""

import random
import uuid

EMPTY_KEY = "00000000-0000-0000-0000-000000000000"
EMPTY_DATE = "0001-01-01T00:00:00"

# domain.md §2.2
CLOBUS_FOLDER = "7ccd31ca-887b-11eb-938b-00e04cd03b68"
LANGUAGE_RU = "15d38cda-1812-11ef-b824-c67597d01fa8"
LANGUAGE_UZ = "15d38cdb-1812-11ef-b824-c67597d01fa8"
LANGUAGES = {"ru": LANGUAGE_RU, "uz": LANGUAGE_UZ}
CONTACT_PHONE = "c07763c7-2ae8-4708-a608-7691be9d782b"
CONTACT_EMAIL = "f0dddb0f-1cac-49ab-ad37-f9480b0ef654"
UNDEFINED_MANAGER = "062699c7-24b2-11e9-a1e3-60a44cafb67d"
BROKEN_MANAGER = "494271cb-142f-11f0-b4a6-00155d64a501"

_NAMESPACE = uuid.UUID("5b0c8d1e-6a55-5a0e-9c63-2f1b6f0c1b0b")


def named_guid(*parts: str) -> str:
    """Return the GUID that belongs to a name; the same in every world, whatever its seed."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(parts)))


def random_guid(rng: random.Random) -> str:
    """Return a GUID (version 1 look, as 1C makes them) drawn from the generator."""
    digits = f"{rng.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-1{digits[13:16]}-b{digits[17:20]}-{digits[20:]}"
