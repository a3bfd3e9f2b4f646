"""Error answers of the OData interface: codes, HTTP statuses, texts in Russian and English (onec.md §1.11)."""

from __future__ import annotations

import html
import json

_TEXTS: dict[str, tuple[int, str, str]] = {
    "internal": (-1, "Внутренняя ошибка: {0}", "Internal error: {0}"),
    "json": (-1, "Непредвиденный символ при чтении JSON", "Unexpected character when reading JSON"),
    "guid_order": (
        -1,
        "Операции сравнения, кроме равенства, для ссылок и уникальных идентификаторов не поддерживаются",
        "Only equality is supported for references and unique identifiers",
    ),
    "function_type": (-1, "Несоответствие типов при вызове функции {0}", "Type mismatch in function {0}"),
    "array_in_string": (
        -1,
        "Преобразование значения к типу Строка не может быть выполнено ({0})",
        "Conversion to String failed ({0})",
    ),
    "line_missing": (-1, "Не указан номер строки табличной части {0}", "Line number of {0} is missing"),
    "business": (-1, "{0}", "{0}"),
    "option": (0, "Параметр {0} не поддерживается", "The {0} parameter is not supported"),
    "parse": (
        1,
        "Не удалось разобрать строку '{0}' как значение типа Edm.{1}!",
        "Cannot parse the string '{0}' as Edm.{1}!",
    ),
    "request_format": (2, "Неверный формат запроса", "Wrong request format"),
    "representation": (3, "Неподдерживаемый формат представления", "Unsupported representation format"),
    "line_start": (
        4,
        "Номера строк табличной части {0} должны начинаться с 1",
        "Line numbers of {0} must start at 1",
    ),
    "segment": (6, "Сегмент пути {0} не найден!", "Path segment {0} is not found!"),
    "method_missing": (6, "Метод не найден", "Method is not found"),
    "key_part": (7, "Не указана часть ключа {0}", "Key part {0} is missing"),
    "entity": (8, 'Тип сущности "{0}" не найден', '"{0}" entity is not found'),
    "instance": (9, "Экземпляр сущности не найден", "Entity instance is not found"),
    "property": (10, "Свойство {0} не найдено", "Property {0} is not found"),
    "argument": (12, "Не указан аргумент {0}", "Argument {0} is missing"),
    "rows": (
        13,
        "Строки табличных частей не могут быть созданы непосредственно",
        "Rows of tabular sections cannot be created directly",
    ),
    "query_option": (14, "Ошибка при разборе опции запроса {0}", "Error parsing {0} query option"),
    "key_exists": (
        15,
        "Не удалось записать: запись с такими значениями уже существует",
        "A record with these key values already exists",
    ),
    "too_long": (16, "Значение поля {0} слишком длинное", "The value of {0} is too long"),
    "method": (19, "Метод HTTP {0} не поддерживается", "HTTP method {0} is not allowed"),
    "rights": (20, "Недостаточно прав доступа", "Insufficient access rights"),
    "function": (21, "Неверная функция или аргументы: {0}", "Wrong function or arguments: {0}"),
    "if_match": (4, "Версия данных не совпадает", "Data version mismatch"),
}


class ODataError(Exception):
    """An error answer: HTTP status and the name of a text with its parts."""

    def __init__(self, status: int, name: str, *parts: str) -> None:
        super().__init__(name, *parts)
        self.status = status
        self.name = name
        self.parts = parts

    @property
    def code(self) -> str:
        """The vendor's code."""
        return str(_TEXTS[self.name][0])

    def message(self, locale: str = "ru") -> str:
        """The text in the server's locale."""
        _, russian, english = _TEXTS[self.name]
        return (english if locale == "en" else russian).format(*self.parts)

    def body(self, *, as_json: bool, locale: str) -> tuple[bytes, str]:
        """The body and its content type; `lang` is "ru" even for English text."""
        message = self.message(locale)
        if as_json:
            data = {"odata.error": {"code": self.code, "message": {"lang": "ru", "value": message}}}
            return json.dumps(data, ensure_ascii=False).encode(), "application/json;charset=utf-8"
        text = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<m:error xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">'
            f'<m:code>{self.code}</m:code><m:message xml:lang="ru">{html.escape(message)}</m:message></m:error>'
        )
        return text.encode(), "application/xml;charset=utf-8"


def bad_option(option: str) -> ODataError:
    """A query option that does not parse; values are not echoed (onec.md §1.11)."""
    return ODataError(400, "query_option", option)


def unknown_segment(name: str) -> ODataError:
    """A name that the set does not have; echoed."""
    return ODataError(400, "segment", name)
