"""A register of 1C is told what each manager's days looked like; what it shows otherwise is written anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from clobus.core import clock, runs
from clobus.core.db import Database
from clobus.core.errors import Refused
from clobus.gateways.onec import odata
from clobus.gateways.onec.client import OnecClient
from clobus.gateways.onec.entities import DaySummary
from clobus.gateways.onec.wire import EMPTY_KEY, instant_to_local, whole
from clobus.modules.reports import service as reports

MEMBERS = {
    "requests": "Обращений", "closed": "Закрыто", "cancelled": "Отменено", "redated": "Перенесено",
    "repeated": "Повторных", "first_average": "ПервыйОтветСекунд", "closing_average": "ЗакрытиеСекунд",
    "marks": "Оценок", "marks_sum": "СуммаОценок", "met": "ВСрок", "missed": "НеВСрок",
}  # fmt: skip
PROCESS = "report_onec"
Key = tuple[str, UUID]


@dataclass(frozen=True, slots=True)
class SummaryPush:
    """Writes the last days into the register that the settings name: a record a day and manager."""

    db: Database
    onec: OnecClient
    register: str
    zone: ZoneInfo

    async def days(self, count: int) -> runs.Run:
        """Compare the last so many days, today among them, with what the register shows; write the difference."""
        last = clock.business_day(clock.now(), self.zone)
        first = last - timedelta(days=count - 1)
        async with runs.record(self.db, PROCESS) as this:
            wanted = await self._wanted(first, last)
            shown = await self._shown(first)
            for key, members in wanted.items():
                this.read += 1
                before = shown.pop(key, None)
                if before is None:
                    await self._create(key, members)
                    this.created += 1
                elif before != members:
                    await self._change(key, members)
                    this.updated += 1
            for key, before in shown.items():  # requests moved away from a day: it is shown empty, not removed
                if any(before.values()):
                    await self._change(key, dict.fromkeys(before, 0))
                    this.updated += 1
        return this

    async def _wanted(self, first: date, last: date) -> dict[Key, dict[str, int]]:
        found: dict[Key, dict[str, int]] = {}
        async with self.db.read() as connection:
            for number in range((last - first).days + 1):
                day = first + timedelta(days=number)
                for manager, values in await reports.day_by_manager(connection, day):
                    found[self._local(day), manager] = {MEMBERS[name]: value for name, value in values.items()}
        return found

    async def _shown(self, first: date) -> dict[Key, dict[str, int]]:
        since = odata.ge("Period", datetime.combine(first, time()))
        records = await self.onec.rows(self.register, DaySummary, filter=since)
        return {
            (record.period[:19], record.manager_key or EMPTY_KEY): {
                member: whole(getattr(record, name)) or 0 for name, member in MEMBERS.items()
            }
            for record in records
        }

    async def _create(self, key: Key, members: dict[str, int]) -> None:
        body: dict[str, Any] = {"Period": self._instant(key), "Менеджер_Key": str(key[1]), **members}
        try:
            await self.onec.create_record(self.register, body)
        except Refused:
            # Its key exists: an earlier try came through after our look.
            await self._change(key, members)

    async def _change(self, key: Key, members: dict[str, int]) -> None:
        await self.onec.patch_record(self.register, {"Period": self._instant(key), "Менеджер_Key": key[1]}, members)

    def _local(self, day: date) -> str:
        return instant_to_local(datetime.combine(day, time(), self.zone), self.zone)

    def _instant(self, key: Key) -> datetime:
        return datetime.fromisoformat(key[0]).replace(tzinfo=self.zone)
