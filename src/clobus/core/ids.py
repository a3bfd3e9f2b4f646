"""The only source of new identifiers."""

import uuid

from uuid_utils.compat import uuid7


def new_id() -> uuid.UUID:
    """A new UUIDv7: unique, and ordered by the time it was made."""
    return uuid7()
