"""Custom attribute definitions and saved filters (chatwoot.md §2.6)."""

from __future__ import annotations

import re
from typing import Any

from clobus_twins.chatwoot import model
from clobus_twins.chatwoot.call import NO_CONTENT, Call, Problem, crashed, missing, refuse, unprocessable
from clobus_twins.chatwoot.times import iso

TYPES = ("text", "number", "currency", "percent", "link", "date", "list", "checkbox")
MODELS = ("conversation_attribute", "contact_attribute", "company_attribute")
FIELDS = (
    "attribute_display_name",
    "attribute_description",
    "attribute_display_type",
    "attribute_key",
    "attribute_model",
    "regex_pattern",
    "regex_cue",
    "attribute_values",
)
FILTER_FIELDS = ("name", "filter_type", "query")
FILTER_TYPES = ("conversation", "contact", "report")
MOST_FILTERS = 1000
_KEY = re.compile(r"[\w.-]+")
_TAKEN = {
    "conversation_attribute": frozenset(
        [
            "status",
            "priority",
            "assignee_id",
            "inbox_id",
            "team_id",
            "display_id",
            "campaign_id",
            "labels",
            "browser_language",
            "country_code",
            "referer",
            "created_at",
            "last_activity_at",
            "mail_subject",
            "conversation_language",
        ]
    ),
    "contact_attribute": frozenset(
        [
            "name",
            "email",
            "phone_number",
            "identifier",
            "country_code",
            "city",
            "created_at",
            "last_activity_at",
            "referer",
            "blocked",
        ]
    ),
}


def _shown(row: model.AttributeDefinition) -> dict[str, Any]:
    return {
        "id": row.id,
        **{key: getattr(row, key) for key in FIELDS},
        "default_value": row.default_value,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
    }


def enum(value: Any, names: tuple[str, ...]) -> str:
    """A Rails enum's name out of its name or number; crashes on anything else."""
    if isinstance(value, str) and value in names:
        return value
    try:
        return names[int(value)]
    except (TypeError, ValueError, IndexError) as error:
        raise crashed() from error


def _named(value: Any, names: tuple[str, ...]) -> str | None:
    """The name of an enum's value in a query, where an unknown one finds nothing."""
    try:
        return enum(value, names)
    except Problem:
        return None


def index(call: Call) -> Any:
    """`GET custom_attribute_definitions?attribute_model=`: a bare array."""
    rows = call.store.definitions.of(call.account.id)
    if (wanted := call.params.get("attribute_model")) not in (None, ""):
        rows = [row for row in rows if row.attribute_model == _named(wanted, MODELS)]
    return [_shown(row) for row in rows]


def _write(call: Call, row: model.AttributeDefinition, given: dict[str, Any]) -> None:
    for key, value in given.items():
        if key == "attribute_display_type":
            value = enum(value, TYPES)  # noqa: PLW2901 - the stored form of the same value
        elif key == "attribute_model":
            value = enum(value, MODELS)  # noqa: PLW2901 - the stored form of the same value
        elif key == "attribute_values":
            value = value if isinstance(value, list) else []  # noqa: PLW2901 - the stored form of the same value
        setattr(row, key, value)
    _check(call, row)


def _check(call: Call, row: model.AttributeDefinition) -> None:
    errors = []
    for key in ("attribute_display_name", "attribute_key"):
        if not getattr(row, key):
            errors.append((f"{key.replace('_', ' ').capitalize()} can't be blank", key))
    for other in call.store.definitions.of(call.account.id):
        same = other.attribute_key == row.attribute_key and other.attribute_model == row.attribute_model
        if same and other is not row:
            errors.append(("Attribute key has already been taken", "attribute_key"))
    if not _KEY.fullmatch(row.attribute_key or ""):
        text = "Attribute key must only contain letters, numbers, underscores, hyphens, and dots"
        errors.append((text, "attribute_key"))
    if row.id == 0 and row.attribute_key in _TAKEN.get(row.attribute_model, ()):
        text = "Attribute key The provided key is not allowed as it might conflict with default attributes."
        errors.append((text, "attribute_key"))
    refuse(errors)


def create(call: Call) -> Any:
    """`POST custom_attribute_definitions`."""
    row = model.AttributeDefinition(account_id=call.account.id, attribute_display_name="", attribute_key="")
    _write(call, row, call.root("custom_attribute_definition", FIELDS))
    return _shown(call.store.add(row))


def one(call: Call) -> Any:
    """`GET`, `PATCH`, `DELETE` (204) one definition."""
    row = call.store.definitions.get(call.path["id"], call.account.id)
    if row is None:
        raise missing()
    if call.request.method == "DELETE":
        call.store.remove(row)
        return NO_CONTENT
    if call.request.method != "GET":
        before = {key: getattr(row, key) for key in FIELDS}
        try:
            _write(call, row, call.root("custom_attribute_definition", FIELDS))
        except Problem:
            for key, value in before.items():
                setattr(row, key, value)
            raise
        call.store.touch(row)
    return _shown(row)


def _shown_filter(row: model.CustomFilter) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "filter_type": row.filter_type,
        "query": row.query,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
    }


def filters(call: Call) -> Any:
    """`GET custom_filters?filter_type=`: the caller's own."""
    kind = _named(call.params.get("filter_type") or "conversation", FILTER_TYPES)
    rows = call.store.custom_filters.of(call.account.id)
    return [_shown_filter(row) for row in rows if row.user_id == call.person.id and row.filter_type == kind]


def create_filter(call: Call) -> Any:
    """`POST custom_filters`."""
    given = call.root("custom_filter", FILTER_FIELDS)
    mine = [row for row in call.store.custom_filters.of(call.account.id) if row.user_id == call.person.id]
    if len(mine) >= MOST_FILTERS:
        text = "Limit reached. The maximum number of allowed custom filters for a user per account is 1000."
        raise unprocessable(text)
    row = model.CustomFilter(account_id=call.account.id, user_id=call.person.id, name=str(given.get("name") or ""))
    row.filter_type = enum(given.get("filter_type") or "conversation", FILTER_TYPES)
    row.query = given.get("query") or {}
    return _shown_filter(call.store.add(row))


def one_filter(call: Call) -> Any:
    """`GET`, `PATCH`, `DELETE` (204) one saved filter."""
    row = call.store.custom_filters.get(call.path["id"], call.account.id)
    if row is None or row.user_id != call.person.id:
        raise Problem(404, {"error": "Resource could not be found"})
    if call.request.method == "DELETE":
        call.store.remove(row)
        return NO_CONTENT
    if call.request.method != "GET":
        given = call.root("custom_filter", FILTER_FIELDS)
        for key, value in given.items():
            setattr(row, key, enum(value, FILTER_TYPES) if key == "filter_type" else value)
        call.store.touch(row)
    return _shown_filter(row)
