"""Find or make a client (domain.md §5.3, rules 1 to 9), in the caller's transaction and under locks.

A subscriber is known by his code, then by his tax id, among owners of our folder and those made here. What is found by
one sign and contradicts another is refused, never merged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from clobus.core.db import Connection
from clobus.core.errors import Conflict, Forbidden, Invalid, NotFound
from clobus.modules.clients import names, queries
from clobus.modules.clients.schemas import ClientIn
from clobus.modules.clients.types import WRITTEN_TO_ONEC, Freedom, Rules

Row = dict[str, Any]
PLAIN = ("email", "phone_number", "name", "contact_name")
CLEARED = ("partner", "country", "region", "city")
"""What an empty text clears; elsewhere an empty text says nothing."""


@dataclass(slots=True)
class Saved:
    """What became of it: the row, whether it is new, the columns that changed, and who else was touched."""

    row: Row
    made: bool
    changed: list[str]
    others: list[UUID]


async def save(connection: Connection, given: ClientIn, rules: Rules) -> Saved:
    """Find the client and change what the rules allow, or make it. Invalid, Forbidden, NotFound, Conflict."""
    if given.is_parent and given.parent_id is not None:
        raise Invalid("client.owner_with_parent")
    if rules.reach is not None:
        given = _own(given, rules)
    found = await _found(connection, given, rules)
    if found is None:
        row = await _make(connection, given, rules)
        saved = Saved(row, True, sorted(name for name, value in row.items() if value is not None), [])
    else:
        saved = await _changed(connection, dict(found), given, rules)
    if given.typed_hash and rules.freedom is not Freedom.NOTHING:
        await queries.remember_hash(connection, given.typed_hash, saved.row["client_id"])
    return saved


def _own(given: ClientIn, rules: Rules) -> ClientIn:
    """A client names himself, or a user of his; nobody else is looked for."""
    if rules.acting is None:
        raise Forbidden("auth.other_client")
    if given.client_id is None and given.parent_id is None:
        return given.model_copy(update={"client_id": rules.acting, "client_id_hash": None, "cl_ref_key": None})
    return given.model_copy(update={"client_id_hash": None, "cl_ref_key": None})


async def _found(connection: Connection, given: ClientIn, rules: Rules) -> Row | None:
    if given.client_id is not None:
        found = await queries.load(connection, given.client_id, lock_it=True)
        if found is None or not _within(found, rules):
            raise NotFound("client.unknown")
        return found
    if given.cl_ref_key is not None and rules.freedom is not Freedom.NOTHING:
        found = await queries.by_key(connection, given.cl_ref_key)
        if found is None:
            raise NotFound("client.unknown")
        return found
    if given.parent_id is not None:
        return await _user(connection, given, await _parent(connection, given.parent_id, rules))
    if given.is_parent is False:
        raise Invalid("client.user_without_owner")
    return await _owner(connection, given, rules)


def _within(row: Row, rules: Rules) -> bool:
    return rules.reach is None or row["client_id"] in rules.reach or row["parent_id"] in rules.reach


async def _parent(connection: Connection, parent_id: UUID, rules: Rules) -> Row:
    """Rule 1: the owner exists and is one."""
    owner = await queries.load(connection, parent_id)
    if owner is None or owner["deleted"] or (rules.reach is not None and parent_id not in rules.reach):
        raise NotFound("client.unknown")
    if owner["parent_id"] is not None:
        raise Invalid("client.owner_is_user")
    return owner


async def _user(connection: Connection, given: ClientIn, owner: Row) -> Row | None:
    """Rules 3 and 4 for a user: he is looked for among those of his owner alone."""
    if given.org_inn and given.org_inn != owner["org_inn"]:
        raise Invalid("client.tax_id_of_owner")
    if given.subscriber_id and given.subscriber_id != owner["code_abonent"]:
        raise Invalid("client.code_of_owner")
    if not owner["org_inn"] or not owner["code_abonent"]:
        raise Invalid("client.owner_incomplete")
    await queries.lock(connection, f"users:{owner['client_id']}")
    hashes = [found.lower() for found in (given.client_id_hash, given.typed_hash) if found]
    return await queries.user_of(connection, owner["client_id"], given.email, given.phone_number, hashes)


async def _owner(connection: Connection, given: ClientIn, rules: Rules) -> Row | None:
    """Rules 4 and 7: by hash, by code, by tax id; a sign that contradicts another finds nobody."""
    code, inn = given.subscriber_id, given.org_inn
    if rules.freedom is Freedom.NOTHING and not (code and inn):
        raise Invalid("client.code_and_tax_id_required")
    await queries.lock(
        connection, *(f"client:{kind}:{value}" for kind, value in (("code", code), ("inn", inn)) if value)
    )
    if rules.freedom is Freedom.EDIT:
        for hashed in (given.client_id_hash, given.typed_hash):
            found = await _by_hash(connection, hashed, rules.folder)
            if found is not None and _agrees(found, given):
                return found
    if not code and not inn:
        raise Invalid("client.required")
    if code:
        by_code = await queries.owner_by_code(connection, code, rules.folder)
        if by_code is not None:
            if rules.freedom is not Freedom.EDIT and inn and by_code["org_inn"] not in (None, inn):
                raise Conflict("client.tax_id_differs")
            return by_code
    by_inn = await queries.owner_by_tax_id(connection, inn, rules.folder) if inn else None
    if by_inn is not None and code:
        if by_inn["code_abonent"] is not None:
            raise Conflict("client.tax_id_taken")
        if rules.freedom is Freedom.NOTHING:
            raise Conflict("client.tax_id_taken")
    return by_inn


async def _by_hash(connection: Connection, hashed: str | None, folder: UUID) -> Row | None:
    client_id = await queries.id_by_hash(connection, hashed, folder) if hashed else None
    return await queries.load(connection, client_id, lock_it=True) if client_id else None


def _agrees(found: Row, given: ClientIn) -> bool:
    return given.subscriber_id in (None, found["code_abonent"]) and given.org_inn in (None, found["org_inn"])


async def _make(connection: Connection, given: ClientIn, rules: Rules) -> Row:
    """Rules 3, 8 and 9: a new owner with code and tax id, a new user with his owner's."""
    values: Row = {name: getattr(given, name) or None for name in (*PLAIN, *CLEARED)}
    if given.parent_id is not None:
        if not (given.email or given.phone_number or given.name):
            raise Invalid("client.user_needs_contact")
        owner = await _parent(connection, given.parent_id, rules)
        return await queries.insert(
            connection,
            values | {"is_parent": False, "parent_id": owner["client_id"], "code_abonent": owner["code_abonent"],
                      "org_inn": owner["org_inn"], "company_name": owner["company_name"]},
        )  # fmt: skip
    if not given.subscriber_id or not given.org_inn:
        raise Invalid("client.code_and_tax_id_required")
    company = given.company_name and names.company_name(given.company_name, given.subscriber_id, given.org_inn)
    # A new counterparty says all but where it is.
    wanted = {name: values[name] for name in ("country", "region", "city") if values[name]}
    return await queries.insert(
        connection,
        values | {"is_parent": True, "code_abonent": given.subscriber_id, "org_inn": given.org_inn,
                  "company_name": company or None, "wanted": Jsonb(wanted)},
    )  # fmt: skip


