"""The verbs of a request that both partners and the platform use; no commit, no outside call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from clobus.core import signals
from clobus.core.db import Connection, run
from clobus.core.events import Event, Origin, publish
from clobus.core.ids import new_id
from clobus.modules.consultations import policy, queries, status
from clobus.modules.consultations.types import (
    TERMINAL,
    Actor,
    ConsultationSnapshot,
    Kind,
    Row,
    Status,
)

ARRIVALS = "clobus_arrivals"
"""The channel on which requests are named, by our id, that a partner has given something which callers wait for."""

differences = status.differences
differing_answers = queries.differing_answers
plain = status.plain


@dataclass(slots=True)
class Applied:
    """What became of a batch of snapshots."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0


async def load(connection: Connection, ids: Sequence[UUID], *, lock: bool = False) -> dict[UUID, Row]:
    """Requests by our id; absent ones are not in the answer."""
    found = await queries.select(connection, "c.cons_id = any(%s)", (list(ids),), lock=lock)
    return {row.cons_id: row for row in found}


async def load_by_conversation(connection: Connection, ids: Sequence[int], *, lock: bool = False) -> dict[int, Row]:
    """Requests by conversation."""
    found = await queries.select(connection, "c.conversation_id = any(%s)", (list(ids),), lock=lock)
    return {row.conversation_id: row for row in found if row.conversation_id is not None}


async def load_by_number(connection: Connection, numbers: Sequence[str]) -> dict[str, Row]:
    """Requests by 1C number; should two bear one number, the newest."""
    found = await queries.select(connection, "c.number = any(%s) order by c.create_date", (list(numbers),))
    return {row.number: row for row in found if row.number is not None}


async def load_by_ref(connection: Connection, keys: Sequence[UUID], *, lock: bool = False) -> dict[UUID, Row]:
    """Requests by the key of their 1C document."""
    found = await queries.select(connection, "c.cl_ref_key = any(%s)", (list(keys),), lock=lock)
    return {row.cl_ref_key: row for row in found if row.cl_ref_key is not None}


async def apply_snapshots(
    connection: Connection, snapshots: Sequence[ConsultationSnapshot], *, backfill: bool = False, force: bool = False
) -> Applied:
    """Make our rows agree with what 1C shows; a snapshot of a known version is skipped unless `force`.

    With `backfill` new rows are history: they publish nothing.
    """
    latest = {snapshot.ref_key: snapshot for snapshot in snapshots}
    done = Applied(unchanged=len(snapshots) - len(latest))
    left = latest
    if backfill:
        fresh = [(new_id(), s) for s in latest.values() if s.our_id is None]
        made = await queries.insert_snapshots(connection, fresh, "1C_CL")
        done.created += len(made)
        left = {key: s for key, s in latest.items() if key not in made}
    if left:
        await _apply_known(connection, left, done, force=force)
    return done


async def _apply_known(
    connection: Connection, latest: dict[UUID, ConsultationSnapshot], done: Applied, *, force: bool
) -> None:
    if not force:
        # Unchanged rows are not even locked: a lock is a write.
        known = await queries.known_versions(connection, list(latest))
        fresh_keys = [key for key, s in latest.items() if known.get(key) != (s.data_version, s.deleted)]
        done.unchanged += len(latest) - len(fresh_keys)
        latest = {key: latest[key] for key in fresh_keys}
        if not latest:
            return
    ours = [s.our_id for s in latest.values() if s.our_id is not None]
    found = await queries.select(
        connection, "(c.cl_ref_key = any(%s) or c.cons_id = any(%s))", (list(latest), ours), lock=True
    )
    by_ref = {row.cl_ref_key: row for row in found}
    by_id = {row.cons_id: row for row in found if row.cl_ref_key is None}
    fresh: list[tuple[UUID, ConsultationSnapshot]] = []
    pairs: list[tuple[Row, ConsultationSnapshot]] = []
    for key, snapshot in latest.items():
        row = by_ref.get(key) or (by_id.get(snapshot.our_id) if snapshot.our_id else None)
        if row is None:
            fresh.append((new_id(), snapshot))
        elif row.cl_ref_key is not None and row.data_version == snapshot.data_version and not force:
            done.unchanged += 1
        else:
            pairs.append((row, snapshot))
    await _insert(connection, fresh, done)
    await _update(connection, pairs, done)


