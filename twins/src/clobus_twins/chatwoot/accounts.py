"""The caller's profile, the account, signing in (chatwoot.md §1.1, §2.1)."""

from __future__ import annotations

from typing import Any

from clobus_twins.chatwoot import agents, model, render
from clobus_twins.chatwoot.call import EMPTY, Answer, Call, Problem, invalid, truthy, unprocessable
from clobus_twins.chatwoot.seeding import new_token, password_hash
from clobus_twins.chatwoot.times import epoch, iso

VERSION = "4.15.1"
FEATURES = [
    "inbound_emails",
    "channel_email",
    "channel_facebook",
    "help_center",
    "agent_bots",
    "macros",
    "agent_management",
    "team_management",
    "inbox_management",
    "labels",
    "custom_attributes",
    "automations",
    "canned_responses",
    "integrations",
    "voice_recorder",
    "channel_website",
    "campaigns",
    "reports",
    "crm",
    "auto_resolve_conversations",
    "chatwoot_v4",
    "contact_chatwoot_support_team",
    "channel_instagram",
    "assignment_v2",
    "channel_tiktok",
    "captain_tasks",
]
SETTINGS = (
    "auto_resolve_after",
    "auto_resolve_message",
    "auto_resolve_ignore_waiting",
    "auto_resolve_label",
    "audio_transcriptions",
    "keep_pending_on_bot_failure",
)
PROFILE_FIELDS = ("name", "display_name", "message_signature", "ui_settings", "email", "current_password", "password")
TOKEN_LIFE = 60 * 86400


def membership_shown(call: Call, row: model.AccountUser) -> dict[str, Any]:
    """An account as the profile lists it."""
    account = call.store.accounts.rows[row.account_id]
    return {
        "id": account.id,
        "name": account.name,
        "status": account.status,
        "onboarding_step": None,
        "active_at": iso(row.active_at),
        "role": row.role,
        "permissions": [row.role],
        "availability": row.availability,
        "availability_status": render.presence(row),
        "auto_offline": row.auto_offline,
        "custom_role_id": None,
        "custom_role": None,
    }


def user_shown(call: Call, user: model.User) -> dict[str, Any]:
    """A user with tokens and accounts."""
    rows = [row for row in call.store.account_users.rows.values() if row.user_id == user.id]
    first = rows[0] if rows else None
    out: dict[str, Any] = {
        "access_token": user.access_token,
        "account_id": first.account_id if first else None,
        "available_name": user.display_name or user.name,
        "avatar_url": "",
        "confirmed": user.confirmed,
        "display_name": user.display_name,
        "message_signature": user.message_signature,
        "email": user.email,
        "id": user.id,
        "name": user.name,
        "provider": "email",
        "pubsub_token": user.pubsub_token,
        "role": first.role if first else None,
        "ui_settings": user.ui_settings,
        "uid": user.email,
        "accounts": [membership_shown(call, row) for row in rows],
    }
    if user.custom_attributes:
        out["custom_attributes"] = user.custom_attributes
    return out


def profile(call: Call) -> Any:
    """`GET /api/v1/profile`."""
    rows = [row for row in call.store.account_users.rows.values() if row.user_id == call.person.id]
    inviter = rows[0].inviter_id if rows else None
    return user_shown(call, call.person) | {"inviter_id": inviter, "type": None}


def update_profile(call: Call) -> Any:
    """`PUT /api/v1/profile`; a new password needs the present one."""
    given = call.root("profile", PROFILE_FIELDS)
    user = call.person
    if given.get("password"):
        if password_hash(str(given.get("current_password") or "")) != user.password_hash:
            raise unprocessable("Invalid current password")
        user.password_hash = password_hash(str(given["password"]))
    for key in ("name", "display_name", "message_signature", "ui_settings"):
        if key in given:
            setattr(user, key, given[key])
    call.store.touch(user)
    return profile(call)


def availability(call: Call) -> Any:
    """`POST /api/v1/profile/availability` and `/auto_offline`."""
    given = call.root("profile", ("account_id", "availability", "auto_offline"))
    membership = call.store.membership_of(int(given.get("account_id") or 0), call.person.id)
    if membership is None:
        raise Problem(404, {"error": "Resource could not be found"})
    agents.write_membership(membership, given)
    call.store.touch(membership)
    return profile(call)


def reset_token(call: Call) -> Any:
    """`POST /api/v1/profile/reset_access_token`."""
    user = call.person
    call.store.owners.pop(user.access_token, None)
    user.access_token = new_token()
    call.store.touch(user)
    return profile(call)


