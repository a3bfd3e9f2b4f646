"""Requests as callers read them; who may see which stands here and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from clobus.core.auth import Principal, Role
from clobus.core.db import Connection, one, rows
from clobus.core.errors import NotFound
from clobus.core.nobody import SOMEBODY
from clobus.core.pagination import Cursor
from clobus.modules.consultations.types import Kind, Status

FIELDS = (
    "c.cons_id::text, c.cl_ref_key::text, c.client_id::text, c.client_key::text, c.number, c.status, c.org_inn,"
    " c.importance, c.create_date, c.start_date, c.end_date, c.redate_time::text, c.redate::text, c.lang,"
    " c.consultation_type, c.denied, c.manager::text, u.description as manager_name, c.author::text, c.comment,"
    " c.online_question_cat::text, c.online_question::text, c.con_blocks::text, c.con_rates, c.con_calls,"
    " c.chatwoot_source_id, c.source, c.created_at, c.updated_at"
)
FROM = f" from cons.cons c left join cons.users u on u.cl_ref_key = c.manager and not u.deletion_mark and {SOMEBODY}"
NEWEST = " order by c.create_date desc, c.cons_id desc"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which requests somebody may see: a condition on `c`, and its parameters."""

    sql: str = "true"
    params: dict[str, Any] = field(default_factory=dict)


ALL = Scope()


def visible_to(principal: Principal) -> Scope:
    """The requests that a caller may see: a client's own and those of his users, for others all.

    A client's key that speaks for nobody sees nothing.
    """
    if principal.role is not Role.CLIENT:
        return ALL
    subjects: Sequence[UUID] = list(getattr(principal, "subjects", ()))
    if not subjects and principal.subject_id is not None:
        subjects = [principal.subject_id]
    return of_clients(subjects)


def of_clients(clients: Sequence[UUID]) -> Scope:
    """The requests of these clients and of their users."""
    sql = (
        "c.client_id in (select s.client_id from cons.clients s"
        " where s.client_id = any(%(scope)s) or s.parent_id = any(%(scope)s))"
    )
    return Scope(sql, {"scope": list(clients)})


def _scope(given: Scope | UUID | None) -> Scope:
    if given is None:
        return ALL
    return given if isinstance(given, Scope) else of_clients([given])


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; `since` and `until` bound the moment of creation, `text` is looked for."""

    status: Sequence[Status] = ()
    kind: Kind | None = None
    manager: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None
    client: UUID | None = None

    def sql(self) -> tuple[str, dict[str, Any]]:
        """The condition and its parameters."""
        needle = (self.text or "").strip()
        parts: list[tuple[bool, str, dict[str, Any]]] = [
            (bool(self.status), "c.status = any(%(status)s)", {"status": [one_.value for one_ in self.status]}),
            (self.kind is not None, "c.consultation_type = %(kind)s", {"kind": self.kind and self.kind.value}),
            (self.manager is not None, "c.manager = %(manager)s", {"manager": self.manager}),
            (self.since is not None, "c.create_date >= %(since)s", {"since": self.since}),
            (self.until is not None, "c.create_date < %(until)s", {"until": self.until}),
            (self.client is not None,
             "c.client_id in (select o.client_id from cons.clients o where o.client_id = %(client)s"
             " or o.parent_id = %(client)s)", {"client": self.client}),
            (bool(needle),
             "(c.number = %(exact)s or c.conversation_id = %(conversation)s or c.comment ilike %(like)s"
             " or c.topic ilike %(like)s or exists (select 1 from cons.clients n where n.client_id = c.client_id"
             " and n.company_name ilike %(like)s))",
             {"exact": needle, "conversation": _whole(needle), "like": f"%{_escaped(needle)}%"}),
        ]  # fmt: skip
        chosen = [(sql, params) for given, sql, params in parts if given]
        merged = {name: value for _, params in chosen for name, value in params.items()}
        return " and ".join(["true", *(sql for sql, _ in chosen)]), merged


async def find(connection: Connection, name: str, scope: Scope | UUID | None) -> UUID:
    """Our id of a request by our id, 1C number, conversation or an old `cl_` key; NotFound also for another's."""
    seen = _scope(scope)
    params: dict[str, Any] = {**seen.params, "name": name, "conversation": _whole(name)}
    if "\x00" in name:
        raise NotFound("consultation.unknown")  # PostgreSQL holds no such text
    bare = name.removeprefix("cl_all_").removeprefix("cl_")
    try:
        params["id"] = UUID(bare)
        where = "c.cons_id = %(id)s" if bare == name else "c.cl_ref_key = %(id)s"
    except ValueError:
        where = "(c.number = %(name)s or c.conversation_id = %(conversation)s)"
    found = await one(
        connection,
        f"select c.cons_id from cons.cons c where {where} and {seen.sql}"  # noqa: S608 - names of ours, values are parameters
        " order by (c.number = %(name)s) desc nulls last, c.create_date desc limit 1",
        params,
    )
    if found is None:
        raise NotFound("consultation.unknown")
    cons_id: UUID = found["cons_id"]
    return cons_id


