"""What no tracked file may hold: registry hosts, secrets, paths of one machine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture import tree

# Written in pieces, so that this file does not hold what it looks for.
HOSTS = re.compile(
    "|".join(
        [
            r"py" r"pi\.(org|python\.org)", r"files\.python" r"hosted\.org", r"registry\.np" r"mjs\.org",
            r"registry\.yarn" r"pkg\.com", r"(deb|ftp|security)\.deb" r"ian\.org", r"archive\.ubu" r"ntu\.com",
            r"/opt/(py" r"pi|whe" r"els)", r"index-" r"url\s*=?\s*\S*:/" r"/",
            r"(find|trusted)-" r"(links|host)\s+\S*[./]",
        ]
    ),
    re.IGNORECASE,
)  # fmt: skip
SECRETS = re.compile(
    "|".join(
        [
            r"-----BEGIN [A-Z ]*PRIVATE " r"KEY-----", r"\bAK" r"IA[0-9A-Z]{16}\b",
            r"\bgh[pousr]_" r"[A-Za-z0-9]{36}\b",
            r"\bsk-(ant|proj)-" r"[A-Za-z0-9_-]{20,}", r"\bxox[baprs]-" r"[A-Za-z0-9-]{10,}",
            r"\bglpat-" r"[A-Za-z0-9_-]{20}",
            r"postgres(ql)?://[^\s:/@{}]+:[^\s@{}<$%*]{12,}" r"@(?!127\.0\.0\.1|localhost)",
            r"\beyJ[A-Za-z0-9_-]{10,}" r"\.eyJ[A-Za-z0-9_-]{10,}\.",
        ]
    )
)  # fmt: skip
PLACES = re.compile(r"(?<![\w.$}*])/(ro" r"ot|wo" r"rk|ho" r"me/\w+|Us" r"ers/\w+)/(?=[\w.])")
LOCKS = [path for path in tree.tracked() if path.name.endswith(".lock") or path.name.endswith("-lock.json")]


def found(pattern: re.Pattern[str], text: str) -> list[int]:
    """Lines on which the pattern is met."""
    return [number for number, line in enumerate(text.splitlines(), 1) if pattern.search(line)]


@pytest.mark.parametrize("pattern", [HOSTS, SECRETS, PLACES], ids=["hosts", "secrets", "machine paths"])
def test_nothing_of_the_kind_is_in_the_tree(pattern: re.Pattern[str]) -> None:
    offenders = [
        f"{tree.name(path)}:{line}"
        for path, text in tree.texts()
        if path != Path(__file__)
        for line in found(pattern, text)
    ]
    assert offenders == []


def test_locks_hold_no_address() -> None:
    assert LOCKS, "the locks are gone"
    offenders = [
        f"{tree.name(path)}:{number}"
        for path in LOCKS
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if "://" in line and '"url"' not in line
    ]
    assert offenders == []


def test_every_locked_package_is_hashed() -> None:
    for path in LOCKS:
        if path.suffix == ".lock":
            pins = re.findall(r"^[a-z0-9][^\n]*==[^\n]*\\\n    --hash=", path.read_text(encoding="utf-8"), re.MULTILINE)
            assert len(pins) == len(re.findall(r"^[a-z0-9]", path.read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize(
    ("pattern", "bad", "good"),
    [
        (HOSTS, "https://py" + "pi.org/simple", "the public index"),
        (HOSTS, "--index-" + "url https://x.example/", "an index"),
        (HOSTS, "https://registry.np" + "mjs.org/next", "registry"),
        (SECRETS, "-----BEGIN RSA PRIVATE " + "KEY-----", "BEGIN"),
        (SECRETS, "postgresql://u:averylongsecret" + "@db.example/x", "postgresql://u:{password}@db.example/x"),
        (SECRETS, "token = 'gh" + "p_" + "a" * 36 + "'", "token = settings.token"),
        (PLACES, "data = '/wo" + "rk/main/.data'", "see https://x.example/wo" + "rk/main"),
        (PLACES, "cd /ro" + "ot/x", "~/x"),
    ],
)
def test_the_rules_catch(pattern: re.Pattern[str], bad: str, good: str) -> None:
    assert found(pattern, bad)
    assert not found(pattern, good)
