"""Twins as processes: started on a free port over a directory of their own, controlled by HTTP, killed at the end."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Self

import httpx

from clobus.core.http import trusting
from clobus.sandbox import process

KINDS = ("onec", "chatwoot", "telegram", "mail", "oidc")
_STOP_SECONDS = 10.0


class TwinProcess:
    """One twin. `size` is `empty`, `small` or `full`; `data` keeps its state when it is to outlive this object.

    `seeded_from` is a directory that another twin of the kind left: copied instead of seeding anew. Start it from the
    main thread: the twin ends with the thread that started it.
    """

    def __init__(
        self, kind: str, size: str = "empty", data: Path | None = None, seeded_from: Path | None = None, port: int = 0
    ) -> None:
        assert kind in KINDS, kind
        self.kind, self.size = kind, size
        self._own = data is None
        self.data = data or Path(tempfile.mkdtemp(prefix=f"twin-{kind}-"))
        if seeded_from is not None:
            shutil.copytree(seeded_from, self.data, dirs_exist_ok=True)
        self.port = port
        self._process: subprocess.Popen[bytes] | None = None
        self._http: httpx.Client | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def base_url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def credentials(self) -> dict[str, Any]:
        """What its seed wrote: user names, tokens, identifiers."""
        loaded: dict[str, Any] = json.loads((self.data / "credentials.json").read_text(encoding="utf-8"))
        return loaded

    @property
    def log(self) -> Path:
        """Its output."""
        return self.data.with_name(self.data.name + ".log")

    def start(self, seconds: float = 120.0) -> Self:
        """Start it and wait until it answers; on the same port when it ran before."""
        self.port = self.port or process.free_port()
        command = [sys.executable, "-m", "clobus_twins", self.kind, "--port", str(self.port), "--data", str(self.data)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--seed-size", self.size],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
                preexec_fn=process.die_with_parent(signal.SIGKILL),
            )
        self._http = httpx.Client(base_url=self.base_url, timeout=30, trust_env=False, verify=trusting())
        deadline = time.monotonic() + seconds
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                said = process.tail(self.log, 30)
                self.kill()
                raise AssertionError(f"The {self.kind} twin did not start:\n{said}")
            time.sleep(0.05)
        return self

    def kill(self) -> None:
        """End it with SIGKILL; its state stays, `start` goes on."""
        if self._http is not None:
            self._http.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """End it in its own time; SIGKILL when that takes too long."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self.kill()

    def close(self) -> None:
        """End it, and remove its state when the directory was made here."""
        self.stop()
        if self._own:
            shutil.rmtree(self.data, ignore_errors=True)
            self.log.unlink(missing_ok=True)

    def fault(self, kind: str, times: int | None = 1, match: str = "", **details: Any) -> Any:
        """Let a fault happen `times` times (None = until cleared) to requests whose `METHOD path?query` matches."""
        return self.control("POST", "faults", {"kind": kind, "times": times, "match": match, **details})

    def clear_faults(self) -> None:
        """Forget all faults."""
        self.control("DELETE", "faults")

    def received(self, match: str = "", since: int = 0) -> list[dict[str, Any]]:
        """The requests that came, oldest first."""
        found: list[dict[str, Any]] = self.control("GET", "received", match=match, since=since)
        return found

    def reset(self, state: bool = False) -> None:
        """Clear faults, received requests and the clock; with `state` everything it holds."""
        self.control("POST", "reset", {"state": True} if state else {})

    def clock(self, **setting: Any) -> Any:
        """Set the clock (`now`, `shift_seconds`, `frozen`), or read it when nothing is given."""
        return self.control("POST", "clock", setting) if setting else self.control("GET", "clock")

    def change(self, body: Any) -> Any:
        """Edit records as a 1C user would (`POST /_control/change`)."""
        return self.control("POST", "change", body)

    def control(self, method: str, door: str, body: Any = None, **query: Any) -> Any:
        """Knock at a control door and give the JSON that came back; AssertionError when it refuses."""
        assert self._http is not None, "the twin was not started"
        wanted = {name: value for name, value in query.items() if value}
        answer = self._http.request(method, f"/_control/{door}", json=body, params=wanted)
        assert answer.status_code < 300, f"{method} /_control/{door}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None

    def _answers(self) -> bool:
        assert self._http is not None
        try:
            return self._http.get("/_control/clock", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False
