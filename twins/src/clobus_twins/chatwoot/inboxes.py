"""Inboxes, their members and their bot (chatwoot.md §2.5)."""

from __future__ import annotations

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from clobus_twins.chatwoot import model, render
from clobus_twins.chatwoot.call import EMPTY, Call, Problem, crashed, invalid, missing, refuse, truthy
from clobus_twins.chatwoot.seeding import default_working_hours, new_token
from clobus_twins.chatwoot.times import iso

LONGEST_GREETING = 10_000
LONGEST_URL = 2048
SENDER_NAMES = ("friendly", "professional")
PLAIN = (
    "greeting_message",
    "out_of_office_message",
    "timezone",
    "csat_config",
    "auto_assignment_config",
    "sender_name_type",
    "business_name",
)
SWITCHES = (
    "greeting_enabled",
    "working_hours_enabled",
    "enable_email_collect",
    "csat_survey_enabled",
    "enable_auto_assignment",
    "allow_messages_after_resolved",
    "lock_to_single_conversation",
)
_FOREIGN = [
    "allowed_domains",
    "widget_color",
    "website_url",
    "welcome_title",
    "welcome_tagline",
    "web_widget_script",
    "website_token",
    "selected_feature_flags",
    "reply_time",
    "messaging_service_sid",
    "phone_number",
]


def shown(call: Call, row: model.Inbox) -> dict[str, Any]:
    """An inbox; secrets for administrators only."""
    out: dict[str, Any] = {
        "id": row.id,
        "avatar_url": "",
        "channel_id": row.channel_id,
        "name": row.name,
        "channel_type": row.channel_type,
    }
    out |= {key: getattr(row, key) for key in (*SWITCHES, *PLAIN)}
    out |= {"working_hours": row.working_hours, "callback_webhook_url": None} | dict.fromkeys(_FOREIGN)
    out["hmac_mandatory"] = row.hmac_mandatory
    if call.admin:
        out |= {"hmac_token": row.hmac_token, "secret": row.secret}
    return out | {
        "webhook_url": row.webhook_url,
        "inbox_identifier": row.identifier,
        "additional_attributes": row.additional_attributes,
        "provider": None,
    }


def raw_inbox(row: model.Inbox) -> dict[str, Any]:
    """The inbox's row."""
    out: dict[str, Any] = {key: getattr(row, key) for key in (*SWITCHES, *PLAIN)}
    return out | {
        "id": row.id,
        "channel_id": row.channel_id,
        "account_id": row.account_id,
        "name": row.name,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
        "channel_type": row.channel_type,
        "email_address": None,
        "portal_id": None,
    }


def inbox(call: Call, key: str = "id") -> model.Inbox:
    """The inbox of the path; agents see those they belong to."""
    row = call.store.inboxes.get(call.path[key], call.account.id)
    if row is None:
        raise missing()
    if not call.admin and call.user is not None and call.user.id not in row.members:
        raise Problem(401, {"error": "You are not authorized to do this action"})
    return row


def index(call: Call) -> Any:
    """`GET inboxes`: by name."""
    rows = call.store.inboxes.of(call.account.id)
    if not call.admin and call.user is not None:
        rows = [row for row in rows if call.user.id in row.members]
    return {"payload": [shown(call, row) for row in sorted(rows, key=lambda row: row.name.lower())]}


def show(call: Call) -> Any:
    """`GET inboxes/{id}`."""
    return shown(call, inbox(call))


def _channel(call: Call) -> dict[str, Any]:
    given = call.params.get("channel")
    return given if isinstance(given, dict) else {}


_timezones = cache(available_timezones)


def _check(params: dict[str, Any]) -> None:
    """422 with every fault of the inbox's own columns; 500 for an unknown enum value."""
    errors: list[tuple[str, str]] = []
    if "name" in params and not str(params["name"] or "").strip():
        errors.append(("Name can't be blank", "name"))
    if "timezone" in params and params["timezone"] not in _timezones():
        errors.append(("Timezone is not included in the list", "timezone"))
    for key in ("out_of_office_message", "greeting_message"):
        if len(str(params.get(key) or "")) > LONGEST_GREETING:
            text = f"{key.replace('_', ' ').capitalize()} is too long (maximum is {LONGEST_GREETING} characters)"
            errors.append((text, key))
    refuse(errors)
    if params.get("sender_name_type", "friendly") not in SENDER_NAMES:
        raise crashed()


