"""What code may not do, and where it may."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture import tree

CYRILLIC = re.compile("[\u0400-\u04ff]")
# Catalogues, foreign identifiers, and the names of kinds that old data and both partners hold.
CYRILLIC_DATA = (
    "locales", "gateways/onec", "sync/onec", "sync/chatwoot", "modules/consultations/types.py",
    "modules/consultations/schemas.py", "modules/staff/types.py",
)  # fmt: skip
MODULES = "clobus.modules."
DOORS = {"service", "events", "types", "schemas"}
# Services that were split by noun when they grew (architecture, C4): each part is a door of its module.
NOUNS = {
    "accounts": {
        "audit",
        "behind",
        "callers",
        "devices",
        "init_data",
        "links",
        "members",
        "merges",
        "organisation_keys",
        "oidc",
        "organisations",
        "passkeys",
        "standing",
        "passwords",
        "people",
        "proofs",
        "rights",
        "second_factors",
        "sessions",
        "telegram_login",
        "tries",
    },  # fmt: skip
    "clients": {"desk", "matching", "names", "telegram"},
    "consultations": {
        "attachments",
        "calendar",
        "changes",
        "closings",
        "desk",
        "forms",
        "home",
        "hours",
        "moments",
        "moves",
        "opening",
        "policy",
        "queue",
        "rating_records",
        "rating_requests",
        "rating_summary",
        "ratings",
        "reading",
        "reassignment",
        "registers",
        "roster",
        "selection",
        "slots",
        "timeline",
        "watching",
        "workload",
    },
    "knowledge": {"articles", "desk", "rating_questions"},
    "notifications": {"deliver", "letters", "preferences", "preview", "quiet", "reading", "reminders"},
    "reports": {"drill", "figures", "files", "policies", "schedules", "sending", "tables", "words"},
    "ops": {"alerts", "dead_letters", "health", "partners", "runs"},
}


def dotted(node: ast.AST) -> str:
    """`a.b.c` of an attribute or a name; empty for anything else."""
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return node.id if isinstance(node, ast.Name) else ""


def attributes(module: ast.Module) -> Iterator[tuple[str, int]]:
    """Every attribute that is read, with its line."""
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute):
            yield dotted(node) or f"?.{node.attr}", node.lineno


def imports(module: ast.Module, path: Path | None = None) -> Iterator[tuple[str, int]]:
    """Every imported name in full, with its line."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            start = node.module or ""
            if node.level and path is not None:
                parents = path.relative_to(tree.ROOT / "src").parts[: -node.level]
                start = ".".join([*parents, start] if start else parents)
            for alias in node.names:
                yield f"{start}.{alias.name}", node.lineno


def environment(module: ast.Module) -> list[int]:
    """Lines that read or write the environment of the process."""
    used = [
        line for full, line in attributes(module) if full in {"os.environ", "os.getenv", "os.putenv", "os.environb"}
    ]
    return used + [line for full, line in imports(module) if full in {"os.environ", "os.getenv"}]


def commits(module: ast.Module) -> list[int]:
    """Lines that end a transaction by hand."""
    return [line for full, line in attributes(module) if full.rpartition(".")[2] in {"commit", "rollback"}]


def clocks(module: ast.Module) -> list[int]:
    """Lines that take time or chance from elsewhere than core.clock and core.ids."""
    banned = {
        "datetime.now", "datetime.utcnow", "datetime.datetime.now", "datetime.datetime.utcnow", "date.today",
        "time.time", "time.time_ns", "uuid.uuid4", "uuid.uuid1",
    }  # fmt: skip
    used = [line for full, line in attributes(module) if full in banned]
    return used + [line for full, line in imports(module) if full in {"uuid.uuid4", "uuid.uuid1", "time.time"}]


def cyrillic(module: ast.Module) -> list[int]:
    """Lines with a text in Cyrillic letters, documentation left out."""
    documented = {
        id(node.body[0].value)
        for node in ast.walk(module)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.lineno
        for node in ast.walk(module)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in documented
        and CYRILLIC.search(node.value)
    ]


def through_the_wall(module: ast.Module, own: str, path: Path | None = None) -> list[str]:
    """Imports of another module's inside: only service, events and types are its doors."""
    found = []
    for full, line in imports(module, path):
        if not full.startswith(MODULES):
            continue
        other, _, inside = full.removeprefix(MODULES).partition(".")
        if other != own and inside.partition(".")[0] not in DOORS | NOUNS.get(other, set()):
            found.append(f"{line}: {full}")
    return found


