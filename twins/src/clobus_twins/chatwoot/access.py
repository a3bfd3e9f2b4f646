"""Who may call what (chatwoot.md §1.1, §1.2, §1.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clobus_twins.chatwoot import model
from clobus_twins.chatwoot.accounts import session_user
from clobus_twins.chatwoot.call import Call, Problem

if TYPE_CHECKING:
    from clobus_twins.chatwoot.routes import Endpoint


def authorize(call: Call, endpoint: Endpoint) -> None:
    """Set the caller and the account, or refuse."""
    if endpoint.family == "open":
        return
    owner = _owner(call)
    if endpoint.family == "platform":
        if not isinstance(owner, model.PlatformApp):
            raise Problem(401, {"error": "Invalid access_token"})
        call.platform = owner
        return
    _application(call, endpoint, owner)


def _token(call: Call) -> str | None:
    headers = call.request.headers
    return headers.get("api_access_token") or headers.get("api-access-token")


def _owner(call: Call) -> model.User | model.AgentBot | model.PlatformApp | None:
    token = _token(call)
    return call.store.owners.get(token) if token else None


def _application(call: Call, endpoint: Endpoint, owner: model.Row | None) -> None:
    if _token(call) is None:
        owner = session_user(call)
        if owner is None:
            raise Problem(401, {"errors": ["You need to sign in or sign up before continuing."]})
    if not isinstance(owner, model.User | model.AgentBot):
        raise Problem(401, {"error": "Invalid Access Token"})
    if isinstance(owner, model.User):
        call.user = call.work.user = owner
    else:
        call.bot = call.work.bot = owner
        if not endpoint.bots:
            raise Problem(401, {"error": "Access to this endpoint is not authorized for bots"})
    if endpoint.family == "profile":
        return
    account = call.account
    if call.user is not None:
        call.membership = call.store.membership_of(account.id, call.user.id)
        if call.membership is None:
            raise Problem(401, {"error": "You are not authorized to access this account"})
    elif not _bot_belongs(call, account.id):
        raise Problem(401, {"error": "Bot is not authorized to access this account"})
    if account.status == "suspended":
        raise Problem(401, {"error": "Account is suspended"})
    if endpoint.admin and not call.admin:
        raise Problem(401, {"error": "You are not authorized to do this action"})


def _bot_belongs(call: Call, account_id: int) -> bool:
    bot = call.bot
    if bot is None:
        return False
    return bot.account_id == account_id or any(
        inbox.agent_bot_id == bot.id for inbox in call.store.inboxes.of(account_id)
    )
