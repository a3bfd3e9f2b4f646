"""What people change is written down with the act itself: who, what, from where, what it was before and after.

A service speaks for its visitors and is no person: what it did stands in `log.events` with its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from starlette.requests import Request

from clobus.core import auth
from clobus.core.auth import Principal, Role, Via
from clobus.core.db import Connection
from clobus.modules.accounts import audit
from clobus.modules.accounts.audit import Actor
from clobus.modules.consultations import service


def agent_of(request: Request) -> str:
    """A class of program, such as browser or phone: nothing by which a person is known."""
    said = request.headers.get("user-agent", "")[:400].lower()
    if "telegram" in said or request.headers.get("authorization", "").lower().startswith("tma "):
        return "telegram"
    if "mobile" in said or "android" in said:
        return "phone"
    return "browser" if "mozilla" in said else "other"


def actor_of(request: Request, principal: Principal | None = None, person: Mapping[str, Any] | None = None) -> Actor:
    """Who acts, and from where: a known caller, or a person who is signing in."""
    role = person["role"] or Role.CLIENT.value if person else principal.role.value if principal else None
    return Actor(
        principal.id if principal else f"person:{person['person_id']}" if person else "nobody",
        person["person_id"] if person else principal.person_id if principal else None,
        role, principal.organisation_id if principal else None, principal.session_id if principal else None,
        auth.address(request), agent_of(request), request.scope.get("trace_id"),
    )  # fmt: skip


def by_person(request: Request, principal: Principal) -> Actor | None:
    """Who acts, when it is a person: an account, a client, a user of the Mini App, one of the staff."""
    if principal.role is Role.SERVICE or principal.via is Via.FRONT:
        return None
    return actor_of(request, principal)


async def noted(
    connection: Connection, request: Request, principal: Principal, act: str, target: str, *,
    before: Mapping[str, Any] | None = None, after: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Write an act down in its own transaction: who did what to what, and what it was before and after."""
    actor = by_person(request, principal)
    if actor is not None:
        await audit.note(connection, actor, act, target=target, before=before, after=after)


async def noted_of_request(
    connection: Connection, request: Request, principal: Principal, act: str, cons_id: UUID, before: Mapping[str, Any],
    *, texts: list[str] | None = None,
) -> None:  # fmt: skip
    """Write down what became of a request: of its state what is another now, of texts that they were changed."""
    now = await state_of(connection, cons_id)
    names = [name for name in now if now[name] != before.get(name)]
    after = {name: now[name] for name in names} | ({"texts": texts} if texts else {})
    was = {name: before.get(name) for name in names}
    await noted(connection, request, principal, act, str(cons_id), before=was, after=after)


async def state_of(connection: Connection, cons_id: UUID) -> dict[str, Any]:
    """What a request is now, without anything that people wrote."""
    row = (await service.load(connection, [cons_id]))[cons_id]
    return {
        "status": row.status.value, "manager": row.manager and str(row.manager),
        "start_date": row.start_date and row.start_date.isoformat(), "importance": row.importance,
    }  # fmt: skip
