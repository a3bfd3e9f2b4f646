"""What the mail twin keeps: the letters that it took."""

from __future__ import annotations

import base64
import json
import sqlite3
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

Json = dict[str, Any]


class Store:
    """Letters on disk. One thread uses it; every statement is its own transaction."""

    def __init__(self, path: Path) -> None:
        self.db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=OFF")
        self.db.execute(
            "CREATE TABLE IF NOT EXISTS letter (id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL,"
            " sender TEXT NOT NULL, recipients TEXT NOT NULL, body BLOB NOT NULL)"
        )

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    def wipe(self) -> None:
        """Forget everything."""
        self.db.execute("DELETE FROM letter")

    def add(self, at: datetime, sender: str, recipients: list[str], body: bytes) -> int:
        """Keep a letter; gives its number."""
        values = (at.isoformat(), sender, json.dumps(recipients), body)
        sql = "INSERT INTO letter (at, sender, recipients, body) VALUES (?, ?, ?, ?)"
        return int(self.db.execute(sql, values).lastrowid or 0)

    def letters(self, to: str | None = None, since: int = 0) -> list[Json]:
        """Letters after a number in the order they came, those to one address or all."""
        sql = "SELECT id, at, sender, recipients, body FROM letter WHERE id > ? ORDER BY id"
        found = [_shown(*row) for row in self.db.execute(sql, (since,))]
        return found if to is None else [letter for letter in found if to in letter["recipients"]]


def _shown(id_: int, at: str, sender: str, recipients: str, body: bytes) -> Json:
    letter = message_from_bytes(body, policy=default)
    return {
        "id": id_,
        "at": at,
        "sender": sender,
        "recipients": json.loads(recipients),
        "headers": {name: str(value) for name, value in letter.items()},
        "subject": str(letter["subject"] or ""),
        "text": _part(letter, "plain"),
        "html": _part(letter, "html"),
        "files": [
            {
                "name": file.get_filename(),
                "type": file.get_content_type(),
                "content": base64.b64encode(bytes(file.get_payload(decode=True) or b"")).decode(),
            }
            for file in letter.iter_attachments()
        ],
    }


def _part(letter: EmailMessage, kind: str) -> str:
    part = letter.get_body((kind,))
    return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""
