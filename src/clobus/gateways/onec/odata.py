"""The query language of 1C's OData 3: literals, small filter functions, encoded queries that fit into an address."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from urllib.parse import quote
from uuid import UUID

# IIS cuts at 2048 bytes with an HTML 404 that looks like "no such entity" (onec.md §1.2, pitfall 6).
QUERY_LIMIT = 2000
SAFE = "'(),/:*$-._~"

Value = UUID | datetime | bool | int | Decimal | str


def literal(value: Value) -> str:
    """Write a value as a literal (onec.md §1.2); a datetime must be naive local time, ValueError otherwise."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, UUID):
        return f"guid'{value}'"
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            raise ValueError("1C knows local wall clock only: convert with wire.instant_to_local first")
        return local_literal(value.isoformat(timespec="seconds"))
    if isinstance(value, int | Decimal):
        return str(value)
    return "'" + value.replace("'", "''") + "'"


def local_literal(text: str) -> str:
    """Write local time that is text already (`YYYY-MM-DDTHH:MM:SS`, from wire.instant_to_local) as a literal."""
    return f"datetime'{text}'"


def eq(field: str, value: Value) -> str:
    """`field eq value`."""
    return f"{field} eq {literal(value)}"


def ge(field: str, value: Value) -> str:
    """`field ge value`; a GUID can't be compared so (HTTP 500, onec.md §1.6), ValueError."""
    return _ordered(field, "ge", value)


def gt(field: str, value: Value) -> str:
    """`field gt value`; ValueError for a GUID."""
    return _ordered(field, "gt", value)


def lt(field: str, value: Value) -> str:
    """`field lt value`; ValueError for a GUID."""
    return _ordered(field, "lt", value)


def le(field: str, value: Value) -> str:
    """`field le value`; ValueError for a GUID."""
    return _ordered(field, "le", value)


def between(field: str, start: str, end: str) -> str:
    """A half-open window of local times: `start` ≤ field < `end`, both text as of wire.instant_to_local."""
    return f"{field} ge {local_literal(start)} and {field} lt {local_literal(end)}"


def both(*terms: str | None) -> str:
    """All of the terms; None and empty ones are left out, alternatives are put into brackets."""
    kept = [term for term in terms if term]
    return kept[0] if len(kept) == 1 else " and ".join(f"({term})" if " or " in term else term for term in kept)


def either(*terms: str) -> str:
    """At least one of the terms; ValueError without any."""
    if not terms:
        raise ValueError("an empty alternative would mean the whole table")
    return " or ".join(terms)


def substringof(needle: str, field: str) -> str:
    """`field` contains `needle`."""
    return f"substringof({literal(needle)}, {field})"


def startswith(field: str, start: str) -> str:
    """`field` begins with `start`."""
    return f"startswith({field}, {literal(start)})"


def like(field: str, template: str) -> str:
    """`field` matches a template of the 1C query language (`%`, `_`, `[…]`)."""
    return f"like({field}, {literal(template)})"


def encode(text: str) -> str:
    """Percent-encode for path or query: UTF-8, %20 for a space; brackets and quotes stay (domain.md §2.1)."""
    return quote(text, safe=SAFE)


def address(entity: str, key: UUID | None = None, tail: str = "") -> str:
    """The path of a set, or of one object of it; `tail` such as `/$count`."""
    return encode(entity) + (f"(guid'{key}')" if key is not None else "") + tail


def record(register: str, key: Mapping[str, Value]) -> str:
    """The path of one record of an independent register, by all members of its key (onec.md §1.8)."""
    named = ",".join(f"{encode(name)}={encode(literal(value))}" for name, value in key.items())
    return f"{encode(register)}({named})"


def query(
    *,
    filter: str | None = None,  # noqa: A002 - the protocol's own word
    orderby: str | None = None,
    top: int | None = None,
    skip: int | None = None,
    select: Sequence[str] | None = None,
    inlinecount: bool = False,
    json: bool = True,
) -> str:
    """Build the encoded query, without the question mark; ValueError when it is longer than 1C's door lets through."""
    parts = ["$format=json"] if json else []
    if filter:
        parts.append("$filter=" + encode(filter))
    if select:
        parts.append("$select=" + encode(",".join(select)))
    if orderby:
        parts.append("$orderby=" + encode(orderby))
    if top is not None:
        parts.append(f"$top={top}")
    if skip:
        parts.append(f"$skip={skip}")
    if inlinecount:
        parts.append("$inlinecount=allpages")
    text = "&".join(parts)
    if len(text) > QUERY_LIMIT:
        raise ValueError(f"the query is {len(text)} bytes, the door cuts at {QUERY_LIMIT}: split the keys")
    return text


def split_keys(
    keys: Iterable[UUID], field: str = "Ref_Key", *, fits: Callable[[str], bool] | None = None
) -> Iterator[str]:
    """Cut a list of keys into `or` filters that fit, by measured encoded length and not by number.

    `fits` tells whether a filter is short enough (default: it alone, with `$format=json`). Keys are taken once each,
    in order.
    """
    measure = fits or (lambda term: fitting(filter=term))
    chunk: list[str] = []
    for key in dict.fromkeys(keys):
        term = eq(field, key)
        if chunk and not measure(" or ".join([*chunk, term])):
            yield either(*chunk)
            chunk = []
        chunk.append(term)
    if chunk:
        yield either(*chunk)


def fitting(
    *,
    filter: str,  # noqa: A002 - the protocol's own word
    select: Sequence[str] | None = None,
    orderby: str | None = None,
) -> bool:
    """Tell whether a query would pass the door."""
    try:
        query(filter=filter, select=select, orderby=orderby)
    except ValueError:
        return False
    return True


def _ordered(field: str, operator: str, value: Value) -> str:
    if isinstance(value, UUID):
        raise ValueError("1C answers 500 when a GUID is compared with anything but eq and ne")
    return f"{field} {operator} {literal(value)}"
