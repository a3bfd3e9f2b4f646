"""Rows of 1C made of requests: documents with tabular sections, moves of dates (domain.md §2.4, §2.6)."""

import random
from datetime import datetime, timedelta
from typing import Any

from clobus_twins.world.dictionaries import INTERFERENCES, interference_key, section_key, software_key
from clobus_twins.world.ids import EMPTY_DATE, EMPTY_KEY, LANGUAGES, UNDEFINED_MANAGER
from clobus_twins.world.managers import Manager
from clobus_twins.world.requests import Request
from clobus_twins.world.texts import Writer

Row = dict[str, Any]
WAYS = (("ПоТелефону", "call-центр"), ("ПоСайту", "web"), ("ПоТелеграм", "telegram"))
NOTES = ("Перезвонить после обеда", "Просит удалённое подключение", "Повторное обращение", "Связь через бухгалтера")
STAGE = {"pending": "ВОчередьНаКонсультацию", "open": "КонсультацияИТС"}


def _date(moment: datetime | None) -> str:
    return moment.isoformat() if moment else EMPTY_DATE


class Clerk:
    """Fills documents in as the staff of 1C would."""

    def __init__(self, rng: random.Random, managers: list[Manager], firms: list[str], today: datetime) -> None:
        self._rng = rng
        self._managers = managers
        self._writer = Writer(rng, firms)
        self._today = today

    def document(self, request: Request) -> Row:
        """Return the row of `Document_ТелефонныйЗвонок` of a request."""
        rng = self._rng
        company, question = request.company, request.question
        manager = request.manager.key if request.manager else UNDEFINED_MANAGER
        way, source = rng.choices(WAYS, (5, 3, 2))[0]
        in_old_field = rng.random() < 0.02
        return {
            "Ref_Key": request.key,
            "DeletionMark": False,
            "Number": request.number,
            "Date": request.created.isoformat(),
            "Posted": request.status == "closed",
            "Входящий": True,
            "Абонент_Key": company.key,
            "АбонентПредставление": f"Clobus {company.name} {company.code} ({company.inn})"
            if company.code
            else company.name,
            "АбонентКакСвязаться": " / ".join(filter(None, (company.phone, company.contact.full, source))),
            "Автор_Key": UNDEFINED_MANAGER if way != "ПоТелефону" else rng.choice(self._managers).key,
            "Менеджер_Key": manager,
            "Ответственный_Key": manager,
            "ВидОбращения": self._stage(request),
            "Важность": rng.choices(("Обычная", "Высокая", "Низкая"), (90, 7, 3))[0],
            "СпособСвязи": way,
            "ДатаСоздания": request.created.isoformat(),
            "ДатаКонсультации": _date(request.planned),
            "Конец": _date(request.ended),
            "ДатаИзменения": self._changed(request).isoformat(),
            "ЗакрытоБезКонсультации": request.status == "cancelled",
            "Тема": question.title if rng.random() < 0.7 else "",
            "Описание": "" if in_old_field else request.text,
            "Вопрос": request.text if in_old_field else "",
            "Комментарий": rng.choice(NOTES) if rng.random() < 0.15 else "",
            "Язык_Key": LANGUAGES[request.language],
            "КатегорияВопроса_Key": question.category_key if request.asked else EMPTY_KEY,
            "ВопросНаКонсультацию_Key": question.key if request.asked == "question" else EMPTY_KEY,
            "КонсультацииИТС": self._consulted(request),
            "ВопросыИОтветы": self._answers(request),
        }

    def _stage(self, request: Request) -> str:
        if request.status in STAGE:
            return STAGE[request.status]
        if request.status == "closed":
            return self._rng.choices(("КонсультацияИТС", "Другое", "ВОчередьНаКонсультацию"), (93, 5, 2))[0]
        return self._rng.choices(("ВОчередьНаКонсультацию", "КонсультацияИТС", "Другое", ""), (80, 12, 5, 3))[0]

    def _changed(self, request: Request) -> datetime:
        """The last change: usually soon after the end, sometimes long after it, sometimes in the future (§2.10)."""
        rng = self._rng
        if request.status in STAGE:
            return max([request.created, *(move.period for move in request.moves)]) + timedelta(seconds=40)
        if rng.random() < 0.0015:
            return self._today + timedelta(days=rng.randint(1, 3), hours=rng.randint(8, 18), minutes=rng.randint(0, 59))
        last = max([request.created, request.ended or request.created, *(move.period for move in request.moves)])
        later = last + timedelta(seconds=rng.randint(5, 1800))
        if rng.random() < 0.1:
            later += timedelta(days=rng.randint(1, 20))
        return min(later, max(self._today - timedelta(seconds=rng.randint(60, 3000)), last + timedelta(seconds=5)))

    def _consulted(self, request: Request) -> list[Row]:
        rng = self._rng
        if request.status != "closed" or rng.random() < 0.05:
            return []
        topic = request.question.topic
        rows: list[Row] = []
        for number in range(2 if rng.random() < 0.12 else 1):
            rows.append(
                {
                    "LineNumber": str(number + 1),
                    "ВидПО_Key": software_key(topic.software),
                    "РазделПО_Key": section_key(topic.software, topic.section),
                    "НаличиеПомех_Key": interference_key(rng.choice(INTERFERENCES))
                    if rng.random() < 0.1
                    else EMPTY_KEY,
                    "ПомощьМенеджера_Key": rng.choice(self._managers).key if rng.random() < 0.05 else EMPTY_KEY,
                    "ПовторноеОбращение": rng.random() < 0.08,
                    "Вопрос": request.text if not number else self._writer.request(request.question, request.created),
                    "Ответ": self._writer.answer(request.question, request.created),
                }
            )
        return rows

    def _answers(self, request: Request) -> list[Row]:
        if request.status != "closed" or self._rng.random() < 0.6:
            return []
        answer = self._writer.answer(request.question, request.created)
        return [{"LineNumber": "1", "Вопрос": request.question.title, "Ответ": answer}]


def redates(requests: list[Request]) -> list[Row]:
    """Return the rows of `InformationRegister_РегистрацияПереносаКонсультации`."""
    return [
        {
            "Period": move.period.isoformat(),
            "ДокументОбращения_Key": request.key,
            "Абонент_Key": request.company.key,
            "Менеджер_Key": request.manager.key if request.manager else UNDEFINED_MANAGER,
            "СтараяДата": move.old.isoformat(),
            "НоваяДата": move.new.isoformat(),
            "Комментарий": "",
        }
        for request in requests
        for move in request.moves
    ]
