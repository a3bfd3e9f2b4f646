"""1C on the page: documents as a 1C user sees and edits them."""

from __future__ import annotations

import asyncio
import re
import uuid
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from clobus_twins.page.partners import Json, PartnerError, Partners

DOCUMENT = "Document_ТелефонныйЗвонок"
REDATE = "InformationRegister_РегистрацияПереносаКонсультации"
CALL = "InformationRegister_РегистрацияДозвона"
RATING = "InformationRegister_ОценкаКонсультацийПоЗаявкам"
CLOSING = "InformationRegister_ЗакрытиеОчередиНаКонсультанта"
FOLDER = "7ccd31ca-887b-11eb-938b-00e04cd03b68"
NOBODY = "062699c7-24b2-11e9-a1e3-60a44cafb67d"
EMPTY = "0001-01-01T00:00:00"
NO_KEY = "00000000-0000-0000-0000-000000000000"
ZONE = ZoneInfo("Asia/Tashkent")
MEMBERS = (
    "Ref_Key,Number,ДатаСоздания,ДатаКонсультации,Конец,ВидОбращения,ЗакрытоБезКонсультации,DeletionMark,"
    "Менеджер_Key,Абонент_Key,АбонентПредставление,Описание"
)
STAGES = {"КонсультацияИТС": "open", "ВОчередьНаКонсультацию": "pending", "Другое": "other"}


def local_now() -> str:
    """The wall clock of the office, as 1C writes it."""
    return datetime.now(ZONE).replace(tzinfo=None).isoformat(timespec="seconds")


