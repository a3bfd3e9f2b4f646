"""Every path that the twin answers, and who may use it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from clobus_twins.chatwoot import (
    accounts,
    agents,
    assignment_policies,
    automation,
    blobs,
    bulk,
    canned_responses,
    contacts,
    conversation_list,
    conversations,
    csat,
    definitions,
    hooks,
    inboxes,
    labels,
    messages,
    platform_api,
    public_api,
    reporting_events,
    reports,
    search,
    teams,
)
from clobus_twins.chatwoot.call import Call

Handler = Callable[[Call], Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path with its methods. `family`: application, profile, platform or open; `bots`: a bot's token may."""

    methods: tuple[str, ...]
    path: str
    handler: Handler
    family: str = "application"
    admin: bool = False
    bots: bool = False


_V1 = "/api/v1/accounts/{account_id}"
_V2 = "/api/v2/accounts/{account_id}"
_ONE = "/conversations/{conversation_id}"
_PUBLIC = "/public/api/v1/inboxes/{inbox_identifier}"
_CUSTOMER = _PUBLIC + "/contacts/{source_id}"
_TALK = _CUSTOMER + "/conversations/{conversation_id}"


def _any(methods: str, path: str, handler: Handler) -> Endpoint:
    return Endpoint(tuple(methods.split()), _V1 + path, handler)


def _admin(methods: str, path: str, handler: Handler) -> Endpoint:
    return Endpoint(tuple(methods.split()), _V1 + path, handler, admin=True)


def _bot(methods: str, path: str, handler: Handler) -> Endpoint:
    return Endpoint(tuple(methods.split()), _V1 + path, handler, bots=True)


def _report(path: str, handler: Handler) -> Endpoint:
    return Endpoint(("GET",), _V2 + path, handler, admin=True)


def _open(methods: str, path: str, handler: Handler) -> Endpoint:
    return Endpoint(tuple(methods.split()), path, handler, family="open")


def _platform(methods: str, path: str, handler: Handler) -> Endpoint:
    return Endpoint(tuple(methods.split()), "/platform/api/v1" + path, handler, family="platform")


def _profile(methods: str, path: str, handler: Handler) -> Endpoint:
    return Endpoint(tuple(methods.split()), "/api/v1/profile" + path, handler, family="profile")


