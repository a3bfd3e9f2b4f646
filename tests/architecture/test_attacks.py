"""The table of attacks names tests that there are."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.architecture import tree

ROW = re.compile(r"^\| (?!attack |---)(.+?) \| (.+) \| (.+?) \|$", re.MULTILINE)
PROOF = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def missing(text: str) -> list[str]:
    """What a table names and the tree does not hold."""
    found = []
    for attack, _, proof in ROW.findall(text):
        proofs = PROOF.findall(proof)
        if not proofs:
            found.append(f"{attack}: no test")
        for file, name in proofs:
            path = tree.ROOT / file
            if not path.is_file() or name not in functions(path):
                found.append(f"{attack}: {file}::{name}")
    return found


def functions(path: Path) -> set[str]:
    """The functions of a file."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree.parsed(path)) if isinstance(node, kinds)}


def test_each_attack_has_its_test() -> None:
    text = (tree.ROOT / "docs" / "attacks.md").read_text(encoding="utf-8")
    assert len(ROW.findall(text)) > 20
    assert missing(text) == []


def test_the_table_is_really_read() -> None:
    here = "`tests/architecture/test_attacks.py::test_the_table_is_really_read`"
    assert missing(f"| x | y | {here} |") == []
    for row in ("| x | y | somehow |", "| x | y | `tests/api/test_attacks.py::test_nothing` |",
                "| x | y | `tests/nowhere.py::test_x` |"):  # fmt: skip
        assert len(missing(row)) == 1, row


def test_each_chapter_of_the_standard_has_its_proof() -> None:
    text = (tree.ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    table = text[text.index("## Chapter by chapter") : text.index("## What to know")]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| V")]
    assert len(rows) > 18
    for row in rows:
        proofs = PROOF.findall(row[2])
        assert proofs, f"{row[0]}: no test"
        for file, name in proofs:
            assert name in functions(tree.ROOT / file), f"{row[0]}: {file}::{name}"
