"""How commands find an instance, and what its parts are told."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from clobus import settings
from clobus.gateways.onec.entities import DaySummary
from clobus.sandbox import instance as instances
from clobus.sandbox.instance import Instance
from clobus.sandbox.process import PartError


@pytest.fixture
def kept(tmp_path: Path) -> Instance:
    """An instance with the credentials that the seeds would leave."""
    this = Instance(tmp_path, "small", api="http://127.0.0.1:8000", database_url="postgresql://127.0.0.1:1/clobus")
    this.twins = {"onec": "http://127.0.0.1:1", "chatwoot": "http://127.0.0.1:2", "telegram": "http://127.0.0.1:3",
                  "mail": "http://127.0.0.1:4", "oidc": "http://127.0.0.1:5"}  # fmt: skip
    written = {
        "onec": {"user": "odata", "password": "p"},
        "chatwoot": {"account_id": 1, "token": "t", "platform_token": "pt", "inbox_id": 2, "inbox_identifier": "x"},
        "telegram": {"bot_token": "1:b"},
        "mail": {"host": "127.0.0.1", "port": 5},
        "oidc": {"client_id": "clobus", "client_secret": "s", "name": "1C"},
    }
    for twin, words in written.items():
        this.credentials_path(twin).parent.mkdir(parents=True)
        this.credentials_path(twin).write_text(json.dumps(words))
    instances.write(this)
    return this


def test_it_is_read_as_it_was_written_and_is_private(kept: Instance, tmp_path: Path) -> None:
    assert instances.load(tmp_path) == kept
    assert stat.S_IMODE((tmp_path / "instance.json").stat().st_mode) == 0o600


def test_settings_of_the_parts(kept: Instance) -> None:
    settings = kept.environment()
    key = settings.pop("CLOBUS_SECRET_KEY")
    assert key == kept.environment()["CLOBUS_SECRET_KEY"]
    assert len(key) >= 32
    assert settings == {
        "CLOBUS_ACCOUNTS__STAFF_SECOND_FACTOR": "false",
        "CLOBUS_DATABASE_URL": "postgresql://127.0.0.1:1/clobus",
        "CLOBUS_PUBLIC_URL": "http://127.0.0.1:8000",
        "CLOBUS_REPORTS__ONEC_REGISTER": DaySummary.entity_set,
        "CLOBUS_REPORTS__DIGEST_CHAT_ID": instances.ALERT_CHAT_ID,
        "CLOBUS_ONEC__BASE_URL": "http://127.0.0.1:1",
        "CLOBUS_ONEC__USER": "odata",
        "CLOBUS_ONEC__PASSWORD": "p",
        "CLOBUS_CHATWOOT__BASE_URL": "http://127.0.0.1:2",
        "CLOBUS_CHATWOOT__PUBLIC_URL": "http://localhost:2",  # another site to browsers
        "CLOBUS_CHATWOOT__TOKEN": "t",
        "CLOBUS_CHATWOOT__PLATFORM_TOKEN": "pt",
        "CLOBUS_CHATWOOT__ACCOUNT_ID": "1",
        "CLOBUS_CHATWOOT__INBOX_ID": "2",
        "CLOBUS_CHATWOOT__INBOX_IDENTIFIER": "x",
        "CLOBUS_TELEGRAM__BASE_URL": "http://127.0.0.1:3",
        "CLOBUS_TELEGRAM__BOT_TOKEN": "1:b",
        "CLOBUS_TELEGRAM__ALERT_CHAT_ID": instances.ALERT_CHAT_ID,
        "CLOBUS_MAIL__HOST": "127.0.0.1",
        "CLOBUS_MAIL__PORT": "5",
        "CLOBUS_MAIL__FROM": instances.MAIL_FROM,
        "CLOBUS_MAIL__TLS": "none",
        "CLOBUS_OIDC__ISSUER": "http://127.0.0.1:5",
        "CLOBUS_OIDC__CLIENT_ID": "clobus",
        "CLOBUS_OIDC__CLIENT_SECRET": "s",
        "CLOBUS_OIDC__NAME": "1C",
    }


def test_the_platform_takes_these_settings(kept: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", kept.environment())
    taken = settings.load()
    assert taken.chatwoot.account_id == 1
    assert taken.mail is not None
    assert (taken.mail.port, taken.mail.sender, taken.mail.tls) == (5, instances.MAIL_FROM, "none")
    assert taken.telegram is not None
    assert str(taken.telegram.alert_chat_id) == instances.ALERT_CHAT_ID
    assert taken.public_url.port == 8000


def test_it_is_found_by_data_or_in_the_working_directory(
    kept: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATA", raising=False)
    monkeypatch.chdir(tmp_path.parent)
    monkeypatch.setattr(instances, "DEFAULT_DATA", tmp_path.name)
    assert instances.load() == kept
    monkeypatch.setenv("DATA", str(tmp_path / "nowhere"))
    with pytest.raises(PartError, match="no instance in .*nowhere.*make run"):
        instances.load()
    monkeypatch.setenv("DATA", tmp_path.name)
    assert instances.load() == kept


def test_it_is_adopted_where_the_environment_says_nothing(
    kept: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", {"CLOBUS_DATABASE_URL": "postgresql://other/db"})
    assert instances.adopt(tmp_path) == kept
    assert os.environ["CLOBUS_DATABASE_URL"] == "postgresql://other/db"
    assert os.environ["CLOBUS_ONEC__USER"] == "odata"
    assert instances.adopt(tmp_path / "nowhere") is None


def test_only_one_process_holds_it(kept: Instance, tmp_path: Path) -> None:
    assert not instances.is_running(tmp_path)
    held = instances.claim(tmp_path)
    assert instances.is_running(tmp_path)
    with pytest.raises(PartError, match=r"is in use.*at http://127\.0\.0\.1:8000"):
        instances.claim(tmp_path)
    os.close(held)
    assert not instances.is_running(tmp_path)
