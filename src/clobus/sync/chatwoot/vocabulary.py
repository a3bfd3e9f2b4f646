"""The words that Chatwoot's people see: labels, attributes, teams (domain.md §7.4), as data."""

from __future__ import annotations

from clobus.gateways.chatwoot.wire import AttributeDefinition
from clobus.modules.consultations.types import Status

SOURCE = "chatwoot"
ACCOUNTING_TEAM = "консультация по ведению учета"
SUPPORT_TEAM = "техническая поддержка"

LANGUAGE_LABELS = {"ru": "рус", "uz": "узб"}
LANGUAGES = {label: language for language, label in LANGUAGE_LABELS.items()}
SUPPORT_LABEL = "тех"
SOURCE_LABELS = {"SITE": "сайт", "TELEGRAM": "тг"}
SOFTWARE_LABELS = ("бух", "рт", "ук")
LABELS = frozenset({*LANGUAGES, SUPPORT_LABEL, *SOURCE_LABELS.values(), *SOFTWARE_LABELS})

NUMBER = "number_con"
REQUEST_ID = "request_id"
KIND = "consultation_type"
CODE = "code_abonent"
NO_CODE = "N/A"
RATING, RATING_COUNT, RATING_COMMENT = "rating", "rating_count", "rating_comment"
BORN_HERE = ("SITE", "TELEGRAM", "CALL_CENTER")
"""Sources of requests that the platform makes, and whose conversations bear their id."""

SUBSCRIPTIONS = (
    "conversation_created",
    "conversation_status_changed",
    "conversation_updated",
    "message_created",
    "message_updated",
)

STATUS = {
    Status.NEW: "open",
    Status.OPEN: "open",
    Status.OTHER: "open",
    Status.PENDING: "pending",
    Status.CLOSED: "resolved",
    Status.RESOLVED: "resolved",
    Status.CANCELLED: "resolved",
}
SUPPORT_STATUS = {
    "open": Status.OPEN,
    "pending": Status.PENDING,
    "snoozed": Status.PENDING,
    "resolved": Status.RESOLVED,
}

COUNTRIES = {
    "UZ": ("узбекистан", "uzbekistan", "oʻzbekiston", "o'zbekiston", "ўзбекистон"),
    "RU": ("россия", "российская федерация", "russia"),
    "KZ": ("казахстан", "kazakhstan", "qozogʻiston"),
    "KG": ("киргизия", "кыргызстан", "kyrgyzstan"),
    "TJ": ("таджикистан", "tajikistan"),
    "TM": ("туркменистан", "туркмения", "turkmenistan"),
}


def country_code(name: str | None) -> str | None:
    """The two letters of a country as people write it; None for one that is not in the list."""
    said = (name or "").strip().lower()
    return next((code for code, names in COUNTRIES.items() if said in names or said == code.lower()), None)


_TEXTS = {
    NUMBER: "Номер 1С",
    KIND: "Вид обращения",
    "date_con": "Дата консультации",
    "con_end": "Окончание",
    "redate_con": "Перенос: дата",
    "retime_con": "Перенос: время",
    CODE: "Код абонента",
    "category_name": "Категория вопроса",
    "question_name": "Вопрос",
    REQUEST_ID: "Заявка платформы",
    RATING_COMMENT: "Отзыв клиента",
}
_NUMBERS = {RATING: "Оценка клиента", RATING_COUNT: "Число оценок"}

DEFINITIONS = (
    *(AttributeDefinition(attribute_key=key, attribute_display_name=name) for key, name in _TEXTS.items()),
    *(
        AttributeDefinition(attribute_key=key, attribute_display_name=name, attribute_display_type="number")
        for key, name in _NUMBERS.items()
    ),
    AttributeDefinition(
        attribute_key="status_1c",
        attribute_display_name="Статус 1С",
        attribute_display_type="list",
        attribute_values=["new", "open", "pending", "other", "closed", "cancelled"],
    ),
    AttributeDefinition(
        attribute_key="closed_without_con",
        attribute_display_name="Закрыто без консультации",
        attribute_display_type="checkbox",
    ),
    *(
        AttributeDefinition(attribute_key=key, attribute_display_name=name, attribute_model="contact_attribute")
        for key, name in {
            CODE: "Код абонента",
            "inn_pinfl": "ИНН / ПИНФЛ",
            "client_type": "Тип клиента",
            "partner": "Партнёр",
        }.items()
    ),
)
