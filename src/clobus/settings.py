"""All settings, from the environment alone (or files named in it); the only reader of the environment for the platform.

`CLOBUS_ONEC__PASSWORD` is a variable; `CLOBUS_SECRETS_DIR` names a directory with one file a setting instead.
"""

from __future__ import annotations

import os
from datetime import date, time
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from clobus.modules.consultations.calendar import Calendar


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
    """The account of the desk in Chatwoot; `public_url`: where people open it, when that is not `base_url`."""

    base_url: HttpUrl
    public_url: HttpUrl | None = None
    token: SecretStr
    platform_token: SecretStr | None = None
    account_id: int = Field(ge=1)
    inbox_id: int = Field(ge=1)
    inbox_identifier: str | None = None
    ca_file: Path | None = None
    concurrency: int = Field(default=4, ge=1, le=32)
    dashboard_app: str = Field(
        default="ru", pattern="^(uz|ru|en|off)$", description="The language of our panel beside conversations."
    )


class Telegram(_Group):
    """The bot: speaks with clients (`clobus bot`) and tells alerts; without it alerts are only logged."""

    base_url: HttpUrl = HttpUrl("https://api.telegram.org")
    bot_token: SecretStr
    alert_chat_id: int | str
    ca_file: Path | None = None
    init_data_seconds: int = Field(default=3600, ge=60, le=86_400, description="How old a Mini App's initData may be.")
    mode: str = Field(default="polling", pattern="^(polling|webhook|off)$", description="How updates come to the bot.")
    webapp_url: HttpUrl | None = None  # the site as a Mini App; Telegram opens https alone
    messages_per_minute: int = Field(default=60, ge=5, description="How much one person may say.")


class Mail(_Group):
    """The server that takes letters to clients; without it nobody is told by e-mail.

    `site` is the page at which a client reads his requests, `{request}` in it our id of the one.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    host: str = Field(min_length=1)
    port: int = Field(default=587, ge=1, le=65_535)
    user: str | None = None
    password: SecretStr | None = None
    sender: str = Field(alias="from", pattern=r"^[^\r\n]*@[^\r\n]+$")
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    ca_file: Path | None = None
    site: str | None = Field(default=None, pattern=r"^https?://\S+$")


class Messages(_Group):
    """Local time in which people are told only what can't wait, unless they chose their own."""

    quiet_from: time = time(21)
    quiet_to: time = time(8)


class Alerts(_Group):
    """When people are told: more than `errors` in `minutes`, a process stale, a partner away, drift that stays, more
    than `refusals` refused log-ins in `refusal_minutes`.
    """

    errors: int = Field(default=10, ge=1)
    minutes: int = Field(default=5, ge=1)
    away_seconds: int = Field(default=60, ge=1)
    drift_minutes: int = Field(default=30, ge=1)
    refusals: int = Field(default=100, ge=1)
    refusal_minutes: int = Field(default=15, ge=1)
    language: str = Field(default="ru", pattern="^(uz|ru|en)$")


class Limits(_Group):
    """Rules of the desk and of its doors."""

    accounting_per_day: int = Field(default=3, ge=1)
    future_days: int = Field(default=30, ge=1)
    cancel_minutes: int = Field(default=30, ge=0)
    requests_per_minute: int = Field(default=6000, ge=1)
    creates_per_minute: int = Field(default=600, ge=1)
    webhooks_per_minute: int = Field(default=30_000, ge=1)
    guesses_per_minute: int = Field(default=30, ge=1, description="Wrong credentials of one address.")
    signs_per_minute: int = Field(default=20, ge=1, description="Tries to sign in of one address.")
    misses_per_minute: int = Field(default=60, ge=1, description="Clients that one caller did not find.")
    body_bytes: int = Field(default=1_000_000, ge=1000)
    live_pages: int = Field(default=20, ge=1, description="Open live pages of one caller in one process.")
    live_topics: int = Field(default=200, ge=1, description="Topics that one page may watch.")


class Hours(_Group):
    """When the desk works: `CLOBUS_CALENDAR__HOLIDAYS='["01-01", "2026-05-27"]'` names days of each year or of one."""

    weekend: list[int] = Field(default=[6, 7], description="Days of the week without work: 1 is Monday.")
    holidays: list[str] = ["01-01", "03-08", "03-21", "05-09", "09-01", "10-01", "12-08"]
    working_days: list[date] = Field(default=[], description="Days on which people work all the same.")
    opens: time = time(9)
    closes: time = time(18)

    @field_validator("weekend")
    @classmethod
    def _weekdays(cls, given: list[int]) -> list[int]:
        if not set(given) <= set(range(1, 8)) or len(set(given)) == 7:
            raise ValueError("days of the week are 1 to 7, and not all of them are free")
        return given

    @field_validator("holidays")
    @classmethod
    def _days(cls, given: list[str]) -> list[str]:
        for day in given:
            _holiday(day)
        return given

    def of(self, zone: ZoneInfo) -> Calendar:
        """The calendar of these settings in a zone."""
        return Calendar(zone, frozenset(self.weekend), frozenset(_holiday(day) for day in self.holidays),
                        frozenset(self.working_days), self.opens, self.closes)  # fmt: skip


