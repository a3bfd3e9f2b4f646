"""Account webhooks, agent bots and dashboard apps (chatwoot.md §2.8)."""

from __future__ import annotations

from typing import Any

from clobus_twins.chatwoot import model
from clobus_twins.chatwoot.call import EMPTY, NO_CONTENT, Call, File, crashed, invalid, missing, refuse
from clobus_twins.chatwoot.seeding import DEFAULT_SUBSCRIPTIONS, new_token
from clobus_twins.chatwoot.times import iso

EVENTS = frozenset(DEFAULT_SUBSCRIPTIONS) | {
    "conversation_typing_on",
    "conversation_typing_off",
    "inbox_created",
    "inbox_updated",
}
FIELDS = ("url", "name", "subscriptions", "inbox_id")
BOT_FIELDS = ("name", "description", "outgoing_url", "bot_type", "bot_config", "avatar", "avatar_url", "account_id")
APP_FIELDS = ("title", "content")


def _shown(row: model.Webhook) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "url": row.url,
        "account_id": row.account_id,
        "subscriptions": row.subscriptions,
        "secret": row.secret,
    }


def index(call: Call) -> Any:
    """`GET webhooks`."""
    return {"payload": {"webhooks": [_shown(row) for row in call.store.webhooks.of(call.account.id)]}}


def _write(call: Call, row: model.Webhook, given: dict[str, Any]) -> None:
    url = given.get("url", row.url)
    errors = []
    if any(one.url == url and one is not row for one in call.store.webhooks.of(call.account.id)):
        errors.append(("Url has already been taken", "url"))
    if not url or not str(url).startswith(("http://", "https://")):
        errors.append(("Url is invalid", "url"))
    subscriptions = given.get("subscriptions", row.subscriptions)
    if not isinstance(subscriptions, list) or not subscriptions or not EVENTS.issuperset(subscriptions):
        errors.append(("Subscriptions Invalid events", "subscriptions"))
    refuse(errors)
    row.url, row.subscriptions = str(url), list(subscriptions)
    row.name = given.get("name", row.name)


def create(call: Call) -> Any:
    """`POST webhooks`."""
    row = model.Webhook(account_id=call.account.id, url="", subscriptions=list(DEFAULT_SUBSCRIPTIONS))
    _write(call, row, call.root("webhook", FIELDS))
    row.secret = new_token()
    return {"payload": {"webhook": _shown(call.store.add(row))}}


def one(call: Call) -> Any:
    """`PATCH`, `DELETE webhooks/{id}`."""
    row = call.store.webhooks.get(call.path["id"], call.account.id)
    if row is None:
        raise missing()
    if call.request.method == "DELETE":
        call.store.remove(row)
        return EMPTY
    _write(call, row, call.root("webhook", FIELDS))
    call.store.touch(row)
    return {"payload": {"webhook": _shown(row)}}


def shown_bot(row: model.AgentBot, *, raw_token: bool, admin: bool = True) -> dict[str, Any]:
    """A bot; the token as its text, or as its row, which a live 4.15.1 shows below an inbox.

    A bot of the installation keeps address, token and secret to itself; the secret is for administrators.
    """
    out: dict[str, Any] = {"id": row.id, "name": row.name, "description": row.description, "thumbnail": ""}
    own = row.account_id is not None
    if own:
        out["outgoing_url"] = row.outgoing_url
    out |= {"bot_type": row.bot_type, "bot_config": row.bot_config, "account_id": row.account_id}
    if raw_token:
        out["access_token"] = {
            "id": 1_000_000 + row.id,
            "owner_type": "AgentBot",
            "owner_id": row.id,
            "token": row.access_token,
            "created_at": iso(row.created_at),
            "updated_at": iso(row.updated_at),
        }
    elif own:
        out["access_token"] = row.access_token
    if own and admin:
        out["secret"] = row.secret
    return out | {"system_bot": not own}


def bots(call: Call) -> Any:
    """`GET agent_bots`: those of the account and of the installation."""
    rows = [row for row in call.store.agent_bots.rows.values() if row.account_id in (None, call.account.id)]
    return [shown_bot(row, raw_token=False, admin=call.admin) for row in rows]


