"""A report on paper: PDF with its picture and its table, in a font that has Cyrillic and the letters of Uzbek."""

from __future__ import annotations

import io
from pathlib import Path

import matplotlib as mpl
from fpdf import FPDF, FontFace

from clobus.core import clock, i18n
from clobus.modules.reports import picture, words
from clobus.modules.reports.tables import Table

FONT = "DejaVu"
_FONTS = Path(mpl.get_data_path()) / "fonts" / "ttf"
MOST_LINES = 500
"""What is longer is cut off, with a word about it: nobody reads it on paper."""


class _Paper(FPDF):
    """Pages with their numbers."""

    def footer(self) -> None:
        """Which page of how many; the library calls it at the end of each."""
        self.set_y(-10)
        self.set_font(FONT, "", 8)
        self.set_text_color(100)
        self.cell(0, 5, f"{self.page_no()} / {{nb}}", align="R")
        self.set_text_color(0)


def pdf(table: Table, language: str, names: dict[str, str] | None = None) -> bytes:
    """Landscape A4: title, period, picture, then the table with its total, its head and number on each page."""
    page = _Paper(orientation="landscape", format="A4")
    page.add_font(FONT, "", _FONTS / "DejaVuSans.ttf")
    page.add_font(FONT, "B", _FONTS / "DejaVuSans-Bold.ttf")
    title = words.title(language, table.report.name)
    page.set_title(title)
    page.set_creation_date(clock.now())
    page.set_lang(language)
    page.set_auto_page_break(auto=True, margin=14)
    page.add_page()
    page.set_font(FONT, "B", 16)
    page.cell(0, 9, title, new_x="LMARGIN", new_y="NEXT")
    page.set_font(FONT, "", 9)
    page.set_text_color(100)
    page.multi_cell(0, 5, words.subtitle(language, table, names), new_x="LMARGIN", new_y="NEXT")
    page.set_text_color(0)
    page.ln(2)
    if table.lines:
        page.image(io.BytesIO(picture.png(table, language, names, titled=False)), w=180, alt_text=title)
        page.ln(3)
    _table(page, table, language)
    return bytes(page.output())


def _table(page: FPDF, table: Table, language: str) -> None:
    columns = table.report.columns
    page.set_font(FONT, "", 7)
    widths = (3, *(1.3 for _ in columns))
    head = FontFace(emphasis="BOLD", fill_color=(29, 78, 216), color=(255, 255, 255))
    align = ("LEFT", *("RIGHT" for _ in columns))
    with page.table(col_widths=widths, headings_style=head, text_align=align, line_height=4.2) as drawn:
        row = drawn.row()
        for text in (words.grouped(language, table.by), *(words.column(language, column) for column in columns)):
            row.cell(text)
        for line in table.lines[:MOST_LINES]:
            row = drawn.row()
            row.cell(words.key(language, table.by, line))
            for column in columns:
                row.cell(words.value(language, column, line.values[column.name]))
        row = drawn.row(style=FontFace(emphasis="BOLD"))
        row.cell(i18n.text(language, "report.total"))
        for column in columns:
            row.cell(words.value(language, column, table.total.get(column.name)))
    if len(table.lines) > MOST_LINES:
        page.cell(0, 6, i18n.text(language, "report.cut", {"n": MOST_LINES, "all": len(table.lines)}))