def broad(source: str) -> list[int]:
    """Lines that catch everything, or silence a checker, with no reason beside it."""
    found = []
    lines = source.splitlines()
    for number, line in enumerate(lines, 1):
        if number > 1 and lines[number - 2].lstrip().startswith("# "):
            continue  # the line above says why
        code, _, remark = line.partition("#")
        if re.search(r"except (Exception|BaseException)\b.*:|except\s*:", code) and len(remark.strip()) < 8:
            found.append(number)
        if re.search(r"#\s*type:\s*ignore(\[[^\]]*\])?\s*$", line) or re.search(r"#\s*noqa(:[\w, ]*)?\s*$", line):
            found.append(number)
    return found


def unfinished(source: str) -> list[int]:
    """Lines with words of unfinished work."""
    words = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX"]) + r")\b")
    return [number for number, line in enumerate(source.splitlines(), 1) if words.search(line)]


def _within(path: Path, *places: str) -> bool:
    inside = path.relative_to(tree.SOURCE).as_posix()
    return any(inside == place or inside.startswith(f"{place}/") for place in places)


SOURCES = tree.python_files("src")


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [
        (environment, ("settings.py", "sandbox", "cli.py")),
        (commits, ("core/db.py",)),
        (clocks, ("core/clock.py", "core/ids.py")),
        (cyrillic, CYRILLIC_DATA),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_rule(rule, allowed: tuple[str, ...]) -> None:
    found = [
        f"{tree.name(path)}:{line}"
        for path in SOURCES
        if not _within(path, *allowed)
        for line in rule(tree.parsed(path))
    ]
    assert found == []


def test_doors() -> None:
    found = []
    for path in SOURCES:
        inside = path.relative_to(tree.SOURCE).parts
        own = inside[1] if inside[0] == "modules" and len(inside) > 2 else ""
        if inside[0] in {"modules", "sync", "api", "event_handlers.py", "schedule.py"}:
            allowed = inside[0] != "modules" and "routes"
            found += [
                f"{tree.name(path)}:{line}"
                for line in through_the_wall(tree.parsed(path), own, path)
                if not (allowed and line.endswith(allowed))
            ]
    assert found == []


@pytest.mark.parametrize("rule", [broad, unfinished])
def test_remarks(rule) -> None:
    found = [
        f"{tree.name(path)}:{line}"
        for path in tree.python_files()
        if path != Path(__file__) and "recordings" not in path.parts  # kept as they came
        for line in rule(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("rule", "bad", "good"),
    [
        (environment, "import os\nos.environ['X']", "import os\nos.getpid()"),
        (environment, "from os import getenv", "from os import path"),
        (commits, "connection.commit()", "connection.execute('commit')"),
        (commits, "self.session().commit()", "commit_hash = 1"),
        (clocks, "datetime.now(UTC)", "clock.now()"),
        (clocks, "from uuid import uuid4", "from uuid import UUID"),
        (cyrillic, "x = 'Закрыт'", "def f():\n    'Закрыт'"),
        (cyrillic, "x = f'{y} ёлка'", "x = 'closed'  # закрыт"),
        (broad, "except Exception:", "except Exception:  # a callback of strangers"),
        (broad, "x = 1  # noqa: S101", "x = 1  # noqa: S101 - this is why"),
        (broad, "x = y  # type: ignore[misc]", "x = y  # type: ignore[misc]  # stubs are wrong"),
        (broad, "x = 1\nx = 1  # noqa: S101", "# This is why.\nx = 1  # noqa: S101"),
        (unfinished, "# TO" + "DO: later", "# later"),
    ],
)
def test_the_rules_catch(rule, bad: str, good: str) -> None:
    if rule not in {broad, unfinished}:
        assert rule(ast.parse(bad))
        assert not rule(ast.parse(good))
    else:
        assert rule(bad)
        assert not rule(good)


def test_the_wall_holds() -> None:
    inside = ast.parse("from clobus.modules.staff.queries import find\nfrom clobus.modules.staff import queries")
    assert len(through_the_wall(inside, "consultations")) == 2
    assert through_the_wall(inside, "staff") == []
    doors = ast.parse("from clobus.modules.staff import service\nfrom clobus.modules.staff.types import Manager")
    assert through_the_wall(doors, "consultations") == []
