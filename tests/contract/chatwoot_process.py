"""The Chatwoot twin as a process of its own, for contract tests."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

START_SECONDS = 30


class TwinProcess:
    """Starts `python -m clobus_twins chatwoot` over a directory; `stop` and `start` again keep the state."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.base = ""
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start and wait for the ready line."""
        command = [sys.executable, "-m", "clobus_twins", "chatwoot", "--port", "0", "--data", str(self.data)]
        self._process = subprocess.Popen(
            [*command, "--seed-size", "empty"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            line = self._process.stdout.readline()
            if line.startswith("ready "):
                self.base = line.split()[1]
                return
            if not line:
                break
        raise RuntimeError("the twin did not start")

    def stop(self) -> None:
        """Stop it the polite way."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=15)
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None

    def control(self, door: str, body: Any = None) -> Any:
        """`POST /_control/<door>`."""
        request = urllib.request.Request(
            f"{self.base}/_control/{door}",
            json.dumps(body or {}).encode(),
            {"content-type": "application/json"},
            method="POST",
        )
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.load(reply)


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