def _cache_keys(account: model.Account) -> dict[str, str]:
    return {key: str(account.cache_keys.get(key, "0000000000")) for key in ("label", "inbox", "team")}


def features(account: model.Account) -> dict[str, bool]:
    """The features that are on."""
    asked = dict.fromkeys(FEATURES, True) | account.features
    return {name: True for name, on in asked.items() if truthy(on)}


def shown(account: model.Account) -> dict[str, Any]:
    """An account."""
    out: dict[str, Any] = {
        "settings": account.settings,
        "created_at": iso(account.created_at),
        "domain": account.domain,
        "features": features(account),
        "id": account.id,
        "locale": account.locale,
        "name": account.name,
        "support_email": account.support_email,
        "status": account.status,
    }
    if account.custom_attributes:
        out["custom_attributes"] = account.custom_attributes
    return out


def show(call: Call) -> Any:
    """`GET /api/v1/accounts/{id}`."""
    return _whole(call.account) | {"latest_chatwoot_version": None, "subscribed_features": []}


def _whole(account: model.Account) -> dict[str, Any]:
    return shown(account) | {"cache_keys": _cache_keys(account)}


def update(call: Call) -> Any:
    """`PATCH /api/v1/accounts/{id}`."""
    account, params = call.account, call.params
    for key in ("name", "locale", "domain", "support_email"):
        if key in params:
            setattr(account, key, params[key])
    given = {key: params[key] for key in SETTINGS if key in params}
    after = given.get("auto_resolve_after")
    if after is not None and not 10 <= int(after) <= 1_439_856:
        raise invalid("Settings auto_resolve_after must be between 10 and 1439856", "settings")
    account.settings = account.settings | given
    call.store.touch(account)
    return _whole(account)


def cache_keys(call: Call) -> Any:
    """`GET cache_keys`."""
    return {"cache_keys": _cache_keys(call.account)}


def audit_logs(call: Call) -> Any:
    """`GET audit_logs`: the feature is off, the list empty (chatwoot.md §2.12)."""
    return {"per_page": 25, "total_entries": 0, "current_page": call.page, "audit_logs": []}


def sign_in(call: Call) -> Any:
    """`POST /auth/sign_in`."""
    user = call.store.users_by_email.get(str(call.params.get("email") or "").strip().lower())
    if user is None or user.password_hash != password_hash(str(call.params.get("password") or "")):
        errors = ["Invalid login credentials. Please try again."]
        return Answer(401, {"success": False, "errors": errors})
    if not user.confirmed:
        text = f"A confirmation email was sent to your account at '{user.email}'. You must follow the instructions"
        errors = [f"{text} in the email before your account can be activated"]
        return Answer(401, {"success": False, "errors": errors, "error_code": "user_not_confirmed"})
    client, token = new_token(), new_token()
    expiry = epoch(call.store.now() + TOKEN_LIFE)
    user.sessions = user.sessions | {client: {"token": token, "expiry": expiry}}
    call.store.put(user)
    headers = {"access-token": token, "token-type": "Bearer", "client": client, "uid": user.email}
    return Answer(200, {"data": user_shown(call, user) | {"type": None}}, headers=headers | {"expiry": str(expiry)})


def sign_out(call: Call) -> Any:
    """`DELETE /auth/sign_out`."""
    user = session_user(call)
    if user is None:
        return Answer(404, {"success": False, "errors": ["User was not found or was not logged in."]})
    client = call.request.headers["client"]
    user.sessions = {key: value for key, value in user.sessions.items() if key != client}
    call.store.put(user)
    return {"success": True}


def validate_token(call: Call) -> Any:
    """`GET /auth/validate_token`."""
    user = session_user(call)
    if user is None:
        return Answer(401, {"success": False, "errors": ["Invalid login credentials"]})
    return {"payload": {"success": True, "data": user_shown(call, user)}}


def session_user(call: Call) -> model.User | None:
    """The user of devise-token-auth headers."""
    headers = call.request.headers
    user = call.store.users_by_email.get(headers.get("uid", "").lower())
    session = user.sessions.get(headers.get("client", "")) if user else None
    if session is None or session["token"] != headers.get("access-token") or session["expiry"] < call.store.now():
        return None
    return user


def health(_: Call) -> Any:
    """`GET /health`."""
    return {"status": "woot"}


def api(call: Call) -> Any:
    """`GET /api`: it said `failing` of a database that worked; no health check."""
    stamp = (iso(call.store.now()) or "")[:19].replace("T", " ")
    return {"version": VERSION, "timestamp": stamp, "queue_services": "ok", "data_services": "failing"}


def nothing(_: Call) -> Any:
    """200 without a body."""
    return EMPTY
