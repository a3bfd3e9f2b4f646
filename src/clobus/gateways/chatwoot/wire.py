"""Chatwoot on the wire: what REST answers and what webhooks carry (chatwoot.md §2.0, §5.4).

Members we rely on are required: a payload without them is a surprise and raises BadAnswer. Others are ignored.
Times are epoch seconds in REST and differ in webhooks, so a webhook is a hint and REST is read for facts (§9).
"""

from __future__ import annotations

from typing import Any, Literal, TypeVar

import msgspec

from clobus.core.errors import BadAnswer

SYSTEM = "chatwoot"
Status = Literal["open", "resolved", "pending", "snoozed"]
Attributes = dict[str, Any]
T = TypeVar("T")


class Agent(msgspec.Struct, kw_only=True):
    """A member of the account."""

    id: int
    name: str
    email: str
    role: str = "agent"
    confirmed: bool = True
    availability_status: str | None = None
    auto_offline: bool = True


class Team(msgspec.Struct, kw_only=True):
    """A team; names are stored in lower case."""

    id: int
    name: str
    description: str | None = None
    allow_auto_assign: bool = True


class Inbox(msgspec.Struct, kw_only=True):
    """An inbox; `inbox_identifier`, `secret`, `hmac_token` only of API channels, the last two for administrators."""

    id: int
    name: str
    channel_type: str
    inbox_identifier: str | None = None
    webhook_url: str | None = None
    secret: str | None = None
    hmac_token: str | None = None
    lock_to_single_conversation: bool = False
    enable_auto_assignment: bool = True
    csat_survey_enabled: bool = False
    csat_config: Attributes = {}


class InboxName(msgspec.Struct, kw_only=True):
    """An inbox inside another object."""

    id: int
    name: str = ""


class ContactInbox(msgspec.Struct, kw_only=True):
    """A contact's address in one inbox."""

    source_id: str
    inbox: InboxName


class Contact(msgspec.Struct, kw_only=True):
    """A person; `contact_inboxes` only on the contact end points."""

    id: int
    name: str | None = None
    email: str | None = None
    phone_number: str | None = None
    identifier: str | None = None
    blocked: bool = False
    custom_attributes: Attributes = {}
    additional_attributes: Attributes = {}
    contact_inboxes: list[ContactInbox] = []


class Assignee(msgspec.Struct, kw_only=True):
    """Who has the conversation: an agent, or a bot (without e-mail)."""

    id: int
    name: str | None = None
    email: str | None = None


class TeamName(msgspec.Struct, kw_only=True):
    """A team inside a conversation."""

    id: int
    name: str


class Meta(msgspec.Struct, kw_only=True):
    """Who takes part; members of an unassigned conversation are absent in REST and null in webhooks."""

    sender: Contact
    assignee: Assignee | None = None
    assignee_type: str | None = None
    team: TeamName | None = None


class Conversation(msgspec.Struct, kw_only=True):
    """A conversation; `id` is the number within the account (§1.3)."""

    id: int
    inbox_id: int
    status: Status
    meta: Meta
    created_at: int
    updated_at: float
    custom_attributes: Attributes
    labels: list[str]
    last_activity_at: int = 0
    first_reply_created_at: float | None = None  # 0 while unset
    additional_attributes: Attributes = {}
    uuid: str | None = None
    priority: str | None = None
    snoozed_until: str | float | None = None  # ISO in answers as recorded; a number in the OpenAPI file
    unread_count: int = 0

    @property
    def contact_id(self) -> int:
        """The contact that opened it."""
        return self.meta.sender.id

    @property
    def agent_id(self) -> int | None:
        """The agent it is assigned to; None when nobody or a bot has it."""
        assignee = self.meta.assignee
        return assignee.id if assignee is not None and self.meta.assignee_type in (None, "User") else None

    @property
    def team_id(self) -> int | None:
        """The team it is assigned to."""
        return self.meta.team.id if self.meta.team is not None else None


class Sender(msgspec.Struct, kw_only=True):
    """Who wrote: `type` is user, contact or agent_bot."""

    id: int
    name: str | None = None
    type: str | None = None


class Attachment(msgspec.Struct, kw_only=True):
    """A file; the address needs no login, so it is a secret."""

    id: int
    file_type: str | None = None
    data_url: str | None = None
    file_size: int | None = None
    extension: str | None = None
    content_type: str | None = None


class Message(msgspec.Struct, kw_only=True):
    """A message in REST; `message_type`: 0 incoming, 1 outgoing, 2 activity, 3 template."""

    id: int
    conversation_id: int
    message_type: int
    created_at: int
    private: bool
    content: str | None = None
    content_type: str = "text"
    content_attributes: Attributes = {}
    status: str | None = None
    source_id: str | None = None
    sender: Sender | None = None
    attachments: list[Attachment] = []


