"""Histograms of a manager's and a category's days, so that tables by them tell medians.

Revision ID: 0019
Revises: 0018
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_TIMES = ("first", "answer", "closing")
_NONE = "array_fill(0::real, array[63])::vector"
_MADE = """
    create table rep.times_of_{who} (
        grain "char" not null, day date not null, first_times vector(63) not null, answer_times vector(63) not null,
        closing_times vector(63) not null, {who} uuid not null, primary key (grain, day, {who})
    ) with (fillfactor = 70);
    create index ix_times_of_{who} on rep.times_of_{who} ({who}, grain, day);
    insert into rep.times_of_{who} (grain, day, {who}, first_times, answer_times, closing_times)
    select 'd', f.day, f.{who}, {sums} from rep.facts f {joins}
    group by f.day, f.{who} having num_nonnulls({counts}) > 0 order by f.day, f.{who};
    insert into rep.times_of_{who} (grain, day, {who}, first_times, answer_times, closing_times)
    select 'm', date_trunc('month', day)::date, {who}, sum(first_times), sum(answer_times), sum(closing_times)
    from rep.times_of_{who} where grain = 'd' group by 2, 3 order by 2, 3
"""


def upgrade() -> None:
    """Make the tables and fill them from the facts."""
    for who in ("manager", "category"):
        sql = _MADE.format(
            who=who,
            sums=", ".join(f"coalesce(sum({time}.counts), {_NONE})" for time in _TIMES),
            joins=" ".join(
                f"left join rep.units {time} on {time}.sign = 1 and {time}.bucket = f.{time}_bucket" for time in _TIMES
            ),
            counts=", ".join(f"sum({time}.counts)" for time in _TIMES),
        )
        op.get_bind().connection.driver_connection.execute(sql)


def downgrade() -> None:
    """Medians by manager and category are told no more."""
    op.execute("drop table rep.times_of_manager, rep.times_of_category")