def _write(call: Call, row: model.Inbox) -> None:
    """Take the settings of a request into the inbox."""
    params = call.params
    _check(params)
    if "name" in params:
        row.name = str(params["name"]).strip()
    for key in PLAIN:
        if key in params and key not in ("csat_config", "auto_assignment_config"):
            setattr(row, key, params[key])
    for key in SWITCHES:
        if key in params:
            setattr(row, key, truthy(params[key]))
    if isinstance(params.get("auto_assignment_config"), dict):
        limit = params["auto_assignment_config"].get("max_assignment_limit")
        if limit is not None and not _positive(limit):
            text = "Auto assignment config max_assignment_limit must be greater than 0"
            raise invalid(text, "auto_assignment_config")
        row.auto_assignment_config = {} if limit is None else {"max_assignment_limit": limit}
    if isinstance(params.get("csat_config"), dict) and params["csat_config"]:
        row.csat_config = _csat_config(params["csat_config"])
    if isinstance(params.get("working_hours"), list):
        given = {int(one["day_of_week"]): one for one in params["working_hours"] if "day_of_week" in one}
        row.working_hours = [_hours(day, given.get(day["day_of_week"], {})) for day in row.working_hours]


def _write_channel(row: model.Inbox, channel: dict[str, Any]) -> None:
    if len(str(channel.get("webhook_url") or "")) > LONGEST_URL:
        raise invalid(f"Webhook url is too long (maximum is {LONGEST_URL} characters)", "webhook_url")
    attributes = channel.get("additional_attributes")
    if isinstance(attributes, dict):
        window = attributes.get("agent_reply_time_window")
        if window not in (None, "") and not _positive(window):
            raise invalid("Agent reply time window must be greater than 0", "agent_reply_time_window")
        row.additional_attributes = attributes
    if "webhook_url" in channel:
        row.webhook_url = channel["webhook_url"]
    if "hmac_mandatory" in channel:
        row.hmac_mandatory = truthy(channel["hmac_mandatory"])


def _positive(value: Any) -> bool:
    try:
        return int(value) > 0
    except (TypeError, ValueError):
        return False


def _csat_config(given: dict[str, Any]) -> dict[str, Any]:
    """The survey's settings with everything that was left out filled in."""
    asked = given.get("survey_rules")
    rules: dict[str, Any] = asked if isinstance(asked, dict) else {}
    return {
        "display_type": given.get("display_type") or "emoji",
        "message": given.get("message") or "",
        "survey_rules": {"operator": rules.get("operator") or "contains", "values": rules.get("values") or []},
        "button_text": given.get("button_text") or "Please rate us",
        "language": given.get("language") or "en",
    }


