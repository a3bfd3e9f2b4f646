"""What Chatwoot holds in the generated world, and that it agrees with 1C but for the ones adrift (domain.md §7.4)."""

import re
from collections import Counter, defaultdict
from functools import lru_cache
from typing import Any

import pytest

from clobus_twins.world.build import NOW, World, build

ACCOUNTING = "Консультация по ведению учёта"
SUPPORT = "Техническая поддержка"
EMPTY = "0001-01-01T00:00:00"
UZBEK = "15d38cdb-1812-11ef-b824-c67597d01fa8"
BROKEN = "494271cb-142f-11f0-b4a6-00155d64a501"
FOLDER = "7ccd31ca-887b-11eb-938b-00e04cd03b68"
NOW_EPOCH = NOW.timestamp()
EXPECTED = {"full": (9894, 382, 237), "small": (989, 38, 24)}


@lru_cache(maxsize=2)
def world_of(size: str) -> World:
    """The world of a size, built once."""
    return build("full" if size == "full" else "small")


@pytest.fixture(params=["small", "full"])
def world(request: pytest.FixtureRequest) -> World:
    return world_of(request.param)


def status_of(row: dict[str, Any]) -> str:
    """Table A of domain.md §3.13, written anew."""
    if row["ЗакрытоБезКонсультации"]:
        return "cancelled"
    if row["Конец"] != EMPTY:
        return "closed"
    return {"КонсультацияИТС": "open", "ВОчередьНаКонсультацию": "pending"}[row["ВидОбращения"]]


class Facts:
    """1C's rows by key, as a platform would look at them."""

    def __init__(self, world: World) -> None:
        self.documents = {row["Number"]: row for row in world.onec["Document_ТелефонныйЗвонок"]}
        self.clients = {row["Ref_Key"]: row for row in world.onec["Catalog_Контрагенты"]}
        self.names = {
            row["Ref_Key"]: row["Description"]
            for name in ("Catalog_КатегорииВопросов", "Catalog_ВопросыНаКонсультацию")
            for row in world.onec[name]
        }
        self.moves: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in world.onec["InformationRegister_РегистрацияПереносаКонсультации"]:
            self.moves[row["ДокументОбращения_Key"]].append(row)

    def attributes(self, row: dict[str, Any]) -> dict[str, Any]:
        """The custom attributes that a conversation of this document must have."""
        moved = max(self.moves[row["Ref_Key"]], key=lambda one: one["Period"], default=None)
        wanted = {
            "number_con": row["Number"],
            "status_1c": status_of(row),
            "consultation_type": ACCOUNTING,
            "closed_without_con": row["ЗакрытоБезКонсультации"],
            "code_abonent": str(self.clients[row["Абонент_Key"]]["КодАбонентаClobus"] or "N/A"),
            "date_con": row["ДатаКонсультации"].replace(EMPTY, ""),
            "con_end": row["Конец"].replace(EMPTY, ""),
            "redate_con": moved["НоваяДата"][:10] if moved else "",
            "retime_con": moved["НоваяДата"][11:16] if moved else "",
            "category_name": self.names.get(row["КатегорияВопроса_Key"], ""),
            "question_name": self.names.get(row["ВопросНаКонсультацию_Key"], ""),
        }
        return {key: value for key, value in wanted.items() if value != ""}


