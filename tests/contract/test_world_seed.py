"""Pouring the world into the twins: everything arrives, quickly enough, and secrets stay in the data directory."""

import json
import stat
import time
from pathlib import Path

import pytest

from clobus_twins.chatwoot import seed as chatwoot_seed
from clobus_twins.chatwoot.store import Store as ChatwootStore
from clobus_twins.onec import seed as onec_seed
from clobus_twins.onec.store import Store as OnecStore
from clobus_twins.world.build import NOW, Size, build


@pytest.mark.parametrize(("size", "allowed"), [("small", 4), ("full", 25)])
def test_both_twins_take_the_world_in_time(tmp_path: Path, size: Size, allowed: float) -> None:
    world = build(size)
    started = time.process_time()
    onec = OnecStore(tmp_path / "onec.db")
    onec_seed.seed(onec, size, NOW, tmp_path / "onec")
    chatwoot = ChatwootStore(tmp_path / "chatwoot")
    chatwoot_seed.seed(chatwoot, size, NOW, tmp_path / "chatwoot")
    assert time.process_time() - started < allowed
    assert {name: onec.count(name) for name in world.onec} == {name: len(rows) for name, rows in world.onec.items()}
    assert len(chatwoot.conversations.rows) == len(world.desk.conversations)
    assert len(chatwoot.contacts.rows) == len(world.desk.contacts)
    assert len(chatwoot.messages.rows) == sum(len(row["messages"]) for row in world.desk.conversations)
    assert chatwoot.users.rows[1].name == "Admin"


def test_credentials_are_random_private_and_kept(tmp_path: Path) -> None:
    first = onec_seed.seed(OnecStore(tmp_path / "a.db"), "small", NOW, tmp_path / "onec")
    again = onec_seed.seed(OnecStore(tmp_path / "b.db"), "small", NOW, tmp_path / "onec")
    other = onec_seed.seed(OnecStore(tmp_path / "c.db"), "small", NOW, tmp_path / "other")
    assert first == again
    assert first["password"] != other["password"]
    path = tmp_path / "onec" / "credentials.json"
    assert json.loads(path.read_text(encoding="utf-8")) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