class Office:
    """Reads over OData, writes through the door that edits as a 1C user would."""

    def __init__(self, partners: Partners) -> None:
        self.partners = partners
        self._words: Json | None = None

    async def documents(self, find: str) -> list[Json]:
        """The newest documents, or those whose number or text holds `find`."""
        query = {"$format": "json", "$orderby": "ДатаСоздания desc", "$top": "30", "$select": MEMBERS}
        if find:
            quoted = find.replace("'", "''")
            query["$filter"] = f"substringof('{quoted}',Number) or substringof('{quoted}',Описание)"
        found, words = await asyncio.gather(self._read(DOCUMENT, query), self.words())
        managers = {one["key"]: one["name"] for one in words["managers"]}
        return [_shown(row, managers) for row in found]

    async def words(self) -> Json:
        """Managers, and the first clients of our folder: what a new document needs."""
        if self._words is None:
            users, clients = await asyncio.gather(
                self._read("Catalog_Пользователи", {"$format": "json", "$select": "Ref_Key,Description,DeletionMark"}),
                self._read(
                    "Catalog_Контрагенты",
                    {"$format": "json", "$select": "Ref_Key,Description", "$top": "60", "$orderby": "Code",
                     "$filter": f"Parent_Key eq guid'{FOLDER}' and DeletionMark eq false and КодАбонентаClobus gt 0"},
                ),
            )  # fmt: skip
            self._words = {
                "managers": sorted(
                    ({"key": one["Ref_Key"], "name": one["Description"]} for one in users if not one["DeletionMark"]),
                    key=lambda one: one["name"],
                ),
                "clients": [{"key": one["Ref_Key"], "name": one["Description"]} for one in clients],
            }
        return self._words

    async def create(self, given: Json) -> Json:
        """A call came in: a 1C user makes a document."""
        key, now = str(uuid.uuid4()), local_now()
        client, manager = _key(given, "client"), _key(given, "manager", NOBODY)
        fields = {
            "Date": now, "ДатаСоздания": now, "ВидОбращения": "ВОчередьНаКонсультацию", "Абонент_Key": client,
            "Менеджер_Key": manager, "Ответственный_Key": manager, "Описание": str(given.get("text") or "")[:10_000],
            "ДатаКонсультации": _moment(given, "planned") if given.get("planned") else now,
        }  # fmt: skip
        await self._change([{"set": DOCUMENT, "key": key, "op": "create", "fields": fields}])
        self.partners.note("onec", "create", key)
        return {"key": key}

    async def act(self, key: str, given: Json) -> None:
        """One act on a document: edit, assign, start, close, cancel, delete, restore, redate, call, rate."""
        act = str(given.get("act"))
        row = await self._document(key)
        edits = self._edits(act, key, row, given)
        if edits is None:
            raise PartnerError(400, f"there is no act {act}")
        await self._change(edits)
        self.partners.note("onec", act, key)

    def _edits(self, act: str, key: str, row: Json, given: Json) -> list[Json] | None:
        now = local_now()
        document = {"set": DOCUMENT, "key": key}
        fields: dict[str, Json] = {
            "start": {"ВидОбращения": "КонсультацияИТС"},
            "close": {"ВидОбращения": "КонсультацияИТС", "Конец": now},
            "reopen": {"Конец": EMPTY, "ЗакрытоБезКонсультации": False},
            "cancel": {"ЗакрытоБезКонсультации": True},
            "delete": {"DeletionMark": True},
            "restore": {"DeletionMark": False},
        }
        if act in fields:
            return [{**document, "fields": fields[act]}]
        if act == "edit":
            return [{**document, "fields": {"Описание": str(given.get("text") or "")[:10_000]}}]
        if act == "assign":
            manager = _key(given, "manager")
            return [{**document, "fields": {"Менеджер_Key": manager, "Ответственный_Key": manager}}]
        return self._register(act, key, row, given, now)

    def _register(self, act: str, key: str, row: Json, given: Json, now: str) -> list[Json] | None:
        manager, client = row["Менеджер_Key"], row["Абонент_Key"]
        if act == "redate":
            moment = _moment(given, "planned")
            return [
                {"set": DOCUMENT, "key": key, "fields": {"ДатаКонсультации": moment}},
                {"set": REDATE, "op": "create", "fields": {
                    "Period": now, "ДокументОбращения_Key": key, "Абонент_Key": client, "Менеджер_Key": manager,
                    "СтараяДата": row["ДатаКонсультации"], "НоваяДата": moment,
                    "Комментарий": str(given.get("text") or "")}},
            ]  # fmt: skip
        if act == "call":
            fields = {"Period": now, "ДокументОбращения_Key": key, "Абонент_Key": client, "Менеджер_Key": manager}
            return [{"set": CALL, "op": "create", "fields": fields}]
        if act == "rate":
            mark = given.get("mark")
            if not isinstance(mark, int) or not 1 <= mark <= 5:
                raise PartnerError(400, "a mark is 1 to 5")
            fields = {
                "Period": now, "ДатаОценки": now, "Обращение_Key": key, "НомерВопроса": 1, "Контрагент_Key": client,
                "Менеджер_Key": manager, "Оценка": mark, "Вопрос": "", "Комментарий": str(given.get("text") or ""),
            }  # fmt: skip
            return [{"set": RATING, "op": "create", "fields": fields}]
        if act == "close_queue":
            day = now[:10] + "T00:00:00"
            return [{"set": CLOSING, "op": "create", "fields": {
                "Дата": day, "Менеджер_Key": manager, "Закрыт": True}}]  # fmt: skip
        return None

    async def _document(self, key: str) -> Json:
        if not re.fullmatch(r"[0-9a-fA-F-]{36}", key):
            raise PartnerError(404, "there is no such document")
        found = await self._read(f"{DOCUMENT}(guid'{key}')", {"$format": "json", "$select": MEMBERS})
        return found[0]

    async def _read(self, path: str, query: dict[str, str]) -> list[Json]:
        known = self.partners.credentials["onec"]
        login = httpx.BasicAuth(known["user"], known["password"])
        said = await self.partners.ask("onec", "GET", f"{known['base_path']}/{path}", params=query, auth=login)
        rows: list[Json] = said.get("value", [said])
        return rows

    async def _change(self, edits: list[Json]) -> Any:
        return await self.partners.ask("onec", "POST", "/_control/change", json=edits)


def _key(given: Json, name: str, default: str | None = None) -> str:
    value = str(given.get(name) or default or "")
    try:
        return str(uuid.UUID(value))
    except ValueError:
        raise PartnerError(400, f"{name} is missing") from None


def _moment(given: Json, name: str) -> str:
    try:
        return datetime.fromisoformat(str(given.get(name))).replace(tzinfo=None).isoformat(timespec="seconds")
    except ValueError:
        raise PartnerError(400, f"{name} is no date") from None


def _shown(row: Json, managers: dict[str, str]) -> Json:
    ended = None if row["Конец"] == EMPTY else row["Конец"]
    stage = STAGES.get(row["ВидОбращения"], "new")
    if row["DeletionMark"]:
        stage = "deleted"
    elif row["ЗакрытоБезКонсультации"]:
        stage = "cancelled"
    elif ended:
        stage = "closed"
    planned = None if row["ДатаКонсультации"] == EMPTY else row["ДатаКонсультации"]
    return {
        "key": row["Ref_Key"], "number": row["Number"], "created": row["ДатаСоздания"], "planned": planned,
        "ended": ended, "stage": stage, "manager": managers.get(row["Менеджер_Key"], "—"),
        "manager_key": row["Менеджер_Key"], "client": row["АбонентПредставление"] or "", "text": row["Описание"] or "",
    }  # fmt: skip
