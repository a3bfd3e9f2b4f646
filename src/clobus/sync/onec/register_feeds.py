"""The feeds besides the requests' own: clients, staff, registers, dictionaries."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from clobus.core.db import Connection
from clobus.gateways.onec import entities as onec
from clobus.modules.clients import service as clients
from clobus.modules.consultations import closings
from clobus.modules.consultations import registers as kept
from clobus.modules.knowledge import service as knowledge
from clobus.modules.staff import service as staff
from clobus.sync.onec import users
from clobus.sync.onec.feed import Context, Counts, Feed
from clobus.sync.onec.mapping import clients as client_mapping
from clobus.sync.onec.mapping import knowledge as words
from clobus.sync.onec.mapping import registers
from clobus.sync.onec.mapping.staff import user as user_mapping

Items = Sequence[Any]
Apply = Callable[[Connection, Items, Context], Awaitable[Counts]]


def _counted(items: Items, done: tuple[int, int]) -> Counts:
    made, changed = done
    return Counts(made, changed, len(items) - made - changed)


async def _clients(connection: Connection, items: Items, ctx: Context) -> Counts:
    return _counted(items, await clients.keep(connection, items, ctx.folder))


async def _redates(connection: Connection, items: Items, ctx: Context) -> Counts:
    return _counted(items, await kept.keep_redates(connection, items, backfill=ctx.backfill))


async def _calls(connection: Connection, items: Items, ctx: Context) -> Counts:
    return _counted(items, await kept.keep_calls(connection, items, backfill=ctx.backfill))


async def _ratings(connection: Connection, items: Items, ctx: Context) -> Counts:
    return _counted(items, await kept.keep_ratings(connection, items, backfill=ctx.backfill))


async def _closings(connection: Connection, items: Items, ctx: Context) -> Counts:
    standing = await closings.standing(connection, items, ctx.zone)
    return _counted(items, await kept.keep_closings(connection, standing, backfill=ctx.backfill))


async def _users(connection: Connection, items: Items, ctx: Context) -> Counts:
    del ctx  # times of day have no zone
    return _counted(items, await staff.keep(connection, items))


def _dictionary(table: str) -> Apply:
    async def apply(connection: Connection, items: Items, ctx: Context) -> Counts:
        del ctx  # words have no zone and no folder
        return _counted(items, await knowledge.keep(connection, table, items))

    return apply


def _by_ref(row: Any) -> str:
    return str(row.ref_key)


def _by_moment(row: Any) -> str:
    return f"{row.consultation_key}/{row.period}/{row.manager_key}"


def _by_question(row: onec.Rating) -> str:
    return f"{row.consultation_key}/{row.manager_key}/{row.question_number}"


def _by_day(row: onec.QueueClosing) -> str:
    return f"{row.manager_key}/{row.day}"


def _words(kind: type[Any], table: str, convert: Callable[[Any, Context], Any]) -> Feed:
    return Feed(
        "dictionaries", kind.entity_set, kind, _by_ref, convert, _dictionary(table), every=1800,
        orderby="Description", versions=table,
    )  # fmt: skip


HOURS, DAYS = 3600.0, 86_400.0

REGISTER_FEEDS: tuple[Feed, ...] = (
    Feed(
        "clients", onec.Counterparty.entity_set, onec.Counterparty, _by_ref, client_mapping.from_onec, _clients,
        every=300, orderby="Code", versions="cons.clients", version_key="cl_ref_key",
    ),
    Feed(
        "users", onec.User.entity_set, onec.User, _by_ref, lambda row, _: user_mapping(row, None, set(), None), _users,
        every=600, gather=users.gather,
    ),
    Feed(
        "redate", onec.Redate.entity_set, onec.Redate, _by_moment, registers.redate, _redates,
        every=60, cursor="Period", overlap=6 * HOURS,
    ),
    Feed(
        "rates", onec.Rating.entity_set, onec.Rating, _by_question, registers.rating, _ratings,
        every=60, cursor="Period", overlap=2 * DAYS,
    ),
    Feed(
        "calls", onec.Call.entity_set, onec.Call, _by_moment, registers.call, _calls,
        every=60, cursor="Period", overlap=6 * HOURS,
    ),
    Feed(
        "queue_closing", onec.QueueClosing.entity_set, onec.QueueClosing, _by_day, registers.queue_closing, _closings,
        every=60, cursor="Дата", overlap=2 * DAYS,
    ),
    _words(onec.PoType, "dict.po_types", words.po_type),
    _words(onec.PoSection, "dict.po_sections", words.po_section),
    _words(onec.QuestionCategory, "dict.online_question_cat", words.category),
    _words(onec.Question, "dict.online_question", words.question),
    _words(onec.KnowledgeArticle, "dict.knowledge_base", words.article),
    _words(onec.Interference, "dict.consultation_interference", words.interference),
)  # fmt: skip
