"""Routes of requests (domain.md §5.4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from clobus.api.acts import by_person, noted, noted_of_request, state_of
from clobus.api.answers import problems_of
from clobus.api.listing import Listing
from clobus.api.problems import language
from clobus.api.replies import actor_of, answer, created, is_staff, move_rules, named, settings_of
from clobus.api.veil import veiled
from clobus.core import idempotency
from clobus.core.auth import READERS, STAFF, Principal, Role, require
from clobus.core.db import Connection
from clobus.core.pagination import Cursor, Page, cursor_of
from clobus.modules.consultations import changes, policy, reading, service, timeline
from clobus.modules.consultations.forms import CallOut, ChangeIn, ListOut, SimpleIn, TimelineOut, UpdatesOut
from clobus.modules.consultations.moments import Moment, in_zone
from clobus.modules.consultations.schemas import ConsultationOut, CreateIn, CreateOut
from clobus.modules.consultations.types import Status

router = APIRouter(prefix="/api/consultations", tags=["consultations"])
READ = require(Role.CLIENT, *READERS, scope="consultations:read")
CREATE = require(Role.CLIENT, Role.SERVICE, Role.MANAGER, Role.HEAD, Role.ADMINISTRATOR,
                 scope="consultations:create", limit="creates")  # fmt: skip
WRITE = require(Role.SERVICE, *STAFF, scope="consultations:write", limit="creates")
# Who holds our id of a request may read it with the narrow scope: see `replies.named`.
READ_ONE = require(Role.CLIENT, *READERS, scope="consultations:read-by-id")
Caller = Annotated[Principal, Depends(READ)]
Holder = Annotated[Principal, Depends(READ_ONE)]
Maker = Annotated[Principal, Depends(CREATE)]
Editor = Annotated[Principal, Depends(WRITE)]

UNKNOWN = ("consultation.unknown",)
CREATING = (
    "client.required", "client.unknown", "client.phone_required", "client.tax_id_required", "client.tax_id_differs",
    "client.tax_id_taken", "client.code_and_tax_id_required", "client.code_is_no_number", "dictionary.unknown",
    "consultation.too_far", "consultation.other_client", "consultation.support_open", "consultation.day_limit",
    "idempotency.key_length", "idempotency.in_flight", "idempotency.other_body",
)  # fmt: skip


@router.post("/create", response_model=CreateOut, responses=problems_of(*CREATING), summary="Make a request")
async def create(
    request: Request,
    body: CreateIn,
    principal: Maker,
    idempotency_key: Annotated[str | None, Header()] = None,
    prefer: Annotated[str | None, Header()] = None,
) -> Response:
    """Make a request, once for an Idempotency-Key. Waits some seconds for number and conversation: they are null
    when a partner is away; `Prefer: respond-async` does not wait. 400, 401, 403, 404, 409, 422, 429.
    """
    key = idempotency.make_key(principal.id, "create_consultation", idempotency_key, await request.body())
    made = await request.app.state.creator.create(
        principal, body, key, wait=prefer != "respond-async", by=by_person(request, principal)
    )
    return created(made, principal)


@router.post(
    "/simple", response_model=CreateOut, responses=problems_of(*CREATING), summary="Make a request of a known client"
)
async def simple(
    request: Request,
    body: SimpleIn,
    principal: Maker,
    idempotency_key: Annotated[str | None, Header()] = None,
    prefer: Annotated[str | None, Header()] = None,
) -> Response:
    """As `/create`, with the request alone: `client_id` in it says whose."""
    key = idempotency.make_key(principal.id, "create_consultation", idempotency_key, await request.body())
    whole = CreateIn(consultation=body)
    made = await request.app.state.creator.create(
        principal, whole, key, wait=prefer != "respond-async", by=by_person(request, principal)
    )
    return created(made, principal)


def _page(
    principal: Principal, found: list[dict[str, Any]], total: int | None, following: Cursor | None
) -> Response:  # fmt: skip
    shown = [veiled(row, principal) for row in found]
    return answer({"consultations": shown, "total": total, "next_cursor": str(following) if following else None})


@router.get("", response_model=ListOut, responses=problems_of("page.cursor"), summary="List requests")
async def listed(
    request: Request, principal: Caller, listing: Annotated[Listing, Depends()],
    client_id: Annotated[UUID | None, Query(description="Of this client and his users only.")] = None,
    total: Annotated[bool, Query(description="Count all that fit; costs a second look.")] = False,
) -> Response:  # fmt: skip
    """Requests that the caller may see, newest first: all for staff and services, for a client his organisation's own
    (a user of it: his alone). `next_cursor` leads to the next page and neither loses nor doubles a request that was
    there at the beginning.
    """
    filters = listing.filters(settings_of(request).tz, client_id)
    scope, after = reading.visible_to(principal), cursor_of(listing.cursor)
    async with request.app.state.runtime.db.read() as connection:
        found, following = await reading.page(connection, scope, filters, after=after, limit=listing.limit)
        count = await reading.count(connection, scope, filters) if total else None
    return _page(principal, found, count, following)


@router.get(
    "/clients/{client_id}/consultations", response_model=ListOut,
    responses=problems_of("client.unknown", "page.cursor"), summary="List the requests of a client",
)  # fmt: skip
async def of_client(
    request: Request, client_id: UUID, principal: Caller, listing: Annotated[Listing, Depends()],
    skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:  # fmt: skip
    """Requests of a client and of his users, newest first: by `skip` and `limit`, or by `cursor`."""
    filters = listing.filters(settings_of(request).tz, client_id)
    scope, after = reading.visible_to(principal), cursor_of(listing.cursor)
    async with request.app.state.runtime.db.read() as connection:
        await reading.ensure_client(connection, client_id, scope)
        found, following = await reading.page(connection, scope, filters, after=after, skip=skip, limit=listing.limit)
        count = await reading.count(connection, scope, filters)
    return _page(principal, found, count, following)


def _window(request: Request) -> timedelta:
    """How long after its creation a client may take a request back."""
    return timedelta(minutes=settings_of(request).limits.cancel_minutes)


async def _shown(request: Request, connection: Connection, cons_id: UUID, principal: Principal) -> dict[str, Any]:
    found = await reading.shown(connection, cons_id)
    until = policy.cancel_before(Status(found["status"]), found["create_date"], _window(request))
    return veiled({**found, "cancel_before": until}, principal)


@router.get("/{name}", response_model=ConsultationOut, responses=problems_of(*UNKNOWN), summary="Read a request")
async def read(request: Request, name: str, principal: Holder) -> Response:
    """A request by our id, its 1C number or its conversation; 404 also for another client's."""
    async with request.app.state.runtime.db.read() as connection:
        return answer(await _shown(request, connection, await named(connection, name, principal), principal))