async def read(connection: Connection, name: str, scope: Scope | UUID | None) -> dict[str, Any]:
    """A request as `find` finds it. A UUID as `scope`: of this client and of his users; None: any."""
    return await shown(connection, await find(connection, name, scope))


async def shown(connection: Connection, cons_id: UUID) -> dict[str, Any]:
    """A request as the API gives it, without asking who wants it; NotFound when there is none."""
    found = await one(connection, f"select {FIELDS}{FROM} where c.cons_id = %s", (cons_id,))  # noqa: S608 - names of ours, values are parameters
    if found is None:
        raise NotFound("consultation.unknown")
    return dict(found)


async def ensure_client(connection: Connection, client_id: UUID, scope: Scope) -> None:
    """NotFound for a client who is not there, or not for this caller."""
    allowed = scope.params.get("scope")
    found = await one(
        connection,
        "select 1 from cons.clients s where s.client_id = %(id)s and (%(scope)s::uuid[] is null"
        " or s.client_id = any(%(scope)s) or s.parent_id = any(%(scope)s))",
        {"id": client_id, "scope": allowed},
    )
    if found is None:
        raise NotFound("client.unknown")


async def count(connection: Connection, scope: Scope, filters: Filters) -> int:
    """How many requests there are."""
    where, params = filters.sql()
    found = await one(
        connection,
        f"select count(*) as n from cons.cons c where {scope.sql} and {where}",  # noqa: S608 - names of ours, values are parameters
        {**scope.params, **params},
    )
    return found["n"] if found else 0


async def page(
    connection: Connection, scope: Scope, filters: Filters, *, after: Cursor | None = None, skip: int = 0,
    limit: int = 100,
) -> tuple[list[dict[str, Any]], Cursor | None]:  # fmt: skip
    """Requests from the newest, those behind `after`; and the cursor of the next page, None at the end."""
    where, params = filters.sql()
    if after is not None:
        where += " and (c.create_date, c.cons_id) < (%(at)s, %(id)s)"
        params |= {"at": after.at, "id": after.id}
    found = await rows(
        connection,
        f"select {FIELDS}{FROM} where {scope.sql} and {where}{NEWEST} offset %(skip)s limit %(limit)s",  # noqa: S608 - names of ours, values are parameters
        {**scope.params, **params, "skip": skip, "limit": limit + 1},
    )
    kept = [dict(row) for row in found[:limit]]
    last = kept[-1] if len(found) > limit else None
    return kept, Cursor(last["create_date"], UUID(last["cons_id"])) if last else None


async def of_client(connection: Connection, client_id: UUID, skip: int, limit: int) -> tuple[list[dict[str, Any]], int]:
    """Requests of a client and of its users, newest first, and how many there are."""
    scope = of_clients([client_id])
    found, _ = await page(connection, scope, Filters(), skip=skip, limit=limit)
    return found, await count(connection, scope, Filters())


async def calls(connection: Connection, cons_id: UUID, skip: int, limit: int) -> list[dict[str, Any]]:
    """Attempts to call the client, newest first."""
    return [
        dict(row)
        for row in await rows(
            connection,
            "select l.period, l.cons_key, c.cons_id, l.client_key, c.client_id, l.manager from cons.cons c"
            " join cons.calls l on l.cons_key = c.cl_ref_key where c.cons_id = %s order by l.period desc, l.id desc"
            " offset %s limit %s",
            (cons_id, skip, limit),
        )
    ]


async def changed_since(connection: Connection, cons_id: UUID, since: datetime) -> dict[str, Any]:
    """Whether a request changed after a moment: `{has_updates, consultation, updated_at}`."""
    found = await shown(connection, cons_id)
    changed = found["updated_at"] > since
    return {"has_updates": changed, "consultation": found if changed else None, "updated_at": found["updated_at"]}


async def answer_state(connection: Connection, cons_id: UUID) -> dict[str, Any]:
    """What the answer to a creation needs beside the request itself."""
    found = await one(
        connection,
        "select c.client_id, c.cl_ref_key, c.number, c.conversation_id, c.chatwoot_source_id, c.status, c.source,"
        " c.lang, c.consultation_type, k.chatwoot_pubsub_token from cons.cons c"
        " left join cons.clients k using (client_id) where c.cons_id = %s",
        (cons_id,),
    )
    if found is None:
        raise NotFound("consultation.unknown")
    return dict(found)


def _whole(text: str) -> int | None:
    """A text as the number of a conversation, which PostgreSQL's bigint holds."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _escaped(text: str) -> str:
    """A text without what means something to `like`."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
