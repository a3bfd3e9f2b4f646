"""What 1C is told: the body of a new document, and the members that a wish of ours changes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from clobus.gateways.onec.wire import EMPTY_KEY
from clobus.modules.clients.names import mask
from clobus.modules.consultations.types import USUAL, Row, Status
from clobus.sync.onec.mapping.consultations import IMPORTANCE, IN_WORK, LANGUAGES, OTHER, QUEUED

LANGUAGE_KEYS = {language: key for key, language in LANGUAGES.items()}
STAGE = {Status.NEW: "", Status.OPEN: IN_WORK, Status.PENDING: QUEUED, Status.OTHER: OTHER, Status.CLOSED: IN_WORK}
WAYS = (("ПоТелеграм", ("telegram", "tg")), ("ПоСайту", ("site", "web")), ("ПоТелефону", ("phone", "call")))
DESCRIPTION_LIMIT = 10_000
CONTACTS = (
    ("phone_number", "Телефон", "c07763c7-2ae8-4708-a608-7691be9d782b", "НомерТелефона"),
    ("email", "АдресЭлектроннойПочты", "f0dddb0f-1cac-49ab-ad37-f9480b0ef654", "АдресЭП"),
)
PLACES = {"country": "Страна", "region": "Регион", "city": "Город"}


def marker(cons_id: UUID) -> str:
    """The first line of the comment of a document that we created: what a probe looks for."""
    return f"Clobus {cons_id}"


def status_members(status: Status, ended: datetime | None) -> dict[str, Any]:
    """The members that say a status, so that table A reads it back; ValueError for a support request's.

    The end is needed for `closed`. Cancelling is told by the flag; a cancelled wish of a client marks the document
    for deletion besides (domain.md §2.4).
    """
    if status is Status.RESOLVED:
        raise ValueError("a support request never goes to 1C")
    if status is Status.CANCELLED:
        return {"ЗакрытоБезКонсультации": True}
    if status is Status.CLOSED and ended is None:
        raise ValueError("a closed request has an end")
    end = ended if status is Status.CLOSED else "0001-01-01T00:00:00"
    return {"ВидОбращения": STAGE[status], "Конец": end, "ЗакрытоБезКонсультации": False}


def to_patch(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The members that our wishes change; datetimes stay aware, the gateway makes them local."""
    members: dict[str, Any] = {}
    if wanted.get("deleted"):
        members["DeletionMark"] = True
    elif "status" in wanted:
        end = wanted.get("end_date")
        ended = datetime.fromisoformat(end) if end else None
        told = status_members(Status(wanted["status"]), ended)
        members |= {name: value for name, value in told.items() if name != "ЗакрытоБезКонсультации" or value}
    if "manager" in wanted:
        key = wanted["manager"] or str(EMPTY_KEY)
        members |= {"Менеджер_Key": key, "Ответственный_Key": key}
    if wanted.get("start_date"):
        members["ДатаКонсультации"] = datetime.fromisoformat(wanted["start_date"])
    if "comment" in wanted:
        members["Описание"] = str(wanted["comment"])[:DESCRIPTION_LIMIT]
    if "topic" in wanted:
        members["Тема"] = wanted["topic"]
    if "importance" in wanted:
        members["Важность"] = IMPORTANCE.get(wanted["importance"], IMPORTANCE[USUAL])
    return members


