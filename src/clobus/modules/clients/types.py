"""What others may hold of a client."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

KIND = "client"
"""The subject under which the outbox holds clients, for both partners."""

WRITTEN_TO_ONEC = (
    "company_name", "org_inn", "code_abonent", "email", "phone_number", "country", "region", "city",
)  # fmt: skip
"""Columns of an owner that the platform may change in 1C; all others are 1C's or stay here."""


class Freedom(StrEnum):
    """What saving may do to a client who is there already."""

    NOTHING = "nothing"
    FILL = "fill"
    EDIT = "edit"


@dataclass(frozen=True, slots=True)
class Rules:
    """Within what a client is looked for, and what may be done. `reach`: the caller's own clients, None for all."""

    folder: UUID
    freedom: Freedom
    reach: frozenset[UUID] | None = None
    acting: UUID | None = None
