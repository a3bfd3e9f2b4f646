"""The Chatwoot account at the start: agents, teams, inbox, labels, definitions (domain.md §7.4; managers.py).

Ids are fixed: user 1 is `Admin`, user 2 the integration, manager number n is user 10 + n, the left-over agent of the
broken mapping is user 60; team 1 accounting, team 2 technical support; inbox 1.
"""

from typing import Any

from clobus_twins.world.calendar import epoch
from clobus_twins.world.ids import BROKEN_MANAGER
from clobus_twins.world.managers import ACCOUNTING_DEPARTMENTS, NAMESAKE, Manager

Row = dict[str, Any]
ACCOUNT_ID = 1
INBOX_ID = 1
ADMIN_ID = 1
INTEGRATION_ID = 2
LEFT_OVER_ID = 60
ACCOUNTING_TEAM = 1
SUPPORT_TEAM = 2
TEAMS = {ACCOUNTING_TEAM: "консультация по ведению учета", SUPPORT_TEAM: "техническая поддержка"}
LABELS = {
    "рус": ("Русский язык", "#1f93ff"),
    "узб": ("Узбекский язык", "#16a34a"),
    "сайт": ("Заявка с сайта", "#f59e0b"),
    "тг": ("Заявка из Telegram", "#0ea5e9"),
    "тех": ("Техническая поддержка", "#ef4444"),
    "бух": ("1С:Бухгалтерия", "#8b5cf6"),
    "рт": ("1С:Розница", "#ec4899"),
    "ук": ("1С:Управление компанией", "#14b8a6"),
}
LANGUAGE_LABELS = {"ru": "рус", "uz": "узб"}
ACCOUNTING_TYPE = "Консультация по ведению учёта"
SUPPORT_TYPE = "Техническая поддержка"
STATUSES_1C = ["new", "open", "pending", "other", "closed", "cancelled"]

_CONVERSATION: tuple[tuple[str, str, str, list[str]], ...] = (
    ("number_con", "Number in 1C", "text", []),
    ("status_1c", "Status in 1C", "list", STATUSES_1C),
    ("consultation_type", "Kind of request", "list", [ACCOUNTING_TYPE, SUPPORT_TYPE]),
    ("date_con", "Planned date", "text", []),
    ("con_end", "End", "text", []),
    ("redate_con", "Moved to day", "text", []),
    ("retime_con", "Moved to time", "text", []),
    ("closed_without_con", "Closed without consultation", "checkbox", []),
    ("code_abonent", "Subscriber code", "text", []),
    ("category_name", "Category of question", "text", []),
    ("question_name", "Question", "text", []),
)
_CONTACT: tuple[tuple[str, str, str, list[str]], ...] = (
    ("code_abonent", "Subscriber code", "text", []),
    ("inn_pinfl", "Tax id", "text", []),
    ("client_type", "Kind of client", "list", ["owner", "user"]),
)


def agent_id(manager: Manager | None) -> int | None:
    """Return the user id of a manager's agent; None when there is none."""
    return 10 + manager.ordinal if manager and manager.has_agent else None


def agents(managers: list[Manager]) -> list[Row]:
    """Return the agents of the managers, with the two of the broken mapping as managers.py describes them."""
    rows: list[Row] = [
        {
            "id": agent_id(one),
            "name": one.name,
            "email": one.agent_email,
            "confirmed": one.key != BROKEN_MANAGER,
            "created_at": epoch(one.since),
        }
        for one in managers
        if one.has_agent
    ]
    left_over = {"id": LEFT_OVER_ID, "name": managers[NAMESAKE].name, "email": f"{BROKEN_MANAGER}@cons.local"}
    return [*rows, left_over | {"confirmed": True, "created_at": epoch(managers[NAMESAKE].since)}]


def members(managers: list[Manager]) -> dict[int, list[int]]:
    """Return the user ids of each team; the union is the inbox's. The broken manager's agents are in none."""
    found: dict[int, list[int]] = {team: [] for team in TEAMS}
    for one in managers:
        user = agent_id(one)
        if user and one.key != BROKEN_MANAGER:
            found[ACCOUNTING_TEAM if one.department in ACCOUNTING_DEPARTMENTS else SUPPORT_TEAM].append(user)
    return found


def teams(managers: list[Manager]) -> list[Row]:
    """Return the two teams."""
    of_team = members(managers)
    return [
        {"id": team, "name": name, "description": name, "allow_auto_assign": False, "members": of_team[team]}
        for team, name in TEAMS.items()
    ]


def inbox(managers: list[Manager]) -> Row:
    """Return the API inbox; its identifier is a secret of the sandbox and not here."""
    return {
        "id": INBOX_ID,
        "name": "Портал",
        "members": sorted(user for users in members(managers).values() for user in users),
        "enable_auto_assignment": False,
        "enable_email_collect": False,
        "timezone": "Asia/Tashkent",
    }


def labels() -> list[Row]:
    """Return the eight labels."""
    return [
        {"title": title, "description": text, "color": color, "show_on_sidebar": True}
        for title, (text, color) in LABELS.items()
    ]


def definitions() -> list[Row]:
    """Return the definitions of the custom attributes of conversations and contacts."""
    return [
        {
            "attribute_key": key,
            "attribute_display_name": name,
            "attribute_display_type": kind,
            "attribute_model": model,
            "attribute_values": values,
            "attribute_description": name,
        }
        for model, listed in (("conversation_attribute", _CONVERSATION), ("contact_attribute", _CONTACT))
        for key, name, kind, values in listed
    ]
