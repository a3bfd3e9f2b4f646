"""Which version of the schema the source tree wants, without Alembic, which takes long to read in."""

from __future__ import annotations

import re
from pathlib import Path

REVISION = re.compile(r'^(revision|down_revision) = "(\w+)"$', re.MULTILINE)


def directory() -> Path:
    """Where the migrations lie: beside `src` in the source tree."""
    return Path(__file__).resolve().parents[3] / "migrations"


def head() -> str | None:
    """The newest revision: the one that no other stands upon; None when there is no migration."""
    made, stood_upon = set[str](), set[str]()
    for file in (directory() / "versions").glob("*.py"):
        for name, revision in REVISION.findall(file.read_text(encoding="utf-8")):
            (made if name == "revision" else stood_upon).add(revision)
    return max(made - stood_upon, default=None)
