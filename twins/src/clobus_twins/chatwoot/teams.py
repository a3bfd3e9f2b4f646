"""Teams and their members (chatwoot.md §2.5)."""

from __future__ import annotations

from typing import Any

from clobus_twins.chatwoot import model, render
from clobus_twins.chatwoot.call import EMPTY, Call, Problem, crashed, invalid, missing, truthy

FIELDS = ("name", "description", "allow_auto_assign")


def _team(call: Call) -> model.Team:
    row = call.store.teams.get(call.path["team_id"], call.account.id)
    if row is None:
        raise missing()
    return row


def index(call: Call) -> Any:
    """`GET teams`: a bare array."""
    return [render.team(row, call.user) for row in call.store.teams.of(call.account.id)]


def show(call: Call) -> Any:
    """`GET teams/{id}`."""
    return render.team(_team(call), call.user)


def _write(call: Call, row: model.Team, given: dict[str, Any]) -> None:
    if "name" in given:
        name = str(given["name"] or "").strip().lower()
        if not name:
            raise invalid("Name must not be blank", "name")
        if any(one.name == name and one is not row for one in call.store.teams.of(call.account.id)):
            raise invalid("Name has already been taken", "name")
        row.name = name
    if "description" in given:
        row.description = given["description"]
    if "allow_auto_assign" in given:
        row.allow_auto_assign = truthy(given["allow_auto_assign"])


def create(call: Call) -> Any:
    """`POST teams`: the name is lower-cased."""
    row = model.Team(account_id=call.account.id, name="")
    _write(call, row, {"name": None} | call.root("team", FIELDS))
    return render.team(call.store.add(row), call.user)


def update(call: Call) -> Any:
    """`PATCH teams/{id}`."""
    row = _team(call)
    _write(call, row, call.root("team", FIELDS))
    call.store.touch(row)
    return render.team(row, call.user)


def delete(call: Call) -> Any:
    """`DELETE teams/{id}`: conversations lose it without any event."""
    row = _team(call)
    for conversation in call.store.conversation_index[call.account.id].rows.values():
        if conversation.team_id == row.id:
            conversation.team_id = None
            call.store.put(conversation)
    call.store.remove(row)
    return EMPTY


def _agents(call: Call, ids: list[int]) -> list[dict[str, Any]]:
    users = call.store.users.rows
    return [render.agent(call.twin, call.account.id, users[one]) for one in ids if one in users]


def members(call: Call) -> Any:
    """`GET team_members`."""
    return _agents(call, _team(call).members)


def change_members(call: Call) -> Any:
    """`POST` adds and shows the new ones, `PATCH` sets and shows all, `DELETE` removes."""
    row = _team(call)
    if "user_ids" not in call.params:
        raise crashed()
    try:
        given = list(dict.fromkeys(int(one) for one in call.listed("user_ids")))
    except (TypeError, ValueError) as error:
        raise Problem(401, {"error": "Invalid User IDs"}) from error
    if any(call.store.membership_of(call.account.id, one) is None for one in given):
        raise Problem(401, {"error": "Invalid User IDs"})
    new = [one for one in given if one not in row.members]
    if call.request.method == "DELETE":
        row.members = [one for one in row.members if one not in given]
    elif call.request.method == "PATCH":
        row.members = [*(one for one in row.members if one in given), *new]
    else:
        row.members = [*row.members, *new]
    call.store.put(row)
    if call.request.method == "DELETE":
        return EMPTY
    return _agents(call, row.members if call.request.method == "PATCH" else new)
