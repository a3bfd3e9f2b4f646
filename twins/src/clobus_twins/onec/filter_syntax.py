"""The syntax of `$filter`: tokens, the tree, the unusual precedence ladder (onec.md §1.6)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from clobus_twins.onec.errors import ODataError, bad_option
from clobus_twins.onec.uri import GUID, canonical_datetime

# Highest first: mul > div > add > sub > gt > ge > lt > le > eq > ne > and > or; each its own step, left to right.
LADDER = ("mul", "div", "add", "sub", "gt", "ge", "lt", "le", "eq", "ne", "and", "or")
_LEVEL = {name: len(LADDER) - index for index, name in enumerate(LADDER)}

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<guid>guid'(?P<guid_value>[^']*)')
    | (?P<datetime>datetime'(?P<datetime_value>[^']*)')
    | (?P<string>'(?P<string_value>(?:[^']|'')*)')
    | (?P<bare>[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F-]+)
    | (?P<number>\d+(?:\.\d+)?)(?![\w.])
    | (?P<name>[^\W\d]\w*)
    | (?P<sign>[(),/:-])
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant; `kind` is Guid, DateTime, String, Number or Boolean, `text` its canonical text."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Path:
    """A property path, from the row itself or from what `base` (a cast) gives."""

    names: tuple[str, ...]
    base: Node | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A function call."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Unary:
    """`not` or unary minus."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """A binary operator."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Lambda:
    """`path/any(v: …)` or `path/all(v: …)`; no body = not empty."""

    names: tuple[str, ...]
    every: bool
    variable: str
    body: Node | None


Node = Literal | Path | Call | Unary | Binary | Lambda


def parse_filter(text: str, option: str = "$filter") -> Node:
    """The tree of a filter; ODataError code 14 (broken syntax) or 1 (a bare guid)."""
    parser = _Parser(_tokens(text, option), option)
    node = parser.binary(1)
    parser.expect_end()
    return node


def parse_path(text: str, option: str) -> Path:
    """A plain property path such as an item of `$orderby`."""
    names = tuple(text.strip().split("/"))
    if not all(re.fullmatch(r"[^\W\d]\w*", name) for name in names):
        raise bad_option(option)
    return Path(names)


def _tokens(text: str, option: str) -> list[tuple[str, str]]:
    tokens, position, end = [], 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise bad_option(option)
        kind = match.lastgroup or ""
        kind = kind.removesuffix("_value")
        value = match[kind]
        if kind == "bare":
            raise ODataError(400, "parse", value, "Guid")
        if kind in {"guid", "datetime", "string"}:
            value = match[f"{kind}_value"]
        tokens.append((kind, value))
        position = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]], option: str) -> None:
        self._tokens = tokens
        self._at = 0
        self._option = option

    def binary(self, level: int) -> Node:
        left = self._unary()
        while True:
            kind, word = self._peek()
            step = _LEVEL.get(word, 0) if kind == "name" else 0
            if step < level:
                return left
            self._at += 1
            left = Binary(word, left, self.binary(step + 1))

    def expect_end(self) -> None:
        if self._at != len(self._tokens):
            raise bad_option(self._option)

    def _unary(self) -> Node:
        if self._peek() == ("name", "not") and self._peek(1) != ("sign", "/"):
            self._at += 1
            return Unary("not", self._unary())
        return self._minus()

    def _minus(self) -> Node:
        if self._peek() == ("sign", "-"):
            self._at += 1
            return Unary("-", self._minus())
        return self._primary()

    def _primary(self) -> Node:
        kind, value = self._next()
        if kind == "sign" and value == "(":
            node = self.binary(1)
            self._take(")")
            return node
        if kind == "name":
            return self._named(value)
        return self._literal(kind, value)

    def _literal(self, kind: str, value: str) -> Literal:
        if kind == "guid" and GUID.fullmatch(value):
            return Literal("Guid", value.lower())
        if kind == "datetime":
            moment = canonical_datetime(value)
            if moment:
                return Literal("DateTime", moment)
        if kind == "string" and "\0" not in value:
            return Literal("String", value.replace("''", "'"))
        if kind == "number":
            return Literal("Number", value)
        raise bad_option(self._option)

    def _named(self, first: str) -> Node:
        if first in {"true", "false"}:
            return Literal("Boolean", first)
        if self._peek() == ("sign", "("):
            call = self._call(first)
            if first == "cast" and self._peek() == ("sign", "/"):
                return Path(self._rest_of_path(), call)
            return call
        if first in _LEVEL:
            raise bad_option(self._option)
        names = [first]
        while self._peek() == ("sign", "/"):
            self._at += 1
            kind, name = self._next()
            if kind != "name":
                raise bad_option(self._option)
            if name in {"any", "all"} and self._peek() == ("sign", "("):
                return self._lambda(tuple(names), name == "all")
            names.append(name)
        return Path(tuple(names))

    def _rest_of_path(self) -> tuple[str, ...]:
        names = []
        while self._peek() == ("sign", "/"):
            self._at += 1
            kind, name = self._next()
            if kind != "name":
                raise bad_option(self._option)
            names.append(name)
        return tuple(names)

    def _call(self, name: str) -> Call:
        self._take("(")
        arguments: list[Node] = []
        while self._peek() != ("sign", ")"):
            arguments.append(self.binary(1))
            if self._peek() != ("sign", ","):
                break
            self._at += 1
        self._take(")")
        return Call(name, tuple(arguments))

    def _lambda(self, names: tuple[str, ...], every: bool) -> Lambda:
        self._take("(")
        if self._peek() == ("sign", ")") and not every:
            self._at += 1
            return Lambda(names, every, "", None)
        kind, variable = self._next()
        if kind != "name":
            raise ODataError(400, "function", "all" if every else "any")
        self._take(":")
        body = self.binary(1)
        self._take(")")
        return Lambda(names, every, variable, body)

    def _peek(self, ahead: int = 0) -> tuple[str, str]:
        index = self._at + ahead
        return self._tokens[index] if index < len(self._tokens) else ("end", "")

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self._at += 1
        return token

    def _take(self, sign: str) -> None:
        if self._next() != ("sign", sign):
            raise bad_option(self._option)
