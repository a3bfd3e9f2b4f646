"""How big a world is: the plan's numbers for `full` and about a tenth of them for `small`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """Exact numbers of one size; statuses by table A of domain.md §3.13, `resolved` lives in Chatwoot alone."""

    ours: int
    foreign: int
    closed: int
    cancelled: int
    pending: int
    open: int
    resolved: int
    adrift: int
    cancelled_in_order: int  # cancelled ones whose conversation is right
    active_foreign: int = 3  # pending ones of counterparties outside our folder

    @property
    def documents(self) -> int:
        """Documents of 1C."""
        return self.closed + self.cancelled + self.pending + self.open

    @property
    def conversations_of_history(self) -> int:
        """How many of the closed and cancelled have a conversation: a third."""
        return (self.closed + self.cancelled) // 3


SHAPES = {
    "full": Shape(3000, 20_000, 28_740, 942, 7, 1, 237, 382, 118),
    "small": Shape(300, 2000, 2874, 94, 7, 1, 24, 38, 12),
}
