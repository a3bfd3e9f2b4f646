"""Agents of an account (chatwoot.md §2.5)."""

from __future__ import annotations

from typing import Any

from clobus_twins.chatwoot import model, render
from clobus_twins.chatwoot.call import EMPTY, Call, crashed, invalid, missing, truthy
from clobus_twins.chatwoot.seeding import new_token, password_hash

FIELDS = ("name", "email", "role", "availability", "auto_offline")
ROLES = ("agent", "administrator")
AVAILABILITIES = ("online", "offline", "busy")


def index(call: Call) -> Any:
    """`GET agents`: a bare array by name."""
    rows = [call.store.users.rows[one.user_id] for one in call.store.account_users.of(call.account.id)]
    return [render.agent(call.twin, call.account.id, row) for row in sorted(rows, key=lambda row: row.name.lower())]


def write_membership(membership: model.AccountUser, given: dict[str, Any]) -> None:
    """Take role, availability and auto_offline; unknown values crash as an unknown enum does."""
    if given.get("role") is not None:
        if given["role"] not in ROLES:
            raise crashed()
        membership.role = given["role"]
    if given.get("availability") is not None:
        if given["availability"] not in AVAILABILITIES:
            raise crashed()
        membership.availability = given["availability"]
    if given.get("auto_offline") is not None:
        membership.auto_offline = truthy(given["auto_offline"])


def new_user(call: Call, name: str, email: str, *, confirmed: bool, password: str | None = None) -> model.User:
    """A user who can be given a membership."""
    user = model.User(name=name, email=email.lower(), confirmed=confirmed)
    user.access_token, user.pubsub_token = new_token(), new_token()
    user.password_hash = password_hash(password or new_token())
    return call.store.add(user)


def create(call: Call) -> Any:
    """`POST agents`: an existing user is attached; a new one stays unconfirmed until they open the e-mail."""
    given = call.root("agent", FIELDS)
    email = str(given.get("email") or "").strip().lower()
    if "@" not in email:
        raise invalid("Email is invalid" if email else "Email can't be blank", "email")
    user = call.store.users_by_email.get(email)
    if user is not None and call.store.membership_of(call.account.id, user.id) is not None:
        raise invalid("User has already been taken", "user_id")
    if user is None:
        user = new_user(call, str(given.get("name") or email.split("@")[0]), email, confirmed=False)
    membership = model.AccountUser(account_id=call.account.id, user_id=user.id, inviter_id=call.person.id)
    write_membership(membership, given)
    call.store.add(membership)
    return render.agent(call.twin, call.account.id, user)


def _agent(call: Call) -> tuple[model.User, model.AccountUser]:
    user = call.store.users.get(call.path["id"])
    membership = call.store.membership_of(call.account.id, user.id) if user else None
    if user is None or membership is None:
        raise missing()
    return user, membership


def update(call: Call) -> Any:
    """`PATCH agents/{id}`: not the e-mail."""
    user, membership = _agent(call)
    given = call.root("agent", FIELDS)
    if given.get("name"):
        user.name = str(given["name"])
        call.store.touch(user)
    write_membership(membership, given)
    call.store.touch(membership)
    return render.agent(call.twin, call.account.id, user)


def leave(call: Call, membership: model.AccountUser) -> None:
    """End a membership; teams, inboxes and conversations forget the user without any event."""
    store, user_id = call.store, membership.user_id
    store.remove(membership)
    groups: list[model.Team | model.Inbox] = [*store.teams.of(membership.account_id)]
    groups += store.inboxes.of(membership.account_id)
    for group in groups:
        if user_id in group.members:
            group.members.remove(user_id)
            store.put(group)
    for row in list(store.conversation_index[membership.account_id].by_assignee[user_id].values()):
        row.assignee_id = None
        store.put(row)


def delete(call: Call) -> Any:
    """`DELETE agents/{id}`."""
    user, membership = _agent(call)
    leave(call, membership)
    if not any(one.user_id == user.id for one in call.store.account_users.rows.values()):
        call.work.defer(lambda: call.store.remove(user))
    return EMPTY


def bulk_create(call: Call) -> Any:
    """`POST agents/bulk_create {"emails": []}`."""
    for email in call.listed("emails"):
        text = str(email).strip().lower()
        user = call.store.users_by_email.get(text) or new_user(call, text.split("@")[0], text, confirmed=False)
        if call.store.membership_of(call.account.id, user.id) is None:
            call.store.add(model.AccountUser(account_id=call.account.id, user_id=user.id, inviter_id=call.person.id))
    return EMPTY
