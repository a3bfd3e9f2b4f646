"""Conversations and contacts that Chatwoot has at the start, complete and right except the ones adrift.

A third of the finished requests and the unfinished ones of ours have one, known by `number_con`. Those adrift are
cancelled in 1C and still open here, as the predecessor left them. Technical support lives only here, without a number.
"""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from clobus_twins.world import desk
from clobus_twins.world.calendar import creation_times, epoch
from clobus_twins.world.companies import Company
from clobus_twins.world.managers import SUPPORT, Manager
from clobus_twins.world.requests import Request
from clobus_twins.world.shape import Shape
from clobus_twins.world.textbank import data
from clobus_twins.world.texts import CANCELLED, REPLIES, THANKS, Writer

Row = dict[str, Any]
STATUS = {"closed": "resolved", "cancelled": "resolved", "pending": "pending", "open": "open"}
FOREIGN_SHARE = 0.02


@dataclass
class Desk:
    """Rows as the Chatwoot twin imports them; `adrift` holds the numbers of requests whose conversation drifted."""

    contacts: list[Row] = field(default_factory=list)
    conversations: list[Row] = field(default_factory=list)
    adrift: set[str] = field(default_factory=set)


def attributes(request: Request, adrift: bool) -> Row:
    """Return the custom attributes of an accounting conversation; a missing value is an absent key."""
    found: Row = {
        "number_con": request.number,
        "status_1c": "open" if adrift else request.status,
        "consultation_type": desk.ACCOUNTING_TYPE,
        "closed_without_con": request.status == "cancelled" and not adrift,
        "code_abonent": str(request.company.code) if request.company.code else "N/A",
    }
    if request.planned:
        found["date_con"] = request.planned.isoformat()
    if request.ended and not adrift:
        found["con_end"] = request.ended.isoformat()
    if request.moves:
        found["redate_con"] = request.moves[-1].new.strftime("%Y-%m-%d")
        found["retime_con"] = request.moves[-1].new.strftime("%H:%M")
    if request.asked:
        found["category_name"] = request.question.category
    if request.asked == "question":
        found["question_name"] = request.question.title
    return found


class _Talks:
    """Writes what was said in conversations."""

    def __init__(self, rng: random.Random, writer: Writer, today: datetime) -> None:
        self._rng = rng
        self._writer = writer
        self._end = today - timedelta(minutes=1)
        self._support: dict[str, list[list[str]]] = data("support.json")

    def accounting(self, request: Request, adrift: bool) -> list[Row]:
        """Messages of an accounting request: the question, a greeting, the answer, thanks."""
        rng, language = self._rng, request.language
        lines = [("in", request.text)]
        user = desk.agent_id(request.manager)
        if user and rng.random() < 0.8:
            lines.append(("out", rng.choice(REPLIES[language])))
        if request.status == "cancelled" and not adrift and rng.random() < 0.7:
            lines.append(("in", rng.choice(CANCELLED[language])))
        if request.status == "closed":
            if rng.random() < 0.25:
                lines.append(("in", self._writer.request(request.question, request.created)))
            if user and rng.random() < 0.8:
                lines.append(("out", self._writer.answer(request.question, request.created)))
            if rng.random() < 0.6:
                lines.append(("in", rng.choice(THANKS[language])))
        return self._messages(lines, request.created, request.ended, user)

    def support(self, language: str, created: datetime, user: int) -> list[Row]:
        """Messages of a technical-support request."""
        rng = self._rng
        asked, answered = rng.choice(self._support[language])
        lines = [("in", asked), ("out", rng.choice(REPLIES[language])), ("out", answered)]
        if rng.random() < 0.6:
            lines.append(("in", rng.choice(THANKS[language])))
        return self._messages(lines, created, None, user)

    def _messages(
        self, lines: list[tuple[str, str]], created: datetime, ended: datetime | None, user: int | None
    ) -> list[Row]:
        end = min(ended or created + timedelta(minutes=35), self._end)
        gap = max((end - created) / (len(lines) + 1), timedelta(seconds=5))
        rows: list[Row] = []
        for index, (way, content) in enumerate(lines):
            moment = created + timedelta(seconds=2) + gap * index
            row: Row = {"content": content, "created_at": float(int(epoch(moment)))}
            if way == "in":
                row["message_type"] = "incoming"
            else:
                row |= {"message_type": "outgoing", "sender_type": "User", "sender_id": user}
            rows.append(row)
        return rows


