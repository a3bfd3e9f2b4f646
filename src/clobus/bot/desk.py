"""Where dialogues meet the business: every verb of a request that the bot knows, in its own words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from clobus.bot.talk import Talk
from clobus.core import clock
from clobus.core.db import rows
from clobus.core.errors import ClobusError, Conflict, NotFound
from clobus.core.events import Origin
from clobus.modules.clients.schemas import ClientIn
from clobus.modules.consultations import moves, opening, policy, ratings, reading, service, slots
from clobus.modules.consultations.schemas import ConsultationIn, CreateIn
from clobus.modules.consultations.types import TERMINAL, Actor, Kind, Row, Status
from clobus.modules.knowledge import rating_questions

OPEN = ("new", "open", "pending", "other")
RATED = frozenset({Status.CLOSED, Status.RESOLVED})


async def mine(talk: Talk, *, ended: int = 5) -> list[dict[str, Any]]:
    """His requests for whom he speaks now: all that are open, and the last that ended."""
    client = talk.client
    if client is None:
        return []
    return await _listed(talk, [client["client_id"]], ended)


async def open_ones(talk: Talk) -> list[dict[str, Any]]:
    """The open requests of all clients for whom he may speak."""
    return await _listed(talk, [c["client_id"] for c in talk.clients], 0)


async def _listed(talk: Talk, clients: Sequence[UUID], ended: int) -> list[dict[str, Any]]:
    found = await rows(
        talk.connection,
        "select * from (select c.cons_id, c.number, c.status, c.consultation_type, c.start_date, c.create_date,"
        " c.comment, c.status = any(%(open)s) as is_open,"
        " row_number() over (partition by c.status = any(%(open)s) order by c.create_date desc) as n"
        " from cons.cons c where c.client_id = any(%(clients)s)) q"
        " where is_open or n <= %(ended)s order by is_open desc, create_date desc limit 20",
        {"open": list(OPEN), "clients": list(clients), "ended": ended},
    )
    return [dict(row) for row in found]


async def named(talk: Talk, name: str) -> dict[str, Any] | None:
    """A request by our id, its number or its conversation, if it is one of his clients'; None also for another's."""
    for client in talk.clients:
        try:
            return await reading.read(talk.connection, name[:64], client["client_id"])
        except NotFound:
            continue
    return None


async def locked(talk: Talk, cons_id: UUID) -> Row:
    """A request of his, locked; NotFound for another's."""
    return await owned(talk, cons_id, lock=True)


async def owned(talk: Talk, cons_id: UUID, *, lock: bool = False) -> Row:
    """A request of his; NotFound for another's."""
    row = (await service.load(talk.connection, [cons_id], lock=lock)).get(cons_id)
    if row is None or row.client_id not in {c["client_id"] for c in talk.clients}:
        raise NotFound("consultation.unknown")
    return row


async def make(talk: Talk, data: dict[str, Any]) -> UUID:
    """Make the request that he put together; errors as the opening names them, nothing is left of it then."""
    client = talk.client
    if client is None:
        raise NotFound("client.unknown")
    asked: dict[str, Any] = {
        "client_id": client["client_id"], "lang": talk.language, "comment": data.get("comment") or None,
        "consultation_type": Kind.SUPPORT if data["kind"] == "s" else Kind.ACCOUNTING,
        "online_question_cat": data.get("category"), "online_question": data.get("question"),
        "scheduled_at": data.get("start"),
    }  # fmt: skip
    body = CreateIn(
        client=ClientIn(client_id=client["client_id"]), consultation=ConsultationIn.model_validate(asked),
        source="TELEGRAM", telegram_user_id=talk.user_id, telegram_phone_number=talk.person["phone_number"],
    )  # fmt: skip
    async with talk.connection.transaction():
        if asked["scheduled_at"]:
            # The hour was free when it was shown; another may have taken it meanwhile.
            await _ensure_free(talk, data)
        made = await opening.open_consultation(
            talk.connection, body, talk.rules.opening, origin=Origin.API, actor=talk.actor
        )
        await talk.note("request.made", made, after={"kind": body.consultation.consultation_type})
        return made


async def _ensure_free(talk: Talk, data: dict[str, Any]) -> None:
    start = datetime.fromisoformat(data["start"])
    local = start.astimezone(talk.rules.zone)
    if local.time() not in (await free(talk, data, [local.date()])).get(local.date(), []):
        raise Conflict("consultation.slot_taken")


