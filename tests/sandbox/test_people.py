"""The people of the sandbox: one of each role, made once, with passwords that stand in DATA alone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psycopg

from clobus.modules.accounts.passwords import Passwords
from clobus.sandbox import people


def test_each_role_has_a_person_and_a_second_start_changes_nobody(database_url: str, tmp_path: Path) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "insert into cons.clients (client_id, code_abonent, org_inn, company_name)"
            " values (gen_random_uuid(), '1001', '301234567', 'Romashka')"
        )
    first = asyncio.run(people.seed(database_url, tmp_path))
    assert asyncio.run(people.seed(database_url, tmp_path)) == first
    assert list(first) == ["owner", "user", "viewer", "manager", "head", "administrator", "auditor"]
    assert (tmp_path / "logins.json").stat().st_mode & 0o077 == 0
    with psycopg.connect(database_url) as connection:
        kept = dict(connection.execute("select email, password_hash from cab.people").fetchall())
        members = connection.execute(
            "select p.email, m.role, o.client_id is not null from cab.memberships m join cab.people p using (person_id)"
            " join cab.organisations o using (organisation_id) order by m.role"
        ).fetchall()
    cheap = Passwords(memory_kib=8, rounds=1)
    assert asyncio.run(cheap.matches(kept["owner@clobus.example"], first["owner"]["password"]))
    assert not asyncio.run(cheap.matches(kept["owner@clobus.example"], first["user"]["password"]))
    assert [(email.partition("@")[0], role, matched) for email, role, matched in members] == [
        ("owner", "admin", True), ("user", "user", True), ("viewer", "viewer", True)
    ]  # fmt: skip
