"""A report as a picture: bars or lines, with its title and words in the reader's language."""

from __future__ import annotations

import io
from threading import Lock
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from clobus.modules.reports import words
from clobus.modules.reports.tables import Column, Table
from clobus.modules.reports.types import SERIES

COLOURS = ("#2563EB", "#0D9488", "#D97706", "#9333EA")
MOST_BARS = 12
_drawing = Lock()  # fonts are cached without a lock in the library


def png(table: Table, language: str, names: dict[str, str] | None = None) -> bytes:
    """Draw the columns that the report's chart shows; 1000 by 560 pixels."""
    with _drawing:
        figure = Figure(figsize=(10, 5.6), dpi=100, layout="constrained")
        axes = figure.add_subplot()
        columns = [column for column in table.report.columns if column.name in table.report.chart]
        if table.by in SERIES:
            _lines(axes, table, columns, language)
        else:
            _bars(axes, table, columns, language)
        figure.suptitle(words.title(language, table.report.name), fontsize=15, fontweight="bold", x=0.02, ha="left")
        axes.set_title(words.subtitle(language, table, names), fontsize=10, color="#555555", loc="left")
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="x" if table.by not in SERIES else "y", color="#E5E7EB")
        axes.set_axisbelow(True)
        if len(columns) > 1 and table.lines:
            axes.legend(frameon=False, fontsize=9)
        out = io.BytesIO()
        FigureCanvasAgg(figure)
        figure.savefig(out, format="png", metadata={"Software": "Clobus"})
    return out.getvalue()


def _drawn(number: float | None, column: Column) -> float:
    """A figure as an axis shows it: times in hours."""
    if number is None:
        return float("nan")
    return number / 3600 if column.unit == "seconds" else float(number)


def _lines(axes: Any, table: Table, columns: list[Column], language: str) -> None:
    labels = [words.key(language, table.by, line) for line in table.lines]
    places = range(len(labels))
    for colour, column in zip(COLOURS, columns, strict=False):
        values = [_drawn(line.values[column.name], column) for line in table.lines]
        axes.plot(places, values, color=colour, linewidth=2, marker="o" if len(values) < 40 else "",
                  markersize=4, label=words.column(language, column))  # fmt: skip
    step = max(1, len(labels) // 8)
    axes.set_xticks(list(places)[::step], labels[::step], fontsize=9)
    axes.yaxis.set_major_locator(MaxNLocator(6))
    axes.set_ylim(bottom=0)


def _bars(axes: Any, table: Table, columns: list[Column], language: str) -> None:
    lines = table.lines[:MOST_BARS]
    height = 0.8 / max(1, len(columns))
    for number, (colour, column) in enumerate(zip(COLOURS, columns, strict=False)):
        places = [at + number * height for at in range(len(lines))]
        values = [_drawn(line.values[column.name], column) for line in lines]
        axes.barh(places, values, height=height, color=colour, label=words.column(language, column))
    middle = height * (len(columns) - 1) / 2
    labels = [words.key(language, table.by, line)[:40] for line in lines]
    axes.set_yticks([at + middle for at in range(len(lines))], labels, fontsize=9)
    axes.invert_yaxis()
