"""`clobus explain`: the whole story of one request, and what each system shows of it now."""

from __future__ import annotations

import json
from collections.abc import Awaitable
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import typer
from psycopg.rows import DictRow

from clobus.commands import session
from clobus.core.db import Connection, one, rows
from clobus.core.errors import GatewayError, Missing
from clobus.gateways.onec.entities import Consultation
from clobus.modules.consultations import selection
from clobus.modules.consultations.types import ConsultationSnapshot
from clobus.parts import assemble
from clobus.runtime import Runtime
from clobus.sync.onec.feed import InvalidRecord
from clobus.sync.onec.feeds import CONSULTATIONS

_FIND = (
    "select cons_id from cons.cons where cons_id = %(uuid)s or cl_ref_key = %(uuid)s or number = %(text)s"
    " or conversation_id = %(number)s order by (number = %(text)s) desc nulls last, create_date desc limit 1"
)
_STORY = {
    "events": "select at, name, origin, actor, changes from log.events where cons_id = %(id)s order by id",
    "webhooks": "select created_at as at, event, state, delivery_id, attempts, error_message as error"
    " from log.webhook_log where source = 'chatwoot' and subject = %(conversation)s order by id",
    "messages": "select created_at as at, notification_type as type, recipient, channel, state, language, body,"
    " sent_at, message_id, error"
    " from log.notification_log where entity_id = %(id)s order by id",
    "pushes": "select first_at as at, system, subject, state, attempts, next_at, error_class, last_error as error"
    " from sys.outbox where subject_id = %(id)s or subject_id in (select redate_id from cons.cons_redate"
    " where cons_id = %(id)s union all select attachment_id from cons.attachments where cons_id = %(id)s)"
    " order by system, subject",
    "dead_letters": "select last_at as at, kind, id, error_class, error from sys.dead_letters"
    " where id like '%%' || %(ref)s or id like '%%' || %(id)s::text order by last_at",
    "drift": "select since as at, kind, systems, detail from sys.drift where consultation = %(id)s::text",
    "moves": "select period as at, old_date, new_date, comment from cons.cons_redate where cons_key = %(key)s"
    " order by period",
    "calls": "select period as at, manager from cons.calls where cons_key = %(key)s order by period",
    "ratings": "select rating_date as at, question_number, rating from cons.cons_rating_answers"
    " where cons_key = %(key)s order by question_number",
    "files": "select created_at as at, name, content_type, size, side, sent_at, message_id from cons.attachments"
    " where cons_id = %(id)s order by attachment_id",
    "runs": "select r.started_at as at, r.process, r.trigger, r.outcome, r.read_count as read, r.updated_count as"
    " updated from log.etl_runs r where exists (select 1 from log.events e where e.cons_id = %(id)s"
    " and e.origin = 'onec' and e.at between r.started_at and coalesce(r.finished_at, now())) order by r.id desc"
    " limit 20",
}  # fmt: skip


