"""In which order tests run: what takes long first, each sort by a worker of its own, so that none waits at the end."""

from __future__ import annotations

import os

import pytest

LONG = ("chaos", "e2e", "flows")
"""Folders whose tests take long, and mostly wait."""


def spread(items: list[pytest.Item], root: str) -> list[pytest.Item]:
    """The same tests as so many equal parts as there are workers, which is how xdist hands them out at first."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    heads: list[list[pytest.Item]] = [[] for _ in range(workers)]
    for number, folder in enumerate(LONG):
        heads[number % workers] += [item for item in items if item.nodeid.startswith(f"{root}/{folder}/")]
    begun = {item for head in heads for item in head}
    rest = [item for item in items if item not in begun]
    size = -(-len(items) // workers)
    found: list[pytest.Item] = []
    for head in heads:
        filled, rest = rest[: max(0, size - len(head))], rest[max(0, size - len(head)) :]
        found += [*head, *filled]
    return found + rest
