"""One conversation: create, show, change (chatwoot.md §2.3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from clobus_twins.chatwoot import conversation_creation, message_creation, messages, model, payload, render, reporting
from clobus_twins.chatwoot.call import EMPTY, Call, Problem, crashed, missing, truthy, unprocessable
from clobus_twins.chatwoot.times import epoch, iso, parse_instant

LONGEST_TEXT = 1500
BIGGEST_NUMBER = 9_999_999_999


def create(call: Call) -> Any:
    """`POST conversations`."""
    params = call.params
    place = _place(call)
    values: dict[str, Any] = {}
    for key in ("status", "priority"):
        if params.get(key):
            values[key] = params[key]
    for key in ("assignee_id", "team_id"):
        if params.get(key):
            values[key] = call.number(key)
    if params.get("snoozed_until"):
        values["snoozed_until"] = parse_instant(params["snoozed_until"])
    for key in ("additional_attributes", "custom_attributes"):
        if isinstance(params.get(key), dict):
            values[key] = checked(params[key], key)
    row, _ = conversation_creation.create(call.work, place, values)
    message = params.get("message")
    if isinstance(message, dict) and message:
        message_creation.create(call.work, row, messages.build(call, row, message))
    return render.conversation(call.twin, row, call.user)


def _place(call: Call) -> model.ContactInbox:
    """The contact inbox: by inbox and contact, else by source id alone, across all inboxes of the account."""
    source_id = call.params.get("source_id")
    source_id = None if source_id in (None, "") else str(source_id)
    inbox = contact = None
    if call.params.get("inbox_id"):
        inbox = call.store.inboxes.get(call.params["inbox_id"], call.account.id)
        if inbox is None:
            raise missing()
        _may_use(call, inbox)
    if call.params.get("contact_id"):
        contact = call.store.contacts.get(call.params["contact_id"], call.account.id)
        if contact is None:
            raise missing()
    if inbox is not None and contact is not None:
        verified = truthy(call.params.get("hmac_verified"))
        return conversation_creation.address(call.work, contact, inbox, source_id, verified=verified)
    inboxes = [one.id for one in call.store.inboxes.of(call.account.id)]
    known = (call.store.sources.by_source.get((inbox_id, source_id or "")) for inbox_id in inboxes)
    found = next((one for one in known if one is not None), None)
    if found is None:
        raise missing()
    _may_use(call, call.store.inboxes.rows[found.inbox_id])
    return found


def _may_use(call: Call, inbox: model.Inbox) -> None:
    """Agents begin conversations in the inboxes they belong to."""
    if call.user is not None and not call.admin and call.user.id not in inbox.members:
        raise Problem(401, {"error": "You are not authorized to do this action"})


def checked(attributes: dict[str, Any], key: str) -> dict[str, Any]:
    """Attributes within the limits of Chatwoot; 422 else (chatwoot.md §1.5)."""
    name = key.replace("_", " ").capitalize()
    for attribute, value in attributes.items():
        if isinstance(value, str) and len(value) > LONGEST_TEXT:
            text = f"{name} {attribute} length should be < {LONGEST_TEXT}"
            raise Problem(422, {"message": text, "attributes": [key]})
        if isinstance(value, int) and not isinstance(value, bool) and value > BIGGEST_NUMBER:
            text = f"{name} {attribute} value should be < {BIGGEST_NUMBER}"
            raise Problem(422, {"message": text, "attributes": [key]})
    return dict(attributes)


def show(call: Call) -> Any:
    """`GET conversations/{id}`."""
    return render.conversation(call.twin, call.conversation(), call.user)


def update(call: Call) -> Any:
    """`PATCH conversations/{id}`: priority (and an SLA policy, which this edition has not)."""
    row = call.conversation()
    if "priority" in call.params:
        call.work.change(row, priority=_priority(call))
    return render.conversation(call.twin, row, call.user)


def _priority(call: Call) -> str | None:
    wanted = call.params.get("priority") or None
    if wanted is not None and wanted not in model.PRIORITIES:
        raise crashed()
    return wanted


def toggle_priority(call: Call) -> Any:
    """`POST toggle_priority`: 200 without a body."""
    call.work.change(call.conversation(), priority=_priority(call))
    return EMPTY


def toggle_status(call: Call) -> Any:
    """`POST toggle_status`; a bot that opens a pending conversation hands it over (chatwoot.md §2.3.3)."""
    row = call.conversation()
    wanted = call.params.get("status")
    if wanted is not None and wanted not in model.STATUSES:
        raise crashed()
    until = call.params.get("snoozed_until")
    if wanted is not None and until is not None and not str(until).lstrip("-").isdigit():
        raise crashed()  # only epoch seconds are read here
    success: bool | None = True
    if wanted is None:
        call.work.change(row, status="resolved" if row.status == "open" else "open")
    elif wanted == "open" and row.status == "pending" and call.bot is not None:
        if row.waiting_since is None:
            call.work.change(row, waiting_since=call.store.now())
        reporting.note(call.work, row, "conversation_bot_handoff", call.store.now() - row.created_at)
        call.work.change(row, status="open")
        success = None
    else:
        call.work.change(row, status=wanted, snoozed_until=parse_instant(until))
    if row.status == "open" and call.membership is not None and not call.admin and call.user is not None:
        call.work.change(row, assignee_id=call.user.id)
    shown = {
        "success": success,
        "conversation_id": row.display_id,
        "current_status": row.status,
        "snoozed_until": iso(row.snoozed_until),
    }
    return {"payload": shown}


def assign(call: Call) -> Any:
    """`POST assignments`: an agent, a bot or a team; an unknown agent unassigns and answers null."""
    row, params = call.conversation(), call.params
    if "assignee_id" in params:
        if params.get("assignee_type") == "AgentBot":
            bot = call.store.agent_bots.get(params["assignee_id"])
            if bot is None or bot.account_id not in (None, call.account.id):
                return None
            call.work.change(row, assignee_agent_bot_id=bot.id, assignee_id=None)
            return render.slim_bot(bot)
        user = call.store.users.get(params["assignee_id"])
        if user is not None and call.store.membership_of(call.account.id, user.id) is None:
            user = None
        call.work.change(row, assignee_id=user.id if user else None, assignee_agent_bot_id=None)
        return render.agent(call.twin, call.account.id, user) if user else None
    if "team_id" in params:
        team = call.store.teams.get(params["team_id"], call.account.id)
        call.work.change(row, team_id=team.id if team else None)
        return raw_team(team) if team else None
    return None


def raw_team(team: model.Team) -> dict[str, Any]:
    """The team's row."""
    return {
        "id": team.id,
        "name": team.name,
        "description": team.description,
        "allow_auto_assign": team.allow_auto_assign,
        "account_id": team.account_id,
        "created_at": iso(team.created_at),
        "updated_at": iso(team.updated_at),
    }


