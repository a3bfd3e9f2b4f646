"""1C's register is told of a move that was made here: one record, looked for before it is written."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from clobus.core.db import Database
from clobus.core.errors import Refused
from clobus.gateways.onec import odata
from clobus.gateways.onec.client import OnecClient
from clobus.gateways.onec.entities import Redate
from clobus.gateways.onec.wire import EMPTY_KEY, instant_to_local
from clobus.modules.consultations import moves
from clobus.sync.onec.feed import Context
from clobus.sync.onec.mapping.registers import redate as from_onec

REGISTER = Redate.entity_set


@dataclass(frozen=True, slots=True)
class RedatePush:
    """The handler of the subjects `redate` of system `onec`."""

    db: Database
    onec: OnecClient
    ctx: Context

    async def handle(self, redate_id: UUID) -> None:
        """Write one move; nothing when 1C has it, when its document does not show the date yet, or when that ended."""
        async with self.db.transaction() as connection:
            due = await moves.settle(connection, redate_id)
        if due is None or due.row.cl_ref_key is None or due.row.is_terminal:
            return
        if not await self._taken(due):
            try:
                await self.onec.create_record(REGISTER, self._record(due))
            except Refused:
                # Its key exists: an earlier try came through after our look.
                if not await self._taken(due):
                    raise
            else:
                await self._note(due, due.row.client_key, due.manager_key)

    async def _taken(self, due: moves.Due) -> bool:
        """Look for the record, and note the keys under which 1C shows it."""
        at = odata.local_literal(instant_to_local(due.period, self.ctx.zone))
        filter_ = f"{odata.eq('ДокументОбращения_Key', due.row.cl_ref_key or EMPTY_KEY)} and Period eq {at}"
        for found in await self.onec.rows(REGISTER, Redate, filter=filter_):
            if from_onec(found, self.ctx)["new_date"] == due.new_date:
                await self._note(due, found.client_key, found.manager_key)
                return True
        return False

    async def _note(self, due: moves.Due, client_key: UUID | None, manager_key: UUID | None) -> None:
        async with self.db.transaction() as connection:
            await moves.sent(
                connection, due.redate_id, cons_key=due.row.cl_ref_key or due.row.cons_id, clients_key=client_key,
                manager_key=manager_key, period=due.period,
            )  # fmt: skip

    @staticmethod
    def _record(due: moves.Due) -> dict[str, object]:
        """The members of the record (domain.md §2.6); aware moments become local in the gateway."""
        body: dict[str, object] = {
            "Period": due.period,
            "ДокументОбращения_Key": str(due.row.cl_ref_key),
            "Абонент_Key": str(due.row.client_key or EMPTY_KEY),
            "Менеджер_Key": str(due.manager_key),
            "НоваяДата": due.new_date,
            "Комментарий": due.comment or "",
        }
        return body | ({"СтараяДата": due.old_date} if due.old_date else {})
