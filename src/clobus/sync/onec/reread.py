"""One document and its register rows are read now, out of turn."""

from __future__ import annotations

from uuid import UUID

from clobus.core.db import Database
from clobus.gateways.onec import entities as onec
from clobus.gateways.onec import odata
from clobus.gateways.onec.client import OnecClient
from clobus.modules.consultations import registers as kept
from clobus.modules.consultations import service
from clobus.sync.onec.feed import Context
from clobus.sync.onec.mapping import consultations, registers


async def take(db: Database, base: OnecClient, ctx: Context, key: UUID) -> None:
    """Take a request as 1C shows it now, with its moves, calls and ratings.

    Missing when 1C has no such document, InvalidRecord when something makes no sense (nothing is written then).
    """
    document = await base.get(onec.Consultation.entity_set, key, onec.Consultation)
    ours, theirs = odata.eq("ДокументОбращения_Key", key), odata.eq("Обращение_Key", key)
    moves = await base.rows(onec.Redate.entity_set, onec.Redate, filter=ours)
    calls = await base.rows(onec.Call.entity_set, onec.Call, filter=ours)
    ratings = await base.rows(onec.Rating.entity_set, onec.Rating, filter=theirs)
    snapshot = consultations.from_onec(document, ctx)
    redates = [registers.redate(row, ctx) for row in moves]
    called = [registers.call(row, ctx) for row in calls]
    rated = [registers.rating(row, ctx) for row in ratings]
    async with db.transaction() as connection:
        await service.apply_snapshots(connection, [snapshot])
        await kept.keep_redates(connection, redates, backfill=False)
        await kept.keep_calls(connection, called, backfill=False)
        await kept.keep_ratings(connection, rated, backfill=False)
