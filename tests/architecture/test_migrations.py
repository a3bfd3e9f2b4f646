"""Migrations stand alone: one line of them, and none that imports the application, whose code goes on changing."""

from __future__ import annotations

import re

import psycopg
from alembic.script import ScriptDirectory

from clobus.core import schema
from tests.architecture import tree
from tests.architecture.test_code import imports

NAME = re.compile(r"\d{4}_(pre|post)_[a-z0-9_]+\.py")


def test_one_head() -> None:
    script = ScriptDirectory(str(schema.directory()))
    assert script.get_heads() == [schema.head()]


def test_names_say_when_they_run() -> None:
    files = tree.python_files("migrations/versions")
    assert [tree.name(path) for path in files if not NAME.fullmatch(path.name)] == []
    assert not NAME.fullmatch("0001_desk.py")


def test_no_import_of_the_application() -> None:
    found = [
        f"{tree.name(path)}:{line}"
        for path in tree.python_files("migrations")
        for full, line in imports(tree.parsed(path))
        if full.split(".")[0] in {"clobus", "clobus_twins"}
    ]
    assert found == []


def test_every_table_has_a_primary_key(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        bare = connection.execute(
            "select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where c.relkind = 'r' and n.nspname in ('cons', 'dict', 'sys', 'log', 'cab', 'ai')"
            " and not exists (select 1 from pg_constraint p where p.conrelid = c.oid and p.contype = 'p')"
        ).fetchall()
    assert bare == []
