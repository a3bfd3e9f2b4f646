"""An owner is a counterparty of our folder, once: looked for before he is made, and told what we changed, no more."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from clobus.core.db import Database, advisory_lock
from clobus.core.errors import Permanent, Transient
from clobus.gateways.onec import odata
from clobus.gateways.onec.client import OnecClient
from clobus.gateways.onec.entities import Counterparty
from clobus.gateways.onec.wire import SYSTEM, decode_row
from clobus.modules.clients import service as clients
from clobus.sync.onec.feed import Context, InvalidRecord
from clobus.sync.onec.mapping import outgoing
from clobus.sync.onec.mapping.clients import from_onec

ENTITY = Counterparty.entity_set


class ClientPush:
    """Pushes the subject `client` to 1C."""

    def __init__(self, db: Database, onec: OnecClient, ctx: Context) -> None:
        self.db = db
        self.onec = onec
        self.ctx = ctx

    async def handle(self, client_id: UUID) -> None:
        """Push one client: users of an owner are never in 1C, an owner without code and tax id not yet."""
        client = await self._load(client_id)
        if client is None or not client["is_parent"]:
            return
        key = client["cl_ref_key"]
        if key is None:
            if client["deleted"] or not client["code_abonent"] or not client["org_inn"]:
                return
            key = await self.key_of(client_id)
        if client["wanted"]:
            await self._write(client, key)

    async def key_of(self, client_id: UUID) -> UUID:
        """The counterparty of an owner: known, found in our folder, or created there; Permanent when that can't be."""
        async with advisory_lock(self.db, f"counterparty:{client_id}") as got:
            if not got:
                raise Transient(SYSTEM, "another push looks for this counterparty", retry_after=0.3, trips=False)
            client = await self._load(client_id)
            if client is None:
                raise Permanent(SYSTEM, "the client is gone", code="onec.no_client")
            if client["cl_ref_key"] is not None:
                known: UUID = client["cl_ref_key"]
                return known
            # Looked for before each creation: a lost answer of an earlier try is found here.
            key = await self._find(client)
            if key is None:
                body = outgoing.new_counterparty(client, self.ctx.folder)
                key = (await self.onec.create(ENTITY, body, Counterparty)).ref_key
            await self._keep(client_id, key)
            return key

    async def _load(self, client_id: UUID) -> dict[str, Any] | None:
        async with self.db.read() as connection:
            return (await clients.load(connection, [client_id])).get(client_id)

    async def _keep(self, client_id: UUID, key: UUID) -> None:
        async with self.db.transaction() as connection:
            kept = await clients.set_key(connection, client_id, key, self.ctx.folder)
        if not kept:
            raise Permanent(SYSTEM, "another client is this counterparty already", code="onec.client_twice")

    async def _find(self, client: dict[str, Any]) -> UUID | None:
        code, inn = client["code_abonent"], client["org_inn"]
        if not code or not inn or not str(code).isdigit():
            raise Permanent(SYSTEM, "a client without code and tax id can't be created", code="onec.no_client")
        terms = odata.both(
            odata.eq("КодАбонентаClobus", int(code)), odata.eq("ИНН", inn), odata.eq("Parent_Key", self.ctx.folder),
            odata.eq("DeletionMark", False),
        )  # fmt: skip
        found = await self.onec.rows(ENTITY, Counterparty, filter=terms, orderby="Code asc", top=2)
        return found[0].ref_key if found else None

    async def _write(self, client: dict[str, Any], key: UUID) -> None:
        shown, lines, deleted = await self._read(key)
        if deleted:
            # The staff merged doubles: the one that stayed bears the same code and tax id.
            other = await self._find(client)
            if other is None:
                raise Permanent(SYSTEM, "the counterparty is marked for deletion", code="onec.client_deleted")
            await self._keep(client["client_id"], other)
            key = other
            shown, lines, _ = await self._read(key)
        if shown["parent_key"] != self.ctx.folder:
            raise Permanent(SYSTEM, "the counterparty is not of our folder", code="onec.foreign_client")
        sent = dict(client["wanted"])
        differing = {name: value for name, value in sent.items() if shown.get(name) != value}
        members = outgoing.counterparty_members(differing, client, lines)
        if members:
            await self.onec.patch(ENTITY, key, members)
            after, _, _ = await self._read(key)
            left = [name for name, value in differing.items() if after.get(name) not in (value, shown.get(name))]
            untaken = [name for name, value in differing.items() if after.get(name) != value]
            if untaken and not left:
                raise Permanent(
                    SYSTEM, f"1C took the change and does not show it: {', '.join(untaken)}", code="onec.not_taken"
                )
            if left:
                raise Transient(SYSTEM, "somebody changed it in 1C between our write and our look")
        async with self.db.transaction() as connection:
            await clients.confirm_onec(connection, client["client_id"], sent)

    async def _read(self, key: UUID) -> tuple[dict[str, Any], list[dict[str, Any]], bool]:
        """A counterparty in our words, its contact lines as they are, and whether it is marked for deletion."""
        found = await self.onec.by_keys(ENTITY, [key], msgspec.Raw)  # type: ignore[type-var]  # kept undecoded
        if not found:
            raise Permanent(SYSTEM, "1C does not have the counterparty", code="onec.no_client")
        row = decode_row(found[0], Counterparty)
        try:
            shown = from_onec(row, self.ctx)
        except InvalidRecord as error:
            raise Permanent(SYSTEM, f"the counterparty makes no sense: {error}", code="onec.invalid") from error
        if shown is None:
            raise Permanent(SYSTEM, "the counterparty is a folder", code="onec.no_client")
        raw: dict[str, Any] = msgspec.json.decode(found[0])
        return shown, list(raw.get("КонтактнаяИнформация") or []), row.deletion_mark
