"""The Platform API: users, accounts, memberships and bots of one provisioning application (chatwoot.md §4)."""

from __future__ import annotations

import re
from typing import Any

from clobus_twins.chatwoot import accounts, agents, hooks, model
from clobus_twins.chatwoot.call import EMPTY, Call, Problem, invalid, missing, refuse
from clobus_twins.chatwoot.seeding import new_token, password_hash
from clobus_twins.chatwoot.times import iso

SHORTEST_PASSWORD = 6
# What a password needs one of, in the words of the original: pattern, name, the characters meant.
_CLASSES = (
    ("[A-Z]", "uppercase", "A..Z"),
    ("[a-z]", "lowercase", "a..z"),
    ("[0-9]", "number", "0..9"),
    (r"[^A-Za-z0-9]", "special", " !@#$%^&*()_+-=[]{}|\"/\\.,`<>:;?~'"),
)


def _permitted(call: Call, row: model.Row | None, kind: str) -> None:
    """404 when there is no such row, 401 when the application may not touch it."""
    if row is None:
        raise missing()
    if call.platform is None or f"{kind}:{row.id}" not in call.platform.permissible:
        raise Problem(401, {"error": "Non permissible resource"})


def _permit(call: Call, row: model.Row, kind: str) -> None:
    name = f"{kind}:{row.id}"
    if call.platform is not None and name not in call.platform.permissible:
        call.platform.permissible.append(name)
        call.store.put(call.platform)


def _check_password(password: str) -> None:
    errors = []
    if len(password) < SHORTEST_PASSWORD:
        errors.append((f"Password must contain at least {SHORTEST_PASSWORD} characters", "password"))
    for pattern, name, characters in _CLASSES:
        if not re.search(pattern, password):
            errors.append((f"Password must contain at least 1 {name} character ({characters})", "password"))
    refuse(errors)


def create_user(call: Call) -> Any:
    """`POST users`: an existing e-mail gives that user, confirmed and linked, the password unchanged."""
    params = call.params
    email = str(params.get("email") or "").strip().lower()
    user = call.store.users_by_email.get(email)
    if user is None:
        if "@" not in email:
            raise invalid("Email is invalid", "email")
        password = str(params.get("password") or "")
        _check_password(password)
        user = agents.new_user(call, str(params.get("name") or ""), email, confirmed=True, password=password)
        user.display_name = params.get("display_name")
        if isinstance(params.get("custom_attributes"), dict):
            user.custom_attributes = params["custom_attributes"]
    user.confirmed = True
    call.store.put(user)
    _permit(call, user, "User")
    return accounts.user_shown(call, user)


def _user(call: Call) -> model.User:
    user = call.store.users.get(call.path["id"])
    _permitted(call, user, "User")
    if user is None:
        raise missing()
    return user


def one_user(call: Call) -> Any:
    """`GET`, `PATCH`, `DELETE users/{id}`."""
    user = _user(call)
    if call.request.method == "DELETE":
        for membership in list(call.store.account_users.rows.values()):
            if membership.user_id == user.id:
                agents.leave(call, membership)
        call.store.remove(user)
        return EMPTY
    if call.request.method == "PATCH":
        for key in ("name", "display_name"):
            if key in call.params:
                setattr(user, key, call.params[key])
        if isinstance(call.params.get("custom_attributes"), dict):
            user.custom_attributes = user.custom_attributes | call.params["custom_attributes"]
        if call.params.get("password"):
            _check_password(str(call.params["password"]))
            user.password_hash = password_hash(str(call.params["password"]))
        if call.params.get("email"):
            call.store.users_by_email.pop(user.email.lower(), None)
            user.email = str(call.params["email"]).lower()
        call.store.touch(user)
    return accounts.user_shown(call, user)


def login(call: Call) -> Any:
    """`GET users/{id}/login`: a sign-on link."""
    user = _user(call)
    return {"url": f"{call.twin.base_url}/app/login?email={user.email}&sso_auth_token={new_token()}"}


def token(call: Call) -> Any:
    """`POST users/{id}/token`."""
    user = _user(call)
    shown = {key: getattr(user, key) for key in ("id", "name", "display_name", "email", "pubsub_token")}
    return {"access_token": user.access_token, "expiry": None, "user": shown}


def _account(call: Call) -> model.Account:
    row = call.store.accounts.get(call.path["account_id"])
    _permitted(call, row, "Account")
    if row is None:
        raise missing()
    return row


