"""What all rows have in common."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

Json = dict[str, Any]


class Row(msgspec.Struct, kw_only=True, eq=False):
    """A row of any table."""

    kind: ClassVar[str] = ""
    id: int = 0
    created_at: float = 0.0
    updated_at: float = 0.0
