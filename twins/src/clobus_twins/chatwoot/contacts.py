"""Contacts of the Application API (chatwoot.md §2.2)."""

from __future__ import annotations

import uuid
from typing import Any

from clobus_twins.chatwoot import conversation_creation, model, people, render
from clobus_twins.chatwoot.call import EMPTY, Answer, Call, crashed, invalid, missing, truthy, unprocessable
from clobus_twins.chatwoot.conversations import clean_labels, listed_attachments
from clobus_twins.chatwoot.filters import Filter
from clobus_twins.chatwoot.inboxes import raw_inbox
from clobus_twins.chatwoot.times import epoch

PAGE = 15
_SORTS = ("name", "email", "phone_number", "last_activity_at", "created_at", "company_name", "city", "country")


def contact(call: Call) -> model.Contact:
    """The contact of the path."""
    return people.of_account(call.work, call.account.id, call.path["id"])


def _shown(call: Call, row: model.Contact) -> dict[str, Any]:
    with_inboxes = truthy(call.params.get("include_contact_inboxes", True))
    return render.contact(call.twin, row, with_inboxes=with_inboxes)


def create(call: Call) -> Any:
    """`POST contacts`."""
    inbox = None
    if call.params.get("inbox_id"):
        inbox = call.store.inboxes.get(call.params["inbox_id"], call.account.id)
        if inbox is None:
            raise missing()
    source_id = str(call.params["source_id"]) if call.params.get("source_id") else None
    people.check(call.work, call.account.id, people.cleaned(call.params))
    if inbox is not None and (inbox.id, source_id) in call.store.sources.by_source:
        raise crashed()  # the index of the addresses refuses it, and only conversations expect that
    row = people.create(call.work, call.account.id, call.params)
    place = conversation_creation.address(call.work, row, inbox, source_id) if inbox is not None else None
    return {
        "payload": {
            "contact": render.contact(call.twin, row, with_inboxes=True),
            "contact_inbox": {
                "inbox": raw_inbox(inbox) if inbox else None,
                "source_id": place.source_id if place else None,
            },
        }
    }


def show(call: Call) -> Any:
    """`GET contacts/{id}`."""
    return {"payload": _shown(call, contact(call))}


def update(call: Call) -> Any:
    """`PUT`/`PATCH contacts/{id}`."""
    row = contact(call)
    people.update(call.work, row, call.params)
    return {"payload": _shown(call, row)}


def destroy_custom_attributes(call: Call) -> Any:
    """`POST destroy_custom_attributes`."""
    row = contact(call)
    gone = {str(key) for key in call.listed("custom_attributes")}
    kept = {key: value for key, value in row.custom_attributes.items() if key not in gone}
    call.work.change_contact(row, custom_attributes=kept)
    return {"payload": _shown(call, row)}


def _sorted(call: Call, rows: list[model.Contact]) -> list[model.Contact]:
    wanted = str(call.params.get("sort") or "")
    name, down = wanted.lstrip("-"), wanted.startswith("-")
    if name not in _SORTS:
        return rows

    def key(row: model.Contact) -> Any:
        value = row.additional_attributes.get(name) if name in ("company_name", "city", "country") else None
        return getattr(row, name, None) if value is None else value

    known = [row for row in rows if key(row) not in (None, "")]
    unknown = [row for row in rows if key(row) in (None, "")]
    known.sort(key=lambda row: key(row).lower() if isinstance(key(row), str) else key(row), reverse=down)
    # the database puts what is missing first when it goes down, unless told otherwise, as it is for all but these two
    return unknown + known if down and name in ("email", "phone_number") else known + unknown


def _paged(call: Call, rows: list[model.Contact]) -> list[dict[str, Any]]:
    start = (call.page - 1) * PAGE
    return [_shown(call, row) for row in rows[start : start + PAGE]]


def _resolved(call: Call) -> list[model.Contact]:
    """Contacts with an e-mail, a phone or an identifier."""
    rows = call.store.contacts.of(call.account.id)
    return [row for row in rows if row.email or row.phone_number or row.identifier]


