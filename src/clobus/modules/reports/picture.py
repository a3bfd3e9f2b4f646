"""A report as a picture: bars or lines, with its title and words in the reader's language."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator
from datetime import date, timedelta
from threading import Lock
from typing import Any

from babel.dates import format_date
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from clobus.core import clock, i18n
from clobus.modules.reports import words
from clobus.modules.reports.tables import Column, Table
from clobus.modules.reports.types import SERIES

COLOURS = ("#2563EB", "#0D9488", "#D97706", "#9333EA")
MOST_BARS = 12
MOST_LABELS = 6
LONG = 2 * 3600
"""Of times above so many seconds an axis shows hours."""
_drawing = Lock()  # fonts are cached without a lock in the library


def png(table: Table, language: str, names: dict[str, str] | None = None, *, titled: bool = True) -> bytes:
    """Draw the columns that the report's chart shows: 1120 by 735 pixels with words that can be read on a phone, or, on
    paper, wider and without the title that stands there already.
    """
    with _drawing:
        figure = Figure(figsize=(6.4, 4.2) if titled else (10, 5.6), dpi=175, layout="constrained")
        axes = figure.add_subplot()
        columns = [column for column in table.report.columns if column.name in table.report.chart]
        scale, unit = _scale(table, columns)
        if table.by in SERIES:
            _lines(axes, table, columns, language, scale)
            axes.set_ylabel(i18n.text(language, f"report.axis.{unit}"))
        else:
            _bars(axes, table, columns, language, scale)
            axes.set_xlabel(i18n.text(language, f"report.axis.{unit}"))
        if titled:
            figure.suptitle(words.title(language, table.report.name), fontsize=15, fontweight="bold", x=0.02, ha="left")
            told = textwrap.fill(words.subtitle(language, table, names), 76 if table.by in SERIES else 44)
            if table.by not in SERIES and len(table.lines) > MOST_BARS:
                told += f"\n{i18n.text(language, 'report.cut', {'n': MOST_BARS, 'all': len(table.lines)})}"
            axes.set_title(told, fontsize=10, color="#555555", loc="left")
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="x" if table.by not in SERIES else "y", color="#E5E7EB")
        axes.set_axisbelow(True)
        if table.lines:
            # Below the picture: within it, it would lie over what it explains.
            beside = len(columns) if sum(len(words.column(language, column)) for column in columns) < 50 else 1
            figure.legend(loc="outside lower center", ncols=beside, frameon=False, fontsize=11)
        else:
            axes.set(xticks=[], yticks=[], xlabel="", ylabel="")
            axes.text(
                0.5, 0.5, i18n.text(language, "report.nothing"), ha="center", fontsize=12, transform=axes.transAxes
            )
        out = io.BytesIO()
        FigureCanvasAgg(figure)
        figure.savefig(out, format="png", metadata={"Software": "Clobus"})
    return out.getvalue()


def _scale(table: Table, columns: list[Column]) -> tuple[float, str]:
    """By what figures are divided for their axis, and the unit that it shows: times in hours, short ones in minutes."""
    unit = columns[0].unit
    if unit != "seconds":
        return 1, unit
    highest = max((line.values[column.name] or 0 for line in table.lines for column in columns), default=0)
    return (3600, "hours") if highest > LONG else (60, "minutes")


def _lines(axes: Any, table: Table, columns: list[Column], language: str, scale: float) -> None:
    """Each day, week or month at its place; a count of one that no request came on is nought."""
    found = {line.key: line.values for line in table.lines}
    keys = list(_between(table)) if found else []
    for colour, column in zip(COLOURS, columns, strict=False):
        nothing = {column.name: 0 if column.unit == "count" else None}
        told = [(at, found.get(key, nothing)[column.name]) for at, key in enumerate(keys)]
        places = [at for at, value in told if value is not None]
        values = [value / scale for _, value in told if value is not None]
        axes.plot(places, values, color=colour, linewidth=2, marker="o" if len(values) < 40 else "",
                  markersize=4, label=words.column(language, column))  # fmt: skip
    step = max(1, -(-len(keys) // MOST_LABELS))
    labels = [_short(language, table.by, key) for key in keys]
    axes.set_xticks(list(range(len(keys)))[::step], labels[::step], fontsize=10)
    axes.yaxis.set_major_locator(MaxNLocator(6, integer=columns[0].unit == "count"))
    axes.set_ylim(bottom=0, top=5 if columns[0].unit == "mark" else None)


def _between(table: Table) -> Iterator[date]:
    """All days, weeks or months from the first to the last that has requests; days until today, if it is asked for."""
    at, last = table.lines[0].key, table.lines[-1].key
    if table.by == "day":
        last = max(last, min(table.period.last, clock.now().date()))
    while at <= last:
        yield at
        following = at + timedelta(days={"day": 1, "week": 7, "month": 32}[table.by])
        at = following.replace(day=1) if table.by == "month" else following


def _short(language: str, by: str, key: date) -> str:
    """A label that fits beside others."""
    return str(format_date(key, "LLL y" if by == "month" else "dd.MM.yy", locale=i18n.language_of(language)))


def _bars(axes: Any, table: Table, columns: list[Column], language: str, scale: float) -> None:
    lines = table.lines[:MOST_BARS]
    height = 0.8 / max(1, len(columns))
    for number, (colour, column) in enumerate(zip(COLOURS, columns, strict=False)):
        places = [at + number * height for at in range(len(lines))]
        values = [(line.values[column.name] or 0) / scale for line in lines]
        axes.barh(places, values, height=height, color=colour, label=words.column(language, column))
    middle = height * (len(columns) - 1) / 2
    labels = [textwrap.shorten(words.key(language, table.by, line), 34, placeholder="…") for line in lines]
    axes.set_yticks([at + middle for at in range(len(lines))], labels, fontsize=10)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=columns[0].unit == "count"))
    axes.set_xlim(left=0)
    axes.invert_yaxis()