async def _changed(connection: Connection, found: Row, given: ClientIn, rules: Rules) -> Saved:
    """Rules 5, 6, 7 and 9: change what the caller may."""
    if rules.freedom is Freedom.NOTHING:
        return Saved(found, False, [], [])
    if rules.freedom is Freedom.FILL:
        values = {name: value for name in (*PLAIN, "partner") if not found[name] and (value := getattr(given, name))}
        if found["is_parent"]:
            signs = (("org_inn", given.org_inn), ("code_abonent", given.subscriber_id))
            values |= {name: value for name, value in signs if value and not found[name]}
        return await _written(connection, found, values, rules)
    promoted = await _standing(connection, found, given, rules)
    values = _plain_changes(found, given)
    if found["parent_id"] is None or promoted:
        values |= await _signs(connection, found, given, rules, promoted=promoted)
    else:
        await _ensure_not_the_owner_s(connection, found, given)
    return await _written(connection, found, values, rules)


async def _standing(connection: Connection, found: Row, given: ClientIn, rules: Rules) -> bool:
    """Rule 5: a user may become an owner, when staff or a service says so; an owner never a user."""
    if found["parent_id"] is None:
        if given.parent_id is not None or given.is_parent is False:
            raise Forbidden("client.no_demotion")
        return False
    if given.parent_id not in (None, found["parent_id"]):
        raise Forbidden("client.other_owner")
    if not given.is_parent:
        return False
    if rules.reach is not None:
        raise Forbidden("client.no_promotion")
    if not given.subscriber_id or not given.org_inn:
        raise Invalid("client.code_and_tax_id_required")
    return True