def new_document(row: Row, client: Mapping[str, Any], words: Mapping[str, str | None], now: datetime) -> dict[str, Any]:
    """The body of a POST (domain.md §2.4), with explicit empty keys and empty tabular sections."""
    comment = [marker(row.cons_id), words.get("category"), words.get("question"), row.topic]
    name = client.get("company_name") or client.get("contact_name") or client.get("name") or "клиент"
    ways = [client.get("phone_number"), client.get("name") or client.get("contact_name"), row.source.lower() or "web"]
    body: dict[str, Any] = {
        # Our id is proposed as the key: where 1C takes it, a second POST is refused; where not, the marker tells.
        "Ref_Key": str(row.cons_id),
        "Date": row.start_date or now,
        "Posted": False,
        "Входящий": True,
        "ДатаСоздания": row.create_date,
        "ВидОбращения": QUEUED,
        "Абонент_Key": str(client["cl_ref_key"]),
        "Автор_Key": str(row.author or EMPTY_KEY),
        "Описание": (row.comment or "")[:DESCRIPTION_LIMIT],
        "Язык_Key": str(LANGUAGE_KEYS.get(row.lang or "ru", LANGUAGE_KEYS["ru"])),
        "КатегорияВопроса_Key": str(row.online_question_cat or EMPTY_KEY),
        "ВопросНаКонсультацию_Key": str(row.online_question or EMPTY_KEY),
        "СпособСвязи": way_of(row.source),
        "АбонентКакСвязаться": " / ".join(str(part) for part in ways if part)[:200],
        "АбонентПредставление": mask(str(name), client.get("code_abonent"), client.get("org_inn"))[:200],
        "Важность": IMPORTANCE.get(row.importance or USUAL, IMPORTANCE[USUAL]),
        "Комментарий": "\n".join(str(line) for line in comment if line),
        "КонсультацииИТС": [],
        "ВопросыИОтветы": [],
    }
    if row.manager is not None:
        body |= {"Менеджер_Key": str(row.manager), "Ответственный_Key": str(row.manager)}
    if row.topic:
        body["Тема"] = row.topic
    if row.start_date is not None:
        body["ДатаКонсультации"] = row.start_date
    return body


def way_of(source: str) -> str:
    """How the request came, as 1C names it; by telephone when nothing tells."""
    low = source.lower()
    return next((way for way, signs in WAYS if any(sign in low for sign in signs)), "ПоТелефону")


def new_counterparty(client: Mapping[str, Any], folder: UUID) -> dict[str, Any]:
    """The body of a POST for an owner that 1C does not have (domain.md §2.5)."""
    inn = client.get("org_inn") or ""
    contacts = contact_lines([], {name: client.get(name) for name, _, _, _ in CONTACTS if client.get(name)})
    name = client.get("company_name") or client.get("contact_name") or client.get("name") or "клиент"
    return {
        "Description": mask(str(name), client.get("code_abonent"), inn)[:150],
        "ИНН": inn,
        "КодАбонентаClobus": int(client.get("code_abonent") or 0),
        "Parent_Key": str(folder),
        "КонтактнаяИнформация": contacts,
        **_form(inn),
    }


def counterparty_members(
    differing: Mapping[str, Any], client: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:  # fmt: skip
    """The members that make a counterparty show what differs; `lines` are its contacts as 1C gave them."""
    members: dict[str, Any] = {name: differing[key] or "" for key, name in PLACES.items() if key in differing}
    if "org_inn" in differing:
        members |= {"ИНН": differing["org_inn"] or "", **_form(differing["org_inn"] or "")}
    if "code_abonent" in differing:
        members["КодАбонентаClobus"] = int(differing["code_abonent"] or 0)
    if {"company_name", "org_inn", "code_abonent"} & differing.keys() and client.get("company_name"):
        # The mask holds code and tax id, so it changes with them.
        told = mask(str(client["company_name"]), client.get("code_abonent"), client.get("org_inn"))
        members["Description"] = told[:150]
    contacts = {name: differing[name] for name in ("email", "phone_number") if differing.get(name)}
    if contacts:
        members["КонтактнаяИнформация"] = contact_lines(lines, contacts)
    return members


def contact_lines(lines: Sequence[Mapping[str, Any]], wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The tabular section whole, since 1C replaces it: what the staff wrote in other lines stays (domain.md §11.1)."""
    kept = [
        {key: value for key, value in line.items() if key != "Ref_Key" and "@" not in key and "odata." not in key}
        for line in lines
    ]
    for name, kind, key, member in CONTACTS:
        if name not in wanted:
            continue
        # The last filled line of a kind is the one that is read.
        ours = next((x for x in reversed(kept) if x.get("Тип") == kind and (x.get(member) or x.get("Представление"))),
                    None)  # fmt: skip
        if ours is None:
            kept.append({"Тип": kind, "Вид_Key": key, "Представление": wanted[name]})
            continue
        ours["Представление"] = wanted[name]
        if ours.get(member):
            ours[member] = wanted[name]
    return [{**line, "LineNumber": str(at)} for at, line in enumerate(kept, 1)]


def _form(inn: str) -> dict[str, str]:
    found = {9: "ЮридическоеЛицо", 14: "ФизическоеЛицо"}.get(len(inn))
    return {"ЮридическоеФизическоеЛицо": found} if found else {}
