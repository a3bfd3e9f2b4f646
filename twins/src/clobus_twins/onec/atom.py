"""Records as Atom: what comes without `$format=json` (S09's shape, kept small)."""

from __future__ import annotations

import json
from html import escape
from typing import Any

_NAMESPACES = (
    'xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0" '
    'xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices" '
    'xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"'
)
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_LINK = "@navigationLinkUrl"
_RELATED = "http://schemas.microsoft.com/ado/2007/08/dataservices/related/"


def feed(root: str, set_name: str, records: list[str], count: int | None) -> str:
    """A collection as an Atom feed."""
    counted = "" if count is None else f"<m:count>{count}</m:count>"
    entries = "".join(_entry(set_name, json.loads(record)) for record in records)
    return (
        f'{_DECLARATION}<feed {_NAMESPACES} xml:base="{escape(root)}/"><id>{escape(root)}/{set_name}</id>'
        f'<title type="text">{set_name}</title>{counted}{entries}</feed>'
    )


def entry(root: str, set_name: str, record: str) -> str:
    """One record as an Atom entry document."""
    body = _entry(set_name, json.loads(record))
    return _DECLARATION + body.replace("<entry>", f'<entry {_NAMESPACES} xml:base="{escape(root)}/">', 1)


def _entry(set_name: str, record: dict[str, Any]) -> str:
    links, properties = [], []
    for name, value in record.items():
        if name.endswith(_LINK):
            nav = name.removesuffix(_LINK)
            links.append(f'<link rel="{_RELATED}{nav}" href="{escape(str(value))}" title="{nav}"/>')
        elif isinstance(value, list):
            kind = f"Collection(StandardODATA.{set_name}_{name}_RowType)"
            rows = "".join(f"<d:element>{_properties(row)}</d:element>" for row in value)
            properties.append(f'<d:{name} m:type="{kind}">{rows}</d:{name}>')
        elif not isinstance(value, dict):
            properties.append(_property(name, value))
    key = f"{set_name}(guid'{record['Ref_Key']}')" if "Ref_Key" in record else set_name
    return (
        f'<entry><id>{escape(key)}</id><category term="StandardODATA.{set_name}" '
        'scheme="http://schemas.microsoft.com/ado/2007/08/dataservices/scheme"/>'
        f'<link rel="edit" href="{escape(key)}" title="edit-link"/>{"".join(links)}'
        f'<content type="application/xml"><m:properties>{"".join(properties)}</m:properties></content></entry>'
    )


def _properties(row: dict[str, Any]) -> str:
    return "".join(_property(name, value) for name, value in row.items())


def _property(name: str, value: Any) -> str:
    if value is None:
        return f'<d:{name} m:null="true"/>'
    shown = str(value).lower() if isinstance(value, bool) else escape(str(value))
    return f"<d:{name}>{shown}</d:{name}>"
