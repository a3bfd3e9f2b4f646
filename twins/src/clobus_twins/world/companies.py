"""Counterparties of 1C: ours in the Clobus folder, twenty thousand others elsewhere (domain.md §2.5, §11.1 #1, #7).

Names come in Russian, Uzbek Latin and Uzbek Cyrillic; some end in a number ("Школа 45"). Some of ours have a twin with
the same ИНН in another folder, some are marked deleted. Subscriber codes exist only in our folder and are unique.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from clobus_twins.world import people
from clobus_twins.world.ids import (
    CLOBUS_FOLDER,
    CONTACT_EMAIL,
    CONTACT_PHONE,
    EMPTY_DATE,
    EMPTY_KEY,
    named_guid,
    random_guid,
)

Row = dict[str, Any]
FIRST_CODE = 100_000
TARIFFS = ("Старт", "Стандарт", "Бизнес", "Корпоративный")
PERIODS = (1, 3, 6, 12)


@dataclass(frozen=True)
class Company:
    """A counterparty as other parts of the world need it; `code` is None outside our folder."""

    key: str
    name: str
    inn: str
    code: int | None
    phone: str | None
    email: str | None
    region: str
    city: str
    contact: people.Person
    deleted: bool
    uzbek: bool


@dataclass(frozen=True)
class Counterparties:
    """Rows of `Catalog_Контрагенты` and the same companies for the rest of the world."""

    rows: list[Row]
    ours: list[Company]
    foreign: list[Company]


class _Maker:
    """Draws counterparties one after another; keeps the numbers that must not repeat."""

    def __init__(self, rng: random.Random, today: datetime) -> None:
        self.rng = rng
        self.today = today
        self.first, self.second = people.company_words()
        self.inns: set[str] = set()
        self.number = 0
        self.rows: list[Row] = []

    def next_code(self) -> str:
        self.number += 1
        return f"{self.number:09d}"

    def inn(self, legal: bool) -> str:
        """A tax id that nobody else has: 9 digits (legal entity) or 14 (natural person's ПИНФЛ)."""
        rng = self.rng
        while True:
            if legal:
                value = str(rng.randrange(200_000_000, 312_000_000))
            else:
                birth = f"{rng.randint(1, 28):02d}{rng.randint(1, 12):02d}{rng.randint(60, 99)}"
                value = f"{rng.choice('34')}{birth}{rng.randrange(10_000_000):07d}"
            if value not in self.inns:
                self.inns.add(value)
                return value

    def name(self, legal: bool, who: people.Person) -> tuple[str, bool]:
        """A company's name and whether it is an Uzbek-speaking one."""
        rng = self.rng
        style = rng.random()
        if not legal:
            if style < 0.4:
                return f"YaTT {who.last_latin} {who.first_latin}", True
            if style < 0.6:
                return f"ЯТТ {who.last} {who.first}", True
            return f"ИП {who.last} {who.first}" + ("" if who.female else f" {people.father_name(rng)}"), False
        if style < 0.03:
            number = rng.randint(1, 340)
            kind = rng.choice(("Школа {}", "Детский сад {}", "{}-сонли мактаб", "Maktab {}", "Поликлиника {}"))
            return kind.format(number), kind[0] in "{M"
        first, second = rng.choice(self.first), rng.choice(self.second)
        if style < 0.45:
            form = rng.choice(("ООО", "ООО", "ООО", "ООО", "СП ООО", "ИП ООО", "ЧП", "АО", "СК"))
            return f"{form} «{first[0]} {second[0]}»", False
        if style < 0.85:
            form = rng.choice(("MChJ", "MChJ", "MChJ", "XK", "AJ", "QK MChJ", "FX", "OK"))
            return f"«{first[1]} {second[1]}» {form}", True
        return f"«{first[2]} {second[2]}» {rng.choice(('МЧЖ', 'МЧЖ', 'ХК', 'АЖ', 'ФХ'))}", True

    def contacts(self, phones: list[str], emails: list[str]) -> list[Row]:
        rows: list[Row] = []
        for value in phones:
            rows.append(_contact("Телефон", CONTACT_PHONE, value, НомерТелефона=value, АдресЭП=""))
        for value in emails:
            rows.append(_contact("АдресЭлектроннойПочты", CONTACT_EMAIL, value, НомерТелефона="", АдресЭП=value))
        for number, row in enumerate(rows, 1):
            row["LineNumber"] = str(number)
        return rows

    def subscription(self, code: int) -> Row:
        rng = self.rng
        start = self.today - timedelta(days=rng.randint(5, 900))
        months = rng.choice(PERIODS)
        tariff = rng.choice(TARIFFS)
        return {
            "Подписка": f"SUB-{code}",
            "ДатаНачалаПодписки": start.isoformat(),
            "ДатаОкончанияПодписки": (start + timedelta(days=30 * months + rng.choice((0, 0, 365)))).isoformat(),
            "Тариф_Key": named_guid("tariff", tariff),
            "ТарифныйПериод_Key": named_guid("tariff_period", str(months)),
            "Организация_Key": named_guid("organisation", "Clobus"),
        }

    def company(self, parent: str, region: tuple[str, str], code: int | None, inn: str = "") -> Company:
        """Make one counterparty, put its row on the list and return it."""
        rng = self.rng
        legal = len(inn) == 9 if inn else rng.random() < 0.88
        who = people.person(rng)
        inn = inn or self.inn(legal)
        name, uzbek = self.name(legal, who)
        ordinal = self.number * 2
        ours = code is not None
        phones = [people.phone(1_000_000 + ordinal)] if ours or rng.random() < 0.7 else []
        emails = [f"buh{code}@example.uz"] if ours else []
        if ours and rng.random() < 0.2:
            phones.insert(0, people.phone(1_000_001 + ordinal))
        if not ours and rng.random() < 0.4:
            emails = [f"{people.mailbox(who.last_latin)}{self.number}@example.com"]
        deleted = rng.random() < (0.01 if ours else 0.03)
        company = Company(
            key=random_guid(rng), name=name, inn=inn, code=code, phone=phones[-1] if phones else None,
            email=emails[-1] if emails else None, region=region[0], city=region[1], contact=who, deleted=deleted,
            uzbek=uzbek,
        )  # fmt: skip
        row: Row = {
            "Ref_Key": company.key,
            "DeletionMark": deleted,
            "Parent_Key": parent,
            "IsFolder": False,
            "Code": self.next_code(),
            "Description": f"Clobus {name} {code} ({inn})" if ours else name,
            "ИНН": inn,
            "КодАбонентаClobus": code or 0,
            "ЮридическоеФизическоеЛицо": "ЮридическоеЛицо" if len(inn) == 9 else "ФизическоеЛицо",
            "Страна": "Узбекистан",
            "Регион": region[0],
            "Город": region[1],
            "КонтактнаяИнформация": self.contacts(phones, emails),
        }
        row |= self.subscription(code) if code is not None else _NO_SUBSCRIPTION
        self.rows.append(row)
        return company

    def folder(self, key: str, name: str) -> None:
        """Put a folder on the list."""
        self.rows.append(
            {
                "Ref_Key": key,
                "DeletionMark": False,
                "Parent_Key": EMPTY_KEY,
                "IsFolder": True,
                "Code": self.next_code(),
                "Description": name,
            }
        )


_NO_SUBSCRIPTION: Row = {
    "Подписка": "",
    "ДатаНачалаПодписки": EMPTY_DATE,
    "ДатаОкончанияПодписки": EMPTY_DATE,
    "Тариф_Key": EMPTY_KEY,
    "ТарифныйПериод_Key": EMPTY_KEY,
    "Организация_Key": EMPTY_KEY,
}


def _contact(kind: str, kind_key: str, shown: str, **fields: str) -> Row:
    return {"LineNumber": "", "Тип": kind, "Вид_Key": kind_key, "Представление": shown, **fields}


def counterparties(rng: random.Random, ours: int, foreign: int, today: datetime) -> Counterparties:
    """Return `ours` counterparties in the Clobus folder and `foreign` ones in other folders, with the folders."""
    maker = _Maker(rng, today)
    maker.folder(CLOBUS_FOLDER, "Clobus")
    folders = [(named_guid("folder", name), name) for name in people.folder_names()]
    for key, name in folders:
        maker.folder(key, name)
    regions = people.Regions().draw(rng, ours + foreign)
    codes = FIRST_CODE + ours * 3
    numbers = sorted(rng.sample(range(FIRST_CODE, codes), ours))
    # Interleaved as life made them: our folder began late, so two thirds of the others have lower codes.
    before = foreign * 2 // 3
    others: list[Company] = []
    mine: list[Company] = []
    for index in range(before):
        others.append(maker.company(rng.choice(folders)[0], regions[index], None))
    for index, code in enumerate(numbers):
        mine.append(maker.company(CLOBUS_FOLDER, regions[before + index], code))
    doubles = [company.inn for company in rng.sample(mine, ours // 8)]
    doubles += [company.inn for company in rng.sample(others, foreign // 60)]
    rng.shuffle(doubles)
    for index in range(before, foreign):
        double = doubles.pop() if doubles and index % 3 == 0 else ""
        others.append(maker.company(rng.choice(folders)[0], regions[ours + index], None, double))
    return Counterparties(maker.rows, mine, others)
