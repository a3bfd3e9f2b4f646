"""What the twin remembers: one struct a table of Chatwoot. Times are epoch seconds (float), absent ones None."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
from msgspec import field

STATUSES = ("open", "resolved", "pending", "snoozed")
PRIORITIES = ("low", "medium", "high", "urgent")
INCOMING, OUTGOING, ACTIVITY, TEMPLATE = 0, 1, 2, 3
MESSAGE_TYPES = {"incoming": INCOMING, "outgoing": OUTGOING, "activity": ACTIVITY, "template": TEMPLATE}
MESSAGE_TYPE_NAMES = {number: name for name, number in MESSAGE_TYPES.items()}
Json = dict[str, Any]


class Row(msgspec.Struct, kw_only=True, eq=False):
    """A row of any table."""

    kind: ClassVar[str] = ""
    id: int = 0
    created_at: float = 0.0
    updated_at: float = 0.0


class Account(Row):
    """An account; `last_display_id` is its sequence of conversation numbers."""

    kind: ClassVar[str] = "account"
    name: str
    locale: str = "en"
    domain: str | None = None
    support_email: str | None = "accounts@example.com"
    status: str = "active"
    settings: Json = field(default_factory=dict)
    custom_attributes: Json = field(default_factory=dict)
    limits: Json = field(default_factory=dict)
    features: Json = field(default_factory=dict)
    last_display_id: int = 0
    cache_keys: Json = field(default_factory=dict)


class User(Row):
    """A person who signs in; may belong to several accounts."""

    kind: ClassVar[str] = "user"
    name: str
    email: str
    display_name: str | None = None
    access_token: str = ""
    pubsub_token: str = ""
    confirmed: bool = True
    password_hash: str = ""
    message_signature: str | None = None
    custom_attributes: Json = field(default_factory=dict)
    ui_settings: Json = field(default_factory=dict)
    sessions: Json = field(default_factory=dict)


class AccountUser(Row):
    """Membership of a user in an account."""

    kind: ClassVar[str] = "account_user"
    account_id: int
    user_id: int
    role: str = "agent"
    inviter_id: int | None = None
    active_at: float | None = None
    availability: str = "online"
    auto_offline: bool = True


class PlatformApp(Row):
    """An application of the Platform API; `permissible` holds `Account:1`, `User:7`, `AgentBot:2`."""

    kind: ClassVar[str] = "platform_app"
    name: str
    access_token: str
    permissible: list[str] = field(default_factory=list)


class AgentBot(Row):
    """A bot; account_id None = installation-wide."""

    kind: ClassVar[str] = "agent_bot"
    name: str
    description: str | None = None
    outgoing_url: str | None = None
    bot_type: str = "webhook"
    bot_config: Json = field(default_factory=dict)
    account_id: int | None = None
    access_token: str = ""
    secret: str = ""


class Team(Row):
    """A team; its name is lower-cased."""

    kind: ClassVar[str] = "team"
    account_id: int
    name: str
    description: str | None = None
    allow_auto_assign: bool = True
    members: list[int] = field(default_factory=list)


class Inbox(Row):
    """An inbox together with its API channel."""

    kind: ClassVar[str] = "inbox"
    account_id: int
    name: str
    channel_id: int = 0
    channel_type: str = "Channel::Api"
    webhook_url: str | None = None
    identifier: str = ""
    hmac_token: str = ""
    secret: str = ""
    hmac_mandatory: bool = False
    additional_attributes: Json = field(default_factory=dict)
    greeting_enabled: bool = False
    greeting_message: str | None = None
    working_hours_enabled: bool = False
    working_hours: list[Json] = field(default_factory=list)
    out_of_office_message: str | None = None
    timezone: str = "UTC"
    enable_email_collect: bool = True
    csat_survey_enabled: bool = False
    csat_config: Json = field(default_factory=dict)
    enable_auto_assignment: bool = True
    auto_assignment_config: Json = field(default_factory=dict)
    allow_messages_after_resolved: bool = True
    lock_to_single_conversation: bool = False
    sender_name_type: str = "friendly"
    business_name: str | None = None
    members: list[int] = field(default_factory=list)
    agent_bot_id: int | None = None


class Contact(Row):
    """A customer."""

    kind: ClassVar[str] = "contact"
    account_id: int
    name: str = ""
    email: str | None = None
    phone_number: str | None = None
    identifier: str | None = None
    additional_attributes: Json = field(default_factory=dict)
    custom_attributes: Json = field(default_factory=dict)
    last_activity_at: float | None = None
    contact_type: str = "visitor"
    middle_name: str | None = ""
    last_name: str | None = ""
    location: str | None = None
    country_code: str | None = None
    blocked: bool = False
    company_id: int | None = None
    labels: list[str] = field(default_factory=list)
    avatar_due: float | None = None


class Company(Row):
    """A company known by the domain of its contacts' e-mail."""

    kind: ClassVar[str] = "company"
    account_id: int
    name: str
    domain: str


class ContactInbox(Row):
    """A contact's address in an inbox."""

    kind: ClassVar[str] = "contact_inbox"
    contact_id: int
    inbox_id: int
    source_id: str
    hmac_verified: bool = False
    pubsub_token: str = ""