class _Contacts:
    """Gives each company one contact, numbered as they appear."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._ids: dict[str, int] = {}

    def of(self, company: Company, created: datetime) -> int:
        """Return the id of a company's contact, making it at its first conversation."""
        found = self._ids.get(company.key)
        if found:
            return found
        number = self._ids[company.key] = len(self.rows) + 1
        row: Row = {
            "id": number,
            "name": company.name,
            "email": company.email,
            "phone_number": company.phone,
            "identifier": f"code-{company.code}" if company.code else None,
            "custom_attributes": {
                "code_abonent": str(company.code or ""),
                "inn_pinfl": company.inn,
                "client_type": "owner",
            },
            "additional_attributes": {
                "city": f"{company.region}, {company.city}",
                "country": "Узбекистан",
                "country_code": "UZ",
                "company_name": company.name,
            },
            "created_at": epoch(created),
            "inboxes": [{"inbox_id": desk.INBOX_ID, "source_id": company.key}],
        }
        self.rows.append(row)
        return number


def _chosen(rng: random.Random, shape: Shape, requests: list[Request]) -> tuple[list[Request], set[str]]:
    """Pick the requests that have a conversation, and the numbers of those adrift among them."""
    able = [
        one
        for one in requests
        if (one.manager is None or one.manager.has_agent)
        and not one.company.deleted
        and (one.company.code is not None or rng.random() < FOREIGN_SHARE)
    ]
    cancelled = rng.sample([one for one in able if one.status == "cancelled"], shape.adrift + shape.cancelled_in_order)
    closed = rng.sample(
        [one for one in able if one.status == "closed"], shape.conversations_of_history - len(cancelled)
    )
    active = [one for one in requests if one.status in ("pending", "open") and one.company.code is not None]
    return [*cancelled, *closed, *active], {one.number for one in cancelled[: shape.adrift]}


def desk_of(
    rng: random.Random,
    shape: Shape,
    requests: list[Request],
    companies: list[Company],
    managers: list[Manager],
    today: datetime,
) -> Desk:
    """Return the contacts and conversations of Chatwoot as of `today` (midnight, local), in order of creation."""
    chosen, adrift = _chosen(rng, shape, requests)
    talks = _Talks(rng, Writer(rng, [one.name for one in companies[:200]]), today)
    made = Desk(adrift=adrift)
    contacts = _Contacts()
    support = _support(rng, shape, companies, today)
    everything: list[tuple[datetime, Request | Company]] = [(one.created, one) for one in chosen]
    everything += support
    everything.sort(key=lambda item: item[0])
    helpers = [one for one in managers if one.department == SUPPORT]
    for number, (created, item) in enumerate(everything, 1):
        if isinstance(item, Request):
            row = _accounting(talks, item, item.number in adrift)
            company = item.company
        else:
            row = _technical(rng, talks, item, created, desk.agent_id(rng.choice(helpers)) or desk.ADMIN_ID)
            company = item
        made.conversations.append(
            row
            | {
                "display_id": number,
                "inbox_id": desk.INBOX_ID,
                "contact_id": contacts.of(company, created),
                "created_at": epoch(created),
            }
        )
    made.contacts = contacts.rows
    return made


def _accounting(talks: _Talks, request: Request, adrift: bool) -> Row:
    return {
        "status": "open" if adrift else STATUS[request.status],
        "assignee_id": desk.agent_id(request.manager),
        "team_id": desk.ACCOUNTING_TEAM,
        "labels": [desk.LANGUAGE_LABELS[request.language]],
        "custom_attributes": attributes(request, adrift),
        "messages": talks.accounting(request, adrift),
    }


def _technical(rng: random.Random, talks: _Talks, company: Company, created: datetime, user: int) -> Row:
    language = "uz" if rng.random() < (0.6 if company.uzbek else 0.2) else "ru"
    return {
        "status": "resolved",
        "assignee_id": user,
        "team_id": desk.SUPPORT_TEAM,
        "labels": ["тех", desk.LANGUAGE_LABELS[language]],
        "custom_attributes": {"consultation_type": desk.SUPPORT_TYPE, "code_abonent": str(company.code)},
        "messages": talks.support(language, created, user),
    }


def _support(
    rng: random.Random, shape: Shape, companies: list[Company], today: datetime
) -> list[tuple[datetime, Company]]:
    able = [one for one in companies if not one.deleted]
    return [(created, rng.choice(able)) for created in creation_times(rng, shape.resolved, today)]
