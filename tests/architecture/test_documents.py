"""What the documents name is there: tests and files of the table of pains, targets of links; and no file lies idle."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

from clobus import cli
from clobus.modules.reports import files
from tests.architecture import tree
from tests.architecture.test_code import imports

PAINS = tree.ROOT / "docs" / "pains.md"
ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+) \| (.+?) \|$", re.MULTILINE)
NAMED = re.compile(r"`([^`\s]+/[^`\s]+)`")
PROOF = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
LATER = re.compile(r"^issue [45]: not yet$")
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
ENTRIES = {"clobus.__main__"}
BY_NAME = {f"clobus.commands.{name.replace('-', '_')}" for name in cli.COMMANDS}
BY_NAME |= {module for module, _ in files.MAKERS.values()}
"""Read in when they are needed."""


def functions(path: Path) -> set[str]:
    """The test functions of a file."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree.parsed(path)) if isinstance(node, kinds)}


def faults(text: str) -> list[str]:
    """What a table of pains names and the tree does not hold."""
    found = []
    for number, _, answer, proof in ROW.findall(text):
        proofs = PROOF.findall(proof)
        if not proofs and not LATER.fullmatch(proof):
            found.append(f"{number}: neither a test nor a later issue")
        for file, name in proofs:
            path = tree.ROOT / file
            if not path.is_file() or name not in functions(path):
                found.append(f"{number}: {file}::{name}")
        found += [f"{number}: {name}" for name in NAMED.findall(answer) if not (tree.ROOT / name).exists()]
    return found


def test_pains_name_what_there_is() -> None:
    text = PAINS.read_text(encoding="utf-8")
    assert [int(row[0]) for row in ROW.findall(text)] == list(range(1, 81))
    assert faults(text) == []


def test_the_table_is_really_read() -> None:
    here = "`tests/architecture/test_documents.py::test_the_table_is_really_read`"
    assert faults(f"| 1 | x | `src/clobus/cli.py` | {here} |") == []
    for row in (
        f"| 1 | x | `src/clobus/nowhere.py` | {here} |",
        "| 1 | x | y | `tests/architecture/test_documents.py::test_nothing` |",
        "| 1 | x | y | `tests/nowhere/test_x.py::test_nothing` |",
        "| 1 | x | y | somehow |",
    ):
        assert len(faults(row)) == 1, row


def test_links_lead_somewhere() -> None:
    missing = [
        f"{path.relative_to(tree.ROOT)}: {target}"
        for path in tree.tracked()
        if path.suffix == ".md"
        for target in LINK.findall(path.read_text(encoding="utf-8"))
        if not (path.parent / target).exists()
    ]
    assert missing == []


def test_every_file_of_the_platform_is_used() -> None:
    files = tree.python_files("src/clobus")
    imported = {name for path in files for name, _ in imports(tree.parsed(path), path)}
    known = imported | {name.rpartition(".")[0] for name in imported}
    idle = []
    for path in files:
        module = ".".join(path.relative_to(tree.ROOT / "src").with_suffix("").parts)
        if path.name != "__init__.py" and module not in known | ENTRIES | BY_NAME:
            idle.append(module)
    assert idle == []


def test_print_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.py"
    wrong.write_text('"""A module."""\n\nprint("x")\n', encoding="utf-8")
    ruff = Path(sys.executable).with_name("ruff")
    command = [str(ruff), "check", "--no-cache", "--config", str(tree.ROOT / "pyproject.toml"), str(wrong)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, "T201" in result.stdout) == (1, True)


def test_ci_runs_checks_and_tests() -> None:
    said = (tree.ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.findall(r"^make (\w+)$", said, re.MULTILINE) == ["check", "test"]
