"""The twin's state: objects in memory, written through to SQLite, reloaded at start.

Seeding (`Store.import_*`, fires no webhooks, writes no activity; each call commits). Rows are dictionaries; an
unknown key raises TypeError, a missing id is drawn from the sequence; times are epoch seconds (float), naive local
times do not exist here. Every call returns the ids in the order of the rows.

* `import_account(*, account_id, name, token, platform_token, admin_id=1, admin_name="Admin",
  admin_email="admin@cons.local", admin_password="Passw0rd!23", locale="en") -> None`
  an account with one administrator (inserted as a confirmed user) whose access token is `token`, and a platform app
  whose token is `platform_token` that may touch the account and its administrator.
* `import_agents(account_id, rows)`: `name`, `email`, and `id`, `role` ("agent"), `token` (drawn), `confirmed` (True),
  `availability` ("online"), `auto_offline` (True), `password`, `custom_attributes`, `created_at`.
* `import_teams(account_id, rows)`: `name` (stored lower-cased), and `id`, `description`, `allow_auto_assign` (False),
  `members` (user ids).
* `import_inboxes(account_id, rows)`: `name`, and `id`, `webhook_url`, `identifier`, `secret`, `hmac_token`, `members`
  (user ids), or any other field of model.Inbox.
* `import_labels(account_id, rows)`: `title` (stored lower-cased), and `id`, `description`, `color`, `show_on_sidebar`.
* `import_attribute_definitions(account_id, rows)`: `attribute_key`, `attribute_display_name`, and
  `attribute_display_type` ("text"), `attribute_model` ("conversation_attribute" | "contact_attribute"),
  `attribute_values`, `attribute_description`.
* `import_canned_responses(account_id, rows)`: `short_code`, `content`.
* `import_webhooks(account_id, rows)`: `url`, and `name`, `subscriptions` (all eight usual ones), `secret`.
* `import_contacts(account_id, rows)`: `name`, and `id`, `email`, `phone_number`, `identifier`, `custom_attributes`,
  `additional_attributes`, `labels`, `blocked`, `created_at`, `last_activity_at`,
  `inboxes` ([{"inbox_id": 1, "source_id": "..."}]; source_id drawn when absent).
* `import_conversations(account_id, rows)` -> display ids: `inbox_id`, `contact_id`, and `display_id`, `uuid`,
  `source_id` (the contact's first address in the inbox, made when there is none), `status` ("open"), `assignee_id`,
  `team_id`, `priority`, `snoozed_until`, `labels`, `custom_attributes`, `additional_attributes`, `created_at`,
  `updated_at` (last activity), `last_activity_at` (last message), `waiting_since`, `first_reply_created_at` (first
  public agent message), `agent_last_seen_at` (last activity, so nothing is unread), `participants`,
  `messages`: [{`content`, `message_type` (0..3 or "incoming" | "outgoing" | "activity" | "template"), `created_at`,
  `sender_type` ("User" | "Contact" | "AgentBot"; incoming = the contact by default), `sender_id`, `private`,
  `content_type`, `content_attributes`, `source_id`, `status`, `id`}] in the order of time.
* `import_csat_responses(account_id, rows)`: `conversation_id` (display id), `rating`, `feedback_message`, `created_at`.

10,000 conversations with 25,000 messages take about two seconds. Ids and tokens given by the caller stay as given.
"""

from clobus_twins.chatwoot.seeding import Seeding


class Store(Seeding):
    """The twin's tables, their file and their bulk import."""
