"""Dictionaries: as the contract has them, and cheap to ask for again."""

from __future__ import annotations

from uuid import UUID

import pytest

from clobus.core.db import run
from clobus.core.ids import new_id
from tests.api.conftest import Api


@pytest.fixture
async def words(api: Api) -> dict[str, UUID]:
    keys = {name: new_id() for name in ("type", "section", "ru", "uz", "question", "gone")}
    async with api.runtime.db.transaction() as connection:
        for sql, params in (
            ("insert into dict.po_types (ref_key, description) values (%s, 'Бухгалтерия')", (keys["type"],)),
            ("insert into dict.po_types (ref_key, description, deleted) values (%s, 'Старое', true)", (keys["gone"],)),
            ("insert into dict.po_sections (ref_key, owner_key, description) values (%s, %s, 'Месяц')",
             (keys["section"], keys["type"])),
            ("insert into dict.online_question_cat (ref_key, description, language, code) values"
             " (%s, 'Налоги', 'ru', '7'), (%s, 'Soliqlar', 'uz', '8')", (keys["ru"], keys["uz"])),
            ("insert into dict.online_question (ref_key, description, language, category_key) values"
             " (%s, 'НДС', 'ru', %s)", (keys["question"], keys["ru"])),
        ):  # fmt: skip
            await run(connection, sql, params)
    return keys


async def test_fields_and_filters(api: Api, words: dict[str, UUID]) -> None:
    types = (await api.get("/api/dicts/po-types", "client")).json()
    assert types == [{"ref_key": str(words["type"]), "description": "Бухгалтерия"}]
    mine = (await api.get(f"/api/dicts/po-sections?owner_key={words['type']}")).json()
    assert mine == [
        {"ref_key": str(words["section"]), "owner_key": str(words["type"]), "description": "Месяц", "details": None},
    ]  # fmt: skip
    assert (await api.get(f"/api/dicts/po-sections?owner_key={new_id()}")).json() == []
    [question] = (await api.get(f"/api/dicts/online-questions?category_key={words['ru']}&language=ru")).json()
    assert set(question) == {
        "ref_key", "code", "description", "language", "category_key", "useful_info", "question",
    }  # fmt: skip
    assert (await api.get("/api/dicts/knowledge-base")).json() == []
    assert (await api.get("/api/dicts/interference")).json() == []


async def test_languages(api: Api, words: dict[str, UUID]) -> None:
    path = "/api/dicts/online-question/categories"
    for asked, key, said in (("ru", "ru", "ru"), ("uz", "uz", "uz"), ("en", "ru", "ru")):
        answer = await api.get(f"{path}?language={asked}")
        assert [row["ref_key"] for row in answer.json()] == [str(words[key])]
        assert answer.headers["content-language"] == said
    assert len((await api.get(path)).json()) == 2
    assert (await api.get(f"{path}?language=de")).status_code == 422


async def test_who_has_the_words_gets_nothing_until_they_change(api: Api, words: dict[str, UUID]) -> None:
    path, key = "/api/dicts/po-types", {"Authorization": f"Bearer {api.keys['client']}"}
    first = await api.http.get(path, headers=key)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, max-age=300"
    for known in (tag, f'"x", W/{tag}'):
        again = await api.http.get(path, headers=key | {"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    async with api.runtime.db.transaction() as connection:
        await run(connection, "update dict.po_types set description = 'Торговля' where not deleted")
    changed = await api.http.get(path, headers=key | {"If-None-Match": tag})
    assert (changed.status_code, changed.json()[0]["description"]) == (200, "Торговля")


async def test_an_article_is_read_by_its_key(api: Api) -> None:
    there, silent, gone = new_id(), new_id(), new_id()
    async with api.runtime.db.transaction() as connection:
        for key, answer, deleted in ((there, "По шагам", False), (silent, None, False), (gone, "Было", True)):
            await run(
                connection,
                "insert into dict.knowledge_base (ref_key, description, question, answer, deleted)"
                " values (%s, 'Месяц', 'Как закрыть месяц?', %s, %s)",
                (key, answer, deleted),
            )
    found = await api.get(f"/api/articles/{there}", "client")
    assert (found.json()["question"], found.json()["answer"]) == ("Как закрыть месяц?", "По шагам")
    for key in (silent, gone, new_id()):
        refused = await api.get(f"/api/articles/{key}", "client")
        assert (refused.status_code, refused.json()["code"]) == (404, "article.unknown")
