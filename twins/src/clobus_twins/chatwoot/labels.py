"""Labels (chatwoot.md §2.6)."""

from __future__ import annotations

import re
from typing import Any

from clobus_twins.chatwoot import model
from clobus_twins.chatwoot.call import EMPTY, Call, missing, refuse

FIELDS = ("title", "description", "color", "show_on_sidebar")
# a letter or digit, then at least one more, or _ or -
_TITLE = re.compile(r"[^\W_]+[\w-]+")


def _shown(row: model.Label) -> dict[str, Any]:
    return {"id": row.id} | {key: getattr(row, key) for key in FIELDS}


def _label(call: Call) -> model.Label:
    row = call.store.labels.get(call.path["id"], call.account.id)
    if row is None:
        raise missing()
    return row


def index(call: Call) -> Any:
    """`GET labels`."""
    return {"payload": [_shown(row) for row in call.store.labels.of(call.account.id)]}


def show(call: Call) -> Any:
    """`GET labels/{id}`."""
    return _shown(_label(call))


def _write(call: Call, row: model.Label, given: dict[str, Any]) -> None:
    if "title" in given:
        title = str(given["title"] or "").lower()
        errors = []
        if not title.strip():
            errors.append(("Title must not be blank", "title"))
        if not _TITLE.fullmatch(title):
            errors.append(("Title is invalid", "title"))
        if any(one.title == title and one is not row for one in call.store.labels.of(call.account.id)):
            errors.append(("Title has already been taken", "title"))
        refuse(errors)
        row.title = title
    for key in FIELDS[1:]:
        if key in given:
            setattr(row, key, given[key])


def create(call: Call) -> Any:
    """`POST labels`: the title is lower-cased."""
    row = model.Label(account_id=call.account.id, title="")
    _write(call, row, {"title": None} | call.root("label", FIELDS))
    return _shown(call.store.add(row))


def _retag(call: Call, old: str, new: str | None) -> None:
    """Rename or strip a label everywhere, without conversation events."""
    store = call.store
    rows: list[model.Conversation | model.Contact] = [*store.conversation_index[call.account.id].rows.values()]
    rows += store.contacts.of(call.account.id)
    for row in rows:
        if old in row.labels:
            kept = [label for label in row.labels if label not in (old, new)]
            row.labels = [*kept, new] if new else kept
            store.put(row)


def update(call: Call) -> Any:
    """`PATCH labels/{id}`."""
    row = _label(call)
    old = row.title
    _write(call, row, call.root("label", FIELDS))
    call.store.touch(row)
    if row.title != old:
        call.work.defer(lambda: _retag(call, old, row.title))
    return _shown(row)


def delete(call: Call) -> Any:
    """`DELETE labels/{id}`."""
    row = _label(call)
    call.store.remove(row)
    call.work.defer(lambda: _retag(call, row.title, None))
    return EMPTY
