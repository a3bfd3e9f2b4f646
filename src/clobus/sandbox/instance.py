"""An instance: what `make run` keeps below DATA, and how every other command finds it.

`DATA/instance.json` (0600) tells where things are; a lock on `DATA/instance.lock`, which the kernel frees with the
supervisor, tells whether it runs. Credentials of the twins stay in the files that their seeds wrote.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from clobus.gateways.onec.entities import DaySummary
from clobus.sandbox.process import PartError

TWINS = ("onec", "chatwoot", "telegram", "mail")
"""The partners that the platform lives with."""
PROVIDER = "oidc"
"""The twin of a provider of log-ins, which it can do without."""
DEFAULT_DATA = ".data"
ALERT_CHAT_ID = "-1002000000001"
MAIL_FROM = "Clobus <desk@clobus.example>"

_FROM_CREDENTIALS = {
    "onec": {"USER": "user", "PASSWORD": "password"},
    "chatwoot": {
        "TOKEN": "token",
        "PLATFORM_TOKEN": "platform_token",
        "ACCOUNT_ID": "account_id",
        "INBOX_ID": "inbox_id",
        "INBOX_IDENTIFIER": "inbox_identifier",
    },
    "telegram": {"BOT_TOKEN": "bot_token", "ALERT_CHAT_ID": "alert_chat_id"},
    "mail": {"HOST": "host", "PORT": "port", "FROM": "from", "TLS": "tls"},
    "oidc": {"CLIENT_ID": "client_id", "CLIENT_SECRET": "client_secret", "NAME": "name"},
}


@dataclass(slots=True)
class Instance:
    """Where the parts of one instance are. `pids` and `state` are those of the last start."""

    data: Path
    size: str
    api: str = ""
    page: str = ""
    database_url: str = ""
    twins: dict[str, str] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    pids: dict[str, int] = field(default_factory=dict)
    state: str = "starting"

    def credentials_path(self, twin: str) -> Path:
        """The file in which a twin's seed left user names, tokens and identifiers."""
        return self.data / "twins" / twin / "credentials.json"

    def credentials(self, twin: str) -> dict[str, Any]:
        """What that file says; empty while the twin has not been seeded."""
        try:
            loaded: dict[str, Any] = json.loads(self.credentials_path(twin).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return loaded

    def urls(self) -> dict[str, str]:
        """The base address of each part that answers HTTP."""
        return {"api": self.api, **self.twins, **({"sandbox": f"{self.page}/sandbox"} if self.page else {})}

    def environment(self) -> dict[str, str]:
        """The settings of the platform's processes, as environment variables."""
        settings = {
            "CLOBUS_DATABASE_URL": self.database_url,
            "CLOBUS_PUBLIC_URL": self.api,
            "CLOBUS_SANDBOX_URL": f"{self.page}/sandbox" if self.page else "",
            "CLOBUS_SECRET_KEY": secret_key(self.data),
            "CLOBUS_REPORTS__ONEC_REGISTER": DaySummary.entity_set,
            "CLOBUS_REPORTS__DIGEST_CHAT_ID": ALERT_CHAT_ID,
            # Whoever tries the sandbox signs in with a password alone.
            "CLOBUS_ACCOUNTS__STAFF_SECOND_FACTOR": "false",
        }
        for twin, address in self.twins.items():
            known = {"alert_chat_id": ALERT_CHAT_ID} if twin == "telegram" else {}
            known |= self.credentials(twin)
            prefix = f"CLOBUS_{twin.upper()}__"
            if twin == "mail":  # its letters come over SMTP; HTTP is for those who read them
                known |= {"from": MAIL_FROM, "tls": "none"} if known else {}
            elif twin == PROVIDER:
                settings[f"{prefix}ISSUER"] = address
            else:
                settings[f"{prefix}BASE_URL"] = address + str(known.get("base_path", ""))
            if twin == "chatwoot":  # for people another site than ours, as in life: no cookie of ours goes there
                settings[f"{prefix}PUBLIC_URL"] = address.replace("127.0.0.1", "localhost")
            for name, key in _FROM_CREDENTIALS[twin].items():
                if key in known:
                    settings[prefix + name] = str(known[key])
        return {name: value for name, value in settings.items() if value}


def data_dir(given: Path | None = None) -> Path:
    """The directory of the instance that is meant: given, or DATA, or `.data` here or in the source tree."""
    if given is not None:
        return given.absolute()
    named = os.environ.get("DATA")
    if named:
        return Path(named).absolute()
    here = Path(DEFAULT_DATA).absolute()
    if not here.exists():
        tree = Path(__file__).resolve().parents[3] / DEFAULT_DATA
        if tree.exists():
            return tree
    return here


def load(given: Path | None = None) -> Instance:
    """Read the instance's file; `PartError` in words when there is none."""
    data = data_dir(given)
    try:
        kept = json.loads((data / "instance.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PartError(f"There is no instance in {data}: start one with `make run`, or set DATA.") from None
    return Instance(**{**kept, "data": data})


def write(instance: Instance) -> None:
    """Keep the instance's file, whole or not at all, readable for its owner only."""
    kept = {name: value for name, value in asdict(instance).items() if name != "data"}
    draft = instance.data / f"instance.json.{os.getpid()}"
    _write_private(draft, json.dumps(kept, indent=2, ensure_ascii=False) + "\n")
    draft.replace(instance.data / "instance.json")


def is_running(given: Path | None = None) -> bool:
    """Tell whether a supervisor holds this instance now."""
    try:
        descriptor = os.open(data_dir(given) / "instance.lock", os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def claim(data: Path) -> int:
    """Take the instance for this process, as long as it lives; `PartError` when another one has it."""
    data.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(data / "instance.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        where = ""
        if (data / "instance.json").exists():
            where = f" at {load(data).api}"
        raise PartError(
            f"{data} is in use: an instance runs there already{where}. Stop it first, or choose another DATA and PORT."
        ) from None
    return descriptor


def adopt(given: Path | None = None) -> Instance | None:
    """Let this process use the instance's settings where the environment says nothing; None when there is none."""
    try:
        found = load(given)
    except PartError:
        return None
    for name, value in found.environment().items():
        os.environ.setdefault(name, value)
    return found


def database_url(given: Path | None = None) -> str:
    """The database that commands work on: CLOBUS_DATABASE_URL, or the instance's; `PartError` when there is neither."""
    return os.environ.get("CLOBUS_DATABASE_URL") or load(given).database_url


def secret_key(data: Path) -> str:
    """The instance's own key, made at first use."""
    path = data / "secret.key"
    if not path.exists():
        _write_private(path, secrets.token_urlsafe(32) + "\n")
    return path.read_text(encoding="ascii").strip()


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)
