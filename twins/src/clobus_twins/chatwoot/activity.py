"""Activity lines: what the dashboard writes between the messages, in English."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clobus_twins.chatwoot import model

if TYPE_CHECKING:
    from clobus_twins.chatwoot.work import Work

STATUS = {
    "resolved": "Conversation was marked resolved by {name}",
    "open": "Conversation was reopened by {name}",
    "pending": "Conversation was marked as pending by {name}",
    "snoozed": "Conversation was snoozed by {name}",
}
REOPENED = "System reopened the conversation due to a new incoming message."
BOT_FAILED = "Conversation was marked open by system due to an error with the agent bot."
AUTOMATION = "Automation System"


def write(work: Work, row: model.Conversation, text: str | None) -> None:
    """Write a line after the answer is made; it moves last_activity_at and sends nothing."""
    if text:
        work.defer(lambda: _insert(work, row, text))


def _insert(work: Work, row: model.Conversation, text: str) -> None:
    if row.id not in work.store.conversations.rows:
        return
    line = work.store.add(
        model.Message(
            account_id=row.account_id,
            inbox_id=row.inbox_id,
            conversation_id=row.id,
            content=text,
            message_type=model.ACTIVITY,
        )
    )
    row.last_activity_at = line.created_at
    work.store.touch(row)


def actor(work: Work) -> str | None:
    """Whose name the lines carry."""
    if work.rule is not None:
        return AUTOMATION
    who = work.user or work.bot
    return who.name if who else None


def describe(work: Work, row: model.Conversation, changes: dict[str, tuple[Any, Any]]) -> None:
    """Write the lines of a change."""
    name = actor(work)
    if "status" in changes:
        write(work, row, _status(work, row, name))
    if "priority" in changes:
        write(work, row, _priority(name, *changes["priority"]))
    if "label_list" in changes and name:
        old, new = changes["label_list"]
        added = [label for label in new if label not in old]
        removed = [label for label in old if label not in new]
        write(work, row, f"{name} added {', '.join(added)}" if added else None)
        write(work, row, f"{name} removed {', '.join(removed)}" if removed else None)
    assigned(work, row, changes)


def assigned(work: Work, row: model.Conversation, changes: dict[str, tuple[Any, Any]]) -> None:
    """Write the line of an assignment, also of one that a conversation is made with."""
    name = actor(work)
    if "team_id" in changes and name:
        write(work, row, _team(work, row, name, changes))
    elif "assignee_id" in changes and name:
        write(work, row, _assignee(work, row, name))


def _status(work: Work, row: model.Conversation, name: str | None) -> str | None:
    if work.reopened_by_contact:
        work.reopened_by_contact = False
        return REOPENED
    if name:
        return STATUS[row.status].format(name=name)
    if work.contact is not None and row.status == "resolved":
        return f"Conversation was resolved by {work.contact.name.capitalize()}"
    return None


def _priority(name: str | None, old: str | None, new: str | None) -> str:
    if old and new:
        return f"{name} changed the priority from {old} to {new}"
    return f"{name} set the priority to {new}" if new else f"{name} removed the priority"


def _team(work: Work, row: model.Conversation, name: str, changes: dict[str, tuple[Any, Any]]) -> str | None:
    team = work.store.teams.rows.get(row.team_id or 0)
    if team is None:
        previous = work.store.teams.rows.get(changes["team_id"][0] or 0)
        return f"Unassigned from {previous.name if previous else ''} by {name}"
    person = work.store.users.rows.get(row.assignee_id or 0)
    if "assignee_id" in changes and person is not None:
        return f"Assigned to {person.name} via {team.name} by {name}"
    return f"Assigned to {team.name} by {name}"


def _assignee(work: Work, row: model.Conversation, name: str) -> str:
    person = work.store.users.rows.get(row.assignee_id or 0)
    if person is None:
        return f"Conversation unassigned by {name}"
    if work.user is not None and work.rule is None and person.id == work.user.id:
        return f"{name} self-assigned this conversation"
    return f"Assigned to {person.name} by {name}"
