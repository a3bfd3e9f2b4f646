"""Requests in the database, made without the door, and moments at which the desk works."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from clobus.core import clock
from clobus.core.db import one, run
from clobus.core.ids import new_id
from clobus.modules.consultations.types import Kind
from tests.api.conftest import Api
from tests.support.workdays import working

MANAGER = UUID("494271cb-142f-11f0-b4a6-00155d64a501")


async def put(api: Api, **over: Any) -> UUID:
    """A request as it would be a while after it was made: 1C knows it, unless `cl_ref_key` says otherwise."""
    cons_id = new_id()
    values: dict[str, Any] = {
        "cons_id": cons_id, "cl_ref_key": new_id(), "number": str(cons_id)[-12:], "client_id": UUID(api.client_id),
        "consultation_type": Kind.ACCOUNTING.value, "status": "pending", "create_date": clock.now(), "source": "SITE",
        "lang": "ru", "start_date": working(1), "manager": MANAGER,
    } | over  # fmt: skip
    names = ", ".join(values)
    places = ", ".join(f"%({name})s" for name in values)
    async with api.runtime.db.transaction() as connection:
        await run(connection, f"insert into cons.cons ({names}) values ({places})", values)
    found: UUID = values["cons_id"]
    return found


async def support(api: Api, **over: Any) -> UUID:
    """A request to technical support, which 1C never hears of."""
    kind = {"consultation_type": Kind.SUPPORT.value, "cl_ref_key": None, "number": None, "status": "open"}
    return await put(api, **kind | over)


async def stored(api: Api, sql: str, *params: Any) -> dict[str, Any]:
    """One row of the database."""
    async with api.runtime.db.read() as connection:
        found = await one(connection, sql, params)
    assert found is not None
    return dict(found)


async def events(api: Api, cons_id: UUID) -> list[str]:
    """What was published about a request."""
    found = await stored(
        api, "select coalesce(array_agg(name order by id), '{}') as names from log.events where cons_id = %s", cons_id
    )
    names: list[str] = found["names"]
    return names


async def queued(api: Api) -> list[str]:
    """What partners are to be told, as `system:subject`."""
    found = await stored(api, "select coalesce(array_agg(system || ':' || subject), '{}') as names from sys.outbox")
    names: list[str] = sorted(found["names"])
    return names
