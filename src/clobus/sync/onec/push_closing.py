"""1C's register is told on which days a manager takes no more: one record a day, looked for before it is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from clobus.core.db import Database
from clobus.core.errors import Refused
from clobus.gateways.onec import odata
from clobus.gateways.onec.client import OnecClient
from clobus.gateways.onec.entities import QueueClosing
from clobus.gateways.onec.wire import instant_to_local
from clobus.modules.consultations import closings
from clobus.modules.consultations.closings import Due
from clobus.sync.onec.feed import Context

REGISTER = QueueClosing.entity_set


@dataclass(frozen=True, slots=True)
class ClosingPush:
    """The handler of the subjects `closing` of system `onec`."""

    db: Database
    onec: OnecClient
    ctx: Context

    async def handle(self, wish_id: UUID) -> None:
        """Make the day show what is wanted: its record is changed, or made when there is none."""
        async with self.db.read() as connection:
            due = await closings.due(connection, wish_id, self.ctx.zone)
        if due is None:
            return
        shown = await self._shown(due)
        if shown is None and due.closed:
            try:
                await self.onec.create_record(
                    REGISTER, {"Дата": due.period, "Менеджер_Key": str(due.manager_key), "Закрыт": True}
                )
            except Refused:
                # Its key exists: an earlier try came through after our look.
                if await self._shown(due) is None:
                    raise
                await self._patch(due)
        elif shown is not None and shown != due.closed:
            await self._patch(due)
        async with self.db.transaction() as connection:
            await closings.sent(connection, due)

    async def _patch(self, due: Due) -> None:
        key: dict[str, UUID | int | datetime] = {"Дата": due.period, "Менеджер_Key": due.manager_key}
        await self.onec.patch_record(REGISTER, key, {"Закрыт": due.closed})

    async def _shown(self, due: Due) -> bool | None:
        """What 1C shows of the day; None when it has no record of it."""
        at = odata.local_literal(instant_to_local(due.period, self.ctx.zone))
        wanted = f"{odata.eq('Менеджер_Key', due.manager_key)} and Дата eq {at}"
        found = await self.onec.rows(REGISTER, QueueClosing, filter=wanted)
        return found[-1].closed if found else None