def custom_attributes(call: Call) -> Any:
    """`POST custom_attributes` replaces the whole hash."""
    row = call.conversation()
    given = call.params.get("custom_attributes")
    attributes = checked(given, "custom_attributes") if isinstance(given, dict) else {}
    call.work.change(row, custom_attributes=attributes)
    return {"custom_attributes": row.custom_attributes}


def destroy_custom_attributes(call: Call) -> Any:
    """`POST destroy_custom_attributes`: drop the named ones."""
    row = call.conversation()
    gone = {str(key) for key in call.listed("custom_attributes")}
    call.work.change(row, custom_attributes={key: one for key, one in row.custom_attributes.items() if key not in gone})
    return {"custom_attributes": row.custom_attributes}


def labels(call: Call) -> Any:
    """`GET labels`."""
    return {"payload": call.conversation().labels}


def set_labels(call: Call) -> Any:
    """`POST labels` replaces all."""
    row = call.conversation()
    call.work.change(row, labels=clean_labels(call.listed("labels")))
    return {"payload": row.labels}


def clean_labels(given: list[Any]) -> list[str]:
    """Labels without blanks and repetitions; a comma separates."""
    parts = [part.strip() for one in given for part in str(one).split(",")]
    return list(dict.fromkeys(part for part in parts if part))


def mute(call: Call) -> Any:
    """`POST mute`: resolve, and block the contact."""
    row = call.conversation()
    call.work.change(row, status="resolved")
    call.work.change_contact(call.store.contacts.rows[row.contact_id], blocked=True)
    _muted(call, row, "muted")
    return EMPTY


def unmute(call: Call) -> Any:
    """`POST unmute`: unblock the contact."""
    row = call.conversation()
    call.work.change_contact(call.store.contacts.rows[row.contact_id], blocked=False)
    _muted(call, row, "unmuted")
    return EMPTY


def _muted(call: Call, row: model.Conversation, done: str) -> None:
    if call.user is not None:
        call.twin.write_activity(call.work, row, f"{call.user.name} has {done} the conversation")


