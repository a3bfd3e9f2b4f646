"""Objects in memory, written through to SQLite, reloaded at start."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

import msgspec

from clobus_twins.chatwoot import model
from clobus_twins.chatwoot.index import ContactIndex, ConversationIndex, SourceIndex

T = TypeVar("T", bound=model.Row)
_encode = msgspec.msgpack.Encoder().encode


class Table(Generic[T]):
    """Rows of one kind by id and by account."""

    def __init__(self, row_type: type[T]) -> None:
        self.row_type = row_type
        self.rows: dict[int, T] = {}
        self.by_account: dict[int, dict[int, T]] = defaultdict(dict)
        self.last_id = 0

    def get(self, row_id: Any, account_id: int | None = None) -> T | None:
        """The row with this id (a number or its text), within the account when one is given."""
        try:
            row = self.rows.get(int(row_id))
        except (TypeError, ValueError):
            return None
        if row is None or (account_id is not None and getattr(row, "account_id", account_id) != account_id):
            return None
        return row

    def of(self, account_id: int) -> list[T]:
        """All rows of an account in the order of their ids."""
        rows = self.by_account.get(account_id)
        return list(rows.values()) if rows else []

    def take_id(self) -> int:
        """The next number of the sequence."""
        self.last_id += 1
        return self.last_id

    def keep(self, row: T) -> None:
        """Put a row into memory."""
        self.rows[row.id] = row
        self.last_id = max(self.last_id, row.id)
        account_id = getattr(row, "account_id", None)
        if account_id is not None:
            self.by_account[account_id][row.id] = row

    def forget(self, row: T) -> None:
        """Take a row out of memory."""
        self.rows.pop(row.id, None)
        account_id = getattr(row, "account_id", None)
        if account_id is not None:
            self.by_account[account_id].pop(row.id, None)


class Memory:
    """All tables, their indexes and their file."""

    def __init__(self, data_dir: Path) -> None:
        self.clock: Callable[[], float] = time.time
        self.data_dir = data_dir
        data_dir.mkdir(parents=True, exist_ok=True)
        self.blobs = data_dir / "blobs"
        self.blobs.mkdir(exist_ok=True)
        self.dirty: dict[tuple[str, int], model.Row | None] = {}
        self._make_tables()
        self._db = self._open()
        self._load()

    def _make_tables(self) -> None:
        self.tables: dict[str, Table[Any]] = {row_type.kind: Table(row_type) for row_type in model.TABLES}
        self.accounts = cast("Table[model.Account]", self.tables["account"])
        self.users = cast("Table[model.User]", self.tables["user"])
        self.account_users = cast("Table[model.AccountUser]", self.tables["account_user"])
        self.platform_apps = cast("Table[model.PlatformApp]", self.tables["platform_app"])
        self.agent_bots = cast("Table[model.AgentBot]", self.tables["agent_bot"])
        self.teams = cast("Table[model.Team]", self.tables["team"])
        self.inboxes = cast("Table[model.Inbox]", self.tables["inbox"])
        self.contacts = cast("Table[model.Contact]", self.tables["contact"])
        self.companies = cast("Table[model.Company]", self.tables["company"])
        self.contact_inboxes = cast("Table[model.ContactInbox]", self.tables["contact_inbox"])
        self.conversations = cast("Table[model.Conversation]", self.tables["conversation"])
        self.messages = cast("Table[model.Message]", self.tables["message"])
        self.labels = cast("Table[model.Label]", self.tables["label"])
        self.canned_responses = cast("Table[model.CannedResponse]", self.tables["canned_response"])
        self.definitions = cast("Table[model.AttributeDefinition]", self.tables["attribute_definition"])
        self.custom_filters = cast("Table[model.CustomFilter]", self.tables["custom_filter"])
        self.rules = cast("Table[model.AutomationRule]", self.tables["automation_rule"])
        self.macros = cast("Table[model.Macro]", self.tables["macro"])
        self.webhooks = cast("Table[model.Webhook]", self.tables["webhook"])
        self.dashboard_apps = cast("Table[model.DashboardApp]", self.tables["dashboard_app"])
        self.notes = cast("Table[model.Note]", self.tables["note"])
        self.csat_responses = cast("Table[model.CsatResponse]", self.tables["csat_response"])
        self.assignment_policies = cast("Table[model.AssignmentPolicy]", self.tables["assignment_policy"])
        self.reporting_events = cast("Table[model.ReportingEvent]", self.tables["reporting_event"])
        self.conversation_index: dict[int, ConversationIndex] = defaultdict(ConversationIndex)
        self.contact_index: dict[int, ContactIndex] = defaultdict(ContactIndex)
        self.sources = SourceIndex()
        self.messages_of: dict[int, list[model.Message]] = defaultdict(list)
        self.users_by_email: dict[str, model.User] = {}
        self.membership: dict[tuple[int, int], model.AccountUser] = {}
        self.owners: dict[str, model.User | model.AgentBot | model.PlatformApp] = {}
        self.avatars_due: dict[int, float] = {}
        self.last_attachment_id = 0

    def now(self) -> float:
        """The present instant, epoch seconds, to the microsecond."""
        return round(self.clock(), 6)

    def add(self, row: T) -> T:
        """Insert a row: its id is drawn when it has none, its times are set when they are not."""
        table = self.tables[row.kind]
        if not row.id:
            row.id = table.take_id()
        if not row.created_at:
            row.created_at = self.now()
        if not row.updated_at:
            row.updated_at = row.created_at
        table.keep(row)
        if isinstance(row, model.Message):
            self._file_message(row)
        self.put(row)
        return row

    def put(self, row: model.Row) -> None:
        """Note that a row changed: indexes now, the file at the next commit."""
        self.dirty[row.kind, row.id] = row
        self._index(row)

    def touch(self, row: model.Row) -> None:
        """Note that a row changed just now."""
        row.updated_at = self.now()
        self.put(row)

    def remove(self, row: model.Row) -> None:
        """Delete a row; its dependants are the caller's matter."""
        self.tables[row.kind].forget(row)
        self.dirty[row.kind, row.id] = None
        match row:
            case model.Conversation():
                self.conversation_index[row.account_id].drop(row)
                for message in self.messages_of.pop(row.id, []):
                    self.remove(message)
            case model.Contact():
                self.contact_index[row.account_id].drop(row)
            case model.ContactInbox():
                self.sources.drop(row)
            case model.Message():
                rows = self.messages_of.get(row.conversation_id)
                if rows and row in rows:
                    rows.remove(row)
            case model.AccountUser():
                self.membership.pop((row.account_id, row.user_id), None)
            case model.User():
                self.users_by_email.pop(row.email.lower(), None)
                self.owners.pop(row.access_token, None)
            case model.AgentBot() | model.PlatformApp():
                self.owners.pop(row.access_token, None)

    def commit(self) -> None:
        """Write what changed since the last commit."""
        if not self.dirty:
            return
        kept = [(kind, row_id, _encode(row)) for (kind, row_id), row in self.dirty.items() if row is not None]
        gone = [key for key, row in self.dirty.items() if row is None]
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO twin_rows (kind, id, body) VALUES (?, ?, ?)", kept)
            self._db.executemany("DELETE FROM twin_rows WHERE kind = ? AND id = ?", gone)
        self.dirty.clear()

    def close(self) -> None:
        """Commit and close the file."""
        with contextlib.suppress(sqlite3.ProgrammingError):
            self.commit()
            self._db.close()

    def wipe(self) -> None:
        """Forget everything, on disk too."""
        self.dirty.clear()
        with self._db:
            self._db.execute("DELETE FROM twin_rows")
        for blob in self.blobs.iterdir():
            blob.unlink()
        self._make_tables()

    def membership_of(self, account_id: int, user_id: int | None) -> model.AccountUser | None:
        """The membership of a user in an account."""
        return self.membership.get((account_id, user_id)) if user_id else None

    def conversation(self, account_id: int, display_id: Any) -> model.Conversation | None:
        """The conversation with this number in the account."""
        try:
            return self.conversation_index[account_id].by_display_id.get(int(display_id))
        except (TypeError, ValueError):
            return None

    def take_attachment_id(self) -> int:
        """The next number of an attachment."""
        self.last_attachment_id += 1
        return self.last_attachment_id

    def _index(self, row: model.Row) -> None:
        match row:
            case model.Conversation():
                self.conversation_index[row.account_id].put(row)
            case model.Contact():
                self.contact_index[row.account_id].put(row)
                if row.avatar_due is not None:
                    self.avatars_due[row.id] = row.avatar_due
            case model.ContactInbox():
                self.sources.put(row)
            case model.User():
                self.users_by_email[row.email.lower()] = row
                self.owners[row.access_token] = row
            case model.AccountUser():
                self.membership[row.account_id, row.user_id] = row
            case model.AgentBot() | model.PlatformApp():
                self.owners[row.access_token] = row

    def _file_message(self, row: model.Message) -> None:
        rows = self.messages_of[row.conversation_id]
        rows.append(row)
        if len(rows) > 1 and rows[-2].id > row.id:
            rows.sort(key=lambda one: one.id)
        for attachment in row.attachments:
            self.last_attachment_id = max(self.last_attachment_id, attachment.id)

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.data_dir / "chatwoot.sqlite", check_same_thread=False)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=OFF")
        columns = "kind TEXT, id INTEGER, body BLOB, PRIMARY KEY (kind, id)"
        database.execute(f"CREATE TABLE IF NOT EXISTS twin_rows ({columns}) WITHOUT ROWID")
        return database

    def _load(self) -> None:
        for kind, table in self.tables.items():
            decode = msgspec.msgpack.Decoder(table.row_type).decode
            rows: Iterable[tuple[bytes]] = self._db.execute(
                "SELECT body FROM twin_rows WHERE kind = ? ORDER BY id", (kind,)
            )
            for (body,) in rows:
                row = decode(body)
                table.keep(row)
                if isinstance(row, model.Message):
                    self._file_message(row)
                else:
                    self._index(row)