def index(call: Call) -> Any:
    """`GET contacts`."""
    rows = _resolved(call)
    if labels := set(call.listed("labels")):
        rows = [row for row in rows if not labels.isdisjoint(row.labels)]
    meta = {"count": len(rows), "current_page": _page_as_given(call)}
    return {"meta": meta, "payload": _paged(call, _sorted(call, rows))}


def _page_as_given(call: Call) -> Any:
    """`meta.current_page` echoes the parameter: text when it was in the query, the number 1 when it was nowhere."""
    return call.params.get("page") or 1


def active(call: Call) -> Any:
    """`GET contacts/active`: nobody is online here."""
    return {"meta": {"count": 0, "current_page": _page_as_given(call)}, "payload": []}


def search(call: Call) -> Any:
    """`GET contacts/search`: `meta.count` is the size of the page."""
    query = str(call.params.get("q") or "").strip()
    if not query:
        raise unprocessable("Specify search string with parameter q")
    lower = query.lower()
    rows = [
        row
        for row in call.store.contacts.of(call.account.id)
        if lower in row.name.lower()
        or lower in (row.email or "")
        or lower in (row.phone_number or "")
        or query in (row.identifier or "")
        or lower in str(row.additional_attributes.get("company_name") or "").lower()
    ]
    page = _paged(call, _sorted(call, rows))
    meta = {"count": len(page), "current_page": _page_as_given(call), "has_more": len(rows) > call.page * PAGE}
    return {"meta": meta, "payload": page}


def filtered(call: Call) -> Any:
    """`POST contacts/filter`."""
    if not isinstance(call.params.get("payload"), list):
        raise crashed()
    chosen = Filter(call.store, call.account.id, "contact", call.params.get("payload"), now=call.store.now())
    rows = [row for row in _resolved(call) if chosen.matches(row)]
    meta = {"count": len(rows), "current_page": _page_as_given(call)}
    return {"meta": meta, "payload": _paged(call, _sorted(call, rows))}


def delete(call: Call) -> Any:
    """`DELETE contacts/{id}`: with everything of theirs, silently."""
    call.twin.delete_contact(contact(call))
    return EMPTY


def merge(call: Call) -> Any:
    """`POST actions/contact_merge`: the survivor, without a wrapper."""
    base = people.of_account(call.work, call.account.id, call.params.get("base_contact_id"))
    other = people.of_account(call.work, call.account.id, call.params.get("mergee_contact_id"))
    people.merge(call.work, base, other)
    return render.contact(call.twin, base)


def add_inbox(call: Call) -> Any:
    """`POST contact_inboxes`: idempotent for the same contact, inbox and source id."""
    row = contact(call)
    inbox = call.store.inboxes.get(call.params.get("inbox_id"), call.account.id)
    if inbox is None:
        raise missing()
    source_id = str(call.params["source_id"]) if call.params.get("source_id") else None
    known = call.store.sources.by_source.get((inbox.id, source_id or ""))
    if known is not None and known.contact_id != row.id:
        raise crashed()
    verified = truthy(call.params.get("hmac_verified"))
    place = conversation_creation.address(call.work, row, inbox, source_id, verified=verified)
    return {"source_id": place.source_id, "inbox": render.slim_inbox(inbox)}


def by_source(call: Call) -> Any:
    """`POST contact_inboxes/filter`: the contact, or 404 without a body."""
    inbox = call.store.inboxes.get(call.params.get("inbox_id"), call.account.id)
    if inbox is None:
        raise missing()
    place = call.store.sources.by_source.get((inbox.id, str(call.params.get("source_id"))))
    if place is None:
        return Answer(404)
    return render.contact(call.twin, call.store.contacts.rows[place.contact_id], with_inboxes=True)


