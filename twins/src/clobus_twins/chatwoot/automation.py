"""Automation rules and macros: kept, and carried out (chatwoot.md §2.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clobus_twins.chatwoot import message_creation, model, payload, render
from clobus_twins.chatwoot.call import EMPTY, Call, Problem, crashed, truthy, unprocessable
from clobus_twins.chatwoot.filters import Filter
from clobus_twins.chatwoot.times import epoch

if TYPE_CHECKING:
    from clobus_twins.chatwoot.work import Work

ACTIONS = frozenset(
    [
        "send_message",
        "add_label",
        "remove_label",
        "send_email_to_team",
        "assign_team",
        "assign_agent",
        "remove_assigned_agent",
        "remove_assigned_team",
        "send_webhook_event",
        "mute_conversation",
        "send_attachment",
        "change_status",
        "resolve_conversation",
        "open_conversation",
        "pending_conversation",
        "snooze_conversation",
        "change_priority",
        "send_email_transcript",
        "add_private_note",
        "add_sla",
    ]
)
FIELDS = ("name", "description", "event_name", "active", "conditions", "actions")
MACRO_FIELDS = ("name", "visibility", "actions")
CONDITIONS = frozenset(
    [
        "content",
        "email",
        "country_code",
        "status",
        "message_type",
        "browser_language",
        "assignee_id",
        "team_id",
        "referer",
        "city",
        "company",
        "company_name",
        "inbox_id",
        "mail_subject",
        "phone_number",
        "priority",
        "conversation_language",
        "labels",
        "private_note",
    ]
)
MACRO_ACTIONS = ACTIONS - {"send_email_to_team", "open_conversation", "pending_conversation", "add_sla"}
_STATUS_ACTIONS = {
    "resolve_conversation": "resolved",
    "open_conversation": "open",
    "pending_conversation": "pending",
    "snooze_conversation": "snoozed",
}


def _shown(row: model.AutomationRule) -> dict[str, Any]:
    return {
        "id": row.id,
        "account_id": row.account_id,
        "name": row.name,
        "description": row.description,
        "event_name": row.event_name,
        "conditions": row.conditions,
        "actions": row.actions,
        "created_on": epoch(row.created_at),
        "active": row.active,
    }


def _write(call: Call, row: model.AutomationRule, given: dict[str, Any]) -> None:
    for key, value in given.items():
        setattr(row, key, truthy(value) if key == "active" else value)
    errors: dict[str, list[str]] = {}
    known = CONDITIONS | {one.attribute_key for one in call.store.definitions.of(row.account_id)}
    wrong = [str(one.get("attribute_key")) for one in row.conditions if one.get("attribute_key") not in known]
    if wrong:
        errors["conditions"] = [f"Automation conditions {','.join(wrong)} not supported."]
    wrong = [str(one.get("action_name")) for one in row.actions if one.get("action_name") not in ACTIONS]
    if wrong:
        errors["actions"] = [f"Automation actions {','.join(wrong)} not supported."]
    operators = [one.get("query_operator") for one in row.conditions]
    if operators.count(None) > 1:
        errors.setdefault("conditions", []).append("Automation conditions should have query operator.")
    for operator in operators:
        if operator and str(operator).upper() not in ("AND", "OR"):
            errors.setdefault("conditions", []).append('Query operator must be either "AND" or "OR"')
    if errors:
        raise unprocessable(errors)
    if not row.name or not row.event_name:
        raise crashed()  # columns that may not be null, and no validation before them


def index(call: Call) -> Any:
    """`GET automation_rules`."""
    return {"payload": [_shown(row) for row in call.store.rules.of(call.account.id)]}


def create(call: Call) -> Any:
    """`POST automation_rules`: unwrapped."""
    given = call.root("automation_rule", FIELDS)
    row = model.AutomationRule(account_id=call.account.id, name="", event_name="")
    _write(call, row, given)
    return _shown(call.store.add(row))


def one(call: Call) -> Any:
    """`GET`, `PATCH`, `DELETE automation_rules/{id}`; the original crashes on an unknown one."""
    row = call.store.rules.get(call.path["id"], call.account.id)
    if row is None:
        raise crashed()
    if call.request.method == "DELETE":
        call.store.remove(row)
        return EMPTY
    if call.request.method != "GET":
        before = {key: getattr(row, key) for key in FIELDS}
        try:
            _write(call, row, call.root("automation_rule", FIELDS))
        except Problem:
            for key, value in before.items():
                setattr(row, key, value)
            raise
        call.store.touch(row)
    return {"payload": _shown(row)}


def clone(call: Call) -> Any:
    """`POST automation_rules/{id}/clone`."""
    row = call.store.rules.get(call.path["id"], call.account.id)
    if row is None:
        raise crashed()
    copy = {key: getattr(row, key) for key in FIELDS}
    return {"payload": _shown(call.store.add(model.AutomationRule(account_id=call.account.id, **copy)))}


def run(
    work: Work,
    row: model.Conversation,
    event: str,
    message: model.Message | None,
    changes: dict[str, tuple[Any, Any]],
) -> None:
    """Carry out the active rules of an event on a conversation."""
    if row.id not in work.store.conversations.rows:
        return
    for rule in work.store.rules.of(row.account_id):
        if rule.active and rule.event_name == event and _fits(work, rule, row, message, changes):
            work.rule = rule
            try:
                for action in rule.actions:
                    _act(work, row, action, f"automation_event.{event}")
            finally:
                work.rule = None


def _fits(
    work: Work,
    rule: model.AutomationRule,
    row: model.Conversation,
    message: model.Message | None,
    changes: dict[str, tuple[Any, Any]],
) -> bool:
    """True when the conditions hold; a rule that makes no sense never does."""
    groups: list[list[bool]] = [[]]
    for condition in rule.conditions:
        groups[-1].append(_holds(work, condition, row, message, changes))
        if str(condition.get("query_operator") or "").upper() == "OR":
            groups.append([])
    return any(all(group) for group in groups if group) or not rule.conditions


def _holds(
    work: Work,
    condition: dict[str, Any],
    row: model.Conversation,
    message: model.Message | None,
    changes: dict[str, tuple[Any, Any]],
) -> bool:
    key, operator, values = condition.get("attribute_key"), condition.get("filter_operator"), condition.get("values")
    if operator == "attribute_changed":
        old, new = changes.get(str(key), (None, None))
        given = values if isinstance(values, dict) else {}
        return str(key) in changes and str(old) in _texts(given.get("from")) and str(new) in _texts(given.get("to"))
    if key in ("content", "message_type"):
        if message is None:
            return False
        if key == "message_type":
            return (model.MESSAGE_TYPE_NAMES[message.message_type] in _texts(values)) == (operator == "equal_to")
        text = (message.content or "").lower()
        found = any(part.lower() in text for part in _texts(values))
        return found == (operator in ("contains", "equal_to"))
    contact = work.store.contacts.rows[row.contact_id]
    entity = "contact" if key in ("email", "phone_number", "country_code", "city", "company") else "conversation"
    plain = [{**condition, "query_operator": None}]
    try:
        chosen = Filter(work.store, row.account_id, entity, plain, now=work.store.now())
    except Problem:
        return False
    return chosen.matches(contact if entity == "contact" else row)


def _texts(value: Any) -> list[str]:
    return [str(one) for one in (value if isinstance(value, list) else [value])]


def _act(work: Work, row: model.Conversation, action: dict[str, Any], event: str) -> None:
    """One action; one that makes no sense is swallowed."""
    name, params = str(action.get("action_name")), action.get("action_params") or []
    params = params if isinstance(params, list) else [params]
    if name in _STATUS_ACTIONS:
        work.change(row, status=_STATUS_ACTIONS[name])
    elif name == "change_status" and params and params[0] in model.STATUSES:
        work.change(row, status=params[0])
    elif name == "change_priority":
        work.change(row, priority=params[0] if params and params[0] in model.PRIORITIES else None)
    elif name == "add_label":
        work.change(row, labels=list(dict.fromkeys([*row.labels, *map(str, params)])))
    elif name == "remove_label":
        work.change(row, labels=[label for label in row.labels if label not in params])
    elif name == "mute_conversation":
        work.change(row, status="resolved")
        work.change_contact(work.store.contacts.rows[row.contact_id], blocked=True)
    elif name in ("send_message", "add_private_note") and params:
        _say(work, row, str(params[0]), private=name == "add_private_note")
    elif name == "send_webhook_event" and params:
        work.post(str(params[0]), event, payload.conversation(work.twin, row) | {"event": event})
    else:
        _assign(work, row, name, params)


def _assign(work: Work, row: model.Conversation, name: str, params: list[Any]) -> None:
    wanted = params[0] if params else None
    if name == "remove_assigned_agent" or (name == "assign_agent" and wanted == "nil"):
        work.change(row, assignee_id=None)
    elif name == "remove_assigned_team" or (name == "assign_team" and wanted in ("nil", 0, "0")):
        work.change(row, team_id=None)
    elif name == "assign_team" and (team := work.store.teams.get(wanted, row.account_id)):
        work.change(row, team_id=team.id)
    elif name == "assign_agent":
        user_id = work.user.id if wanted == "self" and work.user else wanted
        user = work.store.users.get(user_id)
        membership = work.store.membership_of(row.account_id, user.id) if user else None
        inbox = work.store.inboxes.rows[row.inbox_id]
        able = membership and (membership.user_id in inbox.members or membership.role == "administrator")
        if user and user.confirmed and able:
            work.change(row, assignee_id=user.id)


def _say(work: Work, row: model.Conversation, content: str, *, private: bool) -> None:
    message = model.Message(
        account_id=row.account_id, inbox_id=row.inbox_id, conversation_id=row.id, content=content, private=private
    )
    if work.rule is not None:
        message.content_attributes = {"automation_rule_id": work.rule.id}
    elif work.user is not None:
        message.sender_type, message.sender_id = "User", work.user.id
    message_creation.create(work, row, message)


def _macro_shown(call: Call, row: model.Macro) -> dict[str, Any]:
    out: dict[str, Any] = {"id": row.id, "name": row.name, "visibility": row.visibility}
    for key in ("created_by", "updated_by"):
        if user := call.store.users.rows.get(getattr(row, f"{key}_id") or 0):
            out[key] = render.agent(call.twin, row.account_id, user)
    return out | {"account_id": row.account_id, "actions": row.actions}


def macros(call: Call) -> Any:
    """`GET macros`: global ones and the caller's own."""
    rows = call.store.macros.of(call.account.id)
    rows = [row for row in rows if row.visibility == "global" or row.created_by_id == call.person.id]
    return {"payload": [_macro_shown(call, row) for row in rows]}


