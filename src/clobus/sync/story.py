"""The whole story of one request: what was written down about it, and what each system shows of it now."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from psycopg.rows import DictRow

from clobus.core.db import Connection, Database, one, rows
from clobus.core.errors import GatewayError, Missing
from clobus.gateways.chatwoot.client import ChatwootClient
from clobus.gateways.onec.client import OnecClient
from clobus.gateways.onec.entities import Consultation
from clobus.modules.consultations.types import ConsultationSnapshot
from clobus.sync.onec.feed import Context, InvalidRecord
from clobus.sync.onec.feeds import CONSULTATIONS

_FIND = (
    "select cons_id from cons.cons where cons_id = %(uuid)s or cl_ref_key = %(uuid)s or number = %(text)s"
    " or conversation_id = %(number)s order by (number = %(text)s) desc nulls last, create_date desc limit 1"
)
STORY = {
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


@dataclass(frozen=True, slots=True)
class Teller:
    """What a story is told with."""

    db: Database
    onec: OnecClient
    chatwoot: ChatwootClient
    ctx: Context

    async def tell(self, wanted: str) -> dict[str, Any] | None:
        """The story of a request by our id, 1C's key or number, or the conversation's number; None for no such one.

        A partner that does not answer is told as `{"error": ...}` in its place.
        """
        async with self.db.read() as connection:
            row = await _find(connection, wanted)
            if row is None:
                return None
            keys = {
                "id": row["cons_id"], "key": row["cl_ref_key"], "ref": str(row["cl_ref_key"] or "-"),
                "conversation": str(row["conversation_id"]),
            }  # fmt: skip
            story: dict[str, Any] = {name: await rows(connection, sql, keys) for name, sql in STORY.items()}
        ours = dict(row)
        theirs = await self._named(await _asked(self._in_onec(row["cl_ref_key"])))
        desk = await _asked(self._in_chatwoot(row["conversation_id"]))
        return {
            "consultation": str(row["cons_id"]),
            "source": row["source"],
            "now": {"postgres": ours, "onec": theirs, "chatwoot": desk},
            **story,
        }

    async def _in_onec(self, key: UUID | None) -> dict[str, Any]:
        if key is None:
            return {}
        document = await self.onec.get(CONSULTATIONS.entity, key, Consultation)
        snapshot: ConsultationSnapshot = CONSULTATIONS.convert(document, self.ctx)
        return {name: getattr(snapshot, name) for name in snapshot.__struct_fields__ if name != "answers"}

    async def _named(self, theirs: dict[str, Any]) -> dict[str, Any]:
        """What 1C shows, with the name of the manager there; one that we don't know keeps his key for a name."""
        key = theirs.get("manager")
        if key is None:
            return theirs
        async with self.db.read() as connection:
            known = await one(connection, "select description from cons.users where cl_ref_key = %s", (key,))
        return {**theirs, "manager_name": known["description"] if known else str(key)}

    async def _in_chatwoot(self, conversation_id: int | None) -> dict[str, Any]:
        if conversation_id is None:
            return {}
        shown = await self.chatwoot.conversation(conversation_id)
        return {
            "conversation_id": shown.id,
            "status": shown.status,
            "manager": shown.agent_id,
            "team": shown.meta.team.name if shown.meta.team else None,
            "labels": shown.labels,
            "updated_at": msgspec.to_builtins(shown.updated_at),
            **shown.custom_attributes,
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
