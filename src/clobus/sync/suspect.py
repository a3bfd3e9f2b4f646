"""One thing in which two systems seem to differ: what a comparison yields before it is looked at again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

BOTH = ("onec", "postgres")
"""The two systems of a difference between 1C and us."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A difference of one request; at least one of its identities is known.

    `kind` tells what differs, `systems` where; `detail` holds names of members, never people's data. `subject` names
    what is no request: a client, a manager, a closed day.
    """

    kind: str
    systems: tuple[str, ...]
    cons_id: UUID | None = None
    ref_key: UUID | None = None
    conversation_id: int | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    subject: str = ""

    @property
    def consultation(self) -> str:
        """The name under which it is listed: our id, or the partner's where we have none."""
        if self.subject:
            return self.subject
        if self.cons_id is not None:
            return str(self.cons_id)
        return str(self.ref_key) if self.ref_key is not None else f"conversation:{self.conversation_id}"

    @property
    def identity(self) -> tuple[str, str]:
        """What makes it the same one when it is seen again."""
        return self.consultation, self.kind