def typing(call: Call) -> Any:
    """`POST toggle_typing_status`: on, recording or off."""
    row = call.conversation()
    state = call.params.get("typing_status")
    if state in ("on", "off", "recording"):
        name = "conversation_typing_off" if state == "off" else "conversation_typing_on"
        if call.user is not None:
            who = payload.user(call.user)
        else:
            who = {"id": call.bot.id, "name": call.bot.name, "type": "agent_bot"} if call.bot else {}
        call.work.typing(row, name, who, private=truthy(call.params.get("is_private")))
    return EMPTY


def update_last_seen(call: Call) -> Any:
    """`POST update_last_seen`: no event, updated_at stays; with nothing unread once an hour at most."""
    row = call.conversation()
    own = call.user is not None and call.user.id == row.assignee_id
    now = call.store.now()
    seen = (row.assignee_last_seen_at if own else row.agent_last_seen_at) or 0
    unread_now = any(one.created_at > seen for one in call.store.messages_of.get(row.id, ())[-1:])
    oldest = min(row.agent_last_seen_at or 0, seen)
    if unread_now or oldest < now - 3600:
        row.agent_last_seen_at = now
        if own:
            row.assignee_last_seen_at = now
        call.store.put(row)
    return render.conversation(call.twin, row, call.user)


def unread(call: Call) -> Any:
    """`POST unread`: as if the last incoming message had not been seen."""
    row = call.conversation()
    incoming = [one for one in call.store.messages_of.get(row.id, ()) if one.message_type == model.INCOMING]
    stamp = incoming[-1].created_at - 1 if incoming else None
    row.agent_last_seen_at = row.assignee_last_seen_at = stamp
    call.store.put(row)
    return render.conversation(call.twin, row, call.user)


def participants(call: Call) -> Any:
    """`GET participants`: a bare array of agents."""
    return _agents(call, call.conversation().participants)


def _agents(call: Call, ids: list[int]) -> list[dict[str, Any]]:
    users = call.store.users.rows
    return [render.agent(call.twin, call.account.id, users[one]) for one in ids if one in users]


def change_participants(call: Call) -> Any:
    """`POST` adds and shows the new ones, `PATCH` sets and shows all, `DELETE` removes participants."""
    row = call.conversation()
    given = list(dict.fromkeys(int(one) for one in call.listed("user_ids")))
    new = [one for one in given if one not in row.participants]
    able = [one for one in new if call.twin.assignable(row, one)]
    if call.request.method == "DELETE":
        row.participants = [one for one in row.participants if one not in given]
    elif call.request.method == "PATCH":
        row.participants = [one for one in row.participants if one in given] + able
    else:
        # who has no access to the inbox is shown in the answer, and is not kept
        if any(one not in call.store.users.rows for one in new):
            raise crashed()
        row.participants = [*row.participants, *able]
    call.store.put(row)
    if call.request.method == "DELETE":
        return EMPTY
    return _agents(call, row.participants if call.request.method == "PATCH" else new)


def transcript(call: Call) -> Any:
    """`POST transcript`: an e-mail that nobody sends here."""
    call.conversation()
    if not call.params.get("email"):
        raise unprocessable("email param missing")
    return EMPTY


def delete(call: Call) -> Any:
    """`DELETE conversations/{id}`: silent."""
    call.store.remove(call.conversation())
    return EMPTY


def attachments(call: Call) -> Any:
    """`GET attachments`: the newest 100 files."""
    row = call.conversation()
    return listed_attachments(call, reversed(call.store.messages_of.get(row.id, [])))


_FILE_KEYS = ("id", "message_id", "thumb_url", "data_url", "file_size", "file_type", "extension", "width", "height")


def listed_attachments(call: Call, rows: Iterable[model.Message], *, numbered: bool = False) -> dict[str, Any]:
    """The files of messages, a hundred a page, each with its time and who sent it (and its conversation's number)."""
    shown = []
    for one in rows:
        who = render.sender(call.twin, one)
        for file in one.attachments:
            whole = render.attachment(call.twin, one, file)
            line = {key: whole[key] for key in _FILE_KEYS} | {"created_at": epoch(one.created_at)}
            line |= {"sender": who} if who else {}
            if numbered:
                line["conversation_id"] = call.store.conversations.rows[one.conversation_id].display_id
            shown.append(line)
    return {"meta": {"total_count": len(shown)}, "payload": shown[(call.page - 1) * 100 : call.page * 100]}
