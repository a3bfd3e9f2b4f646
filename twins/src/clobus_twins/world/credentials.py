"""Secrets of a sandbox: made at random on the first start, kept in the twin's data directory, never in the tree."""

import json
import os
import secrets
import string
from pathlib import Path
from typing import Any

FILE = "credentials.json"
_ALPHABET = string.ascii_letters + string.digits


def token(length: int = 24) -> str:
    """Return a random token of letters and digits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def password() -> str:
    """Return a random password that fits Chatwoot's rule: upper, lower, digit, special (chatwoot.md §4)."""
    return f"{token(16)}aA1!"


def keep(data_dir: Path | None, made: dict[str, Any]) -> dict[str, Any]:
    """Return the credentials kept in `data_dir`, adding those of `made` that are not there yet (mode 0600).

    Without a directory `made` is returned as it is and kept nowhere.
    """
    if data_dir is None:
        return made
    data_dir.mkdir(parents=True, exist_ok=True)
    path = data_dir / FILE
    known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    kept = made | known
    if kept != known:
        draft = path.with_suffix(".new")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(kept, file, ensure_ascii=False, indent=1)
        draft.replace(path)
    return kept
