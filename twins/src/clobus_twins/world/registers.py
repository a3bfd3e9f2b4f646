"""Registers of what happened to requests: calls, ratings, closings of queues (domain.md §2.6)."""

import random
from datetime import datetime, timedelta
from typing import Any

from clobus_twins.world.ids import EMPTY_DATE, UNDEFINED_MANAGER
from clobus_twins.world.managers import Manager
from clobus_twins.world.requests import Request

Row = dict[str, Any]
RATED = {
    "ru": ("Насколько вы довольны ответом?", "Насколько быстро с вами связались?", "Был ли консультант вежлив?"),
    "uz": ("Javobdan qanchalik mamnunsiz?", "Siz bilan qanchalik tez bog‘lanishdi?", "Konsultant xushmuomala edimi?"),
}
REMARKS = {
    "ru": ("", "", "", "Спасибо!", "Долго ждали звонка", "Всё понятно объяснили", "Проблема осталась"),
    "uz": ("", "", "", "Rahmat!", "Qo‘ng‘iroqni uzoq kutdik", "Hammasi tushunarli", "Muammo qoldi"),
}
CLOSED_TODAY = (5, 14)  # ordinals of managers whose queue is closed today
REOPENED_TODAY = 20
CLOSED_TOMORROW = 9


def calls(rng: random.Random, requests: list[Request]) -> list[Row]:
    """Return the rows of `InformationRegister_РегистрацияДозвона`: none to three attempts before the talk."""
    rows: list[Row] = []
    for request in requests:
        if request.status not in ("closed", "cancelled") or rng.random() < 0.5:
            continue
        end = request.ended or request.created + timedelta(hours=2)
        moment = request.created
        for _ in range(rng.choices((1, 2, 3), (70, 20, 10))[0]):
            moment += max((end - moment) * rng.uniform(0.2, 0.7), timedelta(seconds=9))
            rows.append(
                {
                    "Period": moment.isoformat(timespec="seconds"),
                    "ДокументОбращения_Key": request.key,
                    "Абонент_Key": request.company.key,
                    "Менеджер_Key": request.manager.key if request.manager else UNDEFINED_MANAGER,
                }
            )
    return rows


def ratings(rng: random.Random, requests: list[Request], today: datetime) -> list[Row]:
    """Return the rows of `InformationRegister_ОценкаКонсультацийПоЗаявкам`; old ones have no date (§2.6)."""
    rows: list[Row] = []
    for request in requests:
        if request.status != "closed" or request.ended is None or request.manager is None or rng.random() > 0.3:
            continue
        when = request.ended + timedelta(seconds=rng.randint(60, 40_000))
        old = request.created.year == 2023 and rng.random() < 0.3
        shown = EMPTY_DATE if old else min(when, today - timedelta(seconds=1)).isoformat()
        mood = rng.choices((5, 4, 3, 2, 1), (62, 22, 8, 4, 4))[0]
        for number in range(1, rng.choices((1, 2, 3), (30, 20, 50))[0] + 1):
            rows.append(
                {
                    "Period": shown,
                    "Обращение_Key": request.key,
                    "НомерВопроса": number,
                    "Контрагент_Key": request.company.key,
                    "Менеджер_Key": request.manager.key,
                    "Оценка": max(1, min(5, mood + rng.choice((0, 0, 0, -1, 1)))),
                    "Вопрос": RATED[request.language][number - 1],
                    "Комментарий": rng.choice(REMARKS[request.language]) if number == 1 else "",
                    "ОтправленаБаза": rng.random() < 0.8,
                    "ДатаОценки": shown,
                }
            )
    return rows


def queue_closings(rng: random.Random, managers: list[Manager], today: datetime) -> list[Row]:
    """Return the rows of `InformationRegister_ЗакрытиеОчередиНаКонсультанта`, some of them for today and tomorrow."""
    days = {(one.ordinal, rng.randint(1, 700)) for one in managers for _ in range(12)}
    marks = {(today - timedelta(days=back), ordinal): rng.random() < 0.9 for ordinal, back in sorted(days)}
    marks |= {(today, ordinal): True for ordinal in CLOSED_TODAY}
    marks[today, REOPENED_TODAY] = False
    marks[today + timedelta(days=1), CLOSED_TOMORROW] = True
    return [
        {"Дата": day.isoformat(), "Менеджер_Key": managers[ordinal].key, "Закрыт": closed}
        for (day, ordinal), closed in sorted(marks.items())
    ]
