"""Staff of 1C: forty managers, the users that are none, departments, languages, lists with limits and hours, skills.

The broken mapping (plan 1.4): manager `494271cb-142f-11f0-b4a6-00155d64a501` (Давронбек Саибжанов) has the e-mail
`davronbek.saibjanov@example.uz` in 1C. In Chatwoot two agents look like him:

* an *unconfirmed* agent with that e-mail and his own name, in no team and no inbox: this is he, and the requests of his
  history are assigned to it;
* a confirmed agent with the synthetic e-mail `494271cb-142f-11f0-b4a6-00155d64a501@cons.local` and the *name of another
  manager* (`NAMESAKE`), who has an agent of his own; also in no team and no inbox: left over by the predecessor.

Mended means: the mapping points at the agent with his real e-mail; that one is confirmed, in the accounting team and in
the inbox.
"""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from clobus_twins.world import people
from clobus_twins.world.ids import (
    BROKEN_MANAGER,
    CONTACT_EMAIL,
    CONTACT_PHONE,
    LANGUAGES,
    UNDEFINED_MANAGER,
    named_guid,
    random_guid,
)
from clobus_twins.world.textbank import Topic, topics

Row = dict[str, Any]
ITS = "ИТС консультанты"
MANAGEMENT_AND_RETAIL = "1С:УК 3.0 и Розница 3.0"
SUPPORT = "Техническая поддержка"
OTHER_DEPARTMENTS = ("Отдел продаж", "Администрация")
DEPARTMENTS = (ITS, MANAGEMENT_AND_RETAIL, SUPPORT, *OTHER_DEPARTMENTS)
ACCOUNTING_DEPARTMENTS = (ITS, MANAGEMENT_AND_RETAIL)
MANAGERS = 40
BROKEN_NAME = "Давронбек Саибжанов"
BROKEN_EMAIL = "davronbek.saibjanov@example.uz"
NAMESAKE = 3  # the ordinal of the manager whose name the left-over agent bears
WITHOUT_AGENT = (11, 19, 33)  # ordinals of managers who have no agent yet


@dataclass(frozen=True)
class Manager:
    """A working manager; `email` is the real one of 1C or None, hours are `HH:MM`."""

    ordinal: int
    key: str
    name: str
    email: str | None
    department: str
    languages: tuple[str, ...]
    limit: int
    hours: tuple[str, str]
    skills: tuple[str, ...]
    since: datetime

    @property
    def agent_email(self) -> str:
        """The e-mail of this manager's agent in Chatwoot: the real one, else the synthetic one of the predecessor."""
        return self.email or f"{self.key}@cons.local"

    @property
    def has_agent(self) -> bool:
        """Whether an agent of this manager exists at the start."""
        return self.ordinal not in WITHOUT_AGENT


@dataclass(frozen=True)
class Staff:
    """Rows of the staff entities and the forty managers."""

    rows: dict[str, list[Row]]
    managers: list[Manager]
    by_key: dict[str, Manager] = field(default_factory=dict)


def _department(ordinal: int) -> str:
    if ordinal < 26:
        return ITS
    return MANAGEMENT_AND_RETAIL if ordinal < 34 else SUPPORT


def _names(rng: random.Random) -> list[people.Person]:
    """Forty different people."""
    seen: dict[str, people.Person] = {}
    while len(seen) < MANAGERS:
        who = people.person(rng)
        seen.setdefault(who.full, who)
    return list(seen.values())


def _skills(rng: random.Random, department: str, languages: tuple[str, ...]) -> tuple[str, ...]:
    """Keys of the categories a manager answers; technical support has none (§8.1: universal)."""
    if department == SUPPORT:
        return ()
    fits = [topic for topic in topics() if _belongs(topic, department)]
    known = rng.sample(fits, rng.randint(min(3, len(fits)), min(8, len(fits))))
    return tuple(named_guid("category", topic.key, language) for topic in known for language in languages)


def _belongs(topic: Topic, department: str) -> bool:
    special = topic.key in ("retail", "company", "update")
    return special or topic.key == "stock" if department == MANAGEMENT_AND_RETAIL else topic.key != "company"


