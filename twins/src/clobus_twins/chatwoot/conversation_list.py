"""Lists, counters, filters and search of conversations (chatwoot.md §1.4, §2.3.2, §2.3.4)."""

from __future__ import annotations

from typing import Any

from clobus_twins.chatwoot import model, render
from clobus_twins.chatwoot.call import Call, Problem, crashed, missing
from clobus_twins.chatwoot.filters import Filter, candidates
from clobus_twins.chatwoot.times import epoch

PAGE = 25
SEARCH_PAGE = 15
_RANK = {None: -1, "low": 0, "medium": 1, "high": 2, "urgent": 3}
_SELECTING = ("inbox_id", "team_id", "labels", "q", "source_id", "conversation_type", "updated_within")


def _visible(call: Call) -> list[model.Conversation] | None:
    """None = all of them (administrator); otherwise what the agent's inboxes hold."""
    if call.admin or call.user is None:
        return None
    index = call.store.conversation_index[call.account.id]
    rows: list[model.Conversation] = []
    for inbox in call.store.inboxes.of(call.account.id):
        if call.user.id in inbox.members:
            rows.extend(index.by_inbox[inbox.id].values())
    return rows


def _status(call: Call) -> str:
    """The status asked for; an unknown one finds nothing."""
    return "all" if call.params.get("q") else str(call.params.get("status") or "open")


def _selected(call: Call) -> list[model.Conversation]:
    """What the filters leave, before assignee_type."""
    index = call.store.conversation_index[call.account.id]
    rows, status = _visible(call), _status(call)
    inbox_id = call.number("inbox_id")
    if rows is None:
        if inbox_id is not None:
            rows = list(index.by_inbox.get(inbox_id, {}).values())
        elif status != "all":
            rows = list(index.by_status.get(status, {}).values())
        else:
            rows = list(index.rows.values())
    if inbox_id is not None:
        rows = [row for row in rows if row.inbox_id == inbox_id]
    if status != "all":
        rows = [row for row in rows if row.status == status]
    return _narrowed(call, rows)


def _narrowed(call: Call, rows: list[model.Conversation]) -> list[model.Conversation]:
    if call.params.get("team_id"):
        team = call.store.teams.get(call.params["team_id"], call.account.id)
        if team is None:
            raise missing()
        rows = [row for row in rows if row.team_id == team.id]
    if labels := set(call.listed("labels")):
        rows = [row for row in rows if not labels.isdisjoint(row.labels)]
    if query := str(call.params.get("q") or "").lower():
        rows = [row for row in rows if _says(call, row, query)]
    if source_id := call.params.get("source_id"):
        addresses = call.store.contact_inboxes.rows
        rows = [row for row in rows if addresses[row.contact_inbox_id].source_id == source_id]
    if (within := call.number("updated_within")) is not None:
        after = call.store.now() - within
        rows = [row for row in rows if row.updated_at > after]
    kind = call.params.get("conversation_type")
    if kind == "unattended":
        rows = [row for row in rows if row.first_reply_created_at is None or row.waiting_since is not None]
    elif kind == "participating":
        rows = [row for row in rows if call.user is not None and call.user.id in row.participants]
    elif kind == "mention":
        rows = [row for row in rows if call.user is not None and _mentions(call, row, call.user.id)]
    return rows


def _says(call: Call, row: model.Conversation, query: str) -> bool:
    return any(
        one.message_type in (model.INCOMING, model.OUTGOING) and query in (one.content or "").lower()
        for one in call.store.messages_of.get(row.id, ())
    )


def _mentions(call: Call, row: model.Conversation, user_id: int) -> bool:
    mark = f"mention://user/{user_id}/"
    return any(one.private and mark in (one.content or "") for one in call.store.messages_of.get(row.id, ()))


def _counts(call: Call, rows: list[model.Conversation]) -> dict[str, int]:
    me = call.user.id if call.user else 0
    unassigned = sum(row.assignee_id is None for row in rows)
    return {
        "mine_count": sum(row.assignee_id == me for row in rows),
        "assigned_count": len(rows) - unassigned,
        "unassigned_count": unassigned,
        "all_count": len(rows),
    }


def _of_assignee(call: Call, rows: list[model.Conversation]) -> list[model.Conversation]:
    kind = call.params.get("assignee_type")
    me = call.user.id if call.user else 0
    if kind == "me":
        return [row for row in rows if row.assignee_id == me]
    if kind == "unassigned":
        return [row for row in rows if row.assignee_id is None]
    if kind == "assigned":
        return [row for row in rows if row.assignee_id is not None]
    return rows