def contactable(call: Call) -> Any:
    """`GET contactable_inboxes`: known source ids, random ones elsewhere; nothing is stored."""
    row = contact(call)
    known = {one.inbox_id: one.source_id for one in call.store.sources.by_contact[row.id].values()}
    return {
        "payload": [
            {"inbox": render.slim_inbox(inbox), "source_id": known.get(inbox.id) or str(uuid.uuid4())}
            for inbox in call.store.inboxes.of(call.account.id)
            if call.admin or (call.user is not None and call.user.id in inbox.members)
        ]
    }


def conversations(call: Call) -> Any:
    """`GET contacts/{id}/conversations`: the newest 20."""
    row = contact(call)
    rows = list(call.store.conversation_index[call.account.id].by_contact[row.id].values())
    rows = sorted((one for one in rows if call.sees(one)), key=lambda one: one.last_activity_at, reverse=True)
    return {"payload": [render.conversation(call.twin, one, call.user) for one in rows[:20]]}


def labels(call: Call) -> Any:
    """`GET contacts/{id}/labels`."""
    return {"payload": contact(call).labels}


def set_labels(call: Call) -> Any:
    """`POST contacts/{id}/labels` replaces all."""
    row = contact(call)
    call.work.change_contact(row, labels=clean_labels(call.listed("labels")))
    return {"payload": row.labels}


def _note(call: Call, row: model.Note) -> dict[str, Any]:
    user = call.store.users.rows.get(row.user_id or 0)
    # The original's template asks the JSON builder for these two, not the note: they are null.
    out: dict[str, Any] = {"id": row.id, "content": row.content, "account_id": None, "contact_id": None}
    if user is not None:
        out["user"] = render.agent(call.twin, row.account_id, user)
    return out | {"created_at": epoch(row.created_at), "updated_at": epoch(row.updated_at)}


def notes(call: Call) -> Any:
    """`GET notes`: newest first, a bare array."""
    row = contact(call)
    rows = [one for one in call.store.notes.of(call.account.id) if one.contact_id == row.id]
    return [_note(call, one) for one in reversed(rows)]


def add_note(call: Call) -> Any:
    """`POST notes`."""
    content = call.root("note", ("content",)).get("content")
    if not content:
        raise invalid("Content can't be blank", "content")
    row = model.Note(account_id=call.account.id, contact_id=contact(call).id, content=str(content))
    row.user_id = call.person.id
    return _note(call, call.store.add(row))


def one_note(call: Call) -> Any:
    """`GET`, `PATCH`, `DELETE notes/{note_id}`."""
    owner = contact(call)
    row = call.store.notes.get(call.path["note_id"], call.account.id)
    if row is None or row.contact_id != owner.id:
        raise missing()
    if call.request.method == "DELETE":
        call.store.remove(row)
        return EMPTY
    if call.request.method != "GET":
        given = call.root("note", ("content",))
        if "content" in given and not given["content"]:
            raise invalid("Content can't be blank", "content")
        row.content = str(given.get("content") or row.content)
        call.store.touch(row)
    return _note(call, row)


def attachments(call: Call) -> Any:
    """`GET contacts/{id}/attachments`: the newest 100 files of their conversations."""
    row = contact(call)
    rows = call.store.conversation_index[call.account.id].by_contact[row.id]
    messages = [message for pk in rows for message in call.store.messages_of.get(pk, []) if message.attachments]
    messages.sort(key=lambda one: one.created_at, reverse=True)
    return listed_attachments(call, messages, numbered=True)


def take_import(call: Call) -> Any:
    """`POST contacts/import`: 200, the rest is a job's and an e-mail's matter."""
    if not call.params.get("import_file"):
        raise unprocessable("File is blank")
    return EMPTY


def nothing(_: Call) -> Any:
    """`POST contacts/export`: 200, the rest is an e-mail's matter."""
    return EMPTY


def drop_avatar(call: Call) -> Any:
    """`DELETE contacts/{id}/avatar`: the contact without its addresses."""
    return {"payload": render.contact(call.twin, contact(call))}