class SurveyAnswer(msgspec.Struct, kw_only=True):
    """What a client answered to Chatwoot's own survey (§2.10); `created_at` in epoch seconds."""

    id: int
    rating: int
    message_id: int
    conversation_id: int | None = None
    feedback_message: str | None = None
    created_at: int = 0


class Webhook(msgspec.Struct, kw_only=True):
    """A subscription of the account; `secret` signs its deliveries."""

    id: int
    url: str
    subscriptions: list[str]
    secret: str | None = None
    name: str | None = None


class DashboardApp(msgspec.Struct, kw_only=True):
    """A page of somebody else, framed beside every conversation (§2.8)."""

    id: int
    title: str
    content: list[dict[str, Any]] | None = None


class Label(msgspec.Struct, kw_only=True):
    """A label of the account."""

    id: int
    title: str


class AttributeDefinition(msgspec.Struct, kw_only=True):
    """A custom attribute that people see and filters know."""

    attribute_key: str
    attribute_display_name: str
    attribute_display_type: str = "text"
    attribute_model: str = "conversation_attribute"
    attribute_description: str | None = None
    attribute_values: list[str] | None = None
    id: int | None = None


class AccountOfUser(msgspec.Struct, kw_only=True):
    """An account the token's owner belongs to."""

    id: int
    role: str | None = None


class Profile(msgspec.Struct, kw_only=True):
    """The owner of the token."""

    id: int
    name: str
    email: str
    accounts: list[AccountOfUser] = []


class PlatformUser(msgspec.Struct, kw_only=True):
    """A user as the platform API shows it."""

    id: int
    email: str
    name: str
    confirmed: bool = True
    access_token: str | None = None


class ConversationEvent(msgspec.Struct, kw_only=True):
    """conversation_created, _updated, _status_changed; what changed may be null though something did (§5.2)."""

    event: str
    id: int
    inbox_id: int
    status: Status
    meta: Meta
    updated_at: float
    custom_attributes: Attributes = {}
    labels: list[str] = []
    changed_attributes: list[dict[str, Any]] | None = None

    @property
    def changed(self) -> frozenset[str]:
        """Names of the changed members, as far as Chatwoot tells them."""
        return frozenset(name for change in self.changed_attributes or () for name in change)


class EventConversation(msgspec.Struct, kw_only=True):
    """The conversation inside a message event."""

    id: int
    inbox_id: int
    status: Status
    meta: Meta
    custom_attributes: Attributes = {}


class MessageEvent(msgspec.Struct, kw_only=True):
    """message_created, message_updated; here `message_type` is a word and `created_at` ISO (§5.4)."""

    event: str
    id: int
    message_type: str
    private: bool
    created_at: str
    conversation: EventConversation
    content: str | None = None
    content_type: str | None = "text"
    content_attributes: Attributes | None = None
    source_id: str | None = None
    sender: Sender | None = None
    attachments: list[Attachment] = []


class ContactEvent(msgspec.Struct, kw_only=True):
    """contact_created, contact_updated."""

    event: str
    id: int
    name: str | None = None
    email: str | None = None
    phone_number: str | None = None
    identifier: str | None = None
    custom_attributes: Attributes = {}
    changed_attributes: list[dict[str, Any]] | None = None


class OtherEvent(msgspec.Struct, kw_only=True):
    """An event that means nothing to us: recorded and counted."""

    event: str


Event = ConversationEvent | MessageEvent | ContactEvent | OtherEvent
EVENTS: dict[str, type[ConversationEvent] | type[MessageEvent] | type[ContactEvent]] = {
    "conversation_created": ConversationEvent,
    "conversation_updated": ConversationEvent,
    "conversation_status_changed": ConversationEvent,
    "message_created": MessageEvent,
    "message_updated": MessageEvent,
    "contact_created": ContactEvent,
    "contact_updated": ContactEvent,
}


def decode(data: bytes | msgspec.Raw, kind: type[T]) -> T:
    """Decode an answer; BadAnswer names the member that is wrong, never its value."""
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.MsgspecError as exc:
        raise BadAnswer(SYSTEM, f"not a {getattr(kind, '__name__', kind)}: {_where(exc)}") from exc


def read_event(raw: bytes) -> Event:
    """Read a webhook body whose signature is good; an unknown event is OtherEvent, a broken one raises BadAnswer."""
    kind: type[Event] = EVENTS.get(decode(raw, OtherEvent).event, OtherEvent)
    return decode(raw, kind)


def _where(exc: msgspec.MsgspecError) -> str:
    head, _, path = str(exc).rpartition(" - at `")
    if path and head:
        return f"at {path.rstrip('`')}"
    # "Object missing required field `x`" names a member only; other texts may quote the data.
    return str(exc) if str(exc).startswith("Object missing") else type(exc).__name__