def _write_macro(call: Call, row: model.Macro) -> None:
    if call.params.get("visibility", "personal") not in ("personal", "global"):
        raise crashed()
    for key in MACRO_FIELDS:
        if key in call.params:
            setattr(row, key, call.params[key])
    wrong = [str(one.get("action_name")) for one in row.actions if one.get("action_name") not in MACRO_ACTIONS]
    if wrong:
        raise unprocessable({"actions": [f"Macro execution actions {','.join(wrong)} not supported."]})
    if not call.admin:
        row.visibility = "personal"
    row.updated_by_id = call.person.id


def _macro(call: Call, *, change: bool) -> model.Macro:
    """The macro of the path: its author's, or a global one, which administrators change.

    An unknown one is a 404 without a body when shown; the original crashes when it is to be changed or run.
    """
    row = call.store.macros.get(call.path["id"], call.account.id)
    if row is None:
        raise Problem(404, None) if call.request.method == "GET" else crashed()
    mine = row.created_by_id == call.person.id
    allowed = call.admin if change and row.visibility == "global" else mine or row.visibility == "global"
    if not allowed:
        raise Problem(401, {"error": "You are not authorized to do this action"})
    return row


def create_macro(call: Call) -> Any:
    """`POST macros`."""
    row = model.Macro(account_id=call.account.id, name="", created_by_id=call.person.id)
    _write_macro(call, row)
    return {"payload": _macro_shown(call, call.store.add(row))}


def one_macro(call: Call) -> Any:
    """`GET`, `PATCH`, `DELETE macros/{id}`."""
    row = _macro(call, change=call.request.method != "GET")
    if call.request.method == "DELETE":
        call.store.remove(row)
        return EMPTY
    if call.request.method != "GET":
        _write_macro(call, row)
        call.store.touch(row)
    return {"payload": _macro_shown(call, row)}


def execute_macro(call: Call) -> Any:
    """`POST macros/{id}/execute`: after the answer."""
    actions = list(_macro(call, change=False).actions)

    def job() -> None:
        for display_id in call.listed("conversation_ids"):
            conversation = call.store.conversation(call.account.id, display_id)
            if conversation is not None:
                for action in actions:
                    _act(call.work, conversation, action, "macro.executed")

    call.work.defer(job)
    return EMPTY
