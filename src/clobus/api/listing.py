"""What a list of requests is narrowed to, as callers ask for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Query

from clobus.core.pagination import MAX_LIMIT
from clobus.modules.consultations.moments import Moment, in_zone
from clobus.modules.consultations.reading import Filters
from clobus.modules.consultations.types import Kind, Status

KINDS = {"accounting": Kind.ACCOUNTING, "support": Kind.SUPPORT}


@dataclass(frozen=True, slots=True)
class Listing:
    """A dependency of list routes."""

    status: Annotated[list[Status] | None, Query(description="One or several.")] = None
    kind: Annotated[Literal["accounting", "support"] | None, Query()] = None
    manager: Annotated[UUID | None, Query(description="Key of the manager in 1C.")] = None
    since: Annotated[Moment | None, Query(alias="from", description="Made at this moment or later.")] = None
    until: Annotated[Moment | None, Query(alias="to", description="Made before this moment.")] = None
    q: Annotated[
        str | None, Query(min_length=2, max_length=100, description="Number, or words of question, topic or company.")
    ] = None
    cursor: Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before.")] = None
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 100

    def filters(self, zone: ZoneInfo, client: UUID | None = None) -> Filters:
        """The same for the module: a moment without a zone is the business's."""
        return Filters(
            status=tuple(self.status or ()), kind=KINDS[self.kind] if self.kind else None, manager=self.manager,
            since=in_zone(self.since, zone) if self.since else None,
            until=in_zone(self.until, zone) if self.until else None, text=self.q, client=client,
        )  # fmt: skip