def explain(
    consultation: Annotated[str, typer.Argument(help="Our id, the 1C key or number, or the conversation's number.")],
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Tell the whole story of one request: events, pushes, webhooks, messages, its state in each system."""
    story = session.run(lambda runtime: _tell(runtime, consultation))
    if story is None:
        typer.echo(f"error: no request is known by {consultation}", err=True)
        raise typer.Exit(2)
    typer.echo(json.dumps(story, ensure_ascii=False, indent=2, default=str) if as_json else _text(story))


async def _tell(runtime: Runtime, wanted: str) -> dict[str, Any] | None:
    async with runtime.db.read() as connection:
        row = await _find(connection, wanted)
        if row is None:
            return None
        keys = {
            "id": row["cons_id"], "key": row["cl_ref_key"], "ref": str(row["cl_ref_key"] or "-"),
            "conversation": str(row["conversation_id"]),
        }  # fmt: skip
        story: dict[str, Any] = {name: await rows(connection, sql, keys) for name, sql in _STORY.items()}
    ours = dict(row)
    theirs = await _asked(_in_onec(runtime, row["cl_ref_key"]))
    desk = await _asked(_in_chatwoot(runtime, row["conversation_id"]))
    return {
        "consultation": str(row["cons_id"]),
        "source": row["source"],
        "now": {"postgres": ours, "onec": theirs, "chatwoot": desk},
        **story,
    }


async def _find(connection: Connection, wanted: str) -> DictRow | None:
    text = wanted.strip()
    try:
        uuid: UUID | None = UUID(text)
    except ValueError:
        uuid = None
    number = int(text) if text.isdecimal() and len(text) < 10 else None
    found = await one(connection, _FIND, {"uuid": uuid, "text": text, "number": number})
    if found is None:
        return None
    return await one(
        connection,
        "select c.*, u.description as manager_name, m.chatwoot_user_id as manager_agent from cons.cons c"
        " left join cons.users u on u.cl_ref_key = c.manager"
        " left join sys.user_mapping m on m.cl_manager_key = c.manager where c.cons_id = %s",
        (found["cons_id"],),
    )


async def _asked(answer: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    try:
        return await answer
    except Missing:
        return {"missing": True}
    except (GatewayError, InvalidRecord) as error:
        return {"error": str(error)}


async def _in_onec(runtime: Runtime, key: UUID | None) -> dict[str, Any]:
    if key is None:
        return {}
    document = await runtime.onec.get(CONSULTATIONS.entity, key, Consultation)
    snapshot: ConsultationSnapshot = CONSULTATIONS.convert(document, assemble(runtime).reader.ctx)
    return {name: getattr(snapshot, name) for name in snapshot.__struct_fields__ if name != "answers"}


async def _in_chatwoot(runtime: Runtime, conversation_id: int | None) -> dict[str, Any]:
    if conversation_id is None:
        return {}
    shown = await runtime.chatwoot.conversation(conversation_id)
    return {
        "conversation_id": shown.id,
        "status": shown.status,
        "manager": shown.agent_id,
        "team": shown.meta.team.name if shown.meta.team else None,
        "labels": shown.labels,
        "updated_at": msgspec.to_builtins(shown.updated_at),
        **shown.custom_attributes,
    }


_SIDE_BY_SIDE = (
    # what it is about, our column, 1C's member of the snapshot, Chatwoot's member
    ("status", "status", "status", "status"),
    ("1C status", "status", "status", "status_1c"),
    ("number", "number", "number", "number_con"),
    ("manager", "manager", "manager", "manager"),
    ("manager's agent", "manager_agent", None, "manager"),
    ("planned", "start_date", "start_date", "date_con"),
    ("ended", "end_date", "end_date", "con_end"),
    ("denied", "denied", "denied", "closed_without_con"),
    ("deleted", "deleted", "deleted", None),
    ("created", "create_date", "create_date", None),
    ("version", "data_version", "data_version", "updated_at"),
    ("conversation", "conversation_id", None, "conversation_id"),
    ("kind", "consultation_type", None, "consultation_type"),
    ("not confirmed", "wanted", None, None),
)


def _text(story: dict[str, Any]) -> str:
    ours, theirs, desk = (story["now"][name] for name in ("postgres", "onec", "chatwoot"))
    lines = [
        f"request {story['consultation']}, number {ours['number'] or '-'}, made by {story['source']}",
        "",
        f"{'now':<16} {'PostgreSQL':<38} {'1C':<38} Chatwoot",
    ]
    for label, mine, onec, chatwoot in _SIDE_BY_SIDE:
        cells = [ours.get(mine), theirs.get(onec) if onec else None, desk.get(chatwoot) if chatwoot else None]
        first, second, third = ("-" if cell in (None, "", {}) else str(cell) for cell in cells)
        lines.append(f"  {label:<14} {first:<38} {second:<38} {third}".rstrip())
    for name, side in (("1C", theirs), ("Chatwoot", desk)):
        said = "does not have it" if side.get("missing") else side.get("error")
        lines += [f"  {name}: {said}"] if said else []
    if desk.get("labels"):
        lines.append(f"  labels {', '.join(desk['labels'])}; team {desk.get('team') or '-'}")
    for name in _STORY:
        if story[name]:
            lines += ["", name.replace("_", " ")] + [f"  {_line(entry)}" for entry in story[name]]
    return "\n".join(lines)


def _line(entry: dict[str, Any]) -> str:
    at = entry.get("at")
    when = f"{at:%Y-%m-%d %H:%M:%S}" if at else " " * 19
    parts = []
    for name, value in entry.items():
        if name == "at" or value in (None, "", {}, []):
            continue
        if name == "changes":
            parts.append(", ".join(_change(field, *pair) for field, pair in value.items()))
        elif name in ("name", "origin", "process", "event", "type", "system", "state", "kind", "outcome"):
            parts.append(str(value))
        else:
            parts.append(f"{name}={value}")
    return f"{when}  {'  '.join(parts)}"


def _change(field: str, old: Any, new: Any) -> str:
    if field == "why":
        return "why: " + selection.explain("en", new, ZoneInfo("UTC"))  # as all times here
    return f"{field} {_old(old)} -> {_old(new)}"


def _old(value: Any) -> str:
    return "-" if value is None else str(value)[:60]
