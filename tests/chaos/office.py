"""Users of 1C at work: they edit documents past every interface of ours, and sometimes leave no trace of when."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from clobus_twins.onec.schema import CALL, CLIENTS, REDATES, USERS
from clobus_twins.world.ids import CLOBUS_FOLDER, EMPTY_DATE, LANGUAGES
from tests.chaos import records
from tests.support.twins import TwinProcess

QUEUED, IN_WORK, OTHER = "ВОчередьНаКонсультацию", "КонсультацияИТС", "Другое"
RECENT, OLD = 40, 60


class Office:
    """Draws what a 1C user does next and does it."""

    def __init__(self, twin: TwinProcess, dice: random.Random) -> None:
        self.twin = twin
        self.dice = dice
        self.clients = records.keys(twin.data, CLIENTS, '"Parent_Key" = ? and "DeletionMark" = 0', (CLOBUS_FOLDER,))
        self.strangers = records.keys(twin.data, CLIENTS, '"Parent_Key" <> ? and "DeletionMark" = 0', (CLOBUS_FOLDER,))
        found = records.documents(twin.data, f'"Менеджер_Key" in (select "Ref_Key" from "{USERS}")')
        self.managers = sorted({row["Менеджер_Key"] for row in found})
        self.old = sorted(row["Ref_Key"] for row in dice.sample(found, OLD))
        self.broken: list[str] = []
        self._moves: set[tuple[str, ...]] = set()
        self.acts = {
            self.create: 6, self.close: 6, self.cancel: 3, self.mark: 2, self.unmark: 1, self.reassign: 4,
            self.redate: 4, self.backdate: 3, self.untouched: 3, self.reopen: 2, self.write: 3, self.consult: 2,
            self.rename_client: 1, self.spoil: 0.5, self.dates_in_future: 1, self.stage: 3, self.several: 2,
        }  # fmt: skip

    def act(self) -> str:
        """Do something; tells what."""
        [act] = self.dice.choices(list(self.acts), list(self.acts.values()))
        act()
        return str(act.__name__)

    def mend(self) -> None:
        """Put right what was spoilt on purpose, so that no record stays bad."""
        for key in self.broken:
            self._edit(key, {"ДатаСоздания": local(), "ДатаИзменения": local()})
        self.broken.clear()

    def create(self) -> str:
        """A call came in: a new request."""
        client = self.dice.choice(self.clients if self.dice.random() < 0.75 else self.strangers)
        key = str(uuid.UUID(int=self.dice.getrandbits(128), version=4))
        created = local() if self.dice.random() < 0.8 else local(-self.dice.uniform(1, 90 * 24))
        fields = {
            "Абонент_Key": client,
            "Менеджер_Key": self.dice.choice(self.managers),
            "ВидОбращения": self.dice.choice((QUEUED, QUEUED, IN_WORK, OTHER, "")),
            "Date": created,
            "ДатаСоздания": created,
            "ДатаИзменения": created,
            "ДатаКонсультации": self.dice.choice((EMPTY_DATE, local(self.dice.uniform(1, 200)))),
            "Описание": f"звонок {self.dice.randrange(10**6)}",
            "Язык_Key": self.dice.choice(list(LANGUAGES.values())),
        }
        self.twin.change({"set": CALL, "key": key, "op": "create", "fields": fields})
        return key

    def close(self) -> None:
        """The talk is over."""
        self._edit(self._any(), {"Конец": local(), "ВидОбращения": IN_WORK})

    def cancel(self) -> None:
        """Closed without a consultation."""
        self._edit(self._any(), {"ЗакрытоБезКонсультации": True})

    def mark(self) -> None:
        """Marked for deletion."""
        self._edit(self._any(), {"DeletionMark": True})

    def unmark(self) -> None:
        """A deletion mark taken away."""
        self._edit(self._any(), {"DeletionMark": False})

    def reopen(self) -> None:
        """Taken up again."""
        fields = {"Конец": EMPTY_DATE, "ЗакрытоБезКонсультации": False, "ВидОбращения": IN_WORK}
        self._edit(self._any(), fields)

    def stage(self) -> None:
        """Another stage."""
        self._edit(self._any(), {"ВидОбращения": self.dice.choice((QUEUED, IN_WORK, OTHER))})

    def reassign(self) -> None:
        """Another manager."""
        self._edit(self._any(), {"Менеджер_Key": self.dice.choice(self.managers)})

    def redate(self) -> None:
        """Another date, with its line in the register of moves."""
        key = self._any()
        [row] = records.documents(self.twin.data, '"Ref_Key" = ?', (key,))
        moved = {
            "Period": local(),
            "ДокументОбращения_Key": key,
            "Абонент_Key": row["Абонент_Key"],
            "Менеджер_Key": row["Менеджер_Key"],
        }
        new = local(self.dice.uniform(1, 300))
        edits = [{"set": CALL, "key": key, "fields": {"ДатаКонсультации": new}}]
        if not self._moved(moved):
            dates = {"СтараяДата": row["ДатаКонсультации"], "НоваяДата": new}
            edits.append({"set": REDATES, "op": "create", "fields": moved | dates})
        self.twin.change(edits)

    def backdate(self) -> None:
        """An edit whose stamp lies in the past."""
        stamp = local(-self.dice.uniform(0.1, 40 * 24))
        fields: dict[str, Any] = {"ДатаИзменения": stamp}
        fields |= self.dice.choice(({"Конец": stamp}, {"Тема": f"задним числом {self.dice.randrange(1000)}"}))
        self._edit(self._any(), fields)

    def dates_in_future(self) -> None:
        """An edit stamped hours ahead (domain.md §2.10)."""
        fields = {"ДатаИзменения": local(self.dice.uniform(1, 20)), "Тема": "из будущего"}
        self._edit(self._any(), fields)

    def untouched(self) -> None:
        """An edit that leaves the stamp where it stood: only the version tells."""
        fields = self.dice.choice(
            (
                {"Конец": local()},
                {"Менеджер_Key": self.dice.choice(self.managers)},
                {"ЗакрытоБезКонсультации": True},
                {"Тема": f"без следа {self.dice.randrange(1000)}"},
            )
        )
        self.twin.change({"set": CALL, "key": self._any(), "fields": fields, "touch": False})

    def write(self) -> None:
        """Another text."""
        self._edit(self._any(), {"Описание": f"уточнение {self.dice.randrange(10**6)}", "Тема": "уточнение"})

    def consult(self) -> None:
        """Lines filled in after the talk."""
        lines = [
            {"LineNumber": str(number), "Вопрос": f"вопрос {number}", "Ответ": f"ответ {self.dice.randrange(100)}"}
            for number in range(1, self.dice.randint(2, 4))
        ]
        self._edit(self._any(), {"ВопросыИОтветы": lines})

    def rename_client(self) -> None:
        """A client's name changes."""
        fields = {"НаименованиеПолное": f"ООО Хаос {self.dice.randrange(1000)}"}
        self.twin.change({"set": CLIENTS, "key": self.dice.choice(self.clients), "fields": fields})

    def spoil(self) -> None:
        """A date that makes no sense; `mend` puts it right."""
        key = self.create()
        self._edit(key, {"ДатаСоздания": "1753-01-01T00:00:00"})
        self.broken.append(key)

    def several(self) -> None:
        """One request edited again and again."""
        key = self._any()
        for _ in range(self.dice.randint(2, 5)):
            fields = self.dice.choice(
                (
                    {"Менеджер_Key": self.dice.choice(self.managers)},
                    {"ВидОбращения": self.dice.choice((QUEUED, IN_WORK))},
                    {"Конец": self.dice.choice((local(), EMPTY_DATE))},
                    {"ДатаКонсультации": local(self.dice.uniform(1, 100))},
                )
            )
            self._edit(key, fields)

    def _edit(self, key: str, fields: dict[str, Any]) -> None:
        self.twin.change({"set": CALL, "key": key, "fields": fields})

    def _any(self) -> str:
        """A recent request mostly, an old one sometimes."""
        if self.dice.random() < 0.15:
            return str(self.dice.choice(self.old))
        recent = records.documents(self.twin.data, f'1 order by "Number" desc limit {RECENT}')
        return str(self.dice.choice([row["Ref_Key"] for row in recent if row["Ref_Key"] not in self.broken]))

    def _moved(self, key: dict[str, Any]) -> bool:
        """Whether the register has this line already: two moves within a second."""
        line = tuple(str(value) for value in key.values())
        known = line in self._moves
        self._moves.add(line)
        return known


def local(hours: float = 0.0) -> str:
    """A moment `hours` from now as 1C writes it: the wall clock of Tashkent."""
    moment = datetime.now(UTC) + timedelta(hours=5 + hours)
    return moment.replace(tzinfo=None).isoformat(timespec="seconds")
