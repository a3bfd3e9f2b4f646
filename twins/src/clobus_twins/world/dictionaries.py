"""Dictionaries of 1C: software types and sections, question categories and questions, interferences (domain.md §2.8).

`SOFTWARE` is the published list; the knowledge base names `po_type` by these names or the short ones, `po_section` by
these names or new ones, which join the dictionary.
Categories and questions come in pairs (ru, uz), one 1C element for each language, from `topics.json`.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from clobus_twins.world.ids import LANGUAGES, named_guid
from clobus_twins.world.textbank import Topic, articles, topics

ACCOUNTING = "1С:Бухгалтерия 8 для Узбекистана"
RETAIL = "1С:Розница 8 для Узбекистана"
MANAGEMENT = "1С:Управление компанией 8 для Узбекистана"
PAYROLL = "1С:Зарплата и управление персоналом"

SHORT_NAMES = {"accounting": ACCOUNTING, "retail": RETAIL, "management": MANAGEMENT, "payroll": PAYROLL}
ADMINISTRATION = "Администрирование"

SOFTWARE: dict[str, tuple[str, ...]] = {
    ACCOUNTING: (
        "НДС",
        "ЭСФ",
        "Налог с оборота",
        "Банк и касса",
        "Взаиморасчёты",
        "Основные средства",
        "Склад и товары",
        "Производство",
        "Закрытие месяца",
        "Отчётность",
        "Импорт и таможня",
        ADMINISTRATION,
    ),
    RETAIL: (
        "Розничные продажи и ККМ",
        "Склад и товары",
        "Цены и скидки",
        "Маркировка",
        "Обмен данными",
        ADMINISTRATION,
    ),
    MANAGEMENT: (
        "Продажи",
        "Закупки",
        "Склад и товары",
        "Производство",
        "Деньги",
        "Управленческий учёт",
        "Отчётность",
        "Обмен данными",
        ADMINISTRATION,
    ),
    PAYROLL: (
        "Кадры",
        "Зарплата",
        "Отпуска и больничные",
        "Налоги и взносы",
        "Отчётность",
        "Обмен данными",
        ADMINISTRATION,
    ),
}

INTERFERENCES = (
    "Плохая связь",
    "Клиент не у компьютера",
    "Нет доступа к базе",
    "Нет прав администратора",
    "Удалённый доступ прерывается",
    "Нужен программист",
    "Нужны данные от другого сотрудника клиента",
    "Сайт soliq.uz недоступен",
    "Оператор ЭСФ недоступен",
    "База заблокирована обновлением",
)


@dataclass(frozen=True)
class Question:
    """A typical question of one language, with the topic whose texts it draws from."""

    key: str
    category_key: str
    category: str
    title: str
    language: str
    topic: Topic
    index: int


def software_key(po_type: str) -> str:
    """Return the Ref_Key of a software type by its name or short name."""
    return named_guid("po_type", SHORT_NAMES.get(po_type, po_type))


def section_key(po_type: str, section: str) -> str:
    """Return the Ref_Key of a section of a software type (by its name or short name)."""
    return named_guid("po_section", SHORT_NAMES.get(po_type, po_type), section)


@lru_cache(maxsize=1)
def sections() -> dict[str, tuple[str, ...]]:
    """Return the sections of each software type: the declared ones, then those that only an article names."""
    found = {name: list(names) for name, names in SOFTWARE.items()}
    for article in articles():
        names = found[SHORT_NAMES.get(article["po_type"], article["po_type"])]
        if article["po_section"] not in names:
            names.append(article["po_section"])
    return {name: tuple(names) for name, names in found.items()}


def interference_key(name: str) -> str:
    """Return the Ref_Key of an interference by its name."""
    return named_guid("interference", name)


def category_key(topic: Topic, language: str) -> str:
    """Return the Ref_Key of the category element of a topic in a language (ru or uz)."""
    return named_guid("category", topic.key, language)


@lru_cache(maxsize=2)
def questions(language: str) -> tuple[Question, ...]:
    """Return every typical question of a language (ru or uz), in the order of the topics."""
    return tuple(
        Question(
            key=named_guid("question", topic.key, str(index), language),
            category_key=category_key(topic, language),
            category=topic.title[language],
            title=item.title[language],
            language=language,
            topic=topic,
            index=index,
        )
        for topic in topics()
        for index, item in enumerate(topic.questions)
    )


def _catalog(key: str, description: str, **fields: Any) -> dict[str, Any]:
    return {"Ref_Key": key, "DeletionMark": False, "Description": description, **fields}


def rows() -> dict[str, list[dict[str, Any]]]:
    """Return the rows of the five fixed dictionaries by entity set name; the knowledge base has its own module."""
    types = [_catalog(software_key(name), name, Описание=f"Консультации по «{name}»") for name in SOFTWARE]
    parts = [
        _catalog(section_key(name, section), section, Owner_Key=software_key(name), Описание=f"{name}: {section}")
        for name, names in sections().items()
        for section in names
    ]
    interferences = [
        _catalog(interference_key(name), name, Code=f"{number:09d}") for number, name in enumerate(INTERFERENCES, 1)
    ]
    categories = [
        _catalog(category_key(topic, language), topic.title[language], Язык_Key=LANGUAGES[language])
        for language in LANGUAGES
        for topic in topics()
    ]
    asked = [
        _catalog(
            question.key,
            question.title,
            Язык_Key=LANGUAGES[language],
            Категория_Key=question.category_key,
            ПолезнаяИнформация=question.topic.questions[question.index].answer[language],
            Вопрос=question.title,
        )
        for language in LANGUAGES
        for question in questions(language)
    ]
    for numbered in (types, parts, categories, asked):
        for number, row in enumerate(numbered, 1):
            row["Code"] = f"{number:09d}"
    return {
        "Catalog_ВидыПОДляКонсультаций": types,
        "Catalog_РазделыПОДляКонсультаций": parts,
        "Catalog_ПомехиДляКонсультаций": interferences,
        "Catalog_КатегорииВопросов": categories,
        "Catalog_ВопросыНаКонсультацию": asked,
    }
