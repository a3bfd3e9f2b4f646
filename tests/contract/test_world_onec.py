"""What 1C holds in the generated world: the plan's numbers, keys, digits, limits (domain.md §2, §3.13 table A)."""

import re
from collections import Counter, defaultdict
from functools import lru_cache
from typing import Any

import pytest

from clobus_twins.onec.schema import SCHEMA
from clobus_twins.world.build import NOW, World, build
from clobus_twins.world.dictionaries import SOFTWARE, sections
from clobus_twins.world.shape import SHAPES
from clobus_twins.world.textbank import articles, topics

FOLDER = "7ccd31ca-887b-11eb-938b-00e04cd03b68"
EMPTY = "0001-01-01T00:00:00"
NOBODY = "00000000-0000-0000-0000-000000000000"
TODAY = NOW.replace(hour=0).isoformat()
PLAN = {
    "full": {"closed": 28_740, "cancelled": 942, "pending": 7, "open": 1},
    "small": {"closed": 2874, "cancelled": 94, "pending": 7, "open": 1},
}


@lru_cache(maxsize=2)
def world_of(size: str) -> World:
    """The world of a size, built once."""
    return build("full" if size == "full" else "small")


@pytest.fixture(params=["small", "full"])
def world(request: pytest.FixtureRequest) -> World:
    return world_of(request.param)


def documents(world: World) -> list[dict[str, Any]]:
    return world.onec["Document_ТелефонныйЗвонок"]


def status_by_table_a(row: dict[str, Any]) -> str:
    """Table A of domain.md §3.13, written anew."""
    if row["ЗакрытоБезКонсультации"]:
        return "cancelled"
    if not row["Конец"].startswith("0001-01-01"):
        return "closed"
    return {"КонсультацияИТС": "open", "ВОчередьНаКонсультацию": "pending", "Другое": "other"}.get(
        row["ВидОбращения"], "new"
    )


def test_statuses_are_the_plans(world: World) -> None:
    assert Counter(map(status_by_table_a, documents(world))) == PLAN[world.size]
    assert not any(row["DeletionMark"] for row in documents(world))


def test_everybody_of_the_plan_is_there(world: World) -> None:
    shape = SHAPES[world.size]
    people = [row for row in world.onec["Catalog_Контрагенты"] if not row["IsFolder"]]
    assert sum(row["Parent_Key"] == FOLDER for row in people) == shape.ours
    assert sum(row["Parent_Key"] != FOLDER for row in people) == shape.foreign
    if world.size == "full":
        assert (shape.ours, shape.foreign) == (3000, 20_000)
    assert len(world.managers) == 40


def test_keys_are_unique_and_fields_are_known(world: World) -> None:
    for name, rows in world.onec.items():
        entity = SCHEMA.find(name)
        assert entity is not None, name
        keys = [tuple(row[item.name] for item in entity.key) for row in rows]
        assert len(set(keys)) == len(keys), name
        known = {item.name for item in entity.fields} | set(entity.section_names)
        assert set().union(*(row.keys() for row in rows)) <= known
        widths = {item.name: item.max_length for item in entity.fields if item.max_length}
        for row in rows:
            assert all(len(row.get(field) or "") <= width for field, width in widths.items()), (name, row)


def test_references_lead_somewhere(world: World) -> None:
    held = {
        name: {row["Ref_Key"] for row in rows} | {NOBODY} for name, rows in world.onec.items() if "Ref_Key" in rows[0]
    }
    checked = 0
    for name, rows in world.onec.items():
        entity = SCHEMA.find(name)
        assert entity is not None
        for item in entity.fields:
            if item.target in held:
                assert {row.get(item.name, NOBODY) for row in rows} <= held[item.target], (name, item.name)
                checked += 1
        for section in entity.sections:
            lines = [line for row in rows for line in row.get(section.name, ())]
            for item in section.fields:
                if item.target in held:
                    assert {line[item.name] for line in lines} <= held[item.target], (name, section.name, item.name)
                    checked += 1
    assert checked > 25


def test_tax_ids_codes_and_contacts(world: World) -> None:
    people = [row for row in world.onec["Catalog_Контрагенты"] if not row["IsFolder"]]
    for row in people:
        length = {"ЮридическоеЛицо": 9, "ФизическоеЛицо": 14}[row["ЮридическоеФизическоеЛицо"]]
        assert re.fullmatch(rf"\d{{{length}}}", row["ИНН"])
        for line in row["КонтактнаяИнформация"]:
            assert line["Тип"] in ("Телефон", "АдресЭлектроннойПочты")
            if line["Тип"] == "Телефон":
                assert re.fullmatch(r"\+99800\d{7}", line["НомерТелефона"])
            else:
                assert re.fullmatch(r"[\w.]+@example\.(uz|com)", line["АдресЭП"])
    ours = [row for row in people if row["Parent_Key"] == FOLDER]
    codes = [row["КодАбонентаClobus"] for row in ours]
    assert len(set(codes)) == len(codes)
    assert 0 not in codes
    assert {row["КодАбонентаClobus"] for row in people if row["Parent_Key"] != FOLDER} == {0}
    for row in ours:
        mask = re.fullmatch(r"Clobus (.+) (\d+) \((\d+)\)", row["Description"])
        assert mask is not None
        assert mask.group(2, 3) == (str(row["КодАбонентаClobus"]), row["ИНН"])


