"""What the twin remembers: one struct a table of Chatwoot. Times are epoch seconds (float), absent ones None."""

from __future__ import annotations

from typing import ClassVar

import msgspec
from msgspec import field

from clobus_twins.chatwoot.row import Json as Json
from clobus_twins.chatwoot.row import Row as Row
from clobus_twins.chatwoot.setting_rows import AssignmentPolicy as AssignmentPolicy
from clobus_twins.chatwoot.setting_rows import AttributeDefinition as AttributeDefinition
from clobus_twins.chatwoot.setting_rows import AutomationRule as AutomationRule
from clobus_twins.chatwoot.setting_rows import CannedResponse as CannedResponse
from clobus_twins.chatwoot.setting_rows import CsatResponse as CsatResponse
from clobus_twins.chatwoot.setting_rows import CustomFilter as CustomFilter
from clobus_twins.chatwoot.setting_rows import DashboardApp as DashboardApp
from clobus_twins.chatwoot.setting_rows import Label as Label
from clobus_twins.chatwoot.setting_rows import Macro as Macro
from clobus_twins.chatwoot.setting_rows import Note as Note
from clobus_twins.chatwoot.setting_rows import ReportingEvent as ReportingEvent
from clobus_twins.chatwoot.setting_rows import Webhook as Webhook

STATUSES = ("open", "resolved", "pending", "snoozed")
PRIORITIES = ("low", "medium", "high", "urgent")
INCOMING, OUTGOING, ACTIVITY, TEMPLATE = 0, 1, 2, 3
MESSAGE_TYPES = {"incoming": INCOMING, "outgoing": OUTGOING, "activity": ACTIVITY, "template": TEMPLATE}
MESSAGE_TYPE_NAMES = {number: name for name, number in MESSAGE_TYPES.items()}


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
    assignment_policy_id: int | None = None


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
    AssignmentPolicy,
)
