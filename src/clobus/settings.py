"""All settings, from the environment alone (or files named in it); the only reader of the environment for the platform.

`CLOBUS_ONEC__PASSWORD` is a variable; `CLOBUS_SECRETS_DIR` names a directory with one file a setting instead.
"""

from __future__ import annotations

import os
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class MissingSettings(Exception):
    """Settings are absent or wrong; the text lists each by its variable's name."""


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Onec(_Group):
    """The consultation base of 1C: address up to `/odata/standard.odata`."""

    base_url: HttpUrl
    user: str
    password: SecretStr
    ca_file: Path | None = None
    zone: str = "Asia/Tashkent"
    page_size: int = Field(default=1000, ge=10, le=10_000)
    pages_in_flight: int = Field(default=2, ge=1, le=4)
    overlap_seconds: int = Field(default=600, ge=0, le=86_400)


class Chatwoot(_Group):
    """The account of the desk in Chatwoot."""

    base_url: HttpUrl
    token: SecretStr
    platform_token: SecretStr | None = None
    account_id: int = Field(ge=1)
    inbox_id: int = Field(ge=1)
    inbox_identifier: str | None = None
    ca_file: Path | None = None
    concurrency: int = Field(default=4, ge=1, le=32)


class Telegram(_Group):
    """The bot that tells alerts; without it alerts are only logged."""

    base_url: HttpUrl = HttpUrl("https://api.telegram.org")
    bot_token: SecretStr
    alert_chat_id: int | str
    ca_file: Path | None = None


class Alerts(_Group):
    """When people are told: more than `errors` in `minutes`, a process stale, a partner away, drift that stays."""

    errors: int = Field(default=10, ge=1)
    minutes: int = Field(default=5, ge=1)
    away_seconds: int = Field(default=60, ge=1)
    drift_minutes: int = Field(default=30, ge=1)
    language: str = Field(default="ru", pattern="^(uz|ru|en)$")


class Limits(_Group):
    """Rules of the desk and of its doors."""

    accounting_per_day: int = Field(default=3, ge=1)
    future_days: int = Field(default=30, ge=1)
    cancel_minutes: int = Field(default=30, ge=0)
    requests_per_minute: int = Field(default=6000, ge=1)
    creates_per_minute: int = Field(default=600, ge=1)
    webhooks_per_minute: int = Field(default=30_000, ge=1)
    body_bytes: int = Field(default=1_000_000, ge=1000)
    live_pages: int = Field(default=20, ge=1, description="Open live pages of one caller in one process.")
    live_topics: int = Field(default=200, ge=1, description="Topics that one page may watch.")


class Settings(BaseSettings):
    """What a process of the platform needs to know at start."""

    model_config = SettingsConfigDict(env_prefix="CLOBUS_", env_nested_delimiter="__", extra="ignore", frozen=True)

    database_url: SecretStr
    secret_key: SecretStr
    public_url: HttpUrl = HttpUrl("http://127.0.0.1:8000")
    # Where Chatwoot reaches us, when that is not the public address.
    webhook_url: HttpUrl | None = None
    # Where the page of the twins is; there is none beside real partners.
    sandbox_url: HttpUrl | None = None
    zone: str = "Asia/Tashkent"
    clients_folder: str = "7ccd31ca-887b-11eb-938b-00e04cd03b68"
    create_wait_seconds: float = Field(default=3.0, ge=0, le=20)
    lease_seconds: float = Field(default=30.0, ge=5, le=600, description="How long a dead worker's claims stand.")
    speed: float = Field(default=1.0, gt=0, le=100, description="Divides all intervals of the schedule.")
    log_level: str = "INFO"
    onec: Onec
    chatwoot: Chatwoot
    telegram: Telegram | None = None
    alerts: Alerts = Alerts()
    limits: Limits = Limits()

    @property
    def tz(self) -> ZoneInfo:
        """The zone in which the business lives."""
        return ZoneInfo(self.zone)


def load(environment: dict[str, str] | None = None) -> Settings:
    """Read and check all settings; MissingSettings lists everything that is absent or wrong at once."""
    if environment:
        os.environ.update(environment)
    secrets = os.environ.get("CLOBUS_SECRETS_DIR")
    try:
        return Settings(_secrets_dir=secrets) if secrets else Settings()
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            name = "CLOBUS_" + "__".join(str(part) for part in problem["loc"]).upper()
            if problem["type"] == "missing":
                lines += [f"  {each}: is missing" for each in _members(name, str(problem["loc"][-1]))]
            else:
                lines.append(f"  {name}: {problem['msg']}")
        raise MissingSettings("settings are missing or wrong:\n" + "\n".join(sorted(set(lines)))) from None


def _members(name: str, field: str) -> list[str]:
    """The variables behind a missing setting: of a group those without a default."""
    groups: dict[str, type[_Group]] = {"onec": Onec, "chatwoot": Chatwoot}
    group = groups.get(field)
    if group is None:
        return [name]
    return [f"{name}__{key.upper()}" for key, info in group.model_fields.items() if info.is_required()]


def are_given() -> bool:
    """Whether the environment holds any setting of ours at all."""
    return any(name.startswith("CLOBUS_") for name in os.environ)
