"""What reports are made of: measures that add up, dimensions, filters, periods."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

MEASURES = (
    "n", "closed_n", "cancelled_n", "first_sum", "first_n", "answer_sum", "answer_n", "closing_sum", "closing_n",
    "marks_sum", "marks_n", "rated_n", "redates_n", "redated_n", "repeated_n", "first_met", "first_missed",
    "closing_met", "closing_missed",
)  # fmt: skip
"""Columns of a fact and of every roll-up: sums and counts, never averages."""
TIMES = ("first", "answer", "closing")
BOUNDS = tuple(sorted({round(30 * 1.2**power) for power in range(62)}))
"""Where the buckets of the histograms of times begin, in working seconds; from half a minute to sixty days of work."""
NOBODY = UUID(int=0)
"""Stands for no manager and no category in keys."""
Grain = Literal["day", "week", "month"]
By = Literal["day", "week", "month", "kind", "category", "channel", "language", "manager"]
SERIES: tuple[By, ...] = ("day", "week", "month")
_KEYS: dict[str, str] = {
    "day": "day", "week": "date_trunc('week', day)::date", "month": "date_trunc('month', day)::date",
}  # fmt: skip
_NAMES = {
    "manager": "(select description from cons.users where cl_ref_key = {key} and {key} <> '{nobody}')",
    "category": "(select description from dict.online_question_cat where ref_key = {key} and {key} <> '{nobody}')",
}
REPEAT_DAYS = 7
"""Who asks again within so many days has contacted the desk repeatedly."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days of the business, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    def before(self) -> Period:
        """The period of the same length that ends where this begins; for whole months, as many months before."""
        following = self.last + timedelta(days=1)
        if self.first.day == following.day == 1:
            months = (following.year - self.first.year) * 12 + following.month - self.first.month
            at = self.first.year * 12 + self.first.month - 1 - months
            return Period(date(at // 12, at % 12 + 1, 1), self.first - timedelta(days=1))
        return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Filters:
    """Which requests are counted; None: all. `NOBODY` as category or manager: those without one."""

    kind: str | None = None
    channel: str | None = None
    language: str | None = None
    category: UUID | None = None
    manager: UUID | None = None

    def given(self) -> dict[str, str | UUID]:
        """The filters that narrow."""
        names = ("kind", "channel", "language", "category", "manager")
        return {name: value for name in names if (value := getattr(self, name)) is not None}


def key_of(by: By | None) -> str:
    """The SQL of what a report is grouped by, over any table with a `day`."""
    return "null::integer" if by is None else _KEYS.get(by, by)


def name_of(by: By | None, key: str) -> str:
    """The SQL of the name of a key: managers and categories have one, others are named by the catalogues."""
    return _NAMES.get(by or "", "null::text").format(key=key, nobody=NOBODY)