def write_bot(row: model.AgentBot, given: dict[str, Any]) -> None:
    """Take a bot's fields."""
    for key in ("name", "description", "outgoing_url", "bot_type", "bot_config"):
        if key in given and not isinstance(given[key], File):
            setattr(row, key, given[key])
    if row.bot_type != "webhook":
        raise crashed()
    if row.outgoing_url and len(row.outgoing_url) > 2048:
        raise invalid("Outgoing url is too long (maximum is 2048 characters)", "outgoing_url")


def new_bot(account_id: int | None) -> model.AgentBot:
    """A bot with its token and secret."""
    return model.AgentBot(name="", account_id=account_id, access_token=new_token(), secret=new_token())


def create_bot(call: Call) -> Any:
    """`POST agent_bots`."""
    row = new_bot(call.account.id)
    write_bot(row, {key: call.params[key] for key in BOT_FIELDS if key in call.params} | _wrapped(call))
    return shown_bot(call.store.add(row), raw_token=False)


def _wrapped(call: Call) -> dict[str, Any]:
    given = call.params.get("agent_bot")
    return given if isinstance(given, dict) else {}


def _bot(call: Call) -> model.AgentBot:
    row = call.store.agent_bots.get(call.path["id"])
    if row is None or row.account_id not in (None, call.account.id):
        raise missing()
    return row


def one_bot(call: Call) -> Any:
    """`GET`, `PATCH`, `DELETE agent_bots/{id}`."""
    row = _bot(call)
    if call.request.method != "GET" and row.account_id is None:
        raise missing()
    if call.request.method == "DELETE":
        forget_bot(call, row)
        return EMPTY
    if call.request.method != "GET":
        write_bot(row, {key: call.params[key] for key in BOT_FIELDS if key in call.params} | _wrapped(call))
        call.store.touch(row)
    return shown_bot(row, raw_token=False, admin=call.admin)


def forget_bot(call: Call, row: model.AgentBot) -> None:
    """Delete a bot and detach it from inboxes."""
    for inbox in call.store.inboxes.rows.values():
        if inbox.agent_bot_id == row.id:
            inbox.agent_bot_id = None
            call.store.put(inbox)
    call.store.remove(row)


def reset_bot(call: Call) -> Any:
    """`POST agent_bots/{id}/reset_secret` and `/reset_access_token`."""
    row = _bot(call)
    if call.request.url.path.endswith("reset_secret"):
        row.secret = new_token()
    else:
        call.store.owners.pop(row.access_token, None)
        row.access_token = new_token()
    call.store.touch(row)
    return shown_bot(row, raw_token=False)


def shown_app(row: model.DashboardApp) -> dict[str, Any]:
    """A dashboard app as it is read."""
    return {"id": row.id, "title": row.title, "content": row.content, "created_at": iso(row.created_at)}


def apps(call: Call) -> Any:
    """`GET dashboard_apps`."""
    return [shown_app(row) for row in call.store.dashboard_apps.of(call.account.id)]


def create_app(call: Call) -> Any:
    """`POST dashboard_apps`."""
    given = call.root("dashboard_app", APP_FIELDS)
    if not given.get("title"):
        raise invalid("Title can't be blank", "title")
    content = given.get("content")
    if not isinstance(content, list) or not content:
        raise invalid("Content can't be blank", "content")
    row = model.DashboardApp(account_id=call.account.id, title=str(given["title"]), content=content)
    return shown_app(call.store.add(row))


def one_app(call: Call) -> Any:
    """`GET`, `PATCH`, `DELETE` (204) one dashboard app."""
    row = call.store.dashboard_apps.get(call.path["id"], call.account.id)
    if row is None:
        raise missing()
    if call.request.method == "DELETE":
        call.store.remove(row)
        return NO_CONTENT
    if call.request.method != "GET":
        for key, value in call.root("dashboard_app", APP_FIELDS).items():
            setattr(row, key, value)
        call.store.touch(row)
    return shown_app(row)
