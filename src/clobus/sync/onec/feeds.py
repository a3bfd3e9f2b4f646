"""THE table of feeds: the processes of the plan by their names, as data."""

from __future__ import annotations

from collections.abc import Sequence

from clobus.core.db import Connection
from clobus.gateways.onec.entities import Consultation
from clobus.modules.consultations import service
from clobus.modules.consultations.types import ConsultationSnapshot
from clobus.sync.onec.feed import Context, Counts, Feed
from clobus.sync.onec.mapping import consultations
from clobus.sync.onec.register_feeds import REGISTER_FEEDS


async def _apply(connection: Connection, items: Sequence[ConsultationSnapshot], ctx: Context) -> Counts:
    done = await service.apply_snapshots(connection, items, backfill=ctx.backfill)
    return Counts(done.created, done.updated, done.unchanged)


def _key(row: Consultation) -> str:
    return str(row.ref_key)


CONSULTATIONS = Feed(
    process="cons",
    entity=Consultation.entity_set,
    row=Consultation,
    key=_key,
    convert=consultations.from_onec,
    apply=_apply,
    every=30,
    cursor="ДатаИзменения",
)

FEEDS: tuple[Feed, ...] = (CONSULTATIONS, *REGISTER_FEEDS)
