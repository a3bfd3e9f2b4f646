"""1C is told what we want it to show: a document created once, and wishes written, read back and compared."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from clobus.core import clock, outbox
from clobus.core.db import Database, one
from clobus.core.errors import Missing, Permanent, Refused, Transient
from clobus.gateways.onec.client import OnecClient
from clobus.gateways.onec.entities import Consultation
from clobus.gateways.onec.wire import SYSTEM
from clobus.modules.clients import service as clients
from clobus.modules.clients.types import KIND as CLIENT
from clobus.modules.consultations import closings, moves, rating_records, ratings, service
from clobus.modules.consultations.types import TERMINAL, ConsultationSnapshot, Row, Status
from clobus.sync.onec.feed import Context, InvalidRecord
from clobus.sync.onec.mapping import outgoing
from clobus.sync.onec.mapping.consultations import from_onec
from clobus.sync.onec.push_client import ClientPush
from clobus.sync.onec.push_closing import ClosingPush
from clobus.sync.onec.push_rating import RatingPush
from clobus.sync.onec.push_redate import RedatePush

DOCUMENT = Consultation.entity_set
AROUND = timedelta(hours=1)


class OnecPush:
    """The handler of the dispatcher for system `onec`."""

    def __init__(self, db: Database, onec: OnecClient, ctx: Context) -> None:
        self.db = db
        self.onec = onec
        self.ctx = ctx
        self.clients = ClientPush(db, onec, ctx)
        self.redates = RedatePush(db, onec, ctx)
        self.ratings = RatingPush(db, onec, ctx)
        self.closings = ClosingPush(db, onec, ctx)

    async def handle(self, kind: str, subject_id: UUID) -> None:
        """Push one subject: a request (support requests never go to 1C), a record of a register, or a client."""
        if kind == CLIENT:
            await self.clients.handle(subject_id)
            return
        if kind == moves.SUBJECT:
            await self.redates.handle(subject_id)
            return
        if kind == ratings.SUBJECT:
            await self.ratings.handle(subject_id)
            return
        if kind == closings.SUBJECT:
            await self.closings.handle(subject_id)
            return
        if kind != "consultation":
            raise Permanent(SYSTEM, f"nothing is known of a subject {kind}")
        await self._consultation(subject_id)
        async with self.db.read() as connection:
            await moves.wake(connection, subject_id)
            await rating_records.wake(connection, subject_id)

    async def _consultation(self, subject_id: UUID) -> None:
        async with self.db.read() as connection:
            row = (await service.load(connection, [subject_id])).get(subject_id)
        if row is None or row.is_support:
            return
        if row.cl_ref_key is None:
            if row.status is Status.CANCELLED and not await self._probe(row):
                return  # taken back before 1C ever heard of it; a consultation that was given is told all the same
            await self._create(row)
        elif row.wanted:
            await self._change(row, row.cl_ref_key)

    async def _create(self, row: Row) -> None:
        found = await self._probe(row)
        if not found:
            client = await self._client(row)
            if client is None:
                raise Permanent(SYSTEM, "the request has no client that 1C could know", code="onec.no_client")
            words = await self._words(row)
            body = outgoing.new_document(row, client, words, clock.now())
            try:
                key = (await self.onec.create(DOCUMENT, body, Consultation)).ref_key
            except Refused as error:
                if _is_day_limit(error) and not row.is_terminal:
                    async with self.db.transaction() as connection:
                        await service.fail_create(connection, row.cons_id, "day_limit")
                    return
                if not await self._exists(row.cons_id):
                    raise
                key = row.cons_id
        else:
            key = found[0].ref_key
        snapshot = await self._read(key)
        async with self.db.transaction() as connection:
            await service.confirm_onec(connection, row.cons_id, sent={}, snapshot=snapshot)
        if row.wanted:
            await self._change(row, key)

    async def _probe(self, row: Row) -> Sequence[Consultation]:
        """Documents that bear our marker: found means that an earlier try came through."""
        return await self.onec.find_documents_by_marker(
            outgoing.marker(row.cons_id), client_key=None, since=row.create_date - AROUND,
            until=row.create_date + AROUND,
        )  # fmt: skip

    async def _exists(self, key: UUID) -> bool:
        """Whether 1C has a document under the key that we proposed: a try whose answer was lost came through."""
        try:
            await self.onec.get(DOCUMENT, key, Consultation)
        except Missing:
            return False
        return True

    async def _change(self, row: Row, key: UUID) -> None:
        shown = before = await self._read(key)
        sent = dict(row.wanted)
        if before.status not in TERMINAL:
            differing = {name: value for name, value in sent.items() if _shown(before, name) != value}
            members = outgoing.to_patch(differing | _companions(differing, sent))
            if members:
                try:
                    await self.onec.patch(DOCUMENT, key, members)
                except Refused as error:
                    if "start_date" not in differing or not _is_day_limit(error):
                        raise
                    await self._stay(row, before, sent["start_date"])
                    return
                shown = await self._read(key)
                _ensure_taken(before, shown, differing)
        async with self.db.transaction() as connection:
            await service.confirm_onec(connection, row.cons_id, sent=sent, snapshot=shown)

    async def _stay(self, row: Row, shown: ConsultationSnapshot, wanted: Any) -> None:
        """1C knows of more requests on that day than we do: the old date stands, and everybody is told."""
        async with self.db.transaction() as connection:
            await moves.take_back(connection, row.cons_id)
            await service.confirm_onec(connection, row.cons_id, sent={"start_date": wanted}, snapshot=shown)
            await outbox.touch(connection, "onec", "consultation", [row.cons_id])  # what else is wanted

    async def _read(self, key: UUID) -> ConsultationSnapshot:
        document = await self.onec.get(DOCUMENT, key, Consultation)
        try:
            return from_onec(document, self.ctx)
        except InvalidRecord as error:
            raise Permanent(SYSTEM, f"the document makes no sense: {error}", code="onec.invalid") from error

    async def _words(self, row: Row) -> dict[str, str | None]:
        async with self.db.read() as connection:
            found = await one(
                connection,
                "select (select description from dict.online_question_cat where ref_key = %s) as category,"
                " (select description from dict.online_question where ref_key = %s) as question",
                (row.online_question_cat, row.online_question),
            )
        return dict(found) if found else {}

    async def _client(self, row: Row) -> dict[str, Any] | None:
        """The owner with his key in 1C: found in our folder, or created there."""
        if row.client_id is None:
            return {"cl_ref_key": row.client_key} if row.client_key else None
        async with self.db.read() as connection:
            owner = await clients.owner_of(connection, row.client_id)
        if owner is None:
            return None
        found = dict(owner)
        if found["cl_ref_key"] is None:
            found["cl_ref_key"] = await self.clients.key_of(found["client_id"])
        return found


def _shown(snapshot: ConsultationSnapshot, name: str) -> Any:
    return service.plain(getattr(snapshot, name, None))


def _companions(differing: dict[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
    """A status and its end are told together."""
    return {"end_date": sent["end_date"]} if "status" in differing and "end_date" in sent else {}


def _ensure_taken(before: ConsultationSnapshot, after: ConsultationSnapshot, differing: dict[str, Any]) -> None:
    """1C accepts silently what it does not store (onec.md §1.9): what was not taken is said aloud."""
    left = [name for name, value in differing.items() if _shown(after, name) != value]
    if not left or after.status in TERMINAL:
        return
    if "status" in left and after.end_date is not None:
        raise Transient(SYSTEM, "1C shows another end than was written")
    if any(_shown(after, name) != _shown(before, name) for name in left):
        raise Transient(SYSTEM, "somebody changed it in 1C between our write and our look")
    raise Permanent(SYSTEM, f"1C took the change and does not show it: {', '.join(left)}", code="onec.not_taken")


def _is_day_limit(error: Refused) -> bool:
    text = error.vendor_text.lower()
    return "лимит" in text and any(word in text for word in ("абонент", "обращени", "консультаци"))
