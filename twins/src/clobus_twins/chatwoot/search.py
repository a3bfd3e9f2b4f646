"""`GET search` and its parts: conversations, contacts, messages of the last three months (chatwoot.md §1.4)."""

from __future__ import annotations

from typing import Any

from clobus_twins.chatwoot import model, render
from clobus_twins.chatwoot.call import Call
from clobus_twins.chatwoot.times import epoch

PAGE = 15
MESSAGES_SINCE = 90 * 86400


def _query(call: Call) -> str:
    return str(call.params.get("q") or "").strip().lower()


def _page(call: Call, rows: list[Any]) -> list[Any]:
    return rows[(call.page - 1) * PAGE : call.page * PAGE]


def _contact_says(row: model.Contact, query: str) -> bool:
    texts = (row.name, row.email, row.phone_number, row.identifier)
    return any(query in (text or "").lower() for text in texts)


def _contacts(call: Call) -> list[dict[str, Any]]:
    query = _query(call)
    rows = [row for row in call.store.contacts.of(call.account.id) if _contact_says(row, query)]
    rows.sort(key=lambda row: row.last_activity_at or 0, reverse=True)
    return [_contact(row) for row in _page(call, rows)]


def _conversations(call: Call) -> list[dict[str, Any]]:
    query, store = _query(call), call.store
    rows = [
        row
        for row in store.conversation_index[call.account.id].rows.values()
        if (query == str(row.display_id) or _contact_says(store.contacts.rows[row.contact_id], query))
        and call.sees(row)
    ]
    rows.sort(key=lambda row: row.created_at, reverse=True)
    return [_conversation(call, row) for row in _page(call, rows)]


def _conversation(call: Call, row: model.Conversation) -> dict[str, Any]:
    store = call.store
    contact, inbox = store.contacts.rows[row.contact_id], store.inboxes.rows[row.inbox_id]
    assignee = store.users.rows.get(row.assignee_id or 0)
    out: dict[str, Any] = {"id": row.display_id, "account_id": row.account_id, "created_at": epoch(row.created_at)}
    if messages := store.messages_of.get(row.id):
        out["message"] = render.message(call.twin, messages[0])
    out["contact"] = _contact(contact)
    out["inbox"] = {key: getattr(inbox, key) for key in ("id", "channel_id", "name", "channel_type")}
    if assignee is not None:
        whole = render.agent(call.twin, row.account_id, assignee)
        out["agent"] = {key: whole[key] for key in ("id", "available_name", "email", "name", "role")}
    return out | {"additional_attributes": row.additional_attributes}


def _contact(row: model.Contact) -> dict[str, Any]:
    keys = ("email", "id", "name", "phone_number", "identifier", "additional_attributes")
    return {key: getattr(row, key) for key in keys} | {"last_activity_at": epoch(row.last_activity_at) or None}


def _messages(call: Call) -> list[dict[str, Any]]:
    query, since = _query(call), call.store.now() - MESSAGES_SINCE
    conversations = call.store.conversations.rows
    rows = [
        one
        for one in call.store.messages.by_account.get(call.account.id, {}).values()
        if one.created_at > since
        and query in (one.content or "").lower()
        and call.sees(conversations[one.conversation_id])
    ]
    rows.sort(key=lambda one: one.created_at, reverse=True)
    return [render.message(call.twin, one) for one in _page(call, rows)]


def everything(call: Call) -> Any:
    """`GET search?q=`."""
    parts = {"conversations": _conversations(call), "contacts": _contacts(call), "messages": _messages(call)}
    return {"payload": parts | {"articles": []}}


def conversations(call: Call) -> Any:
    """`GET search/conversations?q=`."""
    return {"payload": {"conversations": _conversations(call)}}


def contacts(call: Call) -> Any:
    """`GET search/contacts?q=`."""
    return {"payload": {"contacts": _contacts(call)}}


def messages(call: Call) -> Any:
    """`GET search/messages?q=`."""
    return {"payload": {"messages": _messages(call)}}
