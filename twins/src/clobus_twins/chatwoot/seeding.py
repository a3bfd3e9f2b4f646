"""Bulk import into the store; the contract stands at the top of store.py."""

from __future__ import annotations

import hashlib
import secrets
import string
import uuid
from collections.abc import Iterable
from typing import Any

from clobus_twins.chatwoot import model
from clobus_twins.chatwoot.memory import Memory

Rows = Iterable[dict[str, Any]]
_ALPHABET = string.ascii_letters + string.digits
DEFAULT_SUBSCRIPTIONS = (
    "conversation_status_changed",
    "conversation_updated",
    "conversation_created",
    "contact_created",
    "contact_updated",
    "message_created",
    "message_updated",
    "webwidget_triggered",
)


def new_token() -> str:
    """A token as Rails' has_secure_token makes it: 24 letters and digits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(24))


def password_hash(password: str) -> str:
    """What the store keeps of a password."""
    return hashlib.sha256(password.encode()).hexdigest()


def default_working_hours() -> list[dict[str, Any]]:
    """Monday to Friday 09:00-17:00, Sunday = 0 (chatwoot.md §2.5)."""
    closed = {"closed_all_day": True, "open_hour": None, "open_minutes": None, "close_hour": None}
    working = {"closed_all_day": False, "open_hour": 9, "open_minutes": 0, "close_hour": 17}
    return [
        {"day_of_week": day, **(closed if day in (0, 6) else working)}
        | {"close_minutes": None if day in (0, 6) else 0, "open_all_day": False}
        for day in range(7)
    ]


class Seeding(Memory):
    """The `import_*` half of the store."""

    def import_account(  # noqa: PLR0913 - the seed names every identity that must be known
        self,
        *,
        account_id: int,
        name: str,
        token: str,
        platform_token: str,
        admin_id: int = 1,
        admin_name: str = "Admin",
        admin_email: str = "admin@cons.local",
        admin_password: str = "Passw0rd!23",  # noqa: S107 - the password of a twin's account
        locale: str = "en",
    ) -> None:
        """Make an account with its administrator and a platform app; ValueError when the account exists."""
        if account_id in self.accounts.rows:
            raise ValueError(f"account {account_id} exists")
        self.add(model.Account(id=account_id, name=name, locale=locale))
        user = model.User(id=admin_id, name=admin_name, email=admin_email, access_token=token, pubsub_token=new_token())
        user.password_hash = password_hash(admin_password)
        self.add(user)
        self.add(model.AccountUser(account_id=account_id, user_id=admin_id, role="administrator"))
        allowed = [f"Account:{account_id}"]
        app = next((one for one in self.platform_apps.rows.values() if one.access_token == platform_token), None)
        if app is None:
            self.add(model.PlatformApp(name="clobus", access_token=platform_token, permissible=allowed))
        else:
            app.permissible += allowed
            self.put(app)
        self.commit()

    def import_agents(self, account_id: int, rows: Rows) -> list[int]:
        """Make confirmed users and their memberships."""
        ids = []
        for given in rows:
            row = dict(given)
            membership = {
                key: row.pop(key) for key in ("role", "availability", "auto_offline", "inviter_id") if key in row
            }
            row["access_token"] = row.pop("token", None) or new_token()
            row["password_hash"] = password_hash(row.pop("password", None) or new_token())
            user = self.add(model.User(pubsub_token=new_token(), **row))
            self.add(model.AccountUser(account_id=account_id, user_id=user.id, **membership))
            ids.append(user.id)
        self.commit()
        return ids

    def import_teams(self, account_id: int, rows: Rows) -> list[int]:
        """Make teams with their members."""
        made = []
        for row in rows:
            full: dict[str, Any] = {"allow_auto_assign": False} | row | {"name": row["name"].strip().lower()}
            made.append(self.add(model.Team(account_id=account_id, **full)))
        self.commit()
        return [row.id for row in made]

    def import_inboxes(self, account_id: int, rows: Rows) -> list[int]:
        """Make API inboxes."""
        made = []
        for given in rows:
            row: dict[str, Any] = {name: new_token() for name in ("identifier", "secret", "hmac_token")} | given
            inbox = self.add(model.Inbox(account_id=account_id, working_hours=default_working_hours(), **row))
            inbox.channel_id = inbox.channel_id or inbox.id
            made.append(inbox.id)
        self.commit()
        return made

    def import_labels(self, account_id: int, rows: Rows) -> list[int]:
        """Make labels."""
        made = [self.add(model.Label(account_id=account_id, **(row | {"title": row["title"].lower()}))) for row in rows]
        self.commit()
        return [row.id for row in made]

    def import_attribute_definitions(self, account_id: int, rows: Rows) -> list[int]:
        """Make custom attribute definitions."""
        made = [self.add(model.AttributeDefinition(account_id=account_id, **row)) for row in rows]
        self.commit()
        return [row.id for row in made]

    def import_canned_responses(self, account_id: int, rows: Rows) -> list[int]:
        """Make canned responses."""
        made = [self.add(model.CannedResponse(account_id=account_id, **row)) for row in rows]
        self.commit()
        return [row.id for row in made]

    def import_webhooks(self, account_id: int, rows: Rows) -> list[int]:
        """Make account webhooks."""
        made = []
        for row in rows:
            full: dict[str, Any] = {"subscriptions": list(DEFAULT_SUBSCRIPTIONS), "secret": new_token()} | row
            made.append(self.add(model.Webhook(account_id=account_id, **full)))
        self.commit()
        return [row.id for row in made]

    def import_contacts(self, account_id: int, rows: Rows) -> list[int]:
        """Make contacts and their addresses in inboxes."""
        ids = []
        for given in rows:
            row = dict(given)
            addresses = row.pop("inboxes", [])
            if row.get("email"):
                row["email"] = row["email"].lower()
            contact = self.add(model.Contact(account_id=account_id, **row))
            for address in addresses:
                source_id = address.get("source_id") or str(uuid.uuid4())
                self._seed_address(contact, address["inbox_id"], source_id)
            ids.append(contact.id)
        self.commit()
        return ids

    def _seed_address(self, contact: model.Contact, inbox_id: int, source_id: str) -> model.ContactInbox:
        return self.add(
            model.ContactInbox(
                contact_id=contact.id,
                inbox_id=inbox_id,
                source_id=source_id,
                pubsub_token=new_token(),
                created_at=contact.created_at,
            )
        )

    def import_conversations(self, account_id: int, rows: Rows) -> list[int]:
        """Make conversations with their messages; the answer is their display ids."""
        account = self.accounts.rows[account_id]
        made = [self._seed_conversation(account, dict(row)) for row in rows]
        self.put(account)
        self.commit()
        return made

    def _seed_conversation(self, account: model.Account, row: dict[str, Any]) -> int:
        messages = row.pop("messages", [])
        source_id = row.pop("source_id", None)
        contact = self.contacts.rows[row["contact_id"]]
        address = self._seed_find_address(contact, row["inbox_id"], source_id)
        row.setdefault("display_id", account.last_display_id + 1)
        account.last_display_id = max(account.last_display_id, row["display_id"])
        row.setdefault("uuid", str(uuid.uuid4()))
        row.setdefault("created_at", messages[0]["created_at"] if messages else self.now())
        last = max((message.get("created_at", row["created_at"]) for message in messages), default=row["created_at"])
        row.setdefault("last_activity_at", last)
        row.setdefault("updated_at", row["last_activity_at"])
        row.setdefault("agent_last_seen_at", row["last_activity_at"])
        labels = [str(label) for label in row.get("labels", [])]
        conversation = model.Conversation(
            account_id=account.id, contact_inbox_id=address.id, cached_label_list=", ".join(labels), **row
        )
        self.add(conversation)
        first_reply = None
        for given in messages:
            message = self._seed_message(conversation, dict(given))
            human = message.message_type == model.OUTGOING and not message.private and message.sender_type == "User"
            if human and first_reply is None:
                first_reply = message.created_at
        if conversation.first_reply_created_at is None:
            conversation.first_reply_created_at = first_reply
        return conversation.display_id

    def _seed_find_address(self, contact: model.Contact, inbox_id: int, source_id: str | None) -> model.ContactInbox:
        addresses = self.sources.by_contact[contact.id].values()
        for address in addresses:
            if address.inbox_id == inbox_id and source_id in (None, address.source_id):
                return address
        return self._seed_address(contact, inbox_id, source_id or str(uuid.uuid4()))

    def _seed_message(self, conversation: model.Conversation, row: dict[str, Any]) -> model.Message:
        wanted = row.get("message_type", model.OUTGOING)
        row["message_type"] = model.MESSAGE_TYPES[wanted] if isinstance(wanted, str) else wanted
        row.setdefault("created_at", conversation.created_at)
        if row["message_type"] == model.INCOMING:
            row.setdefault("sender_type", "Contact")
            row.setdefault("sender_id", conversation.contact_id)
        return self.add(
            model.Message(
                account_id=conversation.account_id,
                inbox_id=conversation.inbox_id,
                conversation_id=conversation.id,
                **row,
            )
        )

    def import_csat_responses(self, account_id: int, rows: Rows) -> list[int]:
        """Make survey answers of conversations (display ids)."""
        ids = []
        for given in rows:
            row = dict(given)
            conversation = self.conversation_index[account_id].by_display_id[row.pop("conversation_id")]
            messages = self.messages_of[conversation.id]
            survey = next((one for one in reversed(messages) if one.content_type == "input_csat"), None)
            answer = model.CsatResponse(
                account_id=account_id,
                conversation_id=conversation.id,
                contact_id=conversation.contact_id,
                message_id=survey.id if survey else 0,
                assigned_agent_id=conversation.assignee_id,
                **row,
            )
            ids.append(self.add(answer).id)
        self.commit()
        return ids