def test_the_awkward_ones_are_there(world: World) -> None:
    people = [row for row in world.onec["Catalog_Контрагенты"] if not row["IsFolder"]]
    folders = defaultdict(set)
    for row in people:
        folders[row["ИНН"]].add(row["Parent_Key"])
    assert sum(FOLDER in where and len(where) > 1 for where in folders.values()) >= world.shape.ours // 10
    assert any(row["DeletionMark"] and row["Parent_Key"] == FOLDER for row in people)
    assert any(re.search(r"\D \d{1,3}$", row["Description"]) for row in people)
    assert any(re.match(r"Clobus .*\D \d{1,3} \d{6} \(", row["Description"]) for row in people)


def test_documents_are_sound(world: World) -> None:
    numbers = [row["Number"] for row in documents(world)]
    assert len(set(numbers)) == len(numbers)
    assert all(re.fullmatch(r"\d{9,}", number) for number in numbers)
    days = Counter(
        (row["Абонент_Key"], row["ДатаКонсультации"][:10])
        for row in documents(world)
        if row["ДатаКонсультации"] != EMPTY and not row["DeletionMark"]
    )
    assert max(days.values()) <= 3
    for row in documents(world):
        assert row["ДатаСоздания"] <= row["ДатаИзменения"]
        assert row["ДатаСоздания"] < TODAY
        assert row["Конец"] == EMPTY or row["ДатаСоздания"] < row["Конец"] < TODAY
        if status_by_table_a(row) == "closed" and row["ДатаКонсультации"] != EMPTY:
            assert row["ДатаСоздания"] < row["ДатаКонсультации"] < row["Конец"]
    assert any(row["ДатаИзменения"] > row["Конец"] > EMPTY for row in documents(world))
    assert any(row["ДатаИзменения"] > TODAY for row in documents(world))
    assert min(row["ДатаСоздания"] for row in documents(world)) < "2023-03"


def test_the_unfinished_are_as_the_brief_says(world: World) -> None:
    ours = {row["Ref_Key"] for row in world.onec["Catalog_Контрагенты"] if row["Parent_Key"] == FOLDER}
    left = [row for row in documents(world) if status_by_table_a(row) in ("pending", "open")]
    assert sum(row["Абонент_Key"] in ours for row in left) == 5
    assert len(left) == 8
    assert all(row["ДатаКонсультации"] > TODAY for row in left)


def test_redates_end_at_the_planned_date(world: World) -> None:
    planned = {row["Ref_Key"]: row for row in documents(world)}
    moves = defaultdict(list)
    for row in world.onec["InformationRegister_РегистрацияПереносаКонсультации"]:
        moves[row["ДокументОбращения_Key"]].append(row)
    assert len(moves) > len(planned) // 12
    for key, rows in moves.items():
        rows.sort(key=lambda row: row["Period"])
        assert rows[-1]["НоваяДата"] == planned[key]["ДатаКонсультации"]
        assert all(row["СтараяДата"] != row["НоваяДата"] for row in rows)
        assert all(before["НоваяДата"] == after["СтараяДата"] for before, after in zip(rows, rows[1:], strict=False))
        assert planned[key]["ДатаСоздания"] < rows[0]["Period"]
        assert rows[-1]["Period"] < TODAY


def test_registers_around_requests(world: World) -> None:
    calls = world.onec["InformationRegister_РегистрацияДозвона"]
    ratings = world.onec["InformationRegister_ОценкаКонсультацийПоЗаявкам"]
    created = {row["Ref_Key"]: row["ДатаСоздания"] for row in documents(world)}
    assert all(created[row["ДокументОбращения_Key"]] < row["Period"] < TODAY for row in calls)
    assert {row["Оценка"] for row in ratings} == {1, 2, 3, 4, 5}
    assert any(row["ДатаОценки"] == EMPTY for row in ratings)
    assert all(row["ДатаОценки"] < TODAY for row in ratings)
    closings = world.onec["InformationRegister_ЗакрытиеОчередиНаКонсультанта"]
    assert Counter(row["Закрыт"] for row in closings if row["Дата"] == TODAY) == {True: 2, False: 1}


def test_texts_vary() -> None:
    patterns = {text for topic in topics() for item in topic.questions for text in sum(item.patterns.values(), ())}
    assert len(patterns) >= 150
    texts = {row["Описание"] for row in documents(world_of("full"))}
    assert len(texts) > 15_000
    assert not any("{" in text or "}" in text for text in texts)


def test_dictionaries_come_in_both_languages(world: World) -> None:
    for name in ("Catalog_КатегорииВопросов", "Catalog_ВопросыНаКонсультацию"):
        counted = Counter(row["Язык_Key"] for row in world.onec[name])
        assert len(counted) == 2
        assert len(set(counted.values())) == 1
    assert Counter(row["lang"] for row in articles()) == {"ru": 150, "uz": 150}
    assert len({(row["slug"], row["lang"]) for row in articles()}) == 300
    assert sections() == SOFTWARE


def test_the_same_seed_gives_the_same_world() -> None:
    first, again, other = build("small"), build("small"), build("small", seed=1)
    assert first == again
    assert first.onec["Document_ТелефонныйЗвонок"] != other.onec["Document_ТелефонныйЗвонок"]
    assert Counter(map(status_by_table_a, documents(other))) == PLAN["small"]
    assert build("small", now=NOW.replace(hour=23)) == first


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("now", [NOW, NOW.replace(year=2027, month=1, day=4)])
def test_other_seeds_and_days_hold_the_numbers_too(seed: int, now: Any) -> None:
    made = build("small", seed=seed, now=now)
    assert Counter(map(status_by_table_a, documents(made))) == PLAN["small"]
    assert len(made.desk.adrift) == 38
