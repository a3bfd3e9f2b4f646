"""Lists are given in pages: an offset and a bounded limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Query

MAX_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is wanted; a dependency of list routes."""

    skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 100
