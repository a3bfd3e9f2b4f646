"""The files that the rules look at."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "clobus"
OURS = ("src", "twins", "tests", "tools", "benchmarks", "migrations")


@cache
def tracked() -> tuple[Path, ...]:
    """What git holds or would take in: nothing that .gitignore names."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0:
        names = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    else:  # an unpacked archive
        names = [path for path in ROOT.rglob("*") if not {".venv", "__pycache__"} & set(path.parts)]
    return tuple(sorted(path for path in set(names) if path.is_file() and not path.is_symlink()))


def python_files(*folders: str) -> list[Path]:
    """Python files below folders of the tree; below all of ours by default."""
    wanted = [ROOT / folder for folder in folders or OURS]
    return [path for path in tracked() if path.suffix == ".py" and any(path.is_relative_to(top) for top in wanted)]


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def name(path: Path) -> str:
    """A file's place in the tree, for messages."""
    return path.relative_to(ROOT).as_posix()


def texts() -> Iterator[tuple[Path, str]]:
    """Every tracked file that is text."""
    for path in tracked():
        data = path.read_bytes()
        if b"\0" not in data[:8192]:
            yield path, data.decode("utf-8", "replace")
