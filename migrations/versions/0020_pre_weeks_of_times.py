"""Histograms of weeks by manager and category, so that a window of thirty days is read from a few rows of sums.

Revision ID: 0020
Revises: 0019
"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_TIMES = ("first", "answer", "closing")
_NONE = "array_fill(0::real, array[63])::vector"
_OF = """
    insert into rep.times_of_{who} (grain, day, {who}, first_times, answer_times, closing_times)
    select 'w', date_trunc('week', day)::date, {who}, sum(first_times), sum(answer_times), sum(closing_times)
    from rep.times_of_{who} where grain = 'd' group by 2, 3 order by 2, 3
"""
_BY = """
    insert into rep.times_by_{who}
        (grain, day, {who}, kind, channel, language, first_times, answer_times, closing_times)
    select 'w', date_trunc('week', f.day)::date, f.{who}, f.kind, f.channel, f.language, {sums}
    from rep.facts f {joins} group by 2, 3, 4, 5, 6 having num_nonnulls({counts}) > 0 order by 2, 3, 4, 5, 6
"""


def upgrade() -> None:
    """Make the rows of weeks, of days where there are such and of the facts elsewhere."""
    filled = {
        "sums": ", ".join(f"coalesce(sum({time}.counts), {_NONE})" for time in _TIMES),
        "counts": ", ".join(f"sum({time}.counts)" for time in _TIMES),
        "joins": " ".join(
            f"left join rep.units {time} on {time}.sign = 1 and {time}.bucket = f.{time}_bucket" for time in _TIMES
        ),
    }
    for who in ("manager", "category"):
        op.execute(_OF.format(who=who))
        op.execute(_BY.format(who=who, **filled))


def downgrade() -> None:
    """Weeks are told by days and facts again."""
    for table in ("times_of_manager", "times_of_category", "times_by_manager", "times_by_category"):
        op.execute(f"delete from rep.{table} where grain = 'w'")
