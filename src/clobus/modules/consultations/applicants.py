"""Who asks: the client that a request names, found, or made from what it tells."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from clobus.core.db import Connection, one, run
from clobus.core.errors import Conflict, Invalid, NotFound
from clobus.core.ids import new_id
from clobus.modules.consultations.schemas import ClientIn


async def _lock(connection: Connection, name: str) -> None:
    await connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (name,))


async def _load(connection: Connection, client_id: UUID) -> dict[str, Any]:
    found = await one(connection, "select * from cons.clients where client_id = %s", (client_id,))
    if found is None:
        raise NotFound("client.unknown")
    return found


async def find_or_make(connection: Connection, given: ClientIn, folder: UUID) -> dict[str, Any]:
    """The client: by id, 1C key, code among owners of our folder, tax id; a user by his owner."""
    if given.client_id is not None:
        return await _load(connection, given.client_id)
    if given.cl_ref_key is not None:
        found = await one(connection, "select * from cons.clients where cl_ref_key = %s", (given.cl_ref_key,))
        if found is None:
            raise NotFound("client.unknown")
        return found
    if given.is_parent and given.parent_id is not None:
        raise Invalid("client.owner_with_parent")
    if given.parent_id is not None or given.is_parent is False:
        return await _user(connection, given)
    if not given.subscriber_id and not given.org_inn:
        raise Invalid("client.required")
    await _lock(connection, f"client:{given.subscriber_id or given.org_inn}")
    found = await one(
        connection,
        "select * from cons.clients where is_parent and not deleted and (parent_key = %(folder)s or cl_ref_key is null)"
        " and (code_abonent = %(code)s or (%(code)s::text is null and org_inn = %(inn)s))"
        " order by cl_ref_key is null, created_at limit 1",
        {"folder": folder, "code": given.subscriber_id, "inn": given.org_inn},
    )
    if found is not None:
        if given.org_inn and found["org_inn"] and found["org_inn"] != given.org_inn:
            raise Conflict("client.tax_id_differs")
        return await _completed(connection, found, given)
    return await _owner(connection, given, folder)


async def _owner(connection: Connection, given: ClientIn, folder: UUID) -> dict[str, Any]:
    if not given.subscriber_id or not given.org_inn:
        raise Invalid("client.code_and_tax_id_required")
    if not given.subscriber_id.isdigit() or len(given.subscriber_id) > 15:
        raise Invalid("client.code_is_no_number")
    other = await one(
        connection,
        "select 1 from cons.clients where is_parent and not deleted and org_inn = %s and code_abonent is not null"
        " and (parent_key = %s or cl_ref_key is null) limit 1",
        (given.org_inn, folder),
    )
    if other:
        raise Conflict("client.tax_id_taken")
    return await _insert(connection, given, None)


async def _user(connection: Connection, given: ClientIn) -> dict[str, Any]:
    if given.parent_id is None:
        raise Invalid("client.user_without_owner")
    owner = await _load(connection, given.parent_id)
    if owner["parent_id"] is not None:
        raise Invalid("client.owner_is_user")
    if given.org_inn and owner["org_inn"] and given.org_inn != owner["org_inn"]:
        raise Invalid("client.tax_id_of_owner")
    await _lock(connection, f"users:{owner['client_id']}")
    found = await one(
        connection,
        "select * from cons.clients where parent_id = %(parent)s and ((%(mail)s::text is not null and email = %(mail)s)"
        " or (%(phone)s::text is not null and phone_number = %(phone)s)) order by created_at limit 1",
        {"parent": owner["client_id"], "mail": given.email, "phone": given.phone_number},
    )
    return found or await _insert(connection, given, owner)


async def _insert(connection: Connection, given: ClientIn, owner: dict[str, Any] | None) -> dict[str, Any]:
    made = await one(
        connection,
        "insert into cons.clients (client_id, is_parent, parent_id, code_abonent, org_inn, company_name, name,"
        " contact_name, partner, email, phone_number, country, region, city)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning *",
        (new_id(), owner is None, owner["client_id"] if owner else None,
         owner["code_abonent"] if owner else given.subscriber_id, owner["org_inn"] if owner else given.org_inn,
         owner["company_name"] if owner else given.company_name, given.name, given.contact_name, given.partner,
         given.email, given.phone_number, given.country, given.region, given.city),
    )  # fmt: skip
    if made is None:
        raise Conflict("client.not_made")
    return made


async def _completed(connection: Connection, found: dict[str, Any], given: ClientIn) -> dict[str, Any]:
    """Fill in what is not known yet; what 1C knows is not overwritten from the site."""
    missing = {
        name: value
        for name in ("email", "phone_number", "name", "contact_name", "partner", "org_inn")
        if not found[name] and (value := getattr(given, name))
    }
    if missing:
        columns = ", ".join(f"{name} = %({name})s" for name in missing)
        await run(
            connection,
            f"update cons.clients set {columns}, updated_at = now() where client_id = %(id)s",  # noqa: S608 - six names of ours
            {**missing, "id": found["client_id"]},
        )
    return {**found, **missing}