def _manager(rng: random.Random, ordinal: int, who: people.Person, today: datetime) -> Manager:
    department = _department(ordinal)
    languages = rng.choice((("ru", "uz"), ("ru", "uz"), ("ru", "uz"), ("ru",), ("uz",)))
    email = f"{people.mailbox(who.full_latin)}@example.uz" if ordinal % 3 else None
    key, name = random_guid(rng), who.full
    if ordinal == 7:
        key, name, email, languages = BROKEN_MANAGER, BROKEN_NAME, BROKEN_EMAIL, ("ru", "uz")
    start = rng.choice((8, 9, 9, 9, 10))
    return Manager(
        ordinal=ordinal,
        key=key,
        name=name,
        email=email,
        department=department,
        languages=languages,
        limit=rng.choice((8, 10, 10, 12, 15, 20)),
        hours=(f"{start:02d}:00", f"{start + 9:02d}:00"),
        skills=_skills(rng, department, languages),
        since=today - timedelta(days=rng.randint(60, 1400)),
    )


def _user(key: str, code: int, name: str, email: str | None, **flags: bool) -> Row:
    contacts: list[Row] = []
    if email:
        contacts.append(
            {
                "LineNumber": "1", "Тип": "АдресЭлектроннойПочты", "Вид_Key": CONTACT_EMAIL, "Представление": email,
                "АдресЭП": email, "НомерТелефона": "",
            }
        )  # fmt: skip
    if code < 1000:
        number = people.phone(100_000 + code)
        contacts.append(
            {
                "LineNumber": str(len(contacts) + 1), "Тип": "Телефон", "Вид_Key": CONTACT_PHONE,
                "Представление": number, "АдресЭП": "", "НомерТелефона": number,
            }
        )  # fmt: skip
    return {
        "Ref_Key": key,
        "Code": f"{code:09d}",
        "Description": name,
        "DeletionMark": flags.get("deleted", False),
        "Недействителен": flags.get("invalid", False),
        "Служебный": flags.get("service", False),
        "КонтактнаяИнформация": contacts,
    }


def _others(rng: random.Random) -> list[Row]:
    """Users that are no managers: the undefined one, service, invalid and deleted ones."""
    rows = [_user(UNDEFINED_MANAGER, 1, "<не определено>", None)]
    for number, name in enumerate(("Обмен с сайтом", "OData", "Фоновые задания", "Резервное копирование"), 1001):
        rows.append(_user(random_guid(rng), number, name, None, service=True))
    for number in range(9):
        who = people.person(rng)
        rows.append(_user(random_guid(rng), 901 + number, who.full, None, invalid=number < 6, deleted=number >= 4))
    return rows


def _time(value: str) -> str:
    return f"0001-01-01T{value}:00"


def staff(rng: random.Random, today: datetime) -> Staff:
    """Return the staff as of `today` (midnight, local)."""
    managers = [_manager(rng, ordinal, who, today) for ordinal, who in enumerate(_names(rng))]
    users = _others(rng)
    users += [_user(one.key, 10 + one.ordinal, one.name, one.email) for one in managers]
    lists: list[Row] = []
    for one in managers:
        periods = [one.since, one.since + timedelta(days=rng.randint(20, 50))][: rng.choice((1, 2))]
        for period in periods:
            newest = period == periods[-1]
            lists.append(
                {
                    "Period": period.isoformat(),
                    "Менеджер_Key": one.key,
                    "ЛимитКонсультаций": one.limit if newest else 5,
                    "ВремяРаботыНачало": _time(one.hours[0]),
                    "ВремяРаботыКонец": _time(one.hours[1] if newest else "17:00"),
                }
            )
    rows: dict[str, list[Row]] = {
        "Catalog_Пользователи": users,
        "Catalog_Отделы": [
            {
                "Ref_Key": named_guid("department", name), "Code": f"{number:09d}", "Description": name,
                "DeletionMark": False,
            }
            for number, name in enumerate(DEPARTMENTS, 1)
        ],
        "InformationRegister_ОтделыПользователей": [
            {"Менеджер_Key": one.key, "Отдел_Key": named_guid("department", one.department)} for one in managers
        ],
        "InformationRegister_ЯзыкиПользователей": [
            {"Менеджер_Key": one.key, "Язык_Key": LANGUAGES[language]} for one in managers for language in one.languages
        ],
        "InformationRegister_СписокКонсультантовДляЗаявок": lists,
        "InformationRegister_КатегорииВопросовМенеджеров": [
            {"Менеджер_Key": one.key, "КатегорияВопроса_Key": skill} for one in managers for skill in one.skills
        ],
    }  # fmt: skip
    return Staff(rows, managers, {one.key: one for one in managers})
