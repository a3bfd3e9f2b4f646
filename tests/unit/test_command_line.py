"""The command line: its list says what the commands say, and none drags the rest of the platform in."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from clobus import cli


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_the_list_says_what_the_command_says(name: str) -> None:
    assert cli.COMMANDS[name] == cli.loaded(name).get_short_help_str(200)


def test_help_lists_all_commands() -> None:
    said = CliRunner().invoke(cli.app, ["--help"])
    assert said.exit_code == 0
    assert all(name in said.output for name in cli.COMMANDS)
    assert CliRunner().invoke(cli.app, ["nothing"]).exit_code == 2


def test_a_command_reads_only_its_own_part_in() -> None:
    code = (
        "import sys; from clobus.cli import loaded; loaded('drift'); loaded('worker');"
        " print([m for m in ('aiogram', 'fastapi', 'alembic') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert found == "[]"


@pytest.mark.parametrize(("option", "value"), [("--kind", "suport"), ("--language", "de"), ("--lang", "de")])
def test_a_report_of_what_there_is_not_is_refused_instead_of_empty(option: str, value: str) -> None:
    said = CliRunner().invoke(cli.app, ["reports", "show", "volume", option, value])
    assert said.exit_code == 2
    assert f"Invalid value for {option}" in said.output
