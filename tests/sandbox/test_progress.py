"""The first load as a newcomer sees it."""

from __future__ import annotations

import io
import re

import psycopg
from rich.console import Console

from clobus.sandbox import progress

INSERT = """
insert into log.etl_runs (process, outcome, read_count, expected_count, error, started_at, finished_at)
values (%s, %s, %s, %s, %s, now() - interval '10 s', case when %s = 'running' then null else now() end)
"""


def add(url: str, process: str, outcome: str, read: int, expected: int | None = None, error: str | None = None) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(INSERT, (process, outcome, read, expected, error, outcome))


def test_a_process_counts_when_any_run_of_it_came_through(database_url: str) -> None:
    add(database_url, "cons", "ok", 100)
    add(database_url, "cons", "failed", 5, error="1C is away")
    add(database_url, "rates", "running", 10, 200)
    seen = progress.states(database_url)
    assert [(state.process, state.outcome, state.come_through) for state in seen] == [
        ("cons", "failed", True),
        ("rates", "running", False),
    ]
    assert progress.loaded(seen, ["cons"])
    assert not progress.loaded(seen, ["cons", "rates"])
    assert round(seen[1].rate) == 1


def test_no_database_is_no_progress() -> None:
    assert progress.states("postgresql://clobus:x@127.0.0.1:1/clobus") == []


def test_lines_tell_counts_rates_and_failures(database_url: str) -> None:
    add(database_url, "cons", "running", 12_000, 29_690)
    add(database_url, "rates", "failed", 0, error="1C is away")
    output = io.StringIO()
    with progress.Display(Console(file=output, width=200)) as display:
        display.show(progress.states(database_url))
        display.finish(progress.states(database_url))
    said = output.getvalue()
    assert "12,000 of 29,690" in said
    assert re.search(r"1,\d{3}/s  running", said)
    assert said.count("rates: 1C is away") == 1


def test_bars_on_a_terminal(database_url: str) -> None:
    add(database_url, "cons", "running", 12_000, 29_690)
    output = io.StringIO()
    with progress.Display(Console(file=output, width=120, force_terminal=True)) as display:
        display.show(progress.states(database_url))
    assert "12000/29690" in output.getvalue()
