"""1C and PostgreSQL without a Chatwoot: what the tests of drift compare."""

from __future__ import annotations

from collections.abc import Sequence

from clobus.parts import assemble
from clobus.runtime import Runtime
from clobus.sync import drift
from clobus.sync.drift import Comparer, Report
from clobus.sync.onec.feeds import CONSULTATIONS
from clobus.sync.suspect import Suspect


class NoDesk:
    """A Chatwoot that agrees with everything."""

    async def compare_all(self) -> tuple[int, list[Suspect]]:
        return 0, []

    async def recheck(self, suspects: Sequence[Suspect]) -> list[Suspect]:
        return []

    async def repair(self, suspects: Sequence[Suspect]) -> int:
        return 0


def comparer(runtime: Runtime) -> Comparer:
    """A comparison without a desk."""
    return Comparer(runtime.db, assemble(runtime).reader, CONSULTATIONS, NoDesk())


async def compared(runtime: Runtime, *, deep: bool = True, alive: bool = False) -> Report:
    """Compare; a worker is `alive` or has not been seen for an hour."""
    ago = "1 second" if alive else "1 h"
    async with runtime.db.transaction() as connection:
        await connection.execute(f"update log.etl_runs set started_at = now() - interval '{ago}'")
    return await drift.compare_systems(comparer(runtime), deep=deep, patience=1)
