"""The databases that tests get."""

from __future__ import annotations

import psycopg
import pytest

from clobus.core import migrations, schema


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_has_a_migrated_database_of_its_own(database_url: str, dsn: str, turn: int) -> None:
    assert dsn == database_url
    assert migrations.current(database_url) == schema.head()
    with psycopg.connect(database_url) as connection:
        connection.execute("create table mine (x int)")


def test_migrating_again_changes_nothing(database_url: str) -> None:
    migrations.upgrade(database_url)
    assert migrations.current(database_url) == schema.head()
