"""A report as an Excel workbook (formatted, totals as formulas, a chart) and as CSV."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from clobus.core import i18n
from clobus.modules.reports import words
from clobus.modules.reports.tables import Column, Line, Table
from clobus.modules.reports.types import SERIES

_FORMATS = {"count": "#,##0", "seconds": "[h]:mm:ss", "percent": "0.0%", "mark": "0.00"}
_AXES = {"count": "#,##0", "seconds": "[h]:mm", "percent": "0%", "mark": "0.0"}
HEAD = 3
"""Rows above the table: title, period, an empty one."""
MOST_BARS = 15
_DAY = 86_400
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")
_MONTHS = {"ru": "[$-419]mmmm yyyy", "uz": "[$-443]mmmm yyyy", "en": "[$-409]mmmm yyyy"}
"""Months in words of a language, by its number in Windows."""


def workbook(table: Table, language: str, names: dict[str, str] | None = None) -> bytes:
    """Title, period and the table with a row of totals; its chart on a sheet of its own, for the screen and paper."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": words.title(language, table.report.name), "author": "Clobus"})
    sheet = book.add_worksheet(words.title(language, table.report.name)[:31])
    looks = _Looks(book, i18n.language_of(language))
    sheet.write_string(0, 0, words.title(language, table.report.name), looks.title)
    sheet.write_string(1, 0, words.subtitle(language, table, names), looks.quiet)
    sheet.write_string(HEAD, 0, words.grouped(language, table.by), looks.head)
    for at, column in enumerate(table.report.columns, 1):
        sheet.write_string(HEAD, at, words.column(language, column), looks.head)
    for number, line in enumerate(table.lines, HEAD + 1):
        _write_key(sheet, number, table, line, language, looks)
        for at, column in enumerate(table.report.columns, 1):
            _write(sheet, number, at, line.values[column.name], column, looks.cells)
    _totals(sheet, table, language, looks)
    sheet.freeze_panes(HEAD + 1, 1)
    sheet.set_row(HEAD, 32)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, len(table.report.columns), 15)
    if table.lines:
        sheet.autofilter(HEAD, 0, HEAD + len(table.lines), len(table.report.columns))
        _chart(book, sheet, table, language)
    for each in book.worksheets():
        each.set_landscape()
        each.set_paper(9)
        each.fit_to_pages(1, 0)
        each.set_footer("&C&P / &N")
    sheet.repeat_rows(HEAD)
    book.close()
    return out.getvalue()


class _Looks:
    """The formats of a workbook."""

    def __init__(self, book: Any, spoken: str) -> None:
        self.title = book.add_format({"bold": True, "font_size": 16})
        self.quiet = book.add_format({"font_color": "#666666"})
        self.head = book.add_format(
            {"bold": True, "bg_color": "#1D4ED8", "font_color": "#FFFFFF", "text_wrap": True, "valign": "vcenter"}
        )
        line = {"bottom": 4, "bottom_color": "#CCCCCC", "align": "left"}
        self.name = book.add_format(line)
        forms = {"day": "dd.mm.yyyy", "week": "dd.mm.yyyy", "month": _MONTHS[spoken]}
        self.days = {by: book.add_format({**line, "num_format": form}) for by, form in forms.items()}
        self.total = book.add_format({"bold": True, "top": 2})
        self.cells = {
            unit: book.add_format({"num_format": form, "bottom": 4, "bottom_color": "#CCCCCC"})
            for unit, form in _FORMATS.items()
        }
        self.sums = {
            unit: book.add_format({"num_format": form, "bold": True, "top": 2}) for unit, form in _FORMATS.items()
        }


def _shown(number: float, column: Column) -> float:
    """A figure as Excel keeps it: times in days, shares as fractions."""
    return number / _DAY if column.unit == "seconds" else number / 100 if column.unit == "percent" else number


def _write(sheet: Any, row: int, at: int, number: float | None, column: Column, looks: dict[str, Any]) -> None:
    if number is None:
        sheet.write_blank(row, at, None, looks[column.unit])
    else:
        sheet.write_number(row, at, _shown(number, column), looks[column.unit])


def _write_key(sheet: Any, row: int, table: Table, line: Line, language: str, looks: _Looks) -> None:
    if isinstance(line.key, date):
        sheet.write_datetime(row, 0, line.key, looks.days[table.by])
    else:
        sheet.write_string(row, 0, words.key(language, table.by, line), looks.name)


