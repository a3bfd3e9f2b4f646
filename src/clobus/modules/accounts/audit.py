"""Every act of a person: who, what, from where, what it was before and after. Written once, never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from clobus.core.db import Connection, rows, run

MAX_PAGE = 200
ACTS = frozenset({
    "account.changed", "account.email_asked", "account.email_changed", "account.made", "account.oidc_tied",
    "account.oidc_untied", "account.password_changed", "account.telegram_tied", "account.telegram_untied",
    "audit.exported", "client.preferences_changed", "client.saved", "dead_letter.dropped", "dead_letter.edited",
    "dead_letter.read", "dead_letter.retried", "drift.repaired", "factor.passkey_added", "factor.passkey_removed",
    "factor.recovery_codes_made", "factor.totp_added", "factor.totp_removed", "handover.accepted",
    "handover.declined", "key.made", "key.revoked", "member.invitation_taken_back", "member.invited",
    "member.joined", "member.removed", "member.role_changed", "merge.decided", "merge.taken_back",
    "message.retried", "organisation.handed_over", "organisation.made", "organisation.renamed", "person.changed",
    "queue.closed", "queue.opened", "rating_question.changed", "rating_question.made", "request.cancelled",
    "request.changed", "request.files_added", "request.handed_over", "request.made", "request.moved",
    "request.rated", "request.read_anew", "request.said", "schedule.changed", "schedule.made", "schedule.removed",
    "session.begun", "session.ended", "session.link_made", "session.proved", "session.refused", "sla.changed",
    "sync.run", "telegram.linked", "words.changed", "words.made",
})  # fmt: skip
"""Everything that people do: what the log may hold, and what the pages have words for."""
HIDDEN: Final = "…"
ADDRESSES = ("email", "phone_number", "phone", "recipient")
SECRETS = ("password", "token", "secret", "hash")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and from where."""

    name: str
    person_id: UUID | None = None
    role: str | None = None
    organisation_id: UUID | None = None
    session_id: UUID | None = None
    address: str | None = None
    agent: str | None = None
    trace_id: str | None = None


def bare(values: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of values: of addresses of people the ends, by which one tells them apart; of secrets nothing."""
    return {name: _bare(name, value) for name, value in values.items()}


def _bare(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return bare(value)
    if not isinstance(value, str):
        return value
    if name in ADDRESSES:
        return f"{value[:1]}{HIDDEN}{value[value.rfind('@') :] if '@' in value else value[-2:]}"
    return HIDDEN if any(part in name for part in SECRETS) else value


async def note(
    connection: Connection, actor: Actor, act: str, *, target: str | None = None,
    before: Mapping[str, Any] | None = None, after: Mapping[str, Any] | None = None,
    organisation_id: UUID | None = None,
) -> None:  # fmt: skip
    """Write an act down, in the transaction of the act; addresses of people and secrets are left out (see `bare`)."""
    if act not in ACTS:
        raise ValueError(f"{act} is no act")
    await run(
        connection,
        "insert into log.audit (actor, person_id, actor_role, organisation_id, act, target, address, agent, session_id,"
        " trace_id, before, after) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (actor.name, actor.person_id, actor.role, organisation_id or actor.organisation_id, act, target, actor.address,
         actor.agent, actor.session_id, actor.trace_id, Jsonb(bare(before)) if before is not None else None,
         Jsonb(bare(after)) if after is not None else None),
    )  # fmt: skip


OF_PEOPLE = ("member.joined", "member.removed", "member.role_changed", "organisation.handed_over", "person.changed")
"""Acts whose target, or new owner, is a person."""


@dataclass(frozen=True, slots=True)
class Search:
    """Which acts are wanted, newest first; `cursor` is the last id of the page before."""

    person_id: UUID | None = None
    organisation_id: UUID | None = None
    act: str | None = None
    text: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    cursor: int | None = None
    limit: int = 50


async def listed(connection: Connection, search: Search) -> list[DictRow]:
    """Acts that are wanted, with the people's names of today."""
    return await rows(
        connection,
        "select a.id, a.at, a.actor, a.person_id, p.name as person_name, a.actor_role, a.organisation_id,"
        " o.name as organisation_name, a.act, a.target, a.address, a.agent, a.before, a.after, a.trace_id,"
        " case when a.act = any(%(of_people)s) then (select t.name from cab.people t"
        " where t.person_id = coalesce(a.after ->> 'owner', a.target)::uuid) end as target_name"
        " from log.audit a left join cab.people p using (person_id)"
        " left join cab.organisations o on o.organisation_id = a.organisation_id"
        " where (%(person)s::uuid is null or a.person_id = %(person)s)"
        " and (%(organisation)s::uuid is null or a.organisation_id = %(organisation)s)"
        # `session` finds session.begun and all the others of that kind.
        " and (%(act)s::text is null or a.act = %(act)s or starts_with(a.act, %(act)s || '.'))"
        " and (%(text)s::text is null or strpos(lower(concat_ws(' ', a.actor, p.name, a.act, a.target, a.address,"
        " a.before::text, a.after::text)), lower(%(text)s)) > 0)"
        " and (%(since)s::timestamptz is null or a.at >= %(since)s)"
        " and (%(until)s::timestamptz is null or a.at < %(until)s)"
        " and (%(cursor)s::bigint is null or a.id < %(cursor)s) order by a.id desc limit %(limit)s",
        {"of_people": list(OF_PEOPLE), "person": search.person_id, "organisation": search.organisation_id,
         "act": search.act, "text": search.text,
         "since": search.since, "until": search.until, "cursor": search.cursor, "limit": search.limit},
    )  # fmt: skip


COLUMNS: Sequence[str] = (
    "id", "at", "actor", "person_name", "actor_role", "organisation_name", "act", "target", "address", "agent",
    "before", "after",
)  # fmt: skip
"""What an export holds, in this order."""