class Conversation(Row):
    """A conversation; `id` is the primary key, `display_id` what every interface calls id."""

    kind: ClassVar[str] = "conversation"
    account_id: int
    display_id: int
    uuid: str
    inbox_id: int
    contact_id: int
    contact_inbox_id: int
    status: str = "open"
    assignee_id: int | None = None
    assignee_agent_bot_id: int | None = None
    team_id: int | None = None
    priority: str | None = None
    snoozed_until: float | None = None
    additional_attributes: Json = field(default_factory=dict)
    custom_attributes: Json = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    cached_label_list: str | None = None
    last_activity_at: float = 0.0
    waiting_since: float | None = None
    first_reply_created_at: float | None = None
    agent_last_seen_at: float | None = None
    assignee_last_seen_at: float | None = None
    contact_last_seen_at: float | None = None
    participants: list[int] = field(default_factory=list)


class Attachment(msgspec.Struct, kw_only=True):
    """A file of a message; `key` names it in the blob directory and in its address."""

    id: int
    file_type: str
    file_name: str
    content_type: str
    file_size: int
    key: str


class Message(Row):
    """A message; `conversation_id` is the primary key of its conversation."""

    kind: ClassVar[str] = "message"
    account_id: int
    inbox_id: int
    conversation_id: int
    content: str | None = None
    message_type: int = OUTGOING
    content_type: str = "text"
    content_attributes: Json = field(default_factory=dict)
    private: bool = False
    status: str = "sent"
    source_id: str | None = None
    sender_type: str | None = None
    sender_id: int | None = None
    additional_attributes: Json = field(default_factory=dict)
    attachments: list[Attachment] = field(default_factory=list)


class Label(Row):
    """A label that the dashboard knows."""

    kind: ClassVar[str] = "label"
    account_id: int
    title: str
    description: str | None = None
    color: str = "#1f93ff"
    show_on_sidebar: bool | None = None


class CannedResponse(Row):
    """A prepared answer."""

    kind: ClassVar[str] = "canned_response"
    account_id: int
    short_code: str
    content: str


class AttributeDefinition(Row):
    """A custom attribute's definition."""

    kind: ClassVar[str] = "attribute_definition"
    account_id: int
    attribute_display_name: str
    attribute_key: str
    attribute_display_type: str = "text"
    attribute_description: str | None = None
    attribute_model: str = "conversation_attribute"
    attribute_values: list[Any] = field(default_factory=list)
    regex_pattern: str | None = None
    regex_cue: str | None = None
    default_value: Any = None


class CustomFilter(Row):
    """A saved view of one user."""

    kind: ClassVar[str] = "custom_filter"
    account_id: int
    user_id: int
    name: str
    filter_type: str = "conversation"
    query: Json = field(default_factory=dict)


class AutomationRule(Row):
    """An automation rule."""

    kind: ClassVar[str] = "automation_rule"
    account_id: int
    name: str
    event_name: str
    description: str | None = None
    conditions: list[Json] = field(default_factory=list)
    actions: list[Json] = field(default_factory=list)
    active: bool = True


class Macro(Row):
    """A macro."""

    kind: ClassVar[str] = "macro"
    account_id: int
    name: str
    visibility: str = "personal"
    created_by_id: int | None = None
    updated_by_id: int | None = None
    actions: list[Json] = field(default_factory=list)


class Webhook(Row):
    """An account webhook."""

    kind: ClassVar[str] = "webhook"
    account_id: int
    url: str
    name: str | None = None
    subscriptions: list[str] = field(default_factory=list)
    secret: str = ""


class DashboardApp(Row):
    """An extra tab of the dashboard."""

    kind: ClassVar[str] = "dashboard_app"
    account_id: int
    title: str
    content: list[Json] = field(default_factory=list)


class Note(Row):
    """A note about a contact."""

    kind: ClassVar[str] = "note"
    account_id: int
    contact_id: int
    content: str
    user_id: int | None = None


class CsatResponse(Row):
    """A survey answer; `conversation_id` is the primary key."""

    kind: ClassVar[str] = "csat_response"
    account_id: int
    conversation_id: int
    message_id: int
    contact_id: int
    rating: int
    feedback_message: str | None = None
    assigned_agent_id: int | None = None
    csat_review_notes: str | None = None


class ReportingEvent(Row):
    """A fact for reports: first_response, reply_time, conversation_resolved, conversation_bot_resolved, bot_handoff."""

    kind: ClassVar[str] = "reporting_event"
    account_id: int
    name: str
    value: float
    inbox_id: int | None = None
    user_id: int | None = None
    conversation_id: int | None = None


TABLES: tuple[type[Row], ...] = (
    Account,
    User,
    AccountUser,
    PlatformApp,
    AgentBot,
    Team,
    Inbox,
    Contact,
    Company,
    ContactInbox,
    Conversation,
    Message,
    Label,
    CannedResponse,
    AttributeDefinition,
    CustomFilter,
    AutomationRule,
    Macro,
    Webhook,
    DashboardApp,
    Note,
    CsatResponse,
    ReportingEvent,
)
