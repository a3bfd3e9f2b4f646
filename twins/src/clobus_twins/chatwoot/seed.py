"""Pours the world into the Chatwoot twin and makes the tokens by which the platform reaches it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from clobus_twins.chatwoot.store import Store
from clobus_twins.world import credentials, desk
from clobus_twins.world.build import Size, build

ACCOUNT = "Clobus"
ADMIN_EMAIL = "admin@example.uz"
INTEGRATION_NAME = "Clobus Platform"
INTEGRATION_EMAIL = "platform@example.uz"


def new_credentials() -> dict[str, Any]:
    """Return fresh random credentials of the account; `token` is that of the platform's own administrator."""
    return {
        "account_id": desk.ACCOUNT_ID,
        "admin_email": ADMIN_EMAIL,
        "admin_password": credentials.password(),
        "admin_token": credentials.token(),
        "token": credentials.token(),
        "platform_token": credentials.token(),
        "inbox_id": desk.INBOX_ID,
        "inbox_identifier": credentials.token(),
        "inbox_hmac_token": credentials.token(),
    }


def seed(store: Store, size: Size, now: datetime | None = None, data_dir: Path | None = None) -> dict[str, Any]:
    """Fill an empty store with the world of `size` and return the credentials (names: `new_credentials`).

    `now` is local wall clock (naive; the real one by default): both twins must be given the same day. The credentials
    are kept in `data_dir/credentials.json`, where an earlier start may have left them. The account's webhook is not
    made here: the platform makes it. ValueError when the account exists.
    """
    world = build(size, now=now or (datetime.now(UTC) + timedelta(hours=5)).replace(tzinfo=None))
    made = credentials.keep(data_dir, new_credentials())
    account = int(made["account_id"])
    store.import_account(
        account_id=account,
        name=ACCOUNT,
        token=made["admin_token"],
        platform_token=made["platform_token"],
        admin_id=desk.ADMIN_ID,
        admin_email=made["admin_email"],
        admin_password=made["admin_password"],
    )
    integration = {
        "id": desk.INTEGRATION_ID,
        "name": INTEGRATION_NAME,
        "email": INTEGRATION_EMAIL,
        "role": "administrator",
        "token": made["token"],
    }
    store.import_agents(account, [integration, *world.agents])
    store.import_teams(account, world.teams)
    secret = {"identifier": made["inbox_identifier"], "hmac_token": made["inbox_hmac_token"]}
    store.import_inboxes(account, [world.inbox | secret])
    store.import_labels(account, world.labels)
    store.import_attribute_definitions(account, world.definitions)
    store.import_contacts(account, world.desk.contacts)
    store.import_conversations(account, world.desk.conversations)
    return made
