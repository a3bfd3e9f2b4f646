"""One request is read again from both partners, when somebody asks for it."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from clobus.core.db import Database
from clobus.core.errors import GatewayError, Missing
from clobus.gateways.onec.client import OnecClient
from clobus.modules.consultations.types import Row
from clobus.sync.chatwoot.receive import Receiver
from clobus.sync.onec import reread
from clobus.sync.onec.feed import Context, InvalidRecord

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Refresher:
    """What a fresh look is made with."""

    db: Database
    onec: OnecClient
    receiver: Receiver
    ctx: Context

    async def refresh(self, row: Row) -> list[str]:
        """Take what the partners show of a request now; gives the systems that were read.

        One partner that is away does not hold back the other; the GatewayError of the last when none could be read.
        """
        done: list[str] = []
        failed: GatewayError | None = None
        for system, take in (("chatwoot", self._chatwoot), ("onec", self._onec)):
            try:
                if await take(row):
                    done.append(system)
            except Missing:
                done.append(system)  # the sweep and the push decide what that means
            except InvalidRecord:
                log.warning("refresh.invalid", consultation=str(row.cons_id))  # the feed keeps it as a bad record
            except GatewayError as error:
                failed = error
                log.warning("refresh.failed", system=system, error=type(error).__name__)
        if failed is not None and not done:
            raise failed
        return done

    async def _chatwoot(self, row: Row) -> bool:
        if row.conversation_id is None:
            return False
        await self.receiver.take(row.conversation_id)
        return True

    async def _onec(self, row: Row) -> bool:
        if row.cl_ref_key is None:
            return False
        await reread.take(self.db, self.onec, self.ctx, row.cl_ref_key)
        return True
