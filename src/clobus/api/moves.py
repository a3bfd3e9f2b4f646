"""Routes of moves: a request gets another date."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request, Response

from clobus.api.acts import noted
from clobus.api.answers import problems_of
from clobus.api.consultations import Holder, Maker
from clobus.api.replies import actor_of, answer, move_rules, named, settings_of
from clobus.core import idempotency
from clobus.core.pagination import Page
from clobus.modules.consultations import moves
from clobus.modules.consultations.forms import MoveIn, MoveOut

router = APIRouter(prefix="/api/consultations", tags=["consultations"])


@router.get(
    "/{name}/redates", response_model=list[MoveOut], responses=problems_of("consultation.unknown"),
    summary="List moves",
)  # fmt: skip
async def listed(request: Request, name: str, principal: Holder, page: Annotated[Page, Depends()]) -> Response:
    """The moves of a request, newest first, whoever made them."""
    async with request.app.state.runtime.db.read() as connection:
        cons_id = await named(connection, name, principal)
        return answer(await moves.of_request(connection, cons_id, page.skip, page.limit))


@router.post(
    "/{name}/redates", response_model=MoveOut, summary="Move a request to another date",
    responses=problems_of(
        "consultation.unknown", "consultation.ended", "consultation.past", "consultation.same_date",
        "consultation.not_working", "consultation.too_far", "consultation.day_limit", "consultation.manager_unknown",
        "idempotency.key_length", "idempotency.other_body",
    ),
)  # fmt: skip
async def move(
    request: Request, name: str, body: MoveIn, principal: Maker, idempotency_key: Annotated[str | None, Header()] = None
) -> Response:
    """Move a request: not an ended one, into working time ahead within the horizon, and to a day that is not full.
    1C and Chatwoot are told, and the client by the usual way. Once for an Idempotency-Key.
    """
    key = idempotency.make_key(principal.id, f"move:{name[:64]}", idempotency_key, await request.body())
    rules = move_rules(settings_of(request))
    async with request.app.state.runtime.db.transaction() as connection:
        cons_id = await named(connection, name, principal)

        async def work() -> dict[str, Any]:
            made = await moves.move(
                connection, cons_id, body.new_date, rules, actor=actor_of(principal), by=principal.id,
                comment=body.comment or None, manager_key=body.manager_key,
            )  # fmt: skip
            before, after = ({"start_date": made[name] and made[name].isoformat()} for name in ("old_date", "new_date"))
            await noted(connection, request, principal, "request.moved", str(cons_id), before=before, after=after)
            return made

        return answer(await idempotency.once(connection, key, cons_id, work()))