@router.put(
    "/{name}", response_model=ConsultationOut, summary="Change a request",
    responses=problems_of(
        *UNKNOWN, "consultation.ended", "consultation.nothing_to_change", "consultation.status",
        "consultation.date_required", "consultation.end_without_closing", "consultation.end_date", "consultation.past",
        "consultation.not_working", "consultation.too_far", "consultation.day_limit",
    ),
)  # fmt: skip
async def change(request: Request, name: str, body: ChangeIn, principal: Editor) -> Response:
    """Change what is named: texts, importance, the date (by the rules of a move), the status (closing and cancelling
    end the request, and what has ended is not changed). 1C and Chatwoot are told.
    """
    rules = move_rules(settings_of(request))
    async with request.app.state.runtime.db.transaction() as connection:
        cons_id = await named(connection, name, principal)
        before = await state_of(connection, cons_id)
        await changes.change(connection, cons_id, body, rules, actor=actor_of(principal), by=principal.id)
        texts = sorted({"comment", "topic"} & body.model_fields_set)
        await noted_of_request(connection, request, principal, "request.changed", cons_id, before, texts=texts)
        return answer(await _shown(request, connection, cons_id, principal))


@router.post(
    "/{name}/cancel", response_model=ConsultationOut, summary="Take a request back",
    responses=problems_of(*UNKNOWN, "consultation.ended", "consultation.cancel_too_late"),
)  # fmt: skip
async def cancel(request: Request, name: str, principal: Maker) -> Response:
    """Take a request back within the window after its creation (staff: at any time); 409 when it has ended or the
    window has passed.
    """
    async with request.app.state.runtime.db.transaction() as connection:
        cons_id = await named(connection, name, principal)
        before = await state_of(connection, cons_id)
        await changes.take_back(connection, cons_id, _window(request), actor=actor_of(principal), by=principal.id)
        await noted_of_request(connection, request, principal, "request.cancelled", cons_id, before)
        return answer(await _shown(request, connection, cons_id, principal))


@router.get("/{name}/calls", response_model=list[CallOut], responses=problems_of(*UNKNOWN), summary="List calls")
async def calls(request: Request, name: str, principal: Holder, page: Annotated[Page, Depends()]) -> Response:
    """Attempts to call the client, newest first."""
    async with request.app.state.runtime.db.read() as connection:
        cons_id = await named(connection, name, principal)
        return answer(await reading.calls(connection, cons_id, page.skip, page.limit))


@router.post(
    "/{name}/sync", response_model=ConsultationOut, summary="Read a request anew from the partners",
    responses=problems_of(*UNKNOWN, "gateway.down", "gateway.transient"),
)  # fmt: skip
async def sync(request: Request, name: str, principal: Maker) -> Response:
    """Take what Chatwoot and 1C show of the request now. The header `x-synced` names who was read; 503 when nobody
    could be. What has ended is given as it is.
    """
    state = request.app.state
    async with state.runtime.db.read() as connection:
        cons_id = await named(connection, name, principal)
        row = (await service.load(connection, [cons_id]))[cons_id]
    done = [] if row.is_terminal else await state.refresher.refresh(row)
    async with state.runtime.db.transaction() as connection:
        await noted(connection, request, principal, "request.read_anew", str(cons_id), after={"from": done})
        shown = await _shown(request, connection, cons_id, principal)
    return answer(shown, x_synced=", ".join(done) or "none")


@router.get("/{name}/updates", response_model=UpdatesOut, responses=problems_of(*UNKNOWN), summary="Ask for changes")
async def updates(request: Request, name: str, principal: Holder, last_updated: Moment) -> Response:
    """Whether the request has changed since `last_updated`, the `updated_at` that the caller has: for pages that can't
    hold a connection.
    """
    since = in_zone(last_updated, settings_of(request).tz)
    async with request.app.state.runtime.db.read() as connection:
        cons_id = await named(connection, name, principal)
        return answer(veiled(await reading.changed_since(connection, cons_id, since), principal))


@router.get("/{name}/timeline", response_model=TimelineOut, responses=problems_of(*UNKNOWN), summary="Read the story")
async def story(request: Request, name: str, principal: Holder) -> Response:
    """What happened to the request, oldest first, in the caller's language. Staff also see pushes, notes, who did it,
    and why a manager was chosen.
    """
    zone = settings_of(request).tz
    async with request.app.state.runtime.db.read() as connection:
        cons_id = await named(connection, name, principal)
        items = await timeline.of_request(
            connection, cons_id, staff=is_staff(principal), language=language(request), zone=zone
        )
    return answer({"items": items})