def _totals(sheet: Any, table: Table, language: str, looks: _Looks) -> None:
    """The last row: sums and shares as formulas over the table; averages and percentiles can't be had so."""
    first, last = HEAD + 2, HEAD + 1 + len(table.lines)
    row = HEAD + 1 + len(table.lines)
    sheet.write_string(row, 0, i18n.text(language, "report.total"), looks.total)
    counts = {column.over: at for at, column in enumerate(table.report.columns, 1) if column.unit == "count"}
    for at, column in enumerate(table.report.columns, 1):
        number = table.total.get(column.name)
        look = looks.sums[column.unit]
        if number is None or not table.lines:
            _write(sheet, row, at, number, column, looks.sums)
        elif column.unit == "count":
            letter = xl_col_to_name(at)
            sheet.write_formula(row, at, f"=SUM({letter}{first}:{letter}{last})", look, number)
        elif column.unit == "percent" and {column.over, column.under} <= counts.keys():
            over, under = xl_col_to_name(counts[column.over]), xl_col_to_name(counts[column.under])
            formula = f"=IF({under}{row + 1}=0,0,{over}{row + 1}/{under}{row + 1})"
            sheet.write_formula(row, at, formula, look, _shown(number, column))
        else:
            _write(sheet, row, at, number, column, looks.sums)


def _chart(book: Any, sheet: Any, table: Table, language: str) -> None:
    """Lines over time, where days without requests keep their place; bars of the largest by anything else."""
    lines = table.by in SERIES
    chart = book.add_chart({"type": "line" if lines else "bar"})
    name, last = sheet.get_name(), HEAD + (len(table.lines) if lines else min(len(table.lines), MOST_BARS))
    title = words.title(language, table.report.name)
    if last < HEAD + len(table.lines):
        title += f"\n{i18n.text(language, 'report.cut', {'n': MOST_BARS, 'all': len(table.lines)})}"
    for at, column in enumerate(table.report.columns, 1):
        if column.name in table.report.chart:
            chart.add_series(
                {
                    "name": [name, HEAD, at],
                    "categories": [name, HEAD + 1, 0, last, 0],
                    "values": [name, HEAD + 1, at, last, at],
                    "marker": {"type": "circle", "size": 4} if len(table.lines) < 40 else {"type": "none"},
                }
            )
    chart.set_title({"name": title, "name_font": {"size": 12}})
    chart.set_legend({"position": "bottom"})
    unit = next(column.unit for column in table.report.columns if column.name in table.report.chart)
    # Of a chart that lies down, the axis of values is y to Excel and x to the library.
    values = chart.set_y_axis if lines else chart.set_x_axis
    values({"num_format": _AXES[unit], "min": 0, "major_gridlines": {"visible": True, "line": {"color": "#E5E7EB"}}})
    if lines:
        every, of = {"day": (1, "days"), "week": (7, "days"), "month": (1, "months")}[table.by]
        form = "mm.yyyy" if table.by == "month" else "dd.mm.yyyy"
        chart.set_x_axis({
            "date_axis": True, "num_format": form, "num_font": {"rotation": -45}, "major_unit_type": of,
            "major_unit": every * max(1, -(-len(table.lines) // 16)),
        })  # fmt: skip
    else:
        chart.set_y_axis({"reverse": True})
    chart.set_size({"width": 1080, "height": 600})
    apart = book.add_worksheet(i18n.text(language, "report.chart"))
    apart.hide_gridlines(2)
    apart.insert_chart(0, 0, chart)


def comma_separated(table: Table, language: str, names: dict[str, str] | None = None) -> bytes:
    """CSV in UTF-8 with its mark, as Excel opens it where the language is spoken: semicolons and decimal commas, in
    English commas and points. Days as 2026-11-26, times in seconds.

    A name that a spreadsheet would take for a formula is put behind an apostrophe.
    """
    out = io.StringIO(newline="")
    english = i18n.language_of(language) == "en"
    writer = csv.writer(out, delimiter="," if english else ";", lineterminator="\r\n")
    columns = table.report.columns

    def figures(values: dict[str, int | float | None]) -> list[str]:
        texts = ("" if (value := values.get(c.name)) is None else str(value) for c in columns)
        return [text if english else text.replace(".", ",") for text in texts]

    writer.writerow([words.grouped(language, table.by), *(words.column(language, c) for c in columns)])
    for line in table.lines:
        name = line.key.isoformat() if isinstance(line.key, date) else words.key(language, table.by, line)
        name = f"'{name}" if name.startswith(_RISKY) else name
        writer.writerow([name, *figures(line.values)])
    writer.writerow([i18n.text(language, "report.total"), *figures(table.total)])
    return out.getvalue().encode("utf-8-sig")