def _plain_changes(found: Row, given: ClientIn) -> Row:
    values = {name: value for name in PLAIN if (value := getattr(given, name)) and value != found[name]}
    if "phone_number" in values and names.same_phone(found["phone_number"], values["phone_number"]):
        del values["phone_number"]  # only written otherwise
    for name in CLEARED:
        value = getattr(given, name)
        if value is not None and (value or None) != found[name]:
            values[name] = value or None
    if found["parent_id"] is not None:
        for name in ("country", "region", "city", "partner"):
            values.pop(name, None)  # his owner's are shown
    return values


async def _ensure_not_the_owner_s(connection: Connection, found: Row, given: ClientIn) -> None:
    """Rule 5: company, code and tax id of a user are his owner's to change."""
    owner = await queries.load(connection, found["parent_id"])
    shown = owner or found
    company = given.company_name and names.company_name(given.company_name, shown["code_abonent"], shown["org_inn"])
    signs = (("org_inn", given.org_inn), ("code_abonent", given.subscriber_id), ("company_name", company))
    if any(value and value != shown[name] for name, value in signs):
        raise Forbidden("client.owner_only")


async def _signs(connection: Connection, found: Row, given: ClientIn, rules: Rules, *, promoted: bool) -> Row:
    """Code, tax id and company of an owner (rules 6 and 7)."""
    values: Row = {"is_parent": True, "parent_id": None} if promoted else {}
    own_code = None if promoted else found["code_abonent"]
    code = given.subscriber_id
    if code and own_code and code != own_code:
        raise Conflict("client.code_differs")
    if code and not own_code:
        if await queries.owner_by_code(connection, code, rules.folder, found["client_id"]):
            raise Conflict("client.code_taken")
        values["code_abonent"] = code
    inn = given.org_inn
    if inn and (promoted or inn != found["org_inn"]):
        values |= {"org_inn": inn}
        values |= await _moved(connection, found, inn, code or own_code, rules, promoted=promoted)
    company = given.company_name and names.company_name(given.company_name, code or own_code, inn or found["org_inn"])
    if company and company != found["company_name"]:
        values["company_name"] = company
    return values


async def _moved(
    connection: Connection, found: Row, inn: str, code: str | None, rules: Rules, *, promoted: bool
) -> Row:  # fmt: skip
    """Rule 6: the tax id may be another owner's; a code moves to an owner who has the tax id and no code."""
    await queries.lock(connection, f"client:inn:{inn}")
    other = await queries.owner_by_tax_id(connection, inn, rules.folder, found["client_id"])
    if other is None or (code is not None and other["code_abonent"] == code):
        return {}
    if other["code_abonent"] is not None or code is None or promoted or rules.reach is not None:
        raise Conflict("client.tax_id_taken")
    await queries.update(connection, other["client_id"], {"code_abonent": code}, {"code_abonent": code})
    return {"code_abonent": None, "moved_to": other["client_id"]}


async def _written(connection: Connection, found: Row, values: Row, rules: Rules) -> Saved:
    """Write what differs, and note what of it 1C is to show."""
    moved = values.pop("moved_to", None)
    others = [moved] if moved else []
    if not values:
        return Saved(found, False, [], others)
    owner = found["parent_id"] is None or "is_parent" in values
    told = {name: values[name] for name in WRITTEN_TO_ONEC if name in values} if owner else {}
    if told and found["cl_ref_key"] is not None and found["parent_key"] != rules.folder:
        raise Conflict("client.foreign")
    row = await queries.update(connection, found["client_id"], values, told)
    if owner and {"org_inn", "code_abonent", "company_name"} & values.keys():
        others += await queries.inherit(connection, found["client_id"])
    return Saved(dict(row), False, sorted(values), others)
