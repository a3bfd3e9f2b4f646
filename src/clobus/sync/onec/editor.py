"""Words that 1C owns and people of the desk change: 1C is written first, and what it then shows is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from clobus.core.db import Database
from clobus.core.errors import Conflict, Missing, NotFound, OutcomeUnknown, Permanent
from clobus.core.ids import new_id
from clobus.gateways.onec.client import OnecClient
from clobus.gateways.onec.entities import KnowledgeArticle, Question
from clobus.gateways.onec.wire import EMPTY_KEY, SYSTEM
from clobus.modules.knowledge import service as knowledge
from clobus.sync.onec.feed import Context
from clobus.sync.onec.mapping import knowledge as words

MEMBERS = {
    "description": "Description", "question": "Вопрос", "answer": "Ответ", "useful_info": "ПолезнаяИнформация",
    "po_type_key": "ВидПО_Key", "po_section_key": "РазделПО_Key",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """Where a kind of element stands here and in 1C, and how it is read."""

    table: str
    entity: str
    row: type[Any]
    convert: Callable[[Any, Context], dict[str, Any] | None]


KINDS = {
    "articles": Kind("dict.knowledge_base", KnowledgeArticle.entity_set, KnowledgeArticle, words.article),
    "questions": Kind("dict.online_question", Question.entity_set, Question, words.question),
}
"""Texts alone: what other elements of 1C hang on (kinds, sections, categories) is changed in 1C."""


@dataclass(frozen=True, slots=True)
class Editor:
    """What words are changed with; no method is called in a transaction."""

    db: Database
    onec: OnecClient
    ctx: Context

    async def change(self, kind: str, key: UUID, version: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Change an element that the caller saw in `version`, and return it as 1C shows it then.

        NotFound; Conflict when somebody was faster, and what 1C shows by then is kept; GatewayErrors.
        """
        of = KINDS[kind]
        try:
            before: Any = await self.onec.get(of.entity, key, of.row)
        except Missing:
            raise NotFound("dictionary.unknown_element") from None
        if before.data_version != version:
            await self._keep(kind, before)
            raise Conflict("dictionary.changed")
        await self.onec.patch(of.entity, key, _members(values))
        return await self._kept(kind, key, values)

    async def create(self, kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Make an element under a key of ours, so that a lost answer is found again; GatewayErrors."""
        of, key = KINDS[kind], new_id()
        try:
            made: Any = await self.onec.create(of.entity, {"Ref_Key": str(key), **_members(values)}, of.row)
        except OutcomeUnknown:
            return await self._kept(kind, key, values)
        return await self._kept(kind, made.ref_key, values)

    async def _kept(self, kind: str, key: UUID, values: Mapping[str, Any]) -> dict[str, Any]:
        """What 1C shows now; Permanent when it took a text silently and does not show it (onec.md §1.9)."""
        of = KINDS[kind]
        shown = await self._keep(kind, await self.onec.get(of.entity, key, of.row))
        lost = [name for name, value in values.items() if str(shown.get(name) or "") != str(value or "").strip()]
        if lost:
            text = f"1C took the change and does not show it: {', '.join(lost)}"
            raise Permanent(SYSTEM, text, code="onec.not_taken")
        return shown

    async def _keep(self, kind: str, row: Any) -> dict[str, Any]:
        item = KINDS[kind].convert(row, self.ctx)
        if item is None:
            raise NotFound("dictionary.unknown_element")
        async with self.db.transaction() as connection:
            await knowledge.keep(connection, KINDS[kind].table, [item])
        return item


def _members(values: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for name, value in values.items():
        empty = str(EMPTY_KEY) if name.endswith("_key") else ""
        found[MEMBERS[name]] = str(value).strip() if value is not None else empty
    return found
