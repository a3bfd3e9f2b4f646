"""The URL grammar: path segments, keys, literals, query options (onec.md §1.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote, unquote_plus

from clobus_twins.onec.errors import ODataError, bad_option
from clobus_twins.onec.model import EntitySet, Field

GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?")
_SEGMENT = re.compile(r"([\w$.]+)(\((.*)\))?", re.DOTALL)
_ARGUMENT = re.compile(r",\s*(?=\w+\s*=)")
_KNOWN_OPTIONS = frozenset(
    {"$filter", "$select", "$expand", "$orderby", "$top", "$skip", "$inlinecount", "$format", "$allowedOnly"}
)


@dataclass(frozen=True, slots=True)
class Segment:
    """One path segment: a name and what stands in its parentheses (None = no parentheses)."""

    name: str
    arguments: str | None


@dataclass(frozen=True, slots=True)
class Options:
    """Query options of one request, decoded and checked for their form."""

    filter: str | None = None
    select: str | None = None
    expand: str | None = None
    orderby: str | None = None
    top: int | None = None
    skip: int = 0
    inlinecount: bool = False
    allowed_only: bool = False
    format: str | None = None
    other: tuple[tuple[str, str], ...] = ()


def split_path(path: str) -> list[Segment]:
    """The segments of a decoded path below the service root; slashes in parentheses or quotes do not split."""
    parts, depth, quoted, start = [], 0, False, 0
    for index, char in enumerate(path):
        if char == "'":
            quoted = not quoted
        elif quoted:
            continue
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
        elif char == "/" and depth == 0:
            parts.append(path[start:index])
            start = index + 1
    parts.append(path[start:])
    segments = []
    for part in parts:
        if not part:
            continue
        match = _SEGMENT.fullmatch(part)
        if match is None:
            raise ODataError(400, "segment", part)
        segments.append(Segment(match[1], match[3] if match[2] else None))
    return segments


def parse_options(query: bytes, *, plus_is_space: bool) -> Options:
    """Query options of a raw query string; ODataError for unknown `$` options and wrong numbers."""
    decode = unquote_plus if plus_is_space else unquote
    given: dict[str, str] = {}
    for part in query.decode("latin-1").split("&"):
        name, _, value = part.partition("=")
        if name:
            given[decode(name)] = decode(value)
    for name in given:
        if name.startswith("$") and name not in _KNOWN_OPTIONS:
            raise ODataError(400, "option", name)
    inlinecount = given.get("$inlinecount", "none")
    if inlinecount not in {"allpages", "none"}:
        raise bad_option("$inlinecount")
    allowed = given.get("allowedOnly", given.get("$allowedOnly", "false"))
    return Options(
        filter=given.get("$filter"),
        select=given.get("$select"),
        expand=given.get("$expand"),
        orderby=given.get("$orderby"),
        top=_whole(given, "$top"),
        skip=_whole(given, "$skip") or 0,
        inlinecount=inlinecount == "allpages",
        allowed_only=allowed == "true",
        format=given.get("$format"),
        other=tuple((name, value) for name, value in given.items() if not name.startswith("$")),
    )


def _whole(given: dict[str, str], name: str) -> int | None:
    if name not in given:
        return None
    if not re.fullmatch(r"\s*[0-9]{1,18}\s*", given[name]):
        raise bad_option(name)
    return int(given[name])


def parse_arguments(text: str) -> dict[str, str]:
    """Arguments of a function: `Name=value`. The outermost pair of quotes wins, inner ones need no doubling."""
    found: dict[str, str] = {}
    for part in _ARGUMENT.split(text.strip()):
        if not part:
            continue
        name, sign, value = part.partition("=")
        if not sign:
            raise ODataError(400, "function", part)
        value = value.strip()
        if len(value) >= 2 and value[0] == value[-1] == "'":
            value = value[1:-1]
        found[name.strip()] = value
    return found


def parse_key(entity: EntitySet, text: str) -> dict[str, Any]:
    """A key predicate as stored values by field: bare for one field, `Name=Value,…` for all of them."""
    fields = entity.key
    if not text.strip():
        raise ODataError(400, "key_part", fields[0].name)
    parts = _split_outside_quotes(text)
    if len(parts) == 1 and not re.match(r"\s*\w+\s*=", parts[0]):
        if len(fields) != 1:
            raise ODataError(400, "key_part", fields[1].name)
        return {fields[0].name: key_value(fields[0], parts[0].strip())}
    named = {}
    for part in parts:
        name, sign, value = part.partition("=")
        if not sign or name.strip() in named:
            raise ODataError(400, "request_format")
        named[name.strip()] = value.strip()
    known = {item.name for item in fields}
    for name in named:
        if name not in known:
            raise ODataError(400, "property", name)
    for item in fields:
        if item.name not in named:
            raise ODataError(400, "key_part", item.name)
    return {item.name: key_value(item, named[item.name]) for item in fields}


def key_value(field: Field, literal: str) -> Any:
    """The stored value of one key literal; code 1 with echo when it is of another type."""
    match = re.fullmatch(r"(guid|datetime|)'(.*)'", literal, re.DOTALL)
    prefix, inner = (match[1], match[2]) if match else (None, literal)
    if field.edm == "Guid" and prefix == "guid" and GUID.fullmatch(inner):
        return inner.lower()
    if field.edm == "DateTime" and prefix == "datetime":
        moment = canonical_datetime(inner)
        if moment:
            return moment
    if field.edm == "String" and prefix == "":
        return inner.replace("''", "'")
    if field.edm.startswith("Int") and re.fullmatch(r"-?[0-9]{1,18}", inner) and prefix in {None, ""}:
        return int(inner)
    if field.edm == "Boolean" and literal in {"true", "false"}:
        return int(literal == "true")
    raise ODataError(400, "parse", inner, field.edm)


def key_literal(entity: EntitySet, key: dict[str, Any]) -> str:
    """A key as it stands between the parentheses of a canonical address."""
    prefixes = {"Guid": "guid", "DateTime": "datetime", "String": ""}
    shown = []
    for item in entity.key:
        value = str(key[item.name]).replace("'", "''")
        literal = f"{prefixes[item.edm]}'{value}'" if item.edm in prefixes else value
        shown.append(literal if len(entity.key) == 1 else f"{item.name}={literal}")
    return ",".join(shown)


def canonical_datetime(text: str) -> str | None:
    """`YYYY-MM-DDTHH:MM:SS`, or None when the text is not a naive date and time."""
    if not DATETIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).isoformat(timespec="seconds")
    except ValueError:
        return None


def _split_outside_quotes(text: str) -> list[str]:
    parts, inside, start = [], False, 0
    for index, char in enumerate(text):
        if char == "'":
            inside = not inside
        elif char == "," and not inside:
            parts.append(text[start:index])
            start = index + 1
    return [*parts, text[start:]]