class Handing(_Group):
    """What becomes of requests whose manager takes no more that day: `propose` leaves it to a person."""

    reassign: Literal["propose", "auto"] = "propose"


def _holiday(text: str) -> date | tuple[int, int]:
    """`YYYY-MM-DD`, or `MM-DD` for every year; ValueError for anything else."""
    if len(text) == 5:
        day = date.fromisoformat(f"2024-{text}")
        return day.month, day.day
    return date.fromisoformat(text)


class Sessions(_Group):
    """How long people stay signed in: without a sign of life, at most, and with one token. Seconds."""

    idle_seconds: float = Field(default=14 * 86_400, ge=60)
    absolute_seconds: float = Field(default=90 * 86_400, ge=60)
    staff_idle_seconds: float = Field(default=2 * 3600, ge=60)
    staff_absolute_seconds: float = Field(default=12 * 3600, ge=60)
    rotate_seconds: float = Field(default=3600, ge=1)
    link_seconds: float = Field(default=900, ge=60, le=7 * 86_400)


class Accounts(_Group):
    """How people prove who they are; `rp_id` is the host of passkeys, when it is not that of the public address."""

    argon2_memory_kib: int = Field(default=19_456, ge=8)
    argon2_rounds: int = Field(default=2, ge=1, le=10)
    registration: bool = True
    staff_second_factor: bool = Field(default=True, description="Staff have their rights with a second factor only.")
    rp_id: str | None = Field(default=None, pattern=r"^[a-z0-9.-]+$")


class Oidc(_Group):
    """An OpenID Connect provider by which people may sign in, such as the one of 1C accounts."""

    issuer: HttpUrl
    client_id: str = Field(min_length=1)
    client_secret: SecretStr
    name: str = Field(default="1C", max_length=40)
    scopes: str = "openid email profile"
    ca_file: Path | None = None


class Ratings(_Group):
    """How clients are asked what they think: how long a link holds, and whether Chatwoot asks about support itself."""

    link_days: int = Field(default=14, ge=1, le=90)
    csat: bool = True


class Reports(_Group):
    """What the management is told by itself: a digest of the day into a chat, and a summary into a register of 1C.

    Without `digest_chat_id` there is no digest, without `onec_register` nothing is written to 1C.
    """

    digest_chat_id: int | str | None = None
    digest_language: str = Field(default="ru", pattern="^(uz|ru|en)$")
    digest_at: time = Field(default=time(19), description="Local time of the digest, which tells of that day.")
    onec_register: str | None = Field(default=None, pattern=r"^InformationRegister_\w+$")
    onec_days: int = Field(default=7, ge=1, le=62, description="How many days back the summary in 1C is kept true.")


class Attachments(_Group):
    """Files that are put to a request: how many, how large, of which kinds (as their content tells, not their name)."""

    file_bytes: int = Field(default=20_000_000, ge=1000, le=40_000_000)  # Chatwoot's own bound is 40 MB
    request_bytes: int = Field(default=60_000_000, ge=1000)
    per_request: int = Field(default=10, ge=1, le=15)
    per_consultation: int = Field(default=50, ge=1)
    types: frozenset[str] = frozenset(
        {
            "image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain", "text/csv",
            "application/zip", "application/x-rar", "application/x-7z", "application/ole", "application/office",
            "audio/ogg", "audio/mpeg", "video/mp4", "video/webm",
        }
    )  # fmt: skip


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
    # The web app as `make web` builds it; without it there are no pages.
    web_dir: Path = Path(__file__).parents[2] / "web" / "out"
    zone: str = "Asia/Tashkent"
    clients_folder: str = "7ccd31ca-887b-11eb-938b-00e04cd03b68"
    create_wait_seconds: float = Field(default=3.0, ge=0, le=20)
    lease_seconds: float = Field(default=30.0, ge=5, le=600, description="How long a dead worker's claims stand.")
    speed: float = Field(default=1.0, gt=0, le=100, description="Divides all intervals of the schedule.")
    log_level: str = "INFO"
    onec: Onec
    chatwoot: Chatwoot
    telegram: Telegram | None = None
    # The old site's shared secret; without it that door is shut. What it may do: docs/callers.md.
    front_secret: SecretStr | None = Field(default=None, min_length=16)
    mail: Mail | None = None
    messages: Messages = Messages()
    alerts: Alerts = Alerts()
    sessions: Sessions = Sessions()
    limits: Limits = Limits()
    calendar: Hours = Hours()
    desk: Handing = Handing()
    attachments: Attachments = Attachments()
    ratings: Ratings = Ratings()
    accounts: Accounts = Accounts()
    oidc: Oidc | None = None
    reports: Reports = Reports()

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
