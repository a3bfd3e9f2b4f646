"""Makes the token of the sandbox's bot; the Telegram twin itself starts empty."""

import secrets
from datetime import datetime
from pathlib import Path
from typing import Any

from clobus_twins.telegram.store import Store
from clobus_twins.world import credentials


def seed(store: Store, size: str, now: datetime | None = None, data_dir: Path | None = None) -> dict[str, Any]:
    """Return `{"bot_token"}`, kept in `data_dir/credentials.json`; the other arguments are those of every seed."""
    del store, size, now
    token = f"{secrets.randbelow(9 * 10**8) + 10**8}:{credentials.token(35)}"
    return credentials.keep(data_dir, {"bot_token": token})