CONVERSATIONS = (
    _any("GET", "/conversations", conversation_list.index),
    _bot("POST", "/conversations", conversations.create),
    _any("GET", "/conversations/meta", conversation_list.meta),
    _any("GET", "/conversations/search", conversation_list.search),
    _any("GET", "/conversations/unread_counts", conversation_list.unread_counts),
    _any("POST", "/conversations/filter", conversation_list.filtered),
    _bot("GET", _ONE, conversations.show),
    _bot("PATCH PUT", _ONE, conversations.update),
    _admin("DELETE", _ONE, conversations.delete),
    _bot("POST", _ONE + "/toggle_status", conversations.toggle_status),
    _bot("POST", _ONE + "/toggle_priority", conversations.toggle_priority),
    _bot("POST", _ONE + "/toggle_typing_status", conversations.typing),
    _bot("POST", _ONE + "/assignments", conversations.assign),
    _bot("POST", _ONE + "/custom_attributes", conversations.custom_attributes),
    _any("POST", _ONE + "/destroy_custom_attributes", conversations.destroy_custom_attributes),
    _bot("GET", _ONE + "/labels", conversations.labels),
    _bot("POST", _ONE + "/labels", conversations.set_labels),
    _any("POST", _ONE + "/mute", conversations.mute),
    _any("POST", _ONE + "/unmute", conversations.unmute),
    _any("POST", _ONE + "/update_last_seen", conversations.update_last_seen),
    _any("POST", _ONE + "/unread", conversations.unread),
    _any("GET", _ONE + "/participants", conversations.participants),
    _any("POST PATCH DELETE", _ONE + "/participants", conversations.change_participants),
    _any("POST", _ONE + "/transcript", conversations.transcript),
    _any("GET", _ONE + "/attachments", conversations.attachments),
    _any("GET", _ONE + "/reporting_events", reporting_events.of_conversation),
    _any("GET", _ONE + "/messages", messages.index),
    _bot("POST", _ONE + "/messages", messages.create),
    _any("PATCH PUT", _ONE + "/messages/{id}", messages.update),
    _any("DELETE", _ONE + "/messages/{id}", messages.delete),
    _any("POST", _ONE + "/messages/{id}/retry", messages.retry),
    _any("POST", _ONE + "/messages/{id}/translate", messages.translate),
    _any("POST", "/bulk_actions", bulk.run),
    _any("GET", "/search", search.everything),
    _any("GET", "/search/conversations", search.conversations),
    _any("GET", "/search/contacts", search.contacts),
    _any("GET", "/search/messages", search.messages),
    _any("POST", "/upload", blobs.upload),
)
CONTACTS = (
    _any("GET", "/contacts", contacts.index),
    _any("POST", "/contacts", contacts.create),
    _any("GET", "/contacts/search", contacts.search),
    _any("POST", "/contacts/filter", contacts.filtered),
    _any("GET", "/contacts/active", contacts.active),
    _admin("POST", "/contacts/import", contacts.take_import),
    _admin("POST", "/contacts/export", contacts.nothing),
    _any("GET", "/contacts/{id}", contacts.show),
    _any("PUT PATCH", "/contacts/{id}", contacts.update),
    _admin("DELETE", "/contacts/{id}", contacts.delete),
    _any("DELETE", "/contacts/{id}/avatar", contacts.drop_avatar),
    _any("POST", "/contacts/{id}/destroy_custom_attributes", contacts.destroy_custom_attributes),
    _any("GET", "/contacts/{id}/conversations", contacts.conversations),
    _any("GET", "/contacts/{id}/attachments", contacts.attachments),
    _any("GET", "/contacts/{id}/labels", contacts.labels),
    _any("POST", "/contacts/{id}/labels", contacts.set_labels),
    _any("POST", "/contacts/{id}/contact_inboxes", contacts.add_inbox),
    _any("GET", "/contacts/{id}/contactable_inboxes", contacts.contactable),
    _any("GET", "/contacts/{id}/notes", contacts.notes),
    _any("POST", "/contacts/{id}/notes", contacts.add_note),
    _any("GET PATCH PUT DELETE", "/contacts/{id}/notes/{note_id}", contacts.one_note),
    _any("POST", "/contact_inboxes/filter", contacts.by_source),
    _any("POST", "/actions/contact_merge", contacts.merge),
)
SETTINGS = (
    _any("GET", "", accounts.show),
    _any("GET", "/", accounts.show),
    _admin("PATCH PUT", "", accounts.update),
    _admin("PATCH PUT", "/", accounts.update),
    _any("GET", "/cache_keys", accounts.cache_keys),
    _admin("GET", "/audit_logs", accounts.audit_logs),
    _admin("GET", "/reporting_events", reporting_events.index),
    _any("GET", "/agents", agents.index),
    _admin("POST", "/agents", agents.create),
    _admin("POST", "/agents/bulk_create", agents.bulk_create),
    _admin("PATCH PUT", "/agents/{id}", agents.update),
    _admin("DELETE", "/agents/{id}", agents.delete),
    _any("GET", "/teams", teams.index),
    _admin("POST", "/teams", teams.create),
    _any("GET", "/teams/{team_id}", teams.show),
    _admin("PATCH PUT", "/teams/{team_id}", teams.update),
    _admin("DELETE", "/teams/{team_id}", teams.delete),
    _any("GET", "/teams/{team_id}/team_members", teams.members),
    _admin("POST PATCH DELETE", "/teams/{team_id}/team_members", teams.change_members),
    _any("GET", "/inboxes", inboxes.index),
    _admin("POST", "/inboxes", inboxes.create),
    _any("GET", "/inboxes/{id}", inboxes.show),
    _admin("PATCH PUT", "/inboxes/{id}", inboxes.update),
    _admin("DELETE", "/inboxes/{id}", inboxes.delete),
    _admin("POST", "/inboxes/{id}/reset_secret", inboxes.reset_secret),
    _any("GET", "/inboxes/{id}/agent_bot", inboxes.agent_bot),
    _admin("POST", "/inboxes/{id}/set_agent_bot", inboxes.set_agent_bot),
    _any("GET", "/inbox_members/{inbox_id}", inboxes.members),
    _admin("POST PATCH DELETE", "/inbox_members", inboxes.change_members),
    _admin("GET", "/assignment_policies", assignment_policies.index),
    _admin("POST", "/assignment_policies", assignment_policies.create),
    _admin("GET PATCH PUT DELETE", "/assignment_policies/{id}", assignment_policies.one),
    _admin("GET POST DELETE", "/inboxes/{id}/assignment_policy", assignment_policies.of_inbox),
    _any("GET", "/assignable_agents", inboxes.assignable_agents),
    _any("GET", "/labels", labels.index),
    _admin("POST", "/labels", labels.create),
    _any("GET", "/labels/{id}", labels.show),
    _admin("PATCH PUT", "/labels/{id}", labels.update),
    _admin("DELETE", "/labels/{id}", labels.delete),
    _any("GET", "/canned_responses", canned_responses.index),
    _any("POST", "/canned_responses", canned_responses.create),
    _any("PATCH PUT DELETE", "/canned_responses/{id}", canned_responses.one),
    _any("GET", "/custom_attribute_definitions", definitions.index),
    _admin("POST", "/custom_attribute_definitions", definitions.create),
    _any("GET", "/custom_attribute_definitions/{id}", definitions.one),
    _admin("PATCH PUT DELETE", "/custom_attribute_definitions/{id}", definitions.one),
    _any("GET", "/custom_filters", definitions.filters),
    _any("POST", "/custom_filters", definitions.create_filter),
    _any("GET PATCH PUT DELETE", "/custom_filters/{id}", definitions.one_filter),
    _admin("GET", "/automation_rules", automation.index),
    _admin("POST", "/automation_rules", automation.create),
    _admin("GET PATCH PUT DELETE", "/automation_rules/{id}", automation.one),
    _admin("POST", "/automation_rules/{id}/clone", automation.clone),
    _any("GET", "/macros", automation.macros),
    _any("POST", "/macros", automation.create_macro),
    _any("GET PATCH PUT DELETE", "/macros/{id}", automation.one_macro),
    _any("POST", "/macros/{id}/execute", automation.execute_macro),
    _admin("GET", "/webhooks", hooks.index),
    _admin("POST", "/webhooks", hooks.create),
    _admin("PATCH PUT DELETE", "/webhooks/{id}", hooks.one),
    _any("GET", "/agent_bots", hooks.bots),
    _admin("POST", "/agent_bots", hooks.create_bot),
    _any("GET", "/agent_bots/{id}", hooks.one_bot),
    _admin("PATCH PUT DELETE", "/agent_bots/{id}", hooks.one_bot),
    _admin("POST", "/agent_bots/{id}/reset_secret", hooks.reset_bot),
    _admin("POST", "/agent_bots/{id}/reset_access_token", hooks.reset_bot),
    _any("GET", "/dashboard_apps", hooks.apps),
    _admin("POST", "/dashboard_apps", hooks.create_app),
    _any("GET", "/dashboard_apps/{id}", hooks.one_app),
    _admin("PATCH PUT DELETE", "/dashboard_apps/{id}", hooks.one_app),
    _admin("GET", "/csat_survey_responses", csat.index),
    _admin("GET", "/csat_survey_responses/metrics", csat.metrics),
)
REPORTS = (
    _report("/reports", reports.timeseries),
    _report("/reports/summary", reports.summary),
    _report("/reports/bot_summary", reports.bot_summary),
    _report("/reports/bot_metrics", reports.bot_metrics),
    _report("/reports/conversations", reports.conversations),
    _report("/reports/conversations/", reports.conversations),
    _report("/reports/first_response_time_distribution", reports.first_response_distribution),
    _report("/reports/inbox_label_matrix", reports.inbox_label_matrix),
    _report("/reports/outgoing_messages_count", reports.outgoing_by),
    _report("/reports/{sheet}", reports.csv),
    _report("/summary_reports/channel", reports.by_channel),
    _report("/summary_reports/{kind}", reports.by_group),
    _report("/live_reports/conversation_metrics", reports.conversations),
    _report("/live_reports/grouped_conversation_metrics", reports.grouped_live),
)
PUBLIC = (
    _open("GET", _PUBLIC, public_api.show_inbox),
    _open("POST", _PUBLIC + "/contacts", public_api.create_contact),
    _open("GET", _CUSTOMER, public_api.show_contact),
    _open("PATCH PUT", _CUSTOMER, public_api.update_contact),
    _open("GET", _CUSTOMER + "/conversations", public_api.conversations),
    _open("POST", _CUSTOMER + "/conversations", public_api.create_conversation),
    _open("GET", _TALK, public_api.show_conversation),
    _open("POST", _TALK + "/toggle_status", public_api.toggle_status),
    _open("POST", _TALK + "/toggle_typing", public_api.toggle_typing),
    _open("POST", _TALK + "/update_last_seen", public_api.update_last_seen),
    _open("GET", _TALK + "/messages", public_api.list_messages),
    _open("POST", _TALK + "/messages", public_api.create_message),
    _open("PATCH PUT", _TALK + "/messages/{id}", public_api.update_message),
    _open("GET", "/public/api/v1/csat_survey/{uuid}", csat.public_show),
    _open("PUT PATCH", "/public/api/v1/csat_survey/{uuid}", csat.public_update),
    _open("GET", "/rails/active_storage/blobs/redirect/{key}/{name}", blobs.redirect),
    _open("GET", "/rails/active_storage/representations/redirect/{key}/{name}", blobs.redirect),
    _open("GET", "/rails/active_storage/disk/{key}/{name}", blobs.disk),
    _open("GET", "/health", accounts.health),
    _open("GET", "/api", accounts.api),
    _open("POST", "/auth/sign_in", accounts.sign_in),
    _open("DELETE", "/auth/sign_out", accounts.sign_out),
    _open("GET", "/auth/validate_token", accounts.validate_token),
    _profile("GET", "", accounts.profile),
    _profile("PUT PATCH", "", accounts.update_profile),
    _profile("POST", "/availability", accounts.availability),
    _profile("POST", "/auto_offline", accounts.availability),
    _profile("POST", "/reset_access_token", accounts.reset_token),
)
PLATFORM = (
    _platform("POST", "/users", platform_api.create_user),
    _platform("GET PATCH PUT DELETE", "/users/{id}", platform_api.one_user),
    _platform("GET", "/users/{id}/login", platform_api.login),
    _platform("POST", "/users/{id}/token", platform_api.token),
    _platform("GET", "/accounts", platform_api.list_accounts),
    _platform("POST", "/accounts", platform_api.create_account),
    _platform("GET PATCH PUT DELETE", "/accounts/{account_id}", platform_api.one_account),
    _platform("GET", "/accounts/{account_id}/account_users", platform_api.account_users),
    _platform("POST", "/accounts/{account_id}/account_users", platform_api.put_account_user),
    _platform("DELETE", "/accounts/{account_id}/account_users", platform_api.drop_account_user),
    _platform("GET", "/agent_bots", platform_api.bots),
    _platform("POST", "/agent_bots", platform_api.create_bot),
    _platform("GET PATCH PUT DELETE", "/agent_bots/{id}", platform_api.one_bot),
)
ROUTES = (*CONVERSATIONS, *CONTACTS, *PUBLIC, *SETTINGS, *REPORTS, *PLATFORM)