def _hours(day: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """A weekday's hours; a day that makes no sense stays as it was, without an error."""
    new = day | {key: given[key] for key in day if key in given}
    if new["open_all_day"]:
        new |= {"open_hour": 0, "open_minutes": 0, "close_hour": 23, "close_minutes": 59}
    if new["closed_all_day"]:
        return day if new["open_all_day"] else new
    hours = [new[key] for key in ("open_hour", "open_minutes", "close_hour", "close_minutes")]
    if not all(isinstance(one, int) for one in hours) or (hours[0], hours[1]) >= (hours[2], hours[3]):
        return day
    return new


def create(call: Call) -> Any:
    """`POST inboxes`: API inboxes; other channels need services that are not here."""
    channel = _channel(call)
    if not channel:
        raise crashed()
    if channel.get("type") != "api":
        raise invalid("Channel must exist", "channel")
    row = model.Inbox(account_id=call.account.id, name=str(call.params.get("name") or "").strip())
    row.identifier, row.hmac_token, row.secret = new_token(), new_token(), new_token()
    row.working_hours = default_working_hours()
    call.params.setdefault("name", "")
    _write_channel(row, channel)
    _write(call, row)
    call.store.add(row)
    row.channel_id = row.id
    call.store.put(row)
    return shown(call, row)


def update(call: Call) -> Any:
    """`PATCH inboxes/{id}`."""
    row = inbox(call)
    _write(call, row)
    _write_channel(row, _channel(call))
    call.store.touch(row)
    return shown(call, row)


def delete(call: Call) -> Any:
    """`DELETE inboxes/{id}`: with its conversations."""
    row = inbox(call)
    for conversation in list(call.store.conversation_index[call.account.id].by_inbox[row.id].values()):
        call.store.remove(conversation)
    for place in list(call.store.contact_inboxes.rows.values()):
        if place.inbox_id == row.id:
            call.store.remove(place)
    call.store.remove(row)
    return {"message": "Your inbox deletion request will be processed in some time."}


def reset_secret(call: Call) -> Any:
    """`POST inboxes/{id}/reset_secret`."""
    row = inbox(call)
    row.secret = new_token()
    call.store.touch(row)
    return shown(call, row)


def agent_bot(call: Call) -> Any:
    """`GET inboxes/{id}/agent_bot`."""
    row = inbox(call)
    bot = call.store.agent_bots.rows.get(row.agent_bot_id or 0)
    # the original's template leaves an empty block out altogether
    return {"agent_bot": call.twin.shown_bot(bot, raw_token=True, admin=call.admin)} if bot else {}


def set_agent_bot(call: Call) -> Any:
    """`POST inboxes/{id}/set_agent_bot`; null detaches."""
    row = inbox(call)
    wanted = call.params.get("agent_bot")
    if wanted:
        bot = call.store.agent_bots.get(wanted)
        if bot is None or bot.account_id not in (None, call.account.id):
            raise missing()
        row.agent_bot_id = bot.id
    else:
        row.agent_bot_id = None
    call.store.put(row)
    return EMPTY


def _member_inbox(call: Call) -> model.Inbox:
    row = call.store.inboxes.get(call.params.get("inbox_id"), call.account.id)
    if row is None:
        raise missing()
    return row


def _members(call: Call, ids: list[int]) -> dict[str, Any]:
    users = call.store.users.rows
    known = [users[one] for one in ids if call.store.membership_of(call.account.id, one) is not None]
    return {"payload": [render.agent(call.twin, call.account.id, user) for user in known]}


def members(call: Call) -> Any:
    """`GET inbox_members/{inbox_id}`."""
    row = inbox(call, "inbox_id")
    return _members(call, sorted(row.members))


def change_members(call: Call) -> Any:
    """`POST` adds, `PATCH` sets, `DELETE` removes members."""
    row = _member_inbox(call)
    given = [int(one) for one in call.listed("user_ids")]
    if call.request.method != "DELETE" and any(one not in call.store.users.rows for one in given):
        raise invalid("User must exist", "user")
    if call.request.method == "DELETE":
        row.members = [one for one in row.members if one not in given]
    elif call.request.method == "PATCH":
        row.members = list(dict.fromkeys(given))
    else:
        row.members = list(dict.fromkeys([*row.members, *given]))
    call.store.put(row)
    return EMPTY if call.request.method == "DELETE" else _members(call, sorted(row.members))


def assignable_agents(call: Call) -> Any:
    """`GET assignable_agents`: members common to all given inboxes, and all administrators."""
    store, account_id = call.store, call.account.id
    common: set[int] | None = None
    for wanted in call.listed("inbox_ids"):
        row = store.inboxes.get(wanted, account_id)
        if row is None:
            raise missing()
        common = set(row.members) if common is None else common & set(row.members)
    everybody = store.account_users.of(account_id)
    admins = {one.user_id for one in everybody if one.role == "administrator"}
    return _members(call, sorted((common or set()) | admins))
