"""JSON values of write bodies as stored values, with the server's leniencies and refusals (onec.md §1.9)."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from clobus_twins.onec.errors import ODataError
from clobus_twins.onec.model import EMPTY_DATE, EMPTY_GUID, Field, Section
from clobus_twins.onec.switches import Switches
from clobus_twins.onec.uri import GUID, canonical_datetime

_BIND = re.compile(r".*\(guid'([^']+)'\)/?$")
_LIMITS = {"Int16": 2**15, "Int32": 2**31, "Int64": 2**63}


def stored(field: Field, value: Any, switches: Switches) -> Any:
    """One JSON value as it is stored; ODataError code 1 (unparsable) or -1 (an array into a string)."""
    if value is None:
        return field.default
    if isinstance(value, list | dict) and field.edm != "Complex":
        if field.edm == "String":
            raise ODataError(500, "array_in_string", field.name)
        raise ODataError(400, "parse", str(value)[:40], field.edm)
    return _CONVERTERS[field.edm](field, value, switches)


def _guid(field: Field, value: Any, _: Switches) -> str:
    text = str(value)
    if text == "":
        return EMPTY_GUID
    if not GUID.fullmatch(text):
        raise ODataError(400, "parse", text, "Guid")
    return text.lower()


def _string(field: Field, value: Any, switches: Switches) -> str:
    text = value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    if field.max_length and len(text) > field.max_length:
        if not switches.silent_truncate:
            raise ODataError(400, "too_long", field.name)
        return text[: field.max_length]
    return text


def _datetime(field: Field, value: Any, _: Switches) -> str:
    text = str(value)
    if text == "":
        return EMPTY_DATE
    moment = canonical_datetime(text)
    if moment is None:
        raise ODataError(400, "parse", text, "DateTime")
    return moment


def _boolean(field: Field, value: Any, _: Switches) -> int:
    if isinstance(value, bool):
        return int(value)
    if value in {"true", "false"}:
        return int(value == "true")
    raise ODataError(400, "parse", str(value), "Boolean")


def _integer(field: Field, value: Any, _: Switches) -> int:
    text = str(value).strip()
    if isinstance(value, bool) or not re.fullmatch(r"-?\d+(\.0+)?", text):
        raise ODataError(400, "parse", str(value), field.edm)
    number = int(text.split(".")[0])
    if not -_LIMITS[field.edm] <= number < _LIMITS[field.edm]:
        raise ODataError(400, "parse", text, field.edm)
    return number


def _double(field: Field, value: Any, _: Switches) -> float:
    try:
        return float(value)
    except ValueError as error:
        raise ODataError(400, "parse", str(value), "Double") from error


def _complex(field: Field, value: Any, _: Switches) -> str:
    return msgspec.json.encode(value).decode()


_CONVERTERS = {
    "Guid": _guid,
    "String": _string,
    "DateTime": _datetime,
    "Boolean": _boolean,
    "Int16": _integer,
    "Int32": _integer,
    "Int64": _integer,
    "Double": _double,
    "Complex": _complex,
}


def stored_section(section: Section, owner: str, rows: Any, switches: Switches) -> str:
    """A whole tabular section: numbering must start at 1 (else 400); a missing number is a 500."""
    if rows is None:
        return "[]"
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ODataError(400, "parse", section.name, f"Collection({section.name})")
    lines = []
    for index, row in enumerate(rows, 1):
        if "LineNumber" not in row:
            raise ODataError(500, "line_missing", section.name)
        number = _integer(Field("LineNumber", "Int64"), row["LineNumber"], switches)
        if index == 1 and number != 1:
            raise ODataError(400, "line_start", section.name)
        line: dict[str, Any] = {"Ref_Key": owner, "LineNumber": str(index)}
        for field in section.fields:
            value = stored(field, row.get(field.name), switches)
            if field.edm == "Boolean":
                value = bool(value)
            elif field.edm == "Int64":
                value = str(value)
            elif field.edm == "Complex":
                value = msgspec.Raw(str(value).encode())
            line[field.name] = value
        lines.append(line)
    return msgspec.json.encode(lines).decode()


def bound(link: Any) -> str:
    """The GUID of an `X@odata.bind` link; "" gives the empty reference."""
    if link in {None, ""}:
        return EMPTY_GUID
    match = _BIND.match(str(link))
    if match is None or not GUID.fullmatch(match[1]):
        raise ODataError(400, "parse", str(link), "Guid")
    return match[1].lower()