async def _insert(connection: Connection, fresh: list[tuple[UUID, ConsultationSnapshot]], done: Applied) -> None:
    if not fresh:
        return
    made = await queries.insert_snapshots(connection, fresh, "1C_CL")
    done.created += len(made)
    await publish(
        connection,
        [
            Event("Opened", key, Origin.ONEC, changes={"status": (None, s.status.value)})
            for key, s in fresh
            if s.ref_key in made
        ],
    )


async def _update(connection: Connection, pairs: list[tuple[Row, ConsultationSnapshot]], done: Applied) -> None:
    columns: dict[UUID, dict[str, Any]] = {}
    events: list[Event] = []
    moved: list[UUID] = []
    for row, snapshot in pairs:
        changes, wanted = status.decide(row, snapshot)
        write = dict(changes)
        if row.cl_ref_key is None:
            write["cl_ref_key"] = snapshot.ref_key
        if row.data_version != snapshot.data_version:
            write["data_version"] = snapshot.data_version
        if wanted != row.wanted:
            write["wanted"] = wanted
        if not write:
            continue
        columns[row.cons_id] = write
        if "client_key" in changes:
            moved.append(row.cons_id)
        name = status.name_of(row, changes)
        if name is not None:
            shown = {k: (plain(getattr(row, k)), plain(v)) for k, v in changes.items() if k not in status.UNSEEN}
            events.append(Event(name, row.cons_id, Origin.ONEC, changes=shown))
    await queries.update_columns(connection, columns)
    if moved:
        await queries.resolve_clients(connection, moved)
    lines = await queries.replace_answers(connection, {row.cons_id: s for row, s in pairs})
    await publish(connection, events)
    done.updated += len(columns)
    done.unchanged += len(pairs) - len(columns)
    if lines and not columns:
        done.updated += 1
        done.unchanged -= 1


async def close(
    connection: Connection, row: Row, *, actor: Actor, actor_name: str | None, at: datetime, origin: Origin
) -> None:
    """Close a locked request; Forbidden by policy, nothing when it has ended already."""
    policy.ensure_may_close(row.consultation_type, actor)
    if row.is_terminal:
        return
    new = Status.RESOLVED if row.is_support else Status.CLOSED
    at = at.replace(microsecond=0)
    wanted = dict(row.wanted)
    if not row.is_support:
        wanted |= {"status": new.value, "end_date": plain(at)}
    await queries.update_columns(connection, {row.cons_id: {"status": new, "end_date": at, "wanted": wanted}})
    changes = {"status": (row.status.value, new.value), "end_date": (plain(row.end_date), plain(at))}
    await publish(connection, [Event("Closed", row.cons_id, origin, actor_name, changes)])


async def refuse_close(connection: Connection, row: Row, *, actor_name: str | None, origin: Origin) -> None:
    """Tell that a close was not allowed: the conversation is put back and a note says why."""
    await publish(connection, [Event("CloseRefused", row.cons_id, origin, actor_name)])


async def cancel(connection: Connection, row: Row, *, actor_name: str | None, at: datetime, origin: Origin) -> None:
    """Cancel a locked request: marked for deletion in 1C, resolved in Chatwoot; nothing when it has ended already."""
    if row.is_terminal:
        return
    at = at.replace(microsecond=0)
    wanted = dict(row.wanted)
    if not row.is_support:
        wanted |= {"status": Status.CANCELLED.value, "deleted": True}
    write = {"status": Status.CANCELLED, "denied": True, "deleted": not row.is_support, "wanted": wanted}
    if row.is_support:
        write["end_date"] = at
    await queries.update_columns(connection, {row.cons_id: write})
    changes = {"status": (row.status.value, Status.CANCELLED.value)}
    await publish(connection, [Event("Cancelled", row.cons_id, origin, actor_name, changes)])


