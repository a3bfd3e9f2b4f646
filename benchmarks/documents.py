"""Prebuilt documents of `Document_ТелефонныйЗвонок`: 43 members and both tabular sections, about 4.8 KB of JSON each.

The same number gives the same document on every machine; a change gives it a new version and a new stamp.
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime, timedelta

ENTITY = "Document_ТелефонныйЗвонок"
START = datetime(2019, 1, 9, 8, 0, 0)  # noqa: DTZ001 - wall clock of the base
END = datetime(2026, 2, 18, 18, 0, 0)  # noqa: DTZ001 - wall clock of the base
NONE_KEY = "00000000-0000-0000-0000-000000000000"
NONE_DATE = "0001-01-01T00:00:00"
CLIENTS = 3_000
ASKERS = 20_000
"""Clients who ask over the API, those of the documents first: each may thrice a day."""
LANGUAGES = ("15d38cda-1812-11ef-b824-c67597d01fa8", "15d38cdb-1812-11ef-b824-c67597d01fa8")
WORDS = (
    "Здравствуйте, помогите разобраться с отражением операции в учётной программе после обновления конфигурации: при"
    " проведении документа появляется сообщение о незаполненном счёте учёта, хотя настройки организации проверены и"
    " справочники заполнены. Сверка за прошлый квартал сошлась, а счёт-фактура в реестр не попала. Просим подсказать"
    " порядок действий, какие регистры проверить, нужно ли перепроводить документы с начала месяца и как это повлияет"
    " на отчётность по НДС. Xato hisobvaraq bo'yicha qoldiq noto'g'ri ko'rsatilmoqda, iltimos tekshirib bering."
)


def key(kind: str, number: int) -> str:
    """A GUID that looks random and is not."""
    digest = hashlib.md5(f"{kind}{number}".encode(), usedforsecurity=False).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:]}"


def _piece(seed: int, length: int) -> str:
    start = seed * 37 % (len(WORDS) - 60)
    return json.dumps((WORDS[start:] + " " + WORDS)[:length], ensure_ascii=False)


TEXTS = [[_piece(seed, length) for seed in range(64)] for length in (30, 60, 150, 300, 420)]
USERS = [key("user", number) for number in range(40)]
THINGS = [key("thing", number) for number in range(200)]
CLIENT_KEYS = [key("client", number) for number in range(CLIENTS)]


def created_at(number: int, total: int) -> datetime:
    """When the document was made: evenly over the years."""
    return START + timedelta(seconds=int((END - START).total_seconds() * number / total))


def changed_at(number: int, total: int) -> datetime:
    """When it was last changed: soon after, of every tenth days after."""
    mix = number * 2_654_435_761 % 2**32
    later = timedelta(seconds=5 + mix % 1_800) + (timedelta(days=mix % 20) if mix % 10 == 0 else timedelta())
    return created_at(number, total) + later


def version(number: int, revision: int) -> str:
    """The opaque version, new with each revision."""
    return base64.b64encode((number * 4096 + revision).to_bytes(8, "big")).decode()


def head(number: int, total: int, revision: int) -> bytes:
    """The members that a sweep selects."""
    return (
        f'{{"Ref_Key":"{key("doc", number)}","DataVersion":"{version(number, revision)}","DeletionMark":false,'
        f'"ДатаСоздания":"{created_at(number, total).isoformat()}"}}'
    ).encode()


def document(number: int, total: int, revision: int = 0, changed: str = "") -> bytes:
    """The whole document as 1C would write it."""
    mix = number * 2_654_435_761 % 2**32
    made = created_at(number, total)
    plan, end = made + timedelta(minutes=30 + mix % 300), made + timedelta(minutes=60 + mix % 500)
    kind = mix % 100
    ended = end.isoformat() if kind < 96 else NONE_DATE
    stage = "КонсультацияИТС" if kind < 90 else "ВОчередьНаКонсультацию"
    user, client = USERS[mix % 40], CLIENT_KEYS[mix % CLIENTS]
    short, line, middle, long, longest = (texts[(mix >> 3) + revision & 63] for texts in TEXTS)
    return (
        f'{{"Ref_Key":"{key("doc", number)}","DataVersion":"{version(number, revision)}","DeletionMark":false,'
        f'"Number":"{number + 1:09d}","Date":"{made.isoformat()}","Posted":{"true" if kind < 96 else "false"},'
        f'"Входящий":true,"Абонент_Key":"{client}","АбонентПредставление":{line},"АбонентКакСвязаться":{line},'
        f'"Автор_Key":"{user}","Ответственный_Key":"{user}","Менеджер_Key":"{user}","ВидОбращения":"{stage}",'
        f'"Важность":"Обычная","СпособСвязи":"ПоТелефону","ДатаСоздания":"{made.isoformat()}",'
        f'"ДатаКонсультации":"{plan.isoformat()}","Конец":"{ended}",'
        f'"ДатаИзменения":"{changed or changed_at(number, total).isoformat()}",'
        f'"ЗакрытоБезКонсультации":{"true" if kind >= 97 else "false"},"Тема":{line},"Описание":{long},'
        f'"Вопрос":"","Комментарий":{short},"Язык_Key":"{LANGUAGES[mix % 2]}",'
        f'"КатегорияВопроса_Key":"{THINGS[mix % 20]}","ВопросНаКонсультацию_Key":"{THINGS[mix % 200]}",'
        f'"Организация_Key":"{THINGS[mix % 3]}","Подразделение_Key":"{THINGS[mix % 7]}",'
        f'"Проект_Key":"{NONE_KEY}","Договор_Key":"{THINGS[mix % 90]}","ДокументОснование":"","ДокументОснование_Type":'
        f'"StandardODATA.Undefined","НомерТелефона":"+998 90 000-00-{mix % 100:02d}",'
        f'"ИНН":"{300_000_000 + mix % 9_999}",'
        f'"Длительность":{mix % 90},"НомерВходящий":"","ДатаВходящая":"{NONE_DATE}","ТребуетПеревода":false,'
        f'"Оценка":"{mix % 6}","КонсультацииИТС":[{_topics(mix, user, middle, longest)}],'
        f'"ВопросыИОтветы":[{_answers(mix, middle, longest)}]}}'
    ).encode()


def _topics(mix: int, user: str, question: str, answer: str) -> str:
    return ",".join(
        f'{{"LineNumber":"{line + 1}","ВидПО_Key":"{THINGS[mix % 5]}","РазделПО_Key":"{THINGS[mix % 30]}",'
        f'"НаличиеПомех_Key":"{NONE_KEY}","ПомощьМенеджера_Key":"{user if mix % 20 == 0 else NONE_KEY}",'
        f'"ПовторноеОбращение":{"true" if mix % 12 == 0 else "false"},"Вопрос":{question},"Ответ":{answer}}}'
        for line in range((1, 1, 1, 2)[mix % 4])
    )


def _answers(mix: int, question: str, answer: str) -> str:
    return ",".join(
        f'{{"LineNumber":"{line + 1}","Вопрос":{question},"Ответ":{answer}}}'
        for line in range((0, 1, 1, 2)[mix >> 2 & 3])
    )