def _shown(row: model.Account) -> dict[str, Any]:
    keys = ("id", "name", "locale", "domain", "support_email")
    out: dict[str, Any] = {key: getattr(row, key) for key in keys}
    out |= {"features": accounts.features(row), "custom_attributes": row.custom_attributes}
    return out | {"limits": row.limits, "status": row.status}


def _write(row: model.Account, params: dict[str, Any]) -> None:
    for key in ("name", "locale", "domain", "support_email", "status"):
        if key in params:
            setattr(row, key, params[key])
    for key in ("features", "limits", "custom_attributes"):
        if isinstance(params.get(key), dict):
            setattr(row, key, getattr(row, key) | params[key])


def list_accounts(call: Call) -> Any:
    """`GET accounts`: those of the application."""
    allowed = call.platform.permissible if call.platform else []
    return [_shown(row) for row in call.store.accounts.rows.values() if f"Account:{row.id}" in allowed]


def create_account(call: Call) -> Any:
    """`POST accounts`."""
    if not call.params.get("name"):
        raise invalid("Name must not be blank", "name")
    row = model.Account(name=str(call.params["name"]))
    _write(row, call.params)
    call.store.add(row)
    _permit(call, row, "Account")
    return _shown(row)


def one_account(call: Call) -> Any:
    """`GET`, `PATCH`, `DELETE accounts/{id}`."""
    row = _account(call)
    if call.request.method == "DELETE":
        for table in call.store.tables.values():
            for one in list(table.by_account.get(row.id, {}).values()):
                call.store.remove(one)
        call.store.remove(row)
        return EMPTY
    if call.request.method == "PATCH":
        _write(row, call.params)
        call.store.touch(row)
    return _shown(row)


def _membership(row: model.AccountUser) -> dict[str, Any]:
    return {
        "id": row.id,
        "account_id": row.account_id,
        "user_id": row.user_id,
        "role": row.role,
        "inviter_id": row.inviter_id,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
        "active_at": iso(row.active_at),
        "availability": row.availability,
        "auto_offline": row.auto_offline,
        "custom_role_id": None,
        "agent_capacity_policy_id": None,
    }


def account_users(call: Call) -> Any:
    """`GET accounts/{id}/account_users`."""
    return [_membership(row) for row in call.store.account_users.of(_account(call).id)]


def put_account_user(call: Call) -> Any:
    """`POST accounts/{id}/account_users`: an upsert."""
    account = _account(call)
    user = call.store.users.get(call.params.get("user_id"))
    if user is None:
        raise invalid("User must exist", "user")
    row = call.store.membership_of(account.id, user.id)
    if row is None:
        row = call.store.add(model.AccountUser(account_id=account.id, user_id=user.id))
    agents.write_membership(row, call.params)
    call.store.put(row)
    return _membership(row)


def drop_account_user(call: Call) -> Any:
    """`DELETE accounts/{id}/account_users {"user_id"}`."""
    row = call.store.membership_of(_account(call).id, call.number("user_id"))
    if row is not None:
        agents.leave(call, row)
    return EMPTY


def _bot(call: Call) -> model.AgentBot:
    row = call.store.agent_bots.get(call.path["id"])
    _permitted(call, row, "AgentBot")
    if row is None:
        raise missing()
    return row


def _bot_shown(row: model.AgentBot) -> dict[str, Any]:
    shown = hooks.shown_bot(row, raw_token=False) | {"outgoing_url": row.outgoing_url}
    return {key: value for key, value in shown.items() if key not in ("secret", "system_bot", "thumbnail")}


def bots(call: Call) -> Any:
    """`GET agent_bots`: those of the application."""
    allowed = call.platform.permissible if call.platform else []
    return [_bot_shown(row) for row in call.store.agent_bots.rows.values() if f"AgentBot:{row.id}" in allowed]


def create_bot(call: Call) -> Any:
    """`POST agent_bots`."""
    row = hooks.new_bot(call.number("account_id"))
    hooks.write_bot(row, call.params)
    call.store.add(row)
    _permit(call, row, "AgentBot")
    return _bot_shown(row)


def one_bot(call: Call) -> Any:
    """`GET`, `PATCH`, `DELETE agent_bots/{id}`."""
    row = _bot(call)
    if call.request.method == "DELETE":
        hooks.forget_bot(call, row)
        return EMPTY
    if call.request.method == "PATCH":
        hooks.write_bot(row, call.params)
        call.store.touch(row)
    return _bot_shown(row)
