"""Small words of SQL: quoting, and typed expressions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Expr:
    """An SQL expression with its OData kind: Boolean, Number, String, DateTime, Guid, Composite or Typed."""

    sql: str
    kind: str
    literal: str | None = None
    type_sql: str = ""
    target: str | None = None

    def wrap(self, around: Callable[[str], str]) -> Expr:
        """The same value seen through a subquery."""
        return replace(self, sql=around(self.sql), type_sql=around(self.type_sql) if self.type_sql else "")


def quote(text: str) -> str:
    """A string as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