def split(world: World) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Conversations of accounting in order, of accounting adrift, of technical support."""
    facts = Facts(world)
    right, adrift, support = [], [], []
    for row in world.desk.conversations:
        number = row["custom_attributes"].get("number_con")
        if number is None:
            support.append(row)
        elif row["status"] == "open" and status_of(facts.documents[number]) == "cancelled":
            adrift.append(row)
        else:
            right.append(row)
    return right, adrift, support


def test_the_numbers(world: World) -> None:
    history, drifted, technical = EXPECTED[world.size]
    right, adrift, support = split(world)
    assert len(adrift) == drifted
    assert len(right) + len(adrift) == history + 5
    assert len(support) == technical
    numbers = [row["custom_attributes"]["number_con"] for row in [*right, *adrift]]
    assert len(set(numbers)) == len(numbers)
    assert [row["display_id"] for row in world.desk.conversations] == list(range(1, len(world.desk.conversations) + 1))


def test_attributes_status_labels_and_team_follow_from_1c(world: World) -> None:
    facts = Facts(world)
    status = {"closed": "resolved", "cancelled": "resolved", "pending": "pending", "open": "open"}
    for row in split(world)[0]:
        document = facts.documents[row["custom_attributes"]["number_con"]]
        assert row["custom_attributes"] == facts.attributes(document)
        assert row["status"] == status[status_of(document)]
        assert row["labels"] == ["узб" if document["Язык_Key"] == UZBEK else "рус"]
        assert row["team_id"] == 1


def test_every_unfinished_request_of_ours_has_one(world: World) -> None:
    facts = Facts(world)
    held = {row["custom_attributes"].get("number_con") for row in world.desk.conversations}
    left = [row for row in facts.documents.values() if status_of(row) in ("pending", "open")]
    for row in left:
        ours = facts.clients[row["Абонент_Key"]]["Parent_Key"] == FOLDER
        assert (row["Number"] in held) == ours


def test_the_adrift_stand_as_the_predecessor_left_them(world: World) -> None:
    facts = Facts(world)
    for row in split(world)[1]:
        given = row["custom_attributes"]
        wanted = facts.attributes(facts.documents[given["number_con"]])
        wanted.pop("con_end", None)
        assert given == wanted | {"status_1c": "open", "closed_without_con": False}


def test_assignees_are_the_agents_of_the_managers(world: World) -> None:
    documents = Facts(world).documents
    emails = {row["id"]: row["email"] for row in world.agents}
    managers = {one.key: one for one in world.managers}
    unassigned = 0
    for row in (*split(world)[0], *split(world)[1]):
        manager = managers.get(documents[row["custom_attributes"]["number_con"]]["Менеджер_Key"])
        if manager is None:
            assert row["assignee_id"] is None
            unassigned += 1
        else:
            assert emails[row["assignee_id"]] == (manager.email or f"{manager.key}@cons.local")
    assert unassigned < len(world.desk.conversations) // 20


def test_technical_support_lives_here_alone(world: World) -> None:
    for row in split(world)[2]:
        assert row["status"] == "resolved"
        assert set(row["custom_attributes"]) == {"consultation_type", "code_abonent"}
        assert row["custom_attributes"]["consultation_type"] == SUPPORT
        assert row["labels"][0] == "тех"
        assert row["labels"][1] in ("рус", "узб")
        assert row["team_id"] == 2


def test_messages_are_a_talk_in_the_past(world: World) -> None:
    for row in world.desk.conversations:
        times = [message["created_at"] for message in row["messages"]]
        assert 1 <= len(times) <= 6
        assert times == sorted(times)
        assert row["created_at"] <= times[0]
        assert times[-1] < NOW_EPOCH
        assert row["messages"][0]["message_type"] == "incoming"
        assert all(message["content"] for message in row["messages"])


def test_contacts_can_be_found_and_cannot_be_real(world: World) -> None:
    contacts = world.desk.contacts
    for name in ("id", "identifier", "phone_number", "email"):
        values = [row[name] for row in contacts if row[name]]
        assert len(set(values)) == len(values), name
    for row in contacts:
        assert set(row["custom_attributes"]) == {"code_abonent", "inn_pinfl", "client_type"}
        code = row["custom_attributes"]["code_abonent"]
        assert row["identifier"] == (f"code-{code}" if code else None)
        assert row["phone_number"] is None or re.fullmatch(r"\+99800\d{7}", row["phone_number"])
    assert {row["contact_id"] for row in world.desk.conversations} == {row["id"] for row in contacts}


def test_the_broken_mapping(world: World) -> None:
    agents = {row["email"]: row for row in world.agents}
    user = next(row for row in world.onec["Catalog_Пользователи"] if row["Ref_Key"] == BROKEN)
    email = user["КонтактнаяИнформация"][0]["АдресЭП"]
    own, left_over = agents[email], agents[f"{BROKEN}@cons.local"]
    assert own["name"] == user["Description"] == "Давронбек Саибжанов"
    assert not own["confirmed"]
    assert left_over["confirmed"]
    others = [row for row in world.agents if row["name"] == left_over["name"]]
    assert len(others) == 2
    somewhere = {user for team in world.teams for user in team["members"]} | set(world.inbox["members"])
    assert not somewhere & {own["id"], left_over["id"]}
    held = Counter(row["assignee_id"] for row in world.desk.conversations)
    assert held[own["id"]]
    assert not held[left_over["id"]]


def test_the_other_agents_are_ready_but_three_are_missing(world: World) -> None:
    emails = {row["email"] for row in world.agents}
    missing = [one for one in world.managers if one.agent_email not in emails]
    assert len(missing) == 3
    ready = [row for row in world.agents if row["confirmed"] and row["id"] in world.inbox["members"]]
    assert len(ready) == 36
    assert all(sum(row["id"] in team["members"] for team in world.teams) == 1 for row in ready)
