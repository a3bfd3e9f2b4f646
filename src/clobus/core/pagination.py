"""Lists are given in pages: an offset and a bounded limit, or a cursor that neither loses nor doubles a row."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query

from clobus.core.errors import Invalid

MAX_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is wanted; a dependency of list routes."""

    skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 100


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row that was given, of a list that goes by a moment and then by an id."""

    at: datetime
    id: UUID

    def __str__(self) -> str:
        text = f"{self.at.isoformat()}|{self.id}"
        return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def cursor_of(text: str | None) -> Cursor | None:
    """Read a cursor that we gave; None for none or an empty one (the first page), Invalid for anything else."""
    if not text:
        return None
    try:
        at, _, id_ = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii").partition("|")
        cursor = Cursor(datetime.fromisoformat(at), UUID(id_))
    except (ValueError, binascii.Error):
        raise Invalid("page.cursor") from None
    if cursor.at.tzinfo is None:
        raise Invalid("page.cursor")
    return cursor
