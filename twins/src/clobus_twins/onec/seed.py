"""Pours the world into the 1C twin and makes the technical user's credentials."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from clobus_twins.onec.store import Store
from clobus_twins.world import credentials
from clobus_twins.world.build import Size, build

USER = "odata.clobus"
BASE_PATH = "/odata/standard.odata"


def seed(store: Store, size: Size, now: datetime | None = None, data_dir: Path | None = None) -> dict[str, Any]:
    """Fill an empty store with the world of `size` and return `{"user", "password", "base_path"}`.

    `now` is local wall clock (naive; the real one by default): both twins must be given the same day. The credentials
    are kept in `data_dir/credentials.json`, where an earlier start may have left them; ValueError when a set is
    not empty.
    """
    world = build(size, now=now or (datetime.now(UTC) + timedelta(hours=5)).replace(tzinfo=None))
    with store.transaction():
        for name, rows in world.onec.items():
            store.import_rows(name, rows)
    return credentials.keep(data_dir, {"user": USER, "password": credentials.token(), "base_path": BASE_PATH})
