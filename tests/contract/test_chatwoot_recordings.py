"""The twin answers as the recorded Chatwoot 4.15.1 did: every step of the recording comes out the same."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.twins import TwinProcess

RECORDINGS = Path(__file__).parent / "recordings"
WAIT = 0.5
# The contact's avatar look-up falls between these two steps of the recording, half a minute after the contact was made.
LAST_BEFORE_AVATAR = "labels read"
AVATAR_AFTER = 6.0
AVATAR_WAIT = 2.5


def hurried(source: Path, target: Path) -> int:
    """A copy of the recording with short waits; the answer is the number of steps."""
    steps = [json.loads(line) for line in source.read_text().splitlines() if line.strip()]
    for step in steps:
        default = 0 if step["request"]["method"] == "GET" else 2.5
        if step.get("wait", default):
            step["wait"] = WAIT
        if step["name"] == LAST_BEFORE_AVATAR:
            step["wait"] = AVATAR_WAIT
    target.write_text("".join(json.dumps(step, ensure_ascii=False) + "\n" for step in steps))
    return len(steps)


@pytest.mark.timeout(170)
def test_every_step_is_the_same(tmp_path: Path) -> None:
    recording = tmp_path / "desk.jsonl"
    count = hurried(RECORDINGS / "desk.jsonl", recording)
    assert count == 102
    with TwinProcess("chatwoot") as twin:
        twin.control("POST", "settings", {"avatar_after": AVATAR_AFTER})
        made = twin.control("POST", "account")
        command = [sys.executable, str(RECORDINGS / "wire.py"), "replay", str(recording), "--base", twin.base_url]
        command += ["--token", made["token"], "--platform", made["platform"], "--account", str(made["account"])]
        done = subprocess.run([*command, "--hook", str(free_port())], capture_output=True, text=True, check=False)
    different = "\n".join(line for line in done.stdout.splitlines() if not line.startswith("same "))
    assert f"{count} of {count} steps the same" in done.stdout, different + done.stderr
    assert done.returncode == 0
