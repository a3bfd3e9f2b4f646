"""An embedded PostgreSQL server: initialised, started and stopped by us, listening on 127.0.0.1 only.

Facts and traps: embedded.md §1. TCP with scram and a random password, no socket directory; SIGINT is the fast stop;
the kernel stops the server when we die (PR_SET_PDEATHSIG), and the next start copes with what SIGKILL left.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Self

from clobus.sandbox import binaries
from clobus.sandbox.process import PartError, alive, die_with_parent, free_port, port_is_free, tail

USER = "clobus"
_START_SECONDS = 60.0
_STOP_SECONDS = 30.0
_ROOMY = 512 * 2**20

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "synchronous_commit": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "huge_pages": "off",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
}
_THROWAWAY = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "max_wal_size": "1GB",
}


class Postgres:
    """One server over `data_dir` (made when missing). `durable=False` trades safety for speed: for tests only.

    `port=0` takes the port of the last time when it is free, otherwise another free one. Errors are `PartError`.
    """

    def __init__(
        self, data_dir: Path, port: int = 0, durable: bool = True, bin_dir: str | None = None, log: Path | None = None
    ) -> None:
        self.home = Path(data_dir).absolute()
        self.data = self.home / "data"
        self.log = log or self.home / "postgres.log"
        self.durable = durable
        self._asked_port = port
        self._bin_override = bin_dir
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """The server's process id while we run it."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def poll(self) -> int | None:
        """The exit code of a server that ended by itself; None while it runs or was never started."""
        return None if self._process is None else self._process.poll()

    def url(self, dbname: str = "postgres") -> str:
        """The address of one of its databases, password included."""
        return f"postgresql://{USER}:{self._password()}@127.0.0.1:{self.port}/{dbname}"

    def start(self) -> None:
        """Initialise the data when there are none, start the server, and return when it takes connections."""
        if self.pid is not None:
            return
        self.home.mkdir(parents=True, exist_ok=True)
        self._who = binaries.account(self.data)
        self._bin = binaries.find(self._bin_override, self._who)
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._clear_stale()
        deadline = time.monotonic() + _START_SECONDS
        while True:
            self.port = self._choose_port()
            if self._launch(deadline):
                (self.home / "port").write_text(str(self.port), encoding="ascii")
                return
            if time.monotonic() > deadline:
                raise PartError(f"PostgreSQL did not start within {_START_SECONDS:.0f} s:\n{tail(self.log)}")
            time.sleep(0.3)

    def stop(self) -> None:
        """Stop fast and cleanly: clients are cut off, everything committed is on disk."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
        self._process = None

    def restart(self) -> None:
        """Stop and start again on the same port."""
        self.stop()
        self.start()

    def kill(self) -> None:
        """End the server with SIGKILL, as a power cut would; its helpers notice and leave."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _password(self) -> str:
        return (self.home / "password").read_text(encoding="ascii").strip()

    def _choose_port(self) -> int:
        if self._asked_port:
            if not port_is_free(self._asked_port):
                raise PartError(f"The port {self._asked_port} that PostgreSQL should take is in use.")
            return self._asked_port
        remembered = self.port
        if not remembered and (self.home / "port").exists():
            remembered = int((self.home / "port").read_text(encoding="ascii"))
        return free_port(remembered)

    def _initialise(self) -> None:
        """Run initdb. The builtin C.UTF-8 lowers Cyrillic rightly on every machine (embedded.md §1, pitfall 3)."""
        password = self.home / "password"
        password.unlink(missing_ok=True)
        descriptor = os.open(password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_urlsafe(24) + "\n")
        if self.data.exists():
            _empty(self.data)  # an initdb that was interrupted: PG_VERSION is missing
        self.data.mkdir(mode=0o700, exist_ok=True)
        if self._who.switched:
            os.chown(self.data, self._who.uid, self._who.gid)
            os.chown(password, self._who.uid, self._who.gid)  # initdb opens it through /dev/stdin
        command = ["-U", USER, "-A", "scram-sha-256", "--pwfile=/dev/stdin", "-E", "UTF8", "--locale=C"]
        # Rounds make guessing dear; nobody guesses 24 random bytes, and each connection would pay 2 ms for them.
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "-c", "scram_iterations=1"]
        if not self.durable:
            command.append("--no-sync")
        with self.log.open("ab") as log, password.open("rb") as stdin:
            initdb = self._popen("initdb", command, stdin.fileno(), log.fileno())
            if initdb.wait() != 0:
                raise PartError(f"PostgreSQL's initdb failed:\n{tail(self.log)}")

    def _launch(self, deadline: float) -> bool:
        """Start once; True when ready, False when it is worth another try."""
        size = self.log.stat().st_size if self.log.exists() else 0
        settings = _SETTINGS | _shared_memory() | ({} if self.durable else _THROWAWAY)
        command = ["-p", str(self.port)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("ab") as log:
            self._process = self._popen("postgres", command, subprocess.DEVNULL, log.fileno())
        while self._process.poll() is None:
            if self._ready():
                return True
            if time.monotonic() > deadline:
                self.kill()
                return False
            time.sleep(0.02)
        self._process = None
        with self.log.open("rb") as log:
            log.seek(size)
            said = log.read().decode("utf-8", "replace")
        if "Address already in use" in said or "still in use" in said or "lock file" in said:
            return False
        raise PartError(f"PostgreSQL did not start:\n{tail(self.log)}")

    def _popen(self, program: str, arguments: list[str], stdin: int, output: int) -> subprocess.Popen[bytes]:
        """Run a PostgreSQL program over the data directory.

        Below a parent that the account can't enter, the directory is handed over as an open descriptor: a path
        through /proc/self/fd needs no right on the parents.
        """
        directory, descriptor = str(self.data), None
        if not binaries.reachable(self.data, self._who):
            descriptor = os.open(self.data, os.O_RDONLY | os.O_DIRECTORY)
            directory = f"/proc/self/fd/{descriptor}"
        try:
            process: subprocess.Popen[bytes] = subprocess.Popen(
                [str(self._bin / program), "-D", directory, *arguments],
                stdin=stdin,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                process_group=0,
                preexec_fn=die_with_parent(signal.SIGINT),
                pass_fds=() if descriptor is None else (descriptor,),
                **self._who.popen(),
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise PartError(f"PostgreSQL's {program} can't be run: {error}") from error
        finally:
            if descriptor is not None:
                os.close(descriptor)
        return process

    def _ready(self) -> bool:
        """The server writes `ready` as the eighth line of postmaster.pid when it takes connections."""
        lines = self._pid_lines()
        return (
            self._process is not None
            and len(lines) >= 8
            and lines[0].strip() == str(self._process.pid)
            and lines[7].strip() == "ready"
        )

    def _pid_lines(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return []

    def _clear_stale(self) -> None:
        """Deal with the pid file of a server that is gone, or end the one that outlived its supervisor."""
        lines = self._pid_lines()
        if not lines:
            return
        try:
            pid = int(lines[0])
        except ValueError:
            pid = 0
        deadline = time.monotonic() + _STOP_SECONDS
        while pid and alive(pid) and self._serves_here(pid):
            os.kill(pid, signal.SIGINT if time.monotonic() < deadline else signal.SIGKILL)
            time.sleep(0.1)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _serves_here(self, pid: int) -> bool:
        """Tell a server over our data from a stranger who was given the same process id."""
        try:
            return Path(f"/proc/{pid}/cwd").samefile(self.data)
        except OSError:
            return False


def _shared_memory() -> dict[str, str]:
    """Files instead of /dev/shm where that is small (64 MB in a container): a parallel query would run out of it."""
    try:
        roomy = shutil.disk_usage("/dev/shm").total >= _ROOMY  # noqa: S108 - only its size is asked
    except OSError:
        roomy = False
    return {} if roomy else {"dynamic_shared_memory_type": "mmap"}


def _empty(directory: Path) -> None:
    """Remove what lies in a directory, not the directory."""
    for path, folders, files in os.walk(directory, topdown=False):
        for name in files:
            Path(path, name).unlink()
        for name in folders:
            Path(path, name).rmdir()