async def request_manager(
    connection: Connection, row: Row, manager: UUID, *, origin: Origin, actor: str | None,
    why: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """Ask 1C to hand a locked request over; ours at once, theirs when 1C confirms. An ended request keeps its own.

    `why` is what `selection.explain` tells of the choice.
    """
    if row.is_terminal or row.manager == manager:
        return
    wanted = dict(row.wanted)
    if not row.is_support:
        wanted["manager"] = str(manager)
    await queries.update_columns(connection, {row.cons_id: {"manager": manager, "wanted": wanted}})
    changes: dict[str, tuple[Any, Any]] = {"manager": (plain(row.manager), str(manager))}
    if why is not None:
        changes["why"] = (None, why)
    await publish(connection, [Event("Assigned", row.cons_id, origin, actor, changes)])


async def confirm_onec(
    connection: Connection, cons_id: UUID, *, sent: dict[str, Any], snapshot: ConsultationSnapshot
) -> None:
    """Record what 1C shows after our write; what was sent and what was asked for meanwhile are told apart."""
    row = (await load(connection, [cons_id], lock=True)).get(cons_id)
    if row is None:
        return
    row.wanted = {name: value for name, value in row.wanted.items() if sent.get(name, ...) != value}
    await run(connection, "update cons.cons set wanted = %s where cons_id = %s", (Jsonb(row.wanted), cons_id))
    await _update(connection, [(row, snapshot)], Applied())
    await signals.tell(connection, ARRIVALS, str(cons_id))


async def fail_create(connection: Connection, cons_id: UUID, reason: str) -> None:
    """End a new request that 1C refused to take by its own day limit."""
    row = (await load(connection, [cons_id], lock=True)).get(cons_id)
    if row is None or row.is_terminal or row.cl_ref_key is not None:
        return
    await queries.update_columns(
        connection, {cons_id: {"status": Status.CANCELLED, "denied": True, "deleted": True, "wanted": {}}}
    )
    changes = {"status": (row.status.value, Status.CANCELLED.value), "reason": (None, reason)}
    await publish(connection, [Event("Cancelled", cons_id, Origin.PLATFORM, None, changes)])
    await signals.tell(connection, ARRIVALS, str(cons_id))


async def mark_gone(connection: Connection, keys: Sequence[UUID]) -> int:
    """Cancel requests whose documents 1C says explicitly not to have; returns how many were changed."""
    found = await load_by_ref(connection, keys, lock=True)
    gone = [row for row in found.values() if not row.deleted]
    write: dict[UUID, dict[str, Any]] = {row.cons_id: {"deleted": True, "wanted": {}} for row in gone}
    for row in gone:
        if not row.is_terminal:
            write[row.cons_id]["status"] = Status.CANCELLED
    await queries.update_columns(connection, write)
    ended = [row for row in gone if not row.is_terminal]
    await publish(
        connection,
        [Event("Cancelled", r.cons_id, Origin.ONEC, changes={"status": (r.status.value, "cancelled")}) for r in ended],
    )
    return len(gone)


async def link_conversation(
    connection: Connection, cons_id: UUID, *, conversation_id: int | None, status: str | None, assignee_id: int | None,
    version: float | None, source_id: str | None,
) -> None:  # fmt: skip
    """Note which conversation a request has and what Chatwoot showed of it."""
    await run(
        connection,
        "update cons.cons set conversation_id = %s, conversation_status = %s, assignee_id = %s,"
        " conversation_version = %s, chatwoot_source_id = coalesce(%s, chatwoot_source_id), updated_at = now()"
        " where cons_id = %s",
        (conversation_id, status, assignee_id, version, source_id, cons_id),
    )
    await signals.tell(connection, ARRIVALS, str(cons_id))


async def link_many(
    connection: Connection,
    items: Sequence[tuple[int, UUID | None, str | None, str, int | None, float]],
) -> int:
    """Link conversations to requests by our id or the 1C number, set-based; returns how many were linked.

    Each item: conversation, our id, number, status, agent, version. One that is resolved while its request is open
    gets no base, so that the end is seen as news.
    """
    if not items:
        return 0
    columns = [list(column) for column in zip(*items, strict=True)]
    return await run(
        connection,
        # Found first and as a whole: a subquery in the condition would be asked for every row of the table.
        "with g as (select distinct on (coalesce(u.ours::text, u.number)) u.*"
        " from unnest(%s::bigint[], %s::uuid[], %s::text[], %s::text[], %s::integer[], %s::double precision[])"
        " as u (id, ours, number, status, agent, version) where u.ours is not null or u.number is not null"
        " order by coalesce(u.ours::text, u.number), u.id), k as materialized (select g.*,"
        " coalesce(g.ours, n.cons_id) as cons_id from g left join lateral (select m.cons_id from cons.cons m"
        " where m.number = g.number order by m.create_date desc limit 1) n on true)"
        " update cons.cons c set conversation_id = k.id, assignee_id = k.agent, conversation_version = k.version,"
        " conversation_status = case when k.status = 'resolved' and c.status in ('new', 'open', 'pending', 'other')"
        " then null else k.status end from k where c.cons_id = k.cons_id and c.conversation_id is null",
        columns,
    )


async def keep_first_replies(connection: Connection, items: Sequence[tuple[int, datetime]]) -> int:
    """Keep when conversations were first answered, where no answer was read here; returns how many were news."""
    if not items:
        return 0
    numbers, instants = [list(column) for column in zip(*items, strict=True)]
    return await run(
        connection,
        "insert into cons.first_replies (cons_id, at) select c.cons_id, g.at from unnest(%s::bigint[],"
        " %s::timestamptz[]) as g (id, at) join cons.cons c on c.conversation_id = g.id where not exists (select 1"
        " from cons.messages m where m.cons_id = c.cons_id and m.direction = 'out' and m.via <> 'platform')"
        " on conflict (cons_id) do nothing",
        (numbers, instants),
    )


async def saw_conversation(
    connection: Connection, cons_id: UUID, *, status: str, assignee_id: int | None, version: float | None
) -> None:
    """Note what Chatwoot shows now: the base for telling its next change."""
    await run(
        connection,
        "update cons.cons set conversation_status = %s, assignee_id = %s, conversation_version = %s where cons_id = %s"
        " and (conversation_status, assignee_id, conversation_version) is distinct from"
        " (%s, %s::integer, %s::double precision)",
        (status, assignee_id, version, cons_id, status, assignee_id, version),
    )


async def upsert_support(
    connection: Connection, *, conversation_id: int, status: Status, conversation_status: str, assignee_id: int | None,
    manager: UUID | None, version: float | None, client_id: UUID | None, lang: str | None, comment: str | None,
    created: datetime, ended: datetime | None, source_id: str | None = None, source: str = "CHATWOOT",
    backfill: bool = False, actor: str | None = None,
) -> UUID:  # fmt: skip
    """Keep a support request as Chatwoot shows it; publishes what changed, for history nothing."""
    found = (await load_by_conversation(connection, [conversation_id], lock=True)).get(conversation_id)
    if found is None:
        cons_id = new_id()
        await run(
            connection,
            "insert into cons.cons (cons_id, consultation_type, status, client_id, manager, create_date, end_date,"
            " lang, comment, source, conversation_id, conversation_status, assignee_id, conversation_version,"
            " chatwoot_source_id) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
            " on conflict (conversation_id) do nothing",
            (cons_id, Kind.SUPPORT.value, status.value, client_id, manager, created, ended, lang, comment, source,
             conversation_id, conversation_status, assignee_id, version, source_id),
        )  # fmt: skip
        if not backfill:
            changes: dict[str, tuple[Any, Any]] = {"status": (None, status.value)}
            await publish(connection, [Event("Opened", cons_id, Origin.CHATWOOT, actor, changes)])
        return cons_id
    if found.is_terminal and conversation_status == found.conversation_status != "resolved":
        status = found.status  # ended here, and nobody over there has heard of it yet
    await _update_support(connection, found, status=status, manager=manager, ended=ended, actor=actor)
    await saw_conversation(
        connection, found.cons_id, status=conversation_status, assignee_id=assignee_id, version=version
    )
    return found.cons_id


async def _update_support(
    connection: Connection, row: Row, *, status: Status, manager: UUID | None, ended: datetime | None, actor: str | None
) -> None:
    write: dict[str, Any] = {}
    if row.status is not status and not (row.status is Status.CANCELLED and status is Status.RESOLVED):
        write |= {"status": status, "end_date": ended if status in TERMINAL else None}
    if row.manager != manager:
        write["manager"] = manager
    if not write:
        return
    await queries.update_columns(connection, {row.cons_id: write})
    name = "Assigned"
    if "status" in write:
        name = "Closed" if status in TERMINAL else "Reopened" if row.is_terminal else "Changed"
    changes = {key: (plain(getattr(row, key)), plain(value)) for key, value in write.items()}
    await publish(connection, [Event(name, row.cons_id, Origin.CHATWOOT, actor, changes)])
