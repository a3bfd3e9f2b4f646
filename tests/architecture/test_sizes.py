"""Files and functions stay small enough to be read at one go; names say what is inside."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.architecture import tree

FILE_LINES = 400
FUNCTION_LINES = 60
BANNED = {"utils", "util", "helpers", "helper", "common", "misc", "shared", "stuff", "base"}


def long_functions(module: ast.Module) -> list[str]:
    """Functions above the bound."""
    return [
        f"{node.name} at {node.lineno}: {length} lines"
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    ]


def banned(path: Path) -> bool:
    """Tell whether a file or one of its folders has a name that says nothing."""
    return bool(BANNED & {part.removesuffix(".py") for part in path.parts})


def test_files() -> None:
    long = {tree.name(path): lines for path in tree.python_files() if (lines := _lines(path)) > FILE_LINES}
    assert long == {}


def _lines(path: Path) -> int:
    return path.read_text(encoding="utf-8").count("\n")


def test_functions() -> None:
    long = [
        f"{tree.name(path)}: {found}" for path in tree.python_files() for found in long_functions(tree.parsed(path))
    ]
    assert long == []


def test_names() -> None:
    assert [tree.name(path) for path in tree.python_files() if banned(path.relative_to(tree.ROOT))] == []


def test_packages_start_with_a_docstring_only() -> None:
    full = [
        tree.name(path)
        for path in tree.python_files("src", "twins")
        if path.name == "__init__.py" and not _docstring_only(tree.parsed(path))
    ]
    assert full == []


def _docstring_only(module: ast.Module) -> bool:
    """A version beside the docstring is allowed."""
    rest = [node for node in module.body[1:] if not ast.unparse(node).startswith("__version__ = ")]
    return not rest and ast.get_docstring(module) is not None


def test_the_rules_catch() -> None:
    body = "\n".join(["def long():", *["    x = 1"] * FUNCTION_LINES])
    assert long_functions(ast.parse(body)) == [f"long at 1: {FUNCTION_LINES + 1} lines"]
    assert long_functions(ast.parse("def short():\n    return 1")) == []
    assert banned(Path("src/clobus/core/utils.py"))
    assert banned(Path("tests/helpers/x.py"))
    assert not banned(Path("src/clobus/core/db.py"))
    assert not _docstring_only(ast.parse("import os"))
