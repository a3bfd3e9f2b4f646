"""How people read reports: names of columns and rows, times, shares and days in their language."""

from __future__ import annotations

from datetime import date
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal

from clobus.core import i18n
from clobus.modules.reports.tables import Column, Line, Table
from clobus.modules.reports.types import NOBODY, By, Filters, Period


def title(language: str, report: str) -> str:
    """The name of a report."""
    return i18n.text(language, f"report.{report}")


def column(language: str, given: Column) -> str:
    """The head of a column."""
    return i18n.text(language, f"report.column.{given.name}")


def grouped(language: str, by: By) -> str:
    """The head of the first column."""
    return i18n.text(language, f"report.by.{by}")


def key(language: str, by: By, line: Line) -> str:
    """The name of a row."""
    return named(language, by, line.key, line.name)


def named(language: str, by: str, value: Any, name: str | None = None) -> str:
    """The name of a day, week, month, or of a value of a dimension; what has none is shown as it is."""
    if isinstance(value, date):
        spoken = i18n.language_of(language)
        form = {"month": "LLLL y", "week": "dd.MM.y", "day": "dd.MM.y"}[by]
        return str(format_date(value, form, locale=spoken))
    if value == NOBODY or value == "":
        return i18n.text(language, f"report.none.{by}")
    known = i18n.catalogue(i18n.language_of(language))
    return name or known.get(f"report.{by}.{value}", str(value))


def days(language: str, period: Period) -> str:
    """A period, both days included."""
    return f"{named(language, 'day', period.first)} – {named(language, 'day', period.last)}"


def duration(language: str, seconds: int) -> str:
    """A working time: seconds under two minutes, minutes, or hours with minutes."""
    if seconds < 120:
        return i18n.text(language, "report.seconds", {"n": seconds})
    minutes = (seconds + 30) // 60
    if minutes < 60:
        return i18n.text(language, "report.minutes", {"n": minutes})
    return i18n.text(language, "report.hours", {"hours": minutes // 60, "minutes": f"{minutes % 60:02d}"})


def value(language: str, given: Column, number: float | None) -> str:
    """A figure with its unit; a dash for none."""
    if number is None:
        return "—"
    if given.unit == "seconds":
        return duration(language, int(number))
    spoken = i18n.language_of(language)
    form = {"count": "#,##0", "percent": "0.0", "mark": "0.00"}[given.unit]
    text = str(format_decimal(number, form, locale=spoken))
    return f"{text} %" if given.unit == "percent" else text


def narrowed(language: str, filters: Filters, names: dict[str, str]) -> str:
    """What a report is narrowed to, for its head; `names` of a manager and a category by dimension."""
    return " · ".join(
        f"{grouped(language, name)}: {named(language, name, given, names.get(name))}"  # type: ignore[arg-type]  # a filter by its name
        for name, given in filters.given().items()
    )


def subtitle(language: str, table: Table, names: dict[str, str] | None = None) -> str:
    """Period and filters in one line."""
    more = narrowed(language, table.filters, names or {})
    return days(language, table.period) + (f" · {more}" if more else "")
