"""What the Telegram twin keeps: messages, chats, files, callback queries, updates that wait, settings of the bot."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import msgspec

Json = dict[str, Any]
_TABLES = ("message", "chat", "incoming", "setting", "file", "query", "profile")


class Store:
    """State of one bot on disk. One thread uses it; every statement is its own transaction."""

    def __init__(self, path: Path) -> None:
        self.files = path.with_name("files")
        self.files.mkdir(exist_ok=True)
        self.db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=OFF")
        self.db.executescript(
            """
            CREATE TABLE IF NOT EXISTS message (
                chat_id TEXT NOT NULL, message_id INTEGER NOT NULL, body TEXT NOT NULL,
                deleted INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (chat_id, message_id));
            CREATE TABLE IF NOT EXISTS chat (chat_id TEXT PRIMARY KEY, body TEXT NOT NULL, blocked INTEGER NOT NULL);
            CREATE TABLE IF NOT EXISTS incoming (update_id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL);
            CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, body TEXT NOT NULL);
            CREATE TABLE IF NOT EXISTS file (file_id TEXT PRIMARY KEY, body TEXT NOT NULL);
            CREATE TABLE IF NOT EXISTS query (id TEXT PRIMARY KEY, body TEXT NOT NULL);
            CREATE TABLE IF NOT EXISTS profile (
                name TEXT NOT NULL, scope TEXT NOT NULL, language TEXT NOT NULL, body TEXT NOT NULL,
                PRIMARY KEY (name, scope, language));
            """
        )

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    def wipe(self) -> None:
        """Forget everything."""
        for table in _TABLES:
            self.db.execute(f"DELETE FROM {table}")  # noqa: S608 - constants
        for path in self.files.iterdir():
            path.unlink()

    def next_message_id(self, chat_id: str) -> int:
        """The next message number of a chat."""
        sql = "SELECT ifnull(max(message_id), 0) + 1 FROM message WHERE chat_id = ?"
        return int(self.db.execute(sql, (chat_id,)).fetchone()[0])

    def put_message(self, chat_id: str, message: Json) -> None:
        """Keep a message, new or edited."""
        self.db.execute(
            "INSERT INTO message (chat_id, message_id, body) VALUES (?, ?, ?) "
            "ON CONFLICT (chat_id, message_id) DO UPDATE SET body = excluded.body",
            (chat_id, message["message_id"], _text(message)),
        )

    def message(self, chat_id: str, message_id: int) -> Json | None:
        """A message that was not deleted."""
        sql = "SELECT body FROM message WHERE chat_id = ? AND message_id = ? AND NOT deleted"
        found: Json | None = _one(self.db.execute(sql, (chat_id, message_id)).fetchone())
        return found

    def delete_message(self, chat_id: str, message_id: int) -> bool:
        """Mark a message as deleted; False when there is none."""
        sql = "UPDATE message SET deleted = 1 WHERE chat_id = ? AND message_id = ? AND NOT deleted"
        return self.db.execute(sql, (chat_id, message_id)).rowcount > 0

    def messages(self, chat_id: str | None) -> list[Json]:
        """Messages of a chat (of all: None) in the order they were written, deleted ones marked."""
        where, values = ("", ()) if chat_id is None else (" WHERE chat_id = ?", (chat_id,))
        rows = self.db.execute(f"SELECT body, deleted FROM message{where} ORDER BY rowid", values)  # noqa: S608 - constants
        return [msgspec.json.decode(body) | {"deleted": bool(deleted)} for body, deleted in rows]

    def put_chat(self, chat: Json, *, blocked: bool) -> None:
        """Make a chat known."""
        self.db.execute("INSERT OR REPLACE INTO chat VALUES (?, ?, ?)", (str(chat["id"]), _text(chat), int(blocked)))

    def chat(self, chat_id: str) -> tuple[Json, bool] | None:
        """A known chat and whether its user blocked the bot."""
        row = self.db.execute("SELECT body, blocked FROM chat WHERE chat_id = ?", (chat_id,)).fetchone()
        return (msgspec.json.decode(row[0]), bool(row[1])) if row else None

    def chats(self) -> list[Json]:
        """All known chats."""
        rows = self.db.execute("SELECT body, blocked FROM chat ORDER BY rowid")
        return [msgspec.json.decode(body) | {"blocked": bool(blocked)} for body, blocked in rows]

    def add_update(self, update: Json) -> Json:
        """Queue an update for the bot; gives it with its number."""
        number = self.db.execute("INSERT INTO incoming (body) VALUES (?)", (_text(update),)).lastrowid
        return {"update_id": number, **update}

    def confirm(self, offset: int) -> None:
        """Forget the updates below `offset`; a negative one keeps only so many of the newest."""
        if offset > 0:
            self.db.execute("DELETE FROM incoming WHERE update_id < ?", (offset,))
        elif offset < 0:
            self.db.execute(
                "DELETE FROM incoming WHERE update_id NOT IN"
                " (SELECT update_id FROM incoming ORDER BY update_id DESC LIMIT ?)",
                (-offset,),
            )

    def updates(self, limit: int) -> list[Json]:
        """Updates that wait, oldest first."""
        sql = "SELECT update_id, body FROM incoming ORDER BY update_id LIMIT ?"
        return [{"update_id": number, **msgspec.json.decode(body)} for number, body in self.db.execute(sql, (limit,))]

    def drop_update(self, update_id: int) -> None:
        """Forget one delivered update."""
        self.db.execute("DELETE FROM incoming WHERE update_id = ?", (update_id,))

    def drop_updates(self) -> None:
        """Forget all updates that wait."""
        self.db.execute("DELETE FROM incoming")

    def pending(self) -> int:
        """How many updates wait."""
        return int(self.db.execute("SELECT count(*) FROM incoming").fetchone()[0])

    def setting(self, name: str) -> Any:
        """A kept setting such as the webhook."""
        return _one(self.db.execute("SELECT body FROM setting WHERE name = ?", (name,)).fetchone())

    def set_setting(self, name: str, value: Any) -> None:
        """Keep or forget a setting."""
        if value is None:
            self.db.execute("DELETE FROM setting WHERE name = ?", (name,))
        else:
            self.db.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, _text(value)))

    def put_file(self, file: Json, content: bytes | None) -> None:
        """Keep a file; one without content is only as large as it says (a big file costs no disk)."""
        self.db.execute("INSERT OR REPLACE INTO file VALUES (?, ?)", (file["file_id"], _text(file)))
        if content is not None:
            (self.files / file["file_unique_id"]).write_bytes(content)

    def file(self, file_id: str) -> Json | None:
        """What is known of a file."""
        found: Json | None = _one(self.db.execute("SELECT body FROM file WHERE file_id = ?", (file_id,)).fetchone())
        return found

    def content(self, file: Json) -> bytes:
        """The bytes of a file; zeros for one that was only said to be large."""
        path = self.files / file["file_unique_id"]
        return path.read_bytes() if path.exists() else bytes(file["file_size"])

    def put_query(self, query_id: str, query: Json) -> None:
        """Keep a tapped button and what became of it."""
        self.db.execute("INSERT OR REPLACE INTO query VALUES (?, ?)", (query_id, _text(query)))

    def query(self, query_id: str) -> Json | None:
        """A tapped button."""
        found: Json | None = _one(self.db.execute("SELECT body FROM query WHERE id = ?", (query_id,)).fetchone())
        return found

    def queries(self, chat_id: str) -> list[Json]:
        """The tapped buttons of a chat, oldest first."""
        rows = self.db.execute("SELECT body FROM query ORDER BY rowid")
        found = [msgspec.json.decode(row[0]) for row in rows]
        return [one for one in found if str(one["chat_id"]) == chat_id]

    def put_profile(self, name: str, scope: str, language: str, value: Any) -> None:
        """Keep something the bot tells of itself (commands, descriptions, the menu button); None forgets it."""
        if value is None:
            self.db.execute(
                "DELETE FROM profile WHERE name = ? AND scope = ? AND language = ?", (name, scope, language)
            )
        else:
            self.db.execute("INSERT OR REPLACE INTO profile VALUES (?, ?, ?, ?)", (name, scope, language, _text(value)))

    def profile(self, name: str, scope: str, language: str) -> Any:
        """Something the bot tells of itself, exactly for this scope and language; None when nothing was set."""
        sql = "SELECT body FROM profile WHERE name = ? AND scope = ? AND language = ?"
        return _one(self.db.execute(sql, (name, scope, language)).fetchone())


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _one(row: tuple[str] | None) -> Any:
    return msgspec.json.decode(row[0]) if row else None
