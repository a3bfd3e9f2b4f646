"""What Chatwoot should show of a request, and in what it differs: pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from clobus.gateways.chatwoot.wire import Conversation
from clobus.modules.consultations.types import TERMINAL, Row
from clobus.sync.chatwoot import vocabulary as words

ChatwootStatus = Literal["open", "resolved", "pending", "snoozed"]


@dataclass(frozen=True, slots=True)
class Names:
    """How the ids of both worlds are called: agents by manager, teams by name, words by 1C key, codes by client."""

    zone: ZoneInfo
    agents: dict[UUID, int]
    managers: dict[int, UUID]
    known_agents: dict[int, str]
    teams: dict[str, int]
    categories: dict[UUID, str]
    questions: dict[UUID, str]
    codes: dict[UUID, str] = field(default_factory=dict)

    def agent_of(self, manager: UUID | None) -> int | None:
        """The agent of a manager; None when there is none that Chatwoot knows."""
        agent = self.agents.get(manager) if manager is not None else None
        return agent if agent in self.known_agents else None


@dataclass(frozen=True, slots=True)
class Desired:
    """What we want a conversation to show. `status` None and `owns_assignee` False: Chatwoot's own affair."""

    status: ChatwootStatus | None
    owns_assignee: bool
    assignee_id: int | None
    team_id: int | None
    labels: frozenset[str]
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a push must write; None and False mean that it is right already."""

    status: ChatwootStatus | None = None
    assignee: bool = False
    team: bool = False
    labels: tuple[str, ...] | None = None
    attributes: dict[str, Any] | None = None

    def kinds(self) -> list[str]:
        """The names under which drift lists them."""
        found = {
            "conversation_status": self.status is not None,
            "assignee": self.assignee,
            "team": self.team,
            "labels": self.labels is not None,
            "attributes": self.attributes is not None,
        }
        return [name for name, differs in found.items() if differs]

    def __bool__(self) -> bool:
        return bool(self.kinds())


ACCOUNTING_KEYS = (
    words.NUMBER, "status_1c", words.KIND, "date_con", "con_end", "redate_con", "retime_con", "closed_without_con",
    words.CODE, "category_name", "question_name", words.RATING, words.RATING_COUNT, words.RATING_COMMENT,
)  # fmt: skip
SUPPORT_KEYS = (words.KIND, words.CODE, words.RATING, words.RATING_COUNT, words.RATING_COMMENT)
COMMENTS = 500
"""So many characters of what clients said beside their marks."""


def desired(row: Row, names: Names) -> Desired:
    """What Chatwoot should show now."""
    team = words.SUPPORT_TEAM if row.is_support else words.ACCOUNTING_TEAM
    if row.is_support:
        # A support request lives over there; only its end is told, since that may have been set here.
        status: ChatwootStatus | None = "resolved" if row.status in TERMINAL else None
    else:
        status = cast(ChatwootStatus, words.STATUS[row.status])
    return Desired(
        status=status,
        owns_assignee=not row.is_support,
        assignee_id=names.agent_of(row.manager),
        team_id=names.teams.get(team),
        labels=frozenset(_labels(row)),
        attributes={key: value for key, value in _attributes(row, names).items() if value is not None},
    )


def difference(want: Desired, shown: Conversation, *, support: bool) -> Difference:
    """In what a conversation differs; what is not ours in it is kept."""
    status = want.status if want.status is not None and shown.status != want.status else None
    managed = SUPPORT_KEYS if support else ACCOUNTING_KEYS
    kept = {key: value for key, value in shown.custom_attributes.items() if key not in managed}
    attributes = {**kept, **want.attributes}
    labels = (set(shown.labels) - words.LABELS) | want.labels
    return Difference(
        status=status,
        assignee=want.owns_assignee and shown.agent_id != want.assignee_id,
        team=want.team_id is not None and shown.team_id != want.team_id,
        labels=tuple(sorted(labels)) if labels != set(shown.labels) else None,
        attributes=attributes if attributes != shown.custom_attributes else None,
    )


def _labels(row: Row) -> list[str]:
    found = [words.LANGUAGE_LABELS.get(row.lang or ""), words.SOURCE_LABELS.get(row.source), row.software]
    return [*(label for label in found if label), *([words.SUPPORT_LABEL] if row.is_support else [])]


def _attributes(row: Row, names: Names) -> dict[str, Any]:
    code = names.codes.get(row.client_id) if row.client_id else None
    common: dict[str, Any] = {words.KIND: row.consultation_type.value, words.CODE: code or words.NO_CODE}
    common |= _rating(row)
    if row.source in words.BORN_HERE:
        common[words.REQUEST_ID] = str(row.cons_id)
    if row.is_support:
        return common
    return {
        **common,
        words.NUMBER: row.number,
        "status_1c": row.status.value,
        "date_con": _local(row.start_date, names.zone),
        "con_end": _local(row.end_date, names.zone),
        "redate_con": row.redate.isoformat() if row.redate else None,
        "retime_con": row.redate_time.strftime("%H:%M") if row.redate and row.redate_time else None,
        "closed_without_con": row.denied,
        "category_name": names.categories.get(row.online_question_cat) if row.online_question_cat else None,
        "question_name": names.questions.get(row.online_question) if row.online_question else None,
    }


def _rating(row: Row) -> dict[str, Any]:
    """What the client thinks; of marks that came with the first load Chatwoot is not told."""
    rates = row.con_rates or {}
    if row.rated_at is None or not rates.get("count"):
        return {}
    said = [answer["comment"] for answer in rates["answers"] if answer["comment"]]
    return {
        words.RATING: rates["average"], words.RATING_COUNT: rates["count"],
        words.RATING_COMMENT: "\n".join(dict.fromkeys(said))[:COMMENTS] or None,
    }  # fmt: skip


def _local(instant: datetime | None, zone: ZoneInfo) -> str | None:
    return instant.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S") if instant else None


def request_id(shown: Conversation) -> UUID | None:
    """The request that the platform made a conversation for."""
    try:
        return UUID(str(shown.custom_attributes[words.REQUEST_ID]))
    except (KeyError, ValueError):
        return None


def number(shown: Conversation) -> str | None:
    """The 1C number that a conversation bears."""
    return str(shown.custom_attributes.get(words.NUMBER) or "") or None
