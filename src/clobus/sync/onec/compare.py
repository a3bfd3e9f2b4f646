"""Hold our requests against the documents of 1C, record by record, without writing anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec

from clobus.core.db import Database, rows
from clobus.core.errors import BadAnswer, Missing
from clobus.gateways.onec.entities import Consultation
from clobus.gateways.onec.wire import Version, decode_row
from clobus.modules.consultations import service
from clobus.modules.consultations.types import ConsultationSnapshot, Kind, Row
from clobus.sync.onec.feed import Feed, InvalidRecord
from clobus.sync.onec.paging import Pace, pages
from clobus.sync.onec.pull import Reader
from clobus.sync.suspect import BOTH, Suspect

CREATED = "ДатаСоздания"
VERSIONS = ("Ref_Key", "DataVersion", "DeletionMark", CREATED)
VERSIONS_PAGE = 10_000
KINDS = {"status": "status", "denied": "status", "end_date": "status", "manager": "manager", "deleted": "deleted"}


async def compare_all(reader: Reader, feed: Feed, *, deep: bool) -> tuple[int, list[Suspect]]:
    """Compare every document: whole ones with `deep`, else those alone whose version is not ours.

    Returns how many documents 1C holds and what seems to differ.
    """
    seen: set[UUID] = set()
    found: list[Suspect] = []
    stream = pages(
        reader.onec, feed.entity, CREATED, feed.initial, None,
        pace=Pace(reader.page_size if deep else VERSIONS_PAGE), select=None if deep else VERSIONS,
    )  # fmt: skip
    decoder = msgspec.json.Decoder(Version, strict=False)
    async for page in stream:
        versions = [decoder.decode(raw) for raw in page]
        if deep:
            found += await _judge_raw(reader, feed, page)
        else:
            differing = await _differing(reader.db, versions)
            found += await recheck(reader, feed, differing)
        seen.update(version.ref_key for version in versions)
    found += await _ours_alone(reader.db, seen)
    return len(seen), list({suspect.identity: suspect for suspect in found}.values())


async def recheck(reader: Reader, feed: Feed, keys: Iterable[UUID]) -> list[Suspect]:
    """Read these documents and our rows afresh and compare them again."""
    wanted = list(dict.fromkeys(keys))
    found: list[Suspect] = []
    for start in range(0, len(wanted), 500):
        chunk = wanted[start : start + 500]
        raws = await reader.onec.by_keys(feed.entity, chunk, msgspec.Raw)  # type: ignore[type-var]  # kept undecoded
        found += await _judge_raw(reader, feed, raws)
        got = {decode_row(raw, Version).ref_key for raw in raws}
        found += await _absent(reader, feed, [key for key in chunk if key not in got])
    return found


async def recheck_unborn(db: Database, ids: Sequence[UUID]) -> list[Suspect]:
    """Our requests, of these, that 1C should know and does not yet."""
    return [suspect for suspect in await _unborn(db) if suspect.cons_id in set(ids)]


async def repair(reader: Reader, feed: Feed, suspects: Sequence[Suspect]) -> int:
    """Read what differs from 1C again, whatever its version says, and cancel what is gone there for certain."""
    gone = [s.ref_key for s in suspects if s.ref_key is not None and s.kind == "missing_in_onec"]
    keys = list({s.ref_key for s in suspects if s.ref_key is not None and s.kind != "missing_in_onec"})
    done = 0
    for start in range(0, len(keys), 500):
        raws = await reader.onec.by_keys(feed.entity, keys[start : start + 500], msgspec.Raw)  # type: ignore[type-var]  # kept undecoded
        snapshots = [snapshot for snapshot, _ in (_converted(reader, feed, raw) for raw in raws) if snapshot]
        async with reader.db.transaction() as connection:
            done += (await service.apply_snapshots(connection, snapshots, force=True)).updated
    if gone:
        async with reader.db.transaction() as connection:
            done += await service.mark_gone(connection, gone)
    return done


def _converted(reader: Reader, feed: Feed, raw: msgspec.Raw) -> tuple[ConsultationSnapshot | None, str]:
    try:
        snapshot: ConsultationSnapshot = feed.convert(decode_row(raw, feed.row), reader.ctx)
    except (InvalidRecord, BadAnswer, ValueError) as error:
        return None, str(error)
    return snapshot, ""


async def _judge_raw(reader: Reader, feed: Feed, raws: Sequence[msgspec.Raw]) -> list[Suspect]:
    snapshots: dict[UUID, ConsultationSnapshot] = {}
    bad: dict[UUID, str] = {}
    for raw in raws:
        snapshot, error = _converted(reader, feed, raw)
        if snapshot is None:
            bad[decode_row(raw, Version).ref_key] = error
        else:
            snapshots[snapshot.ref_key] = snapshot
    async with reader.db.read() as connection:
        ours = await service.load_by_ref(connection, [*snapshots, *bad])
        known = {ours[key].cons_id: snapshot for key, snapshot in snapshots.items() if key in ours}
        lines = await service.differing_answers(connection, known)
    found = [
        Suspect("invalid", BOTH, ours[key].cons_id if key in ours else None, key, detail={"reason": error})
        for key, error in bad.items()
    ]
    for key, snapshot in snapshots.items():
        found += _judge(ours.get(key), snapshot)
    for cons_id in sorted(lines):
        key, row = known[cons_id].ref_key, ours[known[cons_id].ref_key]
        detail = {"fields": ["answers"], **_when(known[cons_id])}
        found.append(Suspect("answers", BOTH, cons_id, key, row.conversation_id, detail))
    return found


def _judge(row: Row | None, snapshot: ConsultationSnapshot) -> list[Suspect]:
    if row is None:
        return [Suspect("missing_in_postgres", BOTH, ref_key=snapshot.ref_key, detail=_when(snapshot))]
    fields: dict[str, list[str]] = {}
    for name in service.differences(row, snapshot):
        kind = "pending_onec" if name in row.wanted else KINDS.get(name, "fields")
        fields.setdefault(kind, []).append(name)
    if "pending_onec" in fields:  # what hangs together with a change that 1C has not confirmed is no second item
        fields.pop("status", None)
    return [
        Suspect(
            kind, BOTH, row.cons_id, snapshot.ref_key, row.conversation_id, {"fields": sorted(names), **_when(snapshot)}
        )
        for kind, names in fields.items()
    ]


def _when(snapshot: ConsultationSnapshot) -> dict[str, Any]:
    changed = snapshot.changed_date or snapshot.create_date
    return {"changed": changed.isoformat()}


async def _absent(reader: Reader, feed: Feed, keys: Sequence[UUID]) -> list[Suspect]:
    """Only 1C's explicit "no such document" counts; and it is none of ours to tell of when we know it already."""
    gone = []
    for key in keys:
        try:
            await reader.onec.get(feed.entity, key, Consultation)
        except Missing:
            gone.append(key)
    if not gone:
        return []
    async with reader.db.read() as connection:
        ours = await service.load_by_ref(connection, gone)
    return [
        Suspect("missing_in_onec", BOTH, row.cons_id, key, row.conversation_id)
        for key, row in ours.items()
        if not row.deleted
    ]


