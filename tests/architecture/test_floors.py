"""The floors of .importlinter catch each wrong import, tried on a copy of the tree's bones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture import tree

LINT = Path(sys.executable).with_name("lint-imports")


@pytest.fixture
def bones(tmp_path: Path) -> Path:
    """Packages with the names of ours and nothing in them."""
    for package in (
        "clobus", "clobus/core", "clobus/gateways", "clobus/gateways/onec", "clobus/gateways/chatwoot",
        "clobus/gateways/telegram", "clobus/modules", "clobus/modules/consultations", "clobus/modules/staff",
        "clobus/modules/clients", "clobus/sync", "clobus/api", "clobus/bot", "clobus/sandbox",
        "clobus/commands", "clobus_twins",
    ):  # fmt: skip
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("")
    for module in ("__main__", "cli", "event_handlers", "schedule", "settings", "runtime", "worker", "loops", "parts"):
        (tmp_path / "clobus" / f"{module}.py").write_text("")
    return tmp_path


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(LINT), "--config", str(tree.ROOT / ".importlinter"), "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin", "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_clean_bones_pass(bones: Path) -> None:
    result = lint(bones)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("place", "line", "contract"),
    [
        ("core", "import clobus.gateways", "The floors"),
        ("modules/staff", "import clobus.sync", "The floors"),
        ("gateways/onec", "import clobus.modules.staff", "The floors"),
        ("api", "import clobus.cli", "The floors"),
        ("modules/staff", "import clobus.modules.clients", "Which module"),
        ("modules/staff", "import clobus.modules.consultations", "Which module"),
        ("modules/consultations", "import clobus.gateways.onec", "no vendor"),
        ("core", "import clobus_twins", "share no code"),
        ("sync", "import clobus.settings", "never reached for"),
        ("core", "import clobus.runtime", "never reached for"),
    ],
)
def test_a_wrong_import_is_caught(bones: Path, place: str, line: str, contract: str) -> None:
    (bones / "clobus" / place / "__init__.py").write_text(line + "\n")
    result = lint(bones)
    assert result.returncode == 1
    broken = [row for row in result.stdout.splitlines() if row.endswith("BROKEN")]
    assert any(contract in row for row in broken), result.stdout
