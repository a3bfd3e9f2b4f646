"""1C's register is told what clients think: a record a question, looked for before it is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from clobus.core.db import Database
from clobus.core.errors import Refused
from clobus.gateways.onec import odata
from clobus.gateways.onec.client import OnecClient
from clobus.gateways.onec.entities import Rating
from clobus.gateways.onec.wire import EMPTY_KEY, instant_to_local, local_to_instant
from clobus.modules.consultations import rating_records
from clobus.modules.consultations.rating_records import Due
from clobus.modules.consultations.types import Row
from clobus.sync.onec.feed import Context

REGISTER = Rating.entity_set


@dataclass(frozen=True, slots=True)
class RatingPush:
    """The handler of the subjects `rating` of system `onec`."""

    db: Database
    onec: OnecClient
    ctx: Context

    async def handle(self, cons_id: UUID) -> None:
        """Write the answers of a request that 1C lacks or shows otherwise; nothing while it lacks the document."""
        async with self.db.transaction() as connection:
            settled = await rating_records.settle(connection, cons_id)
        if settled is None or not settled[1]:
            return
        row, answers = settled
        shown = await self._shown(row)
        for due in answers:
            found = self._of(due, shown)
            if found is None:
                found = await self._create(row, due)
            if found is not None:
                await self._change(row, due, found)
            period = self._moment(found) if found is not None else None
            async with self.db.transaction() as connection:
                await rating_records.sent(connection, due, period)

    async def _shown(self, row: Row) -> Sequence[Rating]:
        return await self.onec.rows(REGISTER, Rating, filter=odata.eq("Обращение_Key", row.cl_ref_key or EMPTY_KEY))

    def _of(self, due: Due, shown: Sequence[Rating]) -> Rating | None:
        """The record of an answer: under its own moment, else the newest about the same question and manager."""
        same = [one for one in shown if one.question_number == due.question_number]
        own = instant_to_local(due.period, self.ctx.zone)
        exact = next((one for one in same if one.period == own), None)
        about = [one for one in same if one.manager_key == due.manager_key and self._moment(one)]
        return exact or max(about, key=lambda one: one.period or "", default=None)

    def _moment(self, record: Rating) -> datetime | None:
        """When a record was made, which is part of its key; None for 1C's old ones without a date."""
        return local_to_instant(record.period, self.ctx.zone)

    async def _create(self, row: Row, due: Due) -> Rating | None:
        """Write a record; the one that stands under its key when an earlier try came through after our look."""
        body = {
            "Period": due.period, "Обращение_Key": str(row.cl_ref_key), "НомерВопроса": due.question_number,
            "Контрагент_Key": str(row.client_key or EMPTY_KEY), "ОтправленаБаза": True, **self._members(due),
        }  # fmt: skip
        try:
            await self.onec.create_record(REGISTER, body)
        except Refused:
            found = self._of(due, await self._shown(row))
            if found is None:
                raise
            return found
        return None

    async def _change(self, row: Row, due: Due, found: Rating) -> None:
        """Write what the record shows otherwise."""
        now = {
            "Менеджер_Key": str(found.manager_key or EMPTY_KEY), "Оценка": found.rating or 0,
            "Вопрос": found.question or "", "Комментарий": found.comment or "",
        }  # fmt: skip
        wanted = self._members(due)
        if all(wanted[name] == value for name, value in now.items()):
            return
        key: dict[str, Any] = {
            "Period": self._moment(found), "Обращение_Key": row.cl_ref_key, "НомерВопроса": due.question_number,
        }  # fmt: skip
        await self.onec.patch_record(REGISTER, key, wanted | {"ОтправленаБаза": True})

    @staticmethod
    def _members(due: Due) -> dict[str, Any]:
        """What an answer makes a record show (domain.md §2.6); aware moments become local in the gateway."""
        return {
            "Менеджер_Key": str(due.manager_key), "Оценка": due.rating or 0, "Вопрос": due.question or "",
            "Комментарий": due.comment or "", "ДатаОценки": due.rating_date,
        }  # fmt: skip