async def _differing(db: Database, versions: Sequence[Version]) -> list[UUID]:
    async with db.read() as connection:
        found = await rows(
            connection,
            "select v.key from unnest(%s::uuid[], %s::text[]) as v (key, version) left join cons.cons c"
            " on c.cl_ref_key = v.key where c.data_version is distinct from v.version or c.wanted <> '{}'",
            ([v.ref_key for v in versions], [v.data_version for v in versions]),
        )
    return [row["key"] for row in found]


async def _ours_alone(db: Database, seen: set[UUID]) -> list[Suspect]:
    async with db.read() as connection:
        found = await rows(
            connection,
            "select cons_id, cl_ref_key, conversation_id from cons.cons where cl_ref_key is not null and not deleted",
        )
    absent = [
        Suspect("missing_in_onec", BOTH, row["cons_id"], row["cl_ref_key"], row["conversation_id"])
        for row in found
        if row["cl_ref_key"] not in seen
    ]
    return absent + await _unborn(db)


async def _unborn(db: Database) -> list[Suspect]:
    async with db.read() as connection:
        found = await rows(
            connection,
            "select cons_id, conversation_id from cons.cons where cl_ref_key is null and consultation_type = %s"
            " and status <> 'cancelled'",
            (Kind.ACCOUNTING.value,),
        )
    return [
        Suspect("pending_onec", BOTH, row["cons_id"], None, row["conversation_id"], {"fields": ["document"]})
        for row in found
    ]
