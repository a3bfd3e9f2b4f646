"""The functions of `$filter` (onec.md §1.6) as SQL; wrong arguments are code 21, unsuitable types a 500."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from clobus_twins.onec.errors import ODataError
from clobus_twins.onec.functions import UNITS
from clobus_twins.onec.model import NAMESPACE
from clobus_twins.onec.sql import Expr


@dataclass(frozen=True, slots=True)
class Function:
    """One function: the kinds of its arguments (the last may be absent when `optional`), its result, its SQL."""

    name: str
    arguments: tuple[str, ...]
    result: str
    template: Callable[..., str]
    optional: int = 0

    def build(self, given: list[Expr]) -> Expr:
        """The call over compiled arguments."""
        if not len(self.arguments) - self.optional <= len(given) <= len(self.arguments):
            raise ODataError(400, "function", self.name)
        for wanted, expr in zip(self.arguments, given, strict=False):
            if wanted == "Unit":
                if expr.literal not in UNITS:
                    raise ODataError(400, "function", self.name)
            elif expr.kind != wanted:
                raise ODataError(500, "function_type", self.name)
        return Expr(self.template(*(expr.sql for expr in given)), self.result)


def type_name(set_name: str | None) -> str:
    """The name of a type as `_Type` companions spell it."""
    return f"{NAMESPACE}.{set_name}"


def _substring(text: str, start: str, length: str | None = None) -> str:
    return f"substr({text}, {start} + 1{', ' + length if length else ''})"


def _part(name: str, first: int, size: int) -> Function:
    return Function(name, ("DateTime",), "Number", lambda x: f"CAST(substr({x}, {first}, {size}) AS INTEGER)")


_ALL = (
    Function("concat", ("String", "String"), "String", lambda a, b: f"({a} || {b})"),
    Function("startswith", ("String", "String"), "Boolean", lambda a, b: f"(substr({a}, 1, length({b})) = {b})"),
    Function(
        "endswith",
        ("String", "String"),
        "Boolean",
        lambda a, b: f"({b} = '' OR substr({a}, -length({b})) = {b})",
    ),
    Function("substringof", ("String", "String"), "Boolean", lambda needle, field: f"(instr({field}, {needle}) > 0)"),
    Function("like", ("String", "String"), "Boolean", lambda a, b: f"c1_like({a}, {b})"),
    Function("substring", ("String", "Number", "Number"), "String", _substring, optional=1),
    Function("round", ("Number",), "Number", lambda x: f"round({x})"),
    _part("year", 1, 4),
    _part("month", 6, 2),
    _part("day", 9, 2),
    _part("hour", 12, 2),
    _part("minute", 15, 2),
    _part("second", 18, 2),
    Function("quarter", ("DateTime",), "Number", lambda x: f"((CAST(substr({x}, 6, 2) AS INTEGER) + 2) / 3)"),
    Function("dayofyear", ("DateTime",), "Number", lambda x: f"CAST(strftime('%j', {x}) AS INTEGER)"),
    Function("dayofweek", ("DateTime",), "Number", lambda x: f"((CAST(strftime('%w', {x}) AS INTEGER) + 6) % 7 + 1)"),
    Function("dateadd", ("DateTime", "Unit", "Number"), "DateTime", lambda d, u, n: f"c1_dateadd({d}, {u}, {n})"),
    Function(
        "datedifference", ("DateTime", "DateTime", "Unit"), "Number", lambda a, b, u: f"c1_datediff({a}, {b}, {u})"
    ),
)
FUNCTIONS = {function.name: function for function in _ALL}

__all__ = ["FUNCTIONS", "Function", "type_name"]
