"""Hold our clients and managers against the counterparties and users of 1C, record by record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec

from clobus.core.errors import BadAnswer, Missing
from clobus.gateways.onec.client import VERSION_FIELDS
from clobus.gateways.onec.entities import Counterparty, User
from clobus.gateways.onec.wire import Version, decode_row
from clobus.modules.clients import service as clients
from clobus.modules.staff import service as staff
from clobus.sync.onec import users
from clobus.sync.onec.coming import Coming, coming
from clobus.sync.onec.compare_registers import FEED
from clobus.sync.onec.feed import InvalidRecord
from clobus.sync.onec.paging import Pace, read_page
from clobus.sync.onec.pull import Reader
from clobus.sync.suspect import BOTH, Suspect

CLIENT, STAFF = "client", "staff"
NAMES = {CLIENT: "client", STAFF: "manager"}
KINDS = frozenset(NAMES)
VERSIONS_PAGE = 10_000
OF_THE_CATALOGUE = ("user_id", "description", "email", "deletion_mark", "invalid")
OF_REGISTERS = ("department", "chatwoot_team", "ru", "uz", "con_limit", "start_hour", "end_hour")
CLIENTS, USERS = FEED["clients"], FEED["users"]


class _Version(Version, kw_only=True, gc=False):
    is_folder: bool = msgspec.field(name="IsFolder", default=False)


async def compare_all(reader: Reader, *, deep: bool) -> list[Suspect]:
    """Compare every client, by its members or (not `deep`) by its version, and every manager."""
    next_cycle = await coming(reader, CLIENTS)
    pace, skip = Pace(reader.page_size if deep else VERSIONS_PAGE), 0
    seen: list[UUID] = []
    wrong: set[UUID] = set()
    while True:
        page, asked = await read_page(
            reader.onec, CLIENTS.entity, pace, terms=None, orderby=CLIENTS.orderby, skip=skip,
            select=None if deep else (*VERSION_FIELDS, "IsFolder"),
        )  # fmt: skip
        found, differing = await _differing(reader, _items(reader, page, deep=deep), next_cycle)
        seen += found
        wrong |= differing
        skip += len(page)
        if len(page) < asked:
            break
    async with reader.db.read() as connection:
        wrong.update(await clients.alone(connection, seen))
    return _named(CLIENT, wrong) + _named(STAFF, await _managers(reader))


async def recheck(reader: Reader, suspects: Iterable[Suspect]) -> list[Suspect]:
    """Read these again and compare them afresh; a client is gone only when 1C says so explicitly."""
    asked = list(suspects)
    keys = [s.ref_key for s in asked if s.kind == CLIENT and s.ref_key is not None]
    found: list[Suspect] = []
    if keys:
        items = _items(reader, await _raws(reader, keys), deep=True)
        _, wrong = await _differing(reader, items, await coming(reader, CLIENTS))
        shown = {item["cl_ref_key"] for item in items}
        gone = await _missing(reader, CLIENTS.entity, Counterparty, [key for key in keys if key not in shown])
        found += _named(CLIENT, wrong | set(gone))
    if any(s.kind == STAFF for s in asked):
        names = {s.subject for s in asked}
        found += [s for s in _named(STAFF, await _managers(reader)) if s.subject in names]
    return found


async def repair(reader: Reader, suspects: Iterable[Suspect]) -> None:
    """Make our rows those of 1C, which alone writes them."""
    asked = list(suspects)
    keys = [s.ref_key for s in asked if s.kind == CLIENT and s.ref_key is not None]
    if keys:
        items = _items(reader, await _raws(reader, keys), deep=True)
        shown = {item["cl_ref_key"] for item in items}
        gone = await _missing(reader, CLIENTS.entity, Counterparty, [key for key in keys if key not in shown])
        async with reader.db.transaction() as connection:
            await clients.keep(connection, items, reader.ctx.folder)
            await clients.mark_gone(connection, gone)
    if any(s.kind == STAFF for s in asked):
        told = await users.read_staff(reader)
        shown = {item["cl_ref_key"] for item in told.good} | {row.ref_key for row, _ in told.bad}
        people = [s.ref_key for s in asked if s.kind == STAFF and s.ref_key is not None and s.ref_key not in shown]
        gone = await _missing(reader, USERS.entity, User, people)
        async with reader.db.transaction() as connection:
            await staff.keep(connection, told.good)
            await staff.keep_skills(connection, told.skills)
            await staff.mark_gone(connection, gone)


async def _differing(
    reader: Reader, items: Sequence[dict[str, Any]], next_cycle: Coming
) -> tuple[list[UUID], set[UUID]]:  # fmt: skip
    """Our ids of clients that were found, and 1C's keys of those that differ: the feed takes what has a new version."""
    async with reader.db.read() as connection:
        seen, absent, wrong = await clients.differing(connection, items)
        ours = await clients.versions(connection, wrong)
    theirs = {item["cl_ref_key"]: item["data_version"] for item in items}
    return seen, {
        key
        for key in (*absent, *wrong)
        if ours.get(key) == theirs[key] or not next_cycle.brings(None, str(key))
    }  # fmt: skip


async def _managers(reader: Reader) -> set[UUID]:
    told = await users.read_staff(reader)
    near = (await coming(reader, USERS)).is_near
    async with reader.db.read() as connection:
        absent, moved = await staff.differing(connection, told.good, ("data_version",))
        _, wrong = await staff.differing(connection, told.good, OF_THE_CATALOGUE)
        _, led = await staff.differing(connection, told.good, OF_REGISTERS)
        skills = await staff.differing_skills(connection, told.skills)
        shown = [item["cl_ref_key"] for item in told.good] + [row.ref_key for row, _ in told.bad]
        alone = await staff.alone(connection, shown)
    if near:  # the feed reads all of it next time; what it holds for unchanged would stay
        return set(wrong) - set(moved) | set(alone)
    return {*absent, *moved, *wrong, *led, *skills, *alone}


def _items(reader: Reader, raws: Sequence[msgspec.Raw], *, deep: bool) -> list[dict[str, Any]]:
    """Counterparties as our columns take them; folders and what makes no sense left out."""
    found: list[dict[str, Any]] = []
    for raw in raws:
        if not deep:
            shown = decode_row(raw, _Version)
            if not shown.is_folder:
                found.append({"cl_ref_key": shown.ref_key, "data_version": shown.data_version})
            continue
        try:
            item = CLIENTS.convert(decode_row(raw, CLIENTS.row), reader.ctx)
        except (InvalidRecord, BadAnswer, ValueError):
            continue  # the dead letters tell of it
        if item is not None:
            found.append(item)
    return found


async def _raws(reader: Reader, keys: Sequence[UUID]) -> list[msgspec.Raw]:
    return await reader.onec.by_keys(CLIENTS.entity, keys, msgspec.Raw)  # type: ignore[type-var]  # kept undecoded


async def _missing(reader: Reader, entity: str, kind: type[Any], keys: Sequence[UUID]) -> list[UUID]:
    gone = []
    for key in keys:
        try:
            await reader.onec.get(entity, key, kind)
        except Missing:
            gone.append(key)
    return gone


def _named(kind: str, keys: Iterable[UUID]) -> list[Suspect]:
    return [Suspect(kind, BOTH, None, key, subject=f"{NAMES[kind]}:{key}") for key in sorted(keys)]