async def free(talk: Talk, data: dict[str, Any], days: Sequence[date] = ()) -> dict[date, list[time]]:
    """The free hours of the days up to the horizon (or of these days)."""
    client = talk.client
    if client is None:
        return {}
    category = UUID(data["category"]) if data.get("category") else None
    moved = UUID(data["cons_id"]) if data.get("cons_id") else None
    wish = slots.Wish(client["client_id"], category, str(data.get("language") or talk.language), moved)
    return await slots.free(talk.connection, wish, talk.rules.moving, days)


async def cancel(talk: Talk, cons_id: UUID) -> None:
    """Take a request back within the window after it was made; Conflict otherwise."""
    row = await locked(talk, cons_id)
    policy.ensure_may_cancel(row.status, row.create_date, clock.now(), talk.rules.cancel_window)
    await service.cancel(talk.connection, row, actor_name=talk.actor, at=clock.now(), origin=Origin.API)
    before, after = {"status": row.status.value}, {"status": Status.CANCELLED.value}
    await talk.note("request.cancelled", cons_id, before=before, after=after)


def may_cancel(talk: Talk, status: Status, created: datetime) -> bool:
    """Whether `cancel` would let him."""
    try:
        policy.ensure_may_cancel(status, created, clock.now(), talk.rules.cancel_window)
    except ClobusError:
        return False
    return True


async def move(talk: Talk, cons_id: UUID, start: datetime) -> None:
    """Move a request to another hour that is free; Conflict for an ended one or an hour that was taken meanwhile."""
    row = await owned(talk, cons_id)
    data = {"category": str(row.online_question_cat) if row.online_question_cat else None, "language": row.lang,
            "cons_id": str(cons_id), "start": start.isoformat()}  # fmt: skip
    if row.status not in TERMINAL and start > clock.now():  # else the move itself says why not
        await _ensure_free(talk, data)
    await moves.move(talk.connection, cons_id, start, talk.rules.moving, actor=Actor.CLIENT, by=talk.actor)
    before = {"start_date": row.start_date and row.start_date.isoformat()}
    await talk.note("request.moved", cons_id, before=before, after={"start_date": start.isoformat()})


async def questions_about(talk: Talk) -> list[tuple[int, str]]:
    """What is asked about a consultation: numbers and texts in his language, in their order."""
    return [(row["number"], row[talk.language]) for row in await rating_questions.listed(talk.connection)]


async def rate(talk: Talk, cons_id: UUID, question: int, stars: int, comment: str | None = None) -> bool:
    """Keep his mark for an ended request, or a comment to it; False when somebody else, or he long ago, gave one."""
    row = await locked(talk, cons_id)
    answer = ratings.Answer(question, stars, comment=comment)
    rater = ratings.Rater(talk.actor, "telegram", talk.actor)
    try:
        await ratings.give(talk.connection, row, [answer], rater, clock.now())
    except Conflict as error:
        if error.code == "consultation.rated":
            return False
        raise
    await talk.note("request.rated", cons_id, after={"question": question, "mark": stars})
    return True


async def history(talk: Talk, cons_id: UUID) -> list[dict[str, Any]]:
    """What happened to a request, oldest first."""
    await locked(talk, cons_id)
    names = ["Opened", "Assigned", "Rescheduled", "Called", "Closed", "Cancelled", "Reopened", "Rated"]
    found = await rows(
        talk.connection,
        "select name, at from log.events where cons_id = %s and name = any(%s) order by id desc limit 15",
        (cons_id, names),
    )
    return [dict(row) for row in reversed(found)]


async def categories(talk: Talk) -> list[dict[str, Any]]:
    """The categories of questions in his language (the dictionary speaks Uzbek and Russian)."""
    return [
        dict(row)
        for row in await rows(
            talk.connection,
            "select ref_key, description from dict.online_question_cat where not deleted and language = %s"
            " order by code, description",
            ("uz" if talk.language == "uz" else "ru",),
        )
    ]


async def questions(talk: Talk, category: UUID) -> list[dict[str, Any]]:
    """The typical questions of a category."""
    return [
        dict(row)
        for row in await rows(
            talk.connection,
            "select ref_key, description from dict.online_question where not deleted and category_key = %s"
            " order by code, description limit 30",
            (category,),
        )
    ]