def _sorted(call: Call, rows: list[model.Conversation]) -> list[model.Conversation]:
    wanted = str(call.params.get("sort_by") or "last_activity_at_desc")
    if wanted == "priority_desc_created_at_asc":
        return sorted(rows, key=lambda row: (-_RANK[row.priority], row.created_at, row.id))
    if wanted == "unread":
        return sorted(rows, key=lambda row: (-render.unread_count(call.twin, row), -row.last_activity_at))
    name, _, direction = wanted.rpartition("_")
    down = direction != "asc"
    if name == "created_at":
        return sorted(rows, key=lambda row: (row.created_at, row.id), reverse=down)
    if name == "priority":
        return sorted(rows, key=lambda row: (_RANK[row.priority], row.last_activity_at), reverse=down)
    if name == "waiting_since":
        far = float("-inf") if down else float("inf")
        return sorted(rows, key=lambda row: far if row.waiting_since is None else row.waiting_since, reverse=down)
    return sorted(rows, key=lambda row: (row.last_activity_at, row.id), reverse=down)


def _quick_page(call: Call) -> tuple[dict[str, int], list[model.Conversation]] | None:
    """A page of everything by creation time, straight from the indexes; None when something is to be selected."""
    params = call.params
    if not call.admin or _status(call) != "all" or any(params.get(key) for key in _SELECTING):
        return None
    direction = str(params.get("sort_by"))
    if direction not in ("created_at_asc", "created_at_desc") or params.get("assignee_type") not in (None, "", "all"):
        return None
    index = call.store.conversation_index[call.account.id]
    start = (call.page - 1) * PAGE
    stamps = index.created
    if direction.endswith("desc"):
        chosen = stamps[max(len(stamps) - start - PAGE, 0) : max(len(stamps) - start, 0)][::-1]
    else:
        chosen = stamps[start : start + PAGE]
    total, unassigned = len(index.rows), len(index.by_assignee[None])
    counts = {
        "mine_count": len(index.by_assignee[call.person.id]),
        "assigned_count": total - unassigned,
        "unassigned_count": unassigned,
        "all_count": total,
    }
    return counts, [index.rows[pk] for _, pk in chosen]


def index(call: Call) -> Any:
    """`GET conversations`: 25 a page, all at once with `updated_within`."""
    quick = _quick_page(call)
    if quick is None:
        rows = _selected(call)
        counts = _counts(call, rows)
        rows = _sorted(call, _of_assignee(call, rows))
        if call.number("updated_within") is None:
            start = (call.page - 1) * PAGE
            rows = rows[start : start + PAGE]
    else:
        counts, rows = quick
    shown = [render.conversation(call.twin, row, call.user) for row in rows]
    return {"data": {"meta": counts, "payload": shown}}


def meta(call: Call) -> Any:
    """`GET conversations/meta`: counters only."""
    return {"meta": _counts(call, _selected(call))}


def unread_counts(_: Call) -> Any:
    """`GET conversations/unread_counts`: a feature that is off."""
    raise Problem(403, {"error": "Conversation unread counts feature not enabled for this account"})


def filtered(call: Call) -> Any:
    """`POST conversations/filter`: by last activity, newest first, 25 a page."""
    if not isinstance(call.params.get("payload"), list):
        raise crashed()
    chosen = Filter(call.store, call.account.id, "conversation", call.params["payload"], now=call.store.now())
    rows = [row for row in candidates(call.store, call.account.id, chosen) if call.sees(row)]
    counts = _counts(call, rows)
    del counts["assigned_count"]
    rows.sort(key=lambda row: (row.last_activity_at, row.id), reverse=True)
    start = (call.page - 1) * PAGE
    return {
        "meta": counts,
        "payload": [render.conversation(call.twin, row, call.user) for row in rows[start : start + PAGE]],
    }


def search(call: Call) -> Any:
    """`GET conversations/search?q=`."""
    rows = _sorted(call, _selected(call))
    counts = _counts(call, rows)
    start = (call.page - 1) * SEARCH_PAGE
    return {
        "meta": {key: counts[key] for key in ("mine_count", "unassigned_count", "all_count")},
        "payload": [_found(call, row) for row in rows[start : start + SEARCH_PAGE]],
    }


def _found(call: Call, row: model.Conversation) -> dict[str, Any]:
    query = str(call.params.get("q") or "").lower()
    store = call.store
    contact, inbox = store.contacts.rows[row.contact_id], store.inboxes.rows[row.inbox_id]
    messages = [one for one in store.messages_of[row.id] if query and query in (one.content or "").lower()]
    return {
        "id": row.display_id,
        "uuid": row.uuid,
        "created_at": epoch(row.created_at),
        "contact": {"id": contact.id, "name": contact.name},
        "inbox": {"id": inbox.id, "name": inbox.name, "channel_type": inbox.channel_type},
        "messages": [
            {
                "content": one.content,
                "id": one.id,
                "sender_name": (render.sender(call.twin, one) or {}).get("name"),
                "message_type": one.message_type,
                "created_at": epoch(one.created_at),
            }
            for one in messages
            if one.message_type in (model.INCOMING, model.OUTGOING)
        ],
        "account_id": row.account_id,
    }
