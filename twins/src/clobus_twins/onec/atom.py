"""Records as Atom: what comes without `$format=json` (S09's shape, kept small)."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from clobus_twins.onec.model import EntitySet
from clobus_twins.onec.uri import key_literal

_NAMESPACES = (
    'xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0" '
    'xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices" '
    'xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"'
)
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_LINK = "@navigationLinkUrl"
_RELATED = "http://schemas.microsoft.com/ado/2007/08/dataservices/related/"


def feed(root: str, entity: EntitySet, records: list[str], count: int | None) -> str:
    """A collection as an Atom feed."""
    set_name = entity.name
    counted = "" if count is None else f"<m:count>{count}</m:count>"
    entries = "".join(_entry(entity, json.loads(record)) for record in records)
    return (
        f'{_DECLARATION}<feed {_NAMESPACES} xml:base="{escape(root)}/"><id>{escape(root)}/{set_name}</id>'
        f'<title type="text">{set_name}</title>{counted}{entries}</feed>'
    )


def entry(root: str, entity: EntitySet, record: str) -> str:
    """One record as an Atom entry document."""
    body = _entry(entity, json.loads(record))
    return _DECLARATION + body.replace("<entry>", f'<entry {_NAMESPACES} xml:base="{escape(root)}/">', 1)


def value(type_name: str, name: str, given: Any) -> str:
    """One property as an XML document."""
    namespaces = " ".join(_NAMESPACES.split(" ")[2:])
    return _DECLARATION + _member(type_name, name, given).replace(f"<d:{name}", f"<d:{name} {namespaces}", 1)


def _entry(entity: EntitySet, record: dict[str, Any]) -> str:
    set_name, links, properties = entity.name, [], []
    for name, value in record.items():
        if name.endswith(_LINK):
            nav = name.removesuffix(_LINK)
            links.append(f'<link rel="{_RELATED}{nav}" href="{escape(str(value))}" title="{nav}"/>')
        elif not isinstance(value, dict):
            properties.append(_member(f"{set_name}_{name}", name, value))
    whole = all(item.name in record for item in entity.key)
    key = f"{set_name}({key_literal(entity, record)})" if whole else set_name
    return (
        f'<entry><id>{escape(key)}</id><category term="StandardODATA.{set_name}" '
        'scheme="http://schemas.microsoft.com/ado/2007/08/dataservices/scheme"/>'
        f'<link rel="edit" href="{escape(key)}" title="edit-link"/>{"".join(links)}'
        f'<content type="application/xml"><m:properties>{"".join(properties)}</m:properties></content></entry>'
    )


def _member(type_name: str, name: str, given: Any) -> str:
    if not isinstance(given, list):
        return _property(name, given)
    rows = "".join(f"<d:element>{_properties(row)}</d:element>" for row in given)
    return f'<d:{name} m:type="Collection(StandardODATA.{type_name}_RowType)">{rows}</d:{name}>'


def _properties(row: dict[str, Any]) -> str:
    return "".join(_property(name, value) for name, value in row.items())


def _property(name: str, value: Any) -> str:
    if value is None:
        return f'<d:{name} m:null="true"/>'
    shown = str(value).lower() if isinstance(value, bool) else escape(str(value))
    return f"<d:{name}>{shown}</d:{name}>"
