"""Registering and signing in by telephone, which Telegram vouches for; and tying a Telegram to an account."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from psycopg.errors import UniqueViolation
from pydantic import BaseModel, Field

from clobus.api.acts import actor_of
from clobus.api.answers import problems_of
from clobus.api.identity import Body, Person, Token, db_of, proved, said, way_told
from clobus.api.logins import SignedInOut
from clobus.api.me import STEP_UP
from clobus.api.signing import ensure_own_page
from clobus.core import auth
from clobus.core.auth import public
from clobus.core.errors import Conflict, Unauthenticated
from clobus.modules.accounts import audit, organisations, people, proofs, telegram_login

router = APIRouter(prefix="/api", tags=["accounts"])
OPEN = Depends(public("signs"))


class StartedOut(BaseModel):
    """The page keeps the ticket; the person opens `url` (or starts the bot with `start`) and gets a code there."""

    ticket: str
    start: str
    url: str | None
    seconds: float


class FinishIn(Body):
    """The ticket, and the code that the bot gave."""

    ticket: Token
    code: Annotated[str, Field(pattern=r"^\d{6}$", examples=["123456"])]


async def _bot(request: Request) -> str | None:
    """How the bot is called; asked for once, None while Telegram does not answer."""
    app = request.app.state
    telegram = app.runtime.telegram
    if telegram is None:
        raise Unauthenticated("telegram.no_bot")
    return await app.bot_name.of(telegram)  # type: ignore[no-any-return]  # the state of an application has no types


async def _begun(request: Request, principal: auth.Principal | None) -> Response:
    bot = await _bot(request)
    async with db_of(request).transaction() as connection:
        for_person = principal.person_id if principal else None
        ticket, start = await telegram_login.begin(connection, for_person)
    url = f"https://t.me/{bot}?start=login_{start}" if bot else None
    seconds = proofs.LIFE[proofs.TELEGRAM]
    return said({"ticket": ticket, "start": f"login_{start}", "url": url, "seconds": seconds})


@router.post("/auth/telegram-login/start", dependencies=[OPEN], response_model=StartedOut,
             responses=problems_of("telegram.no_bot"))  # fmt: skip
async def start(request: Request) -> Response:
    """Begin: the answer leads to the bot, which gives a code to who shared his own telephone."""
    ensure_own_page(request)
    return await _begun(request, None)


@router.post("/auth/telegram-login/finish", dependencies=[OPEN], response_model=SignedInOut,
             responses=problems_of("telegram.code", "account.taken"))  # fmt: skip
async def finish(request: Request, body: FinishIn) -> Response:
    """Go on with the bot's code: into the account of that telephone, a new one when there was none."""
    ensure_own_page(request)
    may_register = request.app.state.runtime.settings.accounts.registration
    async with db_of(request).transaction() as connection:
        id_ = await telegram_login.finish(connection, body.ticket, body.code)
        user = await telegram_login.known(connection, id_) if id_ else None
        person, made = (None, False)
        if user is not None:
            person, made = await telegram_login.person(connection, user, may_register=may_register)
        if person is not None and made:
            count = await organisations.of_telephone(connection, person)
            await audit.note(
                connection, actor_of(request, None, person), "account.made", target=str(person["person_id"]),
                after={"by": "telegram", "organisations": count},
            )  # fmt: skip
    if user is None:
        auth.door_of(request).limiter.hit("guesses", auth.address(request))
        raise Unauthenticated("telegram.code")
    if person is None:
        raise Conflict("account.taken")
    if person["locked_at"] is not None:
        raise Unauthenticated("telegram.code")
    return await proved(request, person, "telegram")


@router.post("/me/telegram/start", response_model=StartedOut, responses=problems_of(*STEP_UP, "telegram.no_bot"))
async def tie_start(request: Request, principal: Person) -> Response:
    """Begin to tie a Telegram to my account."""
    auth.person_of(principal)
    auth.ensure_proved(principal)
    return await _begun(request, principal)


@router.post("/me/telegram", status_code=204, responses=problems_of(*STEP_UP, "telegram.code", "account.taken"))
async def tie(request: Request, body: FinishIn, principal: Person) -> Response:
    """Tie the Telegram of the code to my account, with the telephone that it vouches for."""
    own = auth.person_of(principal)
    auth.ensure_proved(principal)
    async with db_of(request).transaction() as connection:
        held = await proofs.look(connection, proofs.TELEGRAM, body.ticket)
        id_ = await telegram_login.finish(connection, body.ticket, body.code)
        user = await telegram_login.known(connection, id_) if id_ else None
        if user is not None and held is not None and held["person_id"] == own:
            values = {"telegram_user_id": user["telegram_user_id"], "phone_number": user["phone_number"]}
            try:
                person = await people.change(connection, own, values)
            except UniqueViolation:
                raise Conflict("account.taken") from None
            if person is not None:
                await way_told(connection, person, "Telegram")
            await audit.note(connection, actor_of(request, principal), "account.telegram_tied", after=values)
            return Response(status_code=204)
    raise Unauthenticated("telegram.code")


@router.delete("/me/telegram", status_code=204, responses=problems_of(*STEP_UP, "telegram.only"))
async def untie(request: Request, principal: Person) -> Response:
    """Untie Telegram and the telephone that it vouched for, which may be another's soon; not while it is the only way
    in.
    """
    own = auth.person_of(principal)
    auth.ensure_proved(principal)
    async with db_of(request).transaction() as connection:
        person = await people.load(connection, own)
        if person is None or not people.has_password(person):
            raise Conflict("telegram.only")
        await people.change(connection, own, {"telegram_user_id": None, "phone_number": None})
        await way_told(connection, person, "Telegram")
        await audit.note(connection, actor_of(request, principal), "account.telegram_untied")
    return Response(status_code=204)
