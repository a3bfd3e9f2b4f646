"""One seeded run: a copy of a loaded stack, N changes among faults and kills, quiet, and the verdict."""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos import verdict
from tests.chaos.desk import Desk
from tests.chaos.office import Office
from tests.chaos.site import Site
from tests.chaos.stack import TOKEN, Stack, copy, free_ports
from tests.chaos.trouble import Trouble

QUIET_SECONDS = 90.0
PAUSE = 0.04
SHARES = (40, 35, 14, 11)
"""How much of what happens is done in 1C, in Chatwoot, by clients, and goes wrong."""
CLIENTS = (
    "select client_id::text from cons.clients where is_parent and not deleted and cl_ref_key is not null"
    " and code_abonent is not null and org_inn is not null and phone_number is not null order by 1"
)


@dataclass(slots=True)
class Outcome:
    """What became of one run; `wrong` is empty when all held."""

    seed: int
    changes: int
    wrong: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    bugs: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    quiet: float = 0.0
    repairs: int = 0
    orders: int = 0
    accepted: int = 0

    def told(self) -> str:
        """One line of it."""
        said = "all held" if not self.wrong else f"{len(self.wrong)} WRONG"
        surprises = f", bugs in logs: {dict(self.bugs)}" if self.bugs else ""
        return (
            f"seed {self.seed}: {self.changes} changes in {self.seconds:.0f} s, quiet after {self.quiet:.0f} s "
            f"({self.repairs} repairs), "
            f"{self.accepted} of {self.orders} orders accepted: {said}{surprises}"
        )

    def report(self) -> str:
        """All of it, with the command that repeats it."""
        lines = [self.told(), f"repeat: make chaos SEED={self.seed} CHANGES={self.changes}"]
        return "\n".join([*lines, *(f"  - {line}" for line in self.wrong[:40])])


class Ground:
    """A stack seeded and loaded once; each run starts from a copy of it, on the same ports."""

    def __init__(self) -> None:
        memory = Path("/dev/shm")
        roomy = memory.is_dir() and shutil.disk_usage(memory).free > 3 * 2**30
        self.home = Path(tempfile.mkdtemp(prefix="chaos-", dir=memory if roomy else None))
        self.home.chmod(0o755)  # PostgreSQL's account has to come through
        self.ports = free_ports()
        self.kept = False

    def prepare(self) -> None:
        """Seed, load, and mend what the world holds adrift."""
        began = time.monotonic()
        with Stack(self.home / "loaded", self.ports) as stack:
            stack.start()
            stack.load()
            said = settle(stack, QUIET_SECONDS)
            assert said["total"] == 0, f"the world could not be brought into agreement: {said}"
            stack.postgres.stop()
        _say(f"chaos: the ground is laid after {time.monotonic() - began:.0f} s")

    def run(self, seed: int, changes: int) -> Outcome:
        """One run over a fresh copy."""
        home = self.home / "run"
        copy(self.home / "loaded", home)
        with Stack(home, self.ports) as stack:
            stack.start()
            outcome = _run(stack, seed, changes)
        if outcome.wrong:
            self.kept = True
            copy(home, self.home / f"failed-{seed}")
            outcome.wrong.append(f"its remains: {self.home}/failed-{seed}")
        return outcome

    def clear(self) -> None:
        """Remove everything, but what failed."""
        for name in ("loaded", "run"):
            shutil.rmtree(self.home / name, ignore_errors=True)
        if not self.kept:
            shutil.rmtree(self.home, ignore_errors=True)


def _run(stack: Stack, seed: int, changes: int) -> Outcome:
    dice = random.Random(seed)
    outcome = Outcome(seed, changes)
    clients = [str(row[0]) for row in stack.rows(CLIENTS)]
    office = Office(stack.onec, random.Random(f"{seed}/office"))
    desk = Desk(stack.chatwoot, random.Random(f"{seed}/desk"))
    site = Site(stack.api_url, TOKEN, clients, random.Random(f"{seed}/site"))
    trouble = Trouble(stack, random.Random(f"{seed}/trouble"))
    began = time.monotonic()
    sides = {"office": office.act, "desk": desk.act, "site": site.act, "trouble": trouble.act}
    try:
        for _ in range(changes):
            [name] = dice.choices(list(sides), SHARES)
            act = sides[name]()
            outcome.done[f"{name}.{act}"] += 1
            trouble.tick()
            outcome.wrong += [f"{part.name} ended by itself" for part in stack.parts if part.died()]
            time.sleep(dice.uniform(0, PAUSE))
        trouble.end()
        office.mend()
        outcome.seconds = time.monotonic() - began
        site.settle()
        calm = time.monotonic()
        said = settle(stack, QUIET_SECONDS)
        outcome.quiet, outcome.repairs = time.monotonic() - calm, said["repairs"]
        outcome.wrong += verdict.complaints(stack, site, said)
        outcome.bugs = verdict.bugs(stack)
    finally:
        desk.close()
        site.close()
    outcome.orders, outcome.accepted = len(site.orders), sum(bool(order.accepted) for order in site.orders)
    return outcome


def settle(stack: Stack, seconds: float) -> dict[str, Any]:
    """Let it be quiet until nothing waits and nothing differs, `seconds` at most; what the last comparison said.

    The platform is left to itself first; a repair is asked for when that was not enough (`repairs` counts).
    """
    deadline = time.monotonic() + seconds
    repairs = 0
    while True:
        while verdict.waiting(stack) and time.monotonic() < deadline:
            time.sleep(0.2)
        said = verdict.compared(stack)
        if (said["total"] == 0 and not verdict.waiting(stack)) or time.monotonic() > deadline:
            return said | {"repairs": repairs}
        if said["total"]:
            repairs += 1
            verdict.compared(stack, "--repair")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
