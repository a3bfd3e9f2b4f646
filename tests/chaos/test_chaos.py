"""Ten seeds in CI; `make chaos SEED= N=` for one, or for more."""

from __future__ import annotations

import os
import random
import sys

import pytest

from tests.chaos.harness import Ground, Outcome

CI_SEEDS = range(101, 111)
CI_CHANGES = 200
CHANGES = 2000


def plan() -> tuple[list[int], int]:
    """The seeds and how many changes each makes: CHAOS_SEED names one, CHAOS_RUNS asks for so many new ones."""
    seed, runs = os.environ.get("CHAOS_SEED"), os.environ.get("CHAOS_RUNS")
    changes = os.environ.get("CHAOS_CHANGES")
    if seed:
        return [int(seed)], int(changes or CHANGES)
    if runs:
        return [random.SystemRandom().randrange(10**6) for _ in range(int(runs))], int(changes or CHANGES)
    return list(CI_SEEDS), int(changes or CI_CHANGES)


@pytest.mark.chaos
@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_everything_agrees_after_chaos() -> None:
    seeds, changes = plan()
    ground = Ground()
    outcomes: list[Outcome] = []
    try:
        ground.prepare()
        for seed in seeds:
            sys.stdout.write(f"chaos: seed {seed}, {changes} changes\n")
            outcomes.append(ground.run(seed, changes))
            sys.stdout.write(outcomes[-1].report() + "\n" if outcomes[-1].wrong else outcomes[-1].told() + "\n")
            sys.stdout.flush()
    finally:
        ground.clear()
    failed = [outcome for outcome in outcomes if outcome.wrong]
    assert not failed, "\n".join(outcome.report() for outcome in failed)
