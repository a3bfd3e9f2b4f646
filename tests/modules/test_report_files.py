"""Reports as files, looked at as their readers' programs read them."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from matplotlib.figure import Figure
from openpyxl import load_workbook
from pypdf import PdfReader

from clobus.commands import reports
from clobus.core import clock
from clobus.modules.reports import paper, picture, spreadsheet
from clobus.modules.reports.tables import REPORTS, Line, Table
from clobus.modules.reports.types import By, Filters, Period

PERIOD = Period(date(2026, 10, 1), date(2026, 11, 26))
FIGURES = {"count": 12, "seconds": 5_400, "percent": 12.5, "mark": 4.35}


def table(name: str, by: By, keys: list[Any], names: dict[Any, str] | None = None, **over: float) -> Table:
    report = REPORTS[name]
    values = {column.name: over.get(column.unit, FIGURES[column.unit]) for column in report.columns}
    lines = [Line(key, (names or {}).get(key), dict(values)) for key in keys]
    return Table(report, by, PERIOD, Filters(), lines, dict(values), {})


@pytest.mark.parametrize(
    ("by", "form"), [("day", "dd.mm.yyyy"), ("week", "dd.mm.yyyy"), ("month", "[$-443]mmmm yyyy")]
)  # fmt: skip
def test_days_are_dates_to_excel_and_print_on_numbered_pages(by: By, form: str) -> None:
    book = load_workbook(io.BytesIO(spreadsheet.workbook(table("volume", by, [date(2026, 10, 1)]), "uz")))
    sheet, apart = book.worksheets
    day = sheet["A5"].value
    assert isinstance(day, datetime)
    assert (day.date(), sheet["A5"].number_format) == (date(2026, 10, 1), form)
    assert sheet.freeze_panes == "B5"
    assert (sheet.print_title_rows, sheet.sheet_properties.pageSetUpPr.fitToPage) == ("$4:$4", True)
    assert (sheet.page_setup.fitToHeight, sheet.page_setup.paperSize) == (0, 9)
    assert sheet.oddFooter.center.text == "&P / &N"
    assert (apart.title, len(apart._charts)) == ("Diagramma", 1)


@pytest.mark.parametrize(
    ("name", "form"), [("volume", "#,##0"), ("times", "[h]:mm"), ("sla", "0%"), ("satisfaction", "0.0")]
)  # fmt: skip
@pytest.mark.parametrize("by", ["week", "kind"])
def test_a_chart_shows_its_unit_and_days_at_their_places(name: str, form: str, by: By) -> None:
    keys = [date(2026, 10, 5), date(2026, 10, 12)] if by == "week" else ["accounting", "support"]
    with ZipFile(io.BytesIO(spreadsheet.workbook(table(name, by, keys), "ru"))) as packed:
        drawn = ElementTree.fromstring(packed.read("xl/charts/chart1.xml"))  # noqa: S314 - made a line above
    space = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
    axis = drawn.find(f".//{space}valAx/{space}numFmt")
    assert axis is not None
    assert axis.attrib["formatCode"] == form
    assert (drawn.find(f".//{space}dateAx") is not None) == (by == "week")


@pytest.mark.parametrize(
    ("language", "decimals"), [("ru", ("12,5", ";")), ("uz", ("12,5", ";")), ("en", ("12.5", ","))]
)
def test_csv_opens_in_the_excel_of_its_readers(language: str, decimals: tuple[str, str]) -> None:
    made = spreadsheet.comma_separated(table("satisfaction", "day", [date(2026, 10, 1)]), language)
    head, line, total = made.decode("utf-8-sig").splitlines()
    assert made.startswith(b"\xef\xbb\xbf")
    share, comma = decimals
    mark = share.replace("12", "4").replace("5", "35")
    assert line == comma.join(("2026-10-01", "12", "12", share, "12", mark))
    assert len(head.split(comma)) == len(total.split(comma)) == 6


def test_names_are_no_formulas_in_any_file() -> None:
    keys = [UUID(int=number) for number in range(1, 7)]
    names = dict(zip(keys, ("=1+1", "+998", "-1", "@SUM(A1)", "\t=1", "\n=1"), strict=True))
    told = table("volume", "manager", keys, names)
    for line in spreadsheet.comma_separated(told, "ru").decode("utf-8-sig").replace('"', "").split("\r\n")[1:-2]:
        assert line.startswith("'")
    sheet = load_workbook(io.BytesIO(spreadsheet.workbook(told, "ru"))).worksheets[0]
    assert [sheet.cell(5 + number, 1).data_type for number in range(6)] == ["s"] * 6


def test_paper_numbers_its_pages_and_repeats_the_head_of_the_table() -> None:
    keys = [date(2026, 10, 1) + timedelta(days=day) for day in range(57)]
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(paper.pdf(table("volume", "day", keys), "uz"))).pages]
    assert len(pages) > 1
    for number, text in enumerate(pages, 1):
        assert f"{number} / {len(pages)}" in text
        assert "Murojaatlar" in text


def drawn(monkeypatch: pytest.MonkeyPatch, told: Table, language: str) -> Any:
    """The axes of a picture."""
    kept: list[Figure] = []
    save = Figure.savefig
    monkeypatch.setattr(Figure, "savefig", lambda self, *a, **k: (kept.append(self), save(self, *a, **k)))
    picture.png(told, language)
    return kept[0].axes[0]


@pytest.mark.parametrize(
    ("name", "seconds", "unit"),
    [("times", 600, "ish daqiqalari"), ("times", 90_000, "ish soatlari"), ("sla", 0, "%"), ("volume", 0, "soni")],
)
@pytest.mark.parametrize("by", ["month", "kind"])
def test_a_picture_names_its_unit(
    monkeypatch: pytest.MonkeyPatch, name: str, seconds: int, unit: str, by: By
) -> None:  # fmt: skip
    keys = [date(2026, month, 1) for month in range(1, 12)] if by == "month" else ["accounting", "support"]
    axes = drawn(monkeypatch, table(name, by, keys, seconds=seconds), "uz")
    assert (axes.get_ylabel() if by == "month" else axes.get_xlabel()) == unit


def test_a_picture_can_be_read_on_a_phone(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [UUID(int=number) for number in range(1, 12)]
    names = {key: "Муҳаммаджон Ўткирбекович Абдураҳмонов, катта маслаҳатчи" for key in keys}
    for told in (table("managers", "manager", keys, names), table("times", "day", [date(2026, 10, 3)])):
        axes = drawn(monkeypatch, told, "uz")
        width, _ = axes.figure.get_size_inches()
        least = min(label.get_fontsize() for label in (*axes.get_xticklabels(), *axes.get_yticklabels()))
        assert least / 72 / width * 360 >= 7.5, "points of a screen that is 360 wide"
        assert axes.get_position().width > 0.5
        legend = axes.figure.legends[0].get_window_extent()
        assert legend.x0 >= 0
        assert legend.x1 <= axes.figure.bbox.x1


def test_labels_of_a_picture_do_not_lie_over_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    axes = drawn(monkeypatch, table("sla", "month", [date(2025, month, 1) for month in range(1, 13)]), "en")
    boxes = [label.get_window_extent() for label in axes.get_xticklabels()]
    assert all(left.x1 < right.x0 for left, right in zip(boxes, boxes[1:], strict=False))
    assert axes.get_legend() is None, "it stands below"


def test_a_day_without_requests_is_nought_in_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    told = table("volume", "day", [date(2026, 10, 3), date(2026, 10, 5)])
    for today, rest in ((5, []), (7, [0, 0])):
        with clock.freeze(datetime(2026, 10, today, 14, tzinfo=UTC)):
            axes = drawn(monkeypatch, told, "ru")
        assert [list(line.get_ydata()) for line in axes.lines] == [[12, 0, 12, *rest]] * 3
    empty = drawn(monkeypatch, table("volume", "day", []), "ru")
    assert [text.get_text() for text in empty.texts] == ["За этот период ничего нет"]


def test_the_command_names_what_a_report_is_narrowed_to(capsys: pytest.CaptureFixture[str]) -> None:
    manager = UUID(int=7)
    told = replace(table("volume", "kind", ["support"]), filters=Filters(manager=manager))
    reports._print(told, "en", {"manager": "Oʻrinboyev Шухрат"})
    head, _, _, total = capsys.readouterr().out.splitlines()
    assert head.endswith("Manager: Oʻrinboyev Шухрат")
    assert total.startswith("Total ")
