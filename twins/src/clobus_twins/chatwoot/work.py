"""One unit of work: changes of rows, the events they cause, jobs that run after the answer is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from clobus_twins.chatwoot import activity, model, payload
from clobus_twins.chatwoot.deliveries import Delivery
from clobus_twins.chatwoot.times import iso

if TYPE_CHECKING:
    from clobus_twins.chatwoot.twin import Twin

# The order of the columns, which is the order of `changed_attributes`.
CONVERSATION_COLUMNS = (
    "inbox_id",
    "status",
    "assignee_id",
    "updated_at",
    "contact_id",
    "display_id",
    "contact_last_seen_at",
    "agent_last_seen_at",
    "additional_attributes",
    "contact_inbox_id",
    "last_activity_at",
    "team_id",
    "snoozed_until",
    "custom_attributes",
    "assignee_last_seen_at",
    "first_reply_created_at",
    "priority",
    "waiting_since",
    "cached_label_list",
    "assignee_agent_bot_id",
    "label_list",
)
CONTACT_COLUMNS = (
    "name",
    "email",
    "phone_number",
    "updated_at",
    "additional_attributes",
    "identifier",
    "custom_attributes",
    "last_activity_at",
    "contact_type",
    "middle_name",
    "last_name",
    "location",
    "country_code",
    "blocked",
    "company_id",
    "label_list",
)
# Changes that are announced as conversation_updated.
ANNOUNCED = frozenset(
    {
        "team_id",
        "assignee_id",
        "assignee_agent_bot_id",
        "status",
        "snoozed_until",
        "custom_attributes",
        "label_list",
        "waiting_since",
        "first_reply_created_at",
        "priority",
    }
)
BOT_EVENTS = frozenset(
    {
        "conversation_opened",
        "conversation_resolved",
        "conversation_status_changed",
        "conversation_updated",
        "message_created",
        "message_updated",
    }
)
BOT_ONLY = frozenset({"conversation_opened", "conversation_resolved"})
_TIMES = frozenset(
    name for name in (*CONVERSATION_COLUMNS, *CONTACT_COLUMNS) if name.endswith(("_at", "_since", "_until"))
)
ABSENT: Any = object()
Subject = model.Conversation | model.Message | model.Contact
Changes = dict[str, tuple[Any, Any]]


@dataclass(slots=True)
class Event:
    """Something to tell; `body` is rendered once, as late as it may be."""

    name: str
    subject: Subject
    changed: Any = ABSENT
    body: dict[str, Any] | None = None


class Work:
    """Changes made on behalf of somebody, or of the system when nobody is given."""

    def __init__(
        self,
        twin: Twin,
        *,
        user: model.User | None = None,
        bot: model.AgentBot | None = None,
        contact: model.Contact | None = None,
    ) -> None:
        self.twin = twin
        self.store = twin.store
        self.user = user
        self.bot = bot
        self.contact = contact
        self.rule: model.AutomationRule | None = None
        self.reopened_by_contact = False
        self.events: list[Event] = []
        self.deferred: list[Callable[[], None]] = []
        self.outbox: list[Delivery] = []
        self.created: set[int] = set()
        self.labels_loaded: set[int] = set()

    # --- changes

    def change(self, row: model.Conversation, **values: Any) -> Changes:
        """Save changes of a conversation and announce them; the answer is what really changed."""
        if "team_id" in values and values["team_id"] != row.team_id:
            self._keep_assignee_in_team(row, values)
        if values.get("assignee_id"):
            values["assignee_agent_bot_id"] = None
        if values.get("status", row.status) != "snoozed":
            values["snoozed_until"] = None
        labels = values.pop("labels", None)
        changes: Changes = {
            key: (getattr(row, key), value) for key, value in values.items() if getattr(row, key) != value
        }
        if labels is not None and labels != row.labels:
            changes["label_list"] = (list(row.labels), list(labels))
            changes["cached_label_list"] = (row.cached_label_list, ", ".join(labels))
        if not changes:
            return {}
        self._save(row, changes)
        if changes.get("status", (None, None))[1] == "resolved":
            row.waiting_since = None
        self._announce(row, changes)
        return changes

    def _save(self, row: model.Conversation, changes: Changes) -> None:
        if row.id in self.created:
            self.created.discard(row.id)
            changes["display_id"] = (None, row.display_id)
            self.labels_loaded.add(row.id)
        if row.cached_label_list is None and row.id in self.labels_loaded and "cached_label_list" not in changes:
            changes["cached_label_list"] = (None, ", ".join(row.labels))
        for key, (_, value) in changes.items():
            setattr(row, "labels" if key == "label_list" else key, value)
        changes["updated_at"] = (row.updated_at, self.store.now())
        self.store.touch(row)

    def _keep_assignee_in_team(self, row: model.Conversation, values: dict[str, Any]) -> None:
        """A new team drops an assignee who is not in it, then may pick one who is online (chatwoot.md §2.3.3)."""
        team = self.store.teams.rows.get(values["team_id"] or 0)
        if team is None:
            return
        assignee_id = values.get("assignee_id", row.assignee_id)
        if assignee_id is not None and assignee_id not in team.members:
            assignee_id = values["assignee_id"] = None
        if assignee_id is None and team.allow_auto_assign:
            found = self.twin.online_member(row, team.members)
            if found is not None:
                values["assignee_id"] = found

    def _announce(self, row: model.Conversation, changes: Changes) -> None:
        if "status" in changes:
            if row.status in ("open", "resolved"):
                self.emit("conversation_opened" if row.status == "open" else "conversation_resolved", row)
            self.emit("conversation_status_changed", row, None)
            self.labels_loaded.add(row.id)
        activity.describe(self, row, changes)
        if ANNOUNCED & changes.keys():
            self.emit("conversation_updated", row, shown_changes(changes, CONVERSATION_COLUMNS))
            self.labels_loaded.add(row.id)
        self.twin.after_change(self, row, changes)

    def change_contact(self, row: model.Contact, **values: Any) -> Changes:
        """Save changes of a contact and announce them."""
        labels = values.pop("labels", None)
        changes: Changes = {
            key: (getattr(row, key), value) for key, value in values.items() if getattr(row, key) != value
        }
        if labels is not None and labels != row.labels:
            changes["label_list"] = (list(row.labels), list(labels))
        if not changes:
            return {}
        for key, (_, value) in changes.items():
            setattr(row, "labels" if key == "label_list" else key, value)
        changes["updated_at"] = (row.updated_at, self.store.now())
        self.store.touch(row)
        self.emit("contact_updated", row, shown_changes(changes, CONTACT_COLUMNS))
        return changes

    # --- events

    def emit(self, name: str, subject: Subject, changed: Any = ABSENT) -> None:
        """Note an event. Bots get theirs rendered at this instant, the others later (chatwoot.md §5.1)."""
        event = Event(name, subject, changed)
        if name in BOT_EVENTS and not isinstance(subject, model.Contact):
            self._tell_bots(event)
        silent = isinstance(subject, model.Message) and subject.message_type == model.ACTIVITY
        if name not in BOT_ONLY and not silent:
            self.events.append(event)

    def freeze(self) -> None:
        """Render what was noted so far: the job that renders it ran before what follows."""
        for event in self.events:
            if event.body is None:
                event.body = self._body(event)

    def defer(self, job: Callable[[], None]) -> None:
        """Run a job after the answer is made."""
        self.deferred.append(job)

    def run_deferred(self) -> None:
        """Run the jobs, also those that they defer; each reads its rows anew, without what the request left in them."""
        self.created.clear()
        self.labels_loaded.clear()
        while self.deferred:
            self.deferred.pop(0)()

    def finish(self) -> None:
        """Run the jobs, hand the deliveries over, write the rows."""
        self.run_deferred()
        for event in self.events:
            self._address(event)
        for delivery in self.outbox:
            self.twin.courier.send(delivery)
        self.events.clear()
        self.outbox.clear()
        self.store.commit()

    def post(self, url: str, event: str, body: dict[str, Any]) -> None:
        """Send an unsigned body without a delivery id, as rules and macros do."""
        self.outbox.append(Delivery(url, event, encoded(body), target="action", delivery_id=None))

    def _conversation_of(self, subject: Subject) -> model.Conversation | None:
        if isinstance(subject, model.Message):
            return self.store.conversations.rows.get(subject.conversation_id)
        return subject if isinstance(subject, model.Conversation) else None

    def _tell_bots(self, event: Event) -> None:
        row = self._conversation_of(event.subject)
        if row is None or (isinstance(event.subject, model.Message) and event.subject.message_type == model.ACTIVITY):
            return
        inbox = self.store.inboxes.rows[row.inbox_id]
        ids = {one for one in (row.assignee_agent_bot_id, inbox.agent_bot_id) if one}
        bots = [bot for one in sorted(ids) if (bot := self.store.agent_bots.rows.get(one)) and bot.outgoing_url]
        if not bots:
            return
        self.labels_loaded.add(row.id)
        raw = encoded(self._body(event))
        failed = self.twin.bot_failure(event.subject) if isinstance(event.subject, model.Message) else None
        for bot in bots:
            url = bot.outgoing_url or ""
            self.outbox.append(
                Delivery(url, event.name, raw, bot.secret, target="agent_bot", attempts=3, failed=failed)
            )

    def _body(self, event: Event) -> dict[str, Any]:
        match event.subject:
            case model.Conversation():
                body = payload.conversation(self.twin, event.subject)
            case model.Message():
                body = payload.message(self.twin, event.subject)
            case _:
                body = payload.contact(self.twin, event.subject)
        body["event"] = event.name
        if event.changed is not ABSENT:
            body["changed_attributes"] = event.changed
        return body

    def _address(self, event: Event) -> None:
        """Make the deliveries of one event: subscribed account webhooks, then the inbox's own address."""
        subject = event.subject
        if subject.id not in self.store.tables[subject.kind].rows:
            return
        raw: bytes | None = None
        for hook in self.store.webhooks.of(subject.account_id):
            if event.name in hook.subscriptions:
                raw = raw or encoded(event.body or self._body(event))
                self.outbox.append(Delivery(hook.url, event.name, raw, hook.secret))
        if isinstance(subject, model.Contact):
            return
        inbox = self.store.inboxes.rows.get(subject.inbox_id)
        if inbox is not None and inbox.webhook_url:
            raw = raw or encoded(event.body or self._body(event))
            failed = self.twin.inbox_failure(subject) if isinstance(subject, model.Message) else None
            self.outbox.append(
                Delivery(inbox.webhook_url, event.name, raw, inbox.secret, target="inbox", failed=failed)
            )

    def typing(self, row: model.Conversation, name: str, who: dict[str, Any], *, private: bool) -> None:
        """Tell that somebody types."""
        event = Event(name, row)
        event.body = {"event": name, "user": who, "conversation": payload.conversation(self.twin, row)}
        event.body["is_private"] = private
        self.events.append(event)


def shown_changes(changes: Changes, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    """`changed_attributes`: one-key objects in the order of the columns."""
    return [
        {key: {"previous_value": shown(key, changes[key][0]), "current_value": shown(key, changes[key][1])}}
        for key in columns
        if key in changes
    ]


def shown(key: str, value: Any) -> Any:
    """A value as `changed_attributes` writes it."""
    return iso(value) if key in _TIMES else value


def encoded(body: dict[str, Any]) -> bytes:
    """JSON as Rails writes it: without spaces, with <, > and & escaped."""
    raw = msgspec.json.encode(body)
    return raw.replace(b"<", b"\\u003c").replace(b">", b"\\u003e").replace(b"&", b"\\u0026")
