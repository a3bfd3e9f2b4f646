"""What goes wrong: faults of the partners, processes killed, the database restarted."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from tests.chaos.desk import OURS
from tests.chaos.stack import Part, Stack

NOT_OURS = f"^(?!.*{OURS}=)"
PLACES = {
    "onec": ("", "POST ", "PATCH ", "GET .*Document_", "GET "),
    "chatwoot": ("", "POST ", "POST .*conversations", "POST .*messages", "GET ", "custom_attributes", "contacts"),
    "telegram": ("",),
}
WEBHOOKS = ("webhook_lost", "webhook_doubled", "webhook_reordered", "webhook_late", "webhook_badly_signed")


class Trouble:
    """Draws what goes wrong next and lets it; what it killed it starts again some changes later."""

    def __init__(self, stack: Stack, dice: random.Random) -> None:
        self.stack = stack
        self.dice = dice
        self.waiting: list[tuple[int, Callable[[], None]]] = []
        self.step = 0
        self.acts = {
            self.refusals: 5, self.slow: 2, self.hang: 1, self.cut: 3, self.cut_after_write: 5, self.pages: 2,
            self.webhooks: 6, self.clock: 1, self.kill_worker: 3, self.kill_api: 2, self.restart_postgres: 0.6,
            self.kill_postgres: 0.6,
        }  # fmt: skip

    def act(self) -> str:
        """Let something go wrong; tells what."""
        [act] = self.dice.choices(list(self.acts), list(self.acts.values()))
        act()
        return str(act.__name__)

    def tick(self) -> None:
        """One more change was made: start again what waited so long."""
        self.step += 1
        due = [start for at, start in self.waiting if at <= self.step]
        self.waiting = [(at, start) for at, start in self.waiting if at > self.step]
        for start in due:
            start()

    def end(self) -> None:
        """No more trouble: everything runs, clocks are right, no fault waits."""
        for _, start in self.waiting:
            start()
        self.waiting.clear()
        for twin in self.stack.twins.values():
            twin.clear_faults()
            twin.clock(shift_seconds=0)
        for part in self.stack.parts:
            part.start()

    def refusals(self) -> None:
        """Answers that say no, with and without the work done."""
        status = self.dice.choice((503, 503, 429, 500, 502))
        # A 429 or 503 comes from the door, before any work; the others may come after it.
        details: dict[str, Any] = {"status": status, "after": status in (500, 502) and self.dice.random() < 0.4}
        if status == 429 or self.dice.random() < 0.3:
            details["retry_after"] = self.dice.choice((0, 1, 2))
        self._fault("status", **details)

    def slow(self) -> None:
        """Answers that take their time."""
        self._fault("slow", seconds=round(self.dice.uniform(0.2, 3), 2))

    def hang(self) -> None:
        """No answer for long."""
        self._fault("hang", most=2, seconds=8)

    def cut(self) -> None:
        """Connections cut before anything was done."""
        self._fault("cut")

    def cut_after_write(self) -> None:
        """Connections cut when the work was done."""
        self._fault("cut_after_write")

    def pages(self) -> None:
        """Pages of 1C that lose or repeat a row."""
        kind = self.dice.choice(("page_loses_row", "page_repeats_row"))
        self.stack.onec.fault(kind, self.dice.randint(1, 4))

    def webhooks(self) -> None:
        """Deliveries lost, doubled, out of order, late, badly signed."""
        kind = self.dice.choice(WEBHOOKS)
        details: dict[str, Any] = {}
        if kind in ("webhook_reordered", "webhook_late"):
            details["seconds"] = round(self.dice.uniform(0.3, 3), 2)
        if kind == "webhook_doubled":
            details["same_id"] = self.dice.random() < 0.5
        self.stack.chatwoot.fault(kind, self.dice.randint(1, 6), **details)

    def clock(self) -> None:
        """A partner's clock goes wrong for a while."""
        twin = self.stack.twins[self.dice.choice(("onec", "chatwoot"))]
        twin.clock(shift_seconds=self.dice.choice((-5400, -600, -30, 30, 600, 5400)))
        self._later(20, lambda: twin.clock(shift_seconds=0))

    def kill_worker(self) -> None:
        """SIGKILL for a worker, sometimes for all of them."""
        workers = self.stack.parts[1:]
        chosen = workers if self.dice.random() < 0.3 else [self.dice.choice(workers)]
        for part in chosen:
            self._kill(part)

    def kill_api(self) -> None:
        """SIGKILL for the API."""
        self._kill(self.stack.api)

    def restart_postgres(self) -> None:
        """The database is stopped fast and started again."""
        self.stack.postgres.restart()

    def kill_postgres(self) -> None:
        """The database loses its power."""
        self.stack.postgres.kill()
        self.stack.postgres.start()

    def _kill(self, part: Part) -> None:
        part.kill()
        self._later(12, part.start)

    def _later(self, most: int, start: Callable[[], Any]) -> None:
        self.waiting.append((self.step + self.dice.randint(1, most), start))

    def _fault(self, kind: str, most: int = 6, **details: Any) -> None:
        name = self.dice.choices(("onec", "chatwoot", "telegram"), (5, 5, 1))[0]
        match = NOT_OURS + ".*" + self.dice.choice(PLACES[name])
        self.stack.twins[name].fault(kind, self.dice.randint(1, most), match, **details)
