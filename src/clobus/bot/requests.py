"""`/my`: his requests, each with its state, and what he may do with it."""

from __future__ import annotations

import html
from typing import Any
from uuid import UUID

from aiogram import F, Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message

from clobus.bot import asking, desk, people
from clobus.bot.buttons import Button, Tap, stars
from clobus.bot.talk import Talk
from clobus.core import i18n
from clobus.core.errors import ClobusError
from clobus.modules.consultations import reading
from clobus.modules.consultations.types import TERMINAL, Kind, Status

router = Router(name="requests")


@router.message(Command("my", ignore_mention=True))
@router.callback_query(Tap.filter(F.act == "p.my"))
async def listed(event: Message | CallbackQuery, talk: Talk) -> None:
    """All that are open and the last that ended."""
    if not talk.clients:
        await people.welcome(talk)
        return
    if talk.client is None:
        people.ask_organisation(talk, "m")
        return
    found = await desk.mine(talk)
    if not found:
        talk.say(talk.text("my.none"), [[(talk.text("menu.new"), talk.tap("p.new"))]])
        return
    rows = [[(title(talk, one), talk.tap("p.show", str(one["cons_id"])))] for one in found]
    talk.say(talk.text("my"), rows)


@router.callback_query(Tap.filter(F.act == "p.orgm"))
async def organisation(query: CallbackQuery, callback_data: Tap, talk: Talk) -> None:
    """He chose for whom."""
    if people.chosen(talk, callback_data.arg):
        await listed(query, talk)


def title(talk: Talk, request: dict[str, Any]) -> str:
    """One line for a request; plain text, for a button."""
    name = i18n.short_number(request["number"]) or talk.text("my.unnumbered")
    day = request["start_date"] or request["create_date"]
    kind = "🛠" if request["consultation_type"] == Kind.SUPPORT.value else "📘"
    status = html.unescape(talk.text(f"status.{request['status']}"))
    return f"{kind} {name} · {day.astimezone(talk.rules.zone):%d.%m %H:%M} · {status}"[:64]


@router.callback_query(Tap.filter(F.act == "p.show"))
async def shown(query: CallbackQuery, callback_data: Tap, talk: Talk) -> None:
    """The card of one request; from now on his texts belong to it."""
    await choose(talk, UUID(callback_data.arg))


async def choose(talk: Talk, cons_id: UUID) -> None:
    """Show a request; while it is open his texts belong to it."""
    try:
        row = await desk.locked(talk, cons_id)
    except ClobusError as error:
        talk.toast(talk.problem(error), alert=True)
        return
    talk.end()
    if row.status not in TERMINAL:
        talk.state |= {"cons_id": cons_id, "client_id": row.client_id}
    found = await reading.read(talk.connection, str(cons_id), None)
    talk.show(_card(talk, found), _acts(talk, found, row.status))


def _card(talk: Talk, found: dict[str, Any]) -> str:
    lines = [talk.text("my.card", number=i18n.short_number(found["number"]) or talk.text("my.unnumbered"))]
    lines.append(talk.text("new.support" if found["consultation_type"] == Kind.SUPPORT.value else "new.accounting"))
    lines.append(talk.text("my.status", status=html.unescape(talk.text(f"status.{found['status']}"))))
    if found["start_date"]:
        lines.append(talk.text("my.planned", planned=talk.moment(found["start_date"])))
    if found["manager_name"]:
        lines.append(talk.text("my.manager", manager=found["manager_name"]))
    if found["comment"]:
        lines.append(f"<blockquote>{html.escape(found['comment'][:400])}</blockquote>")
    if Status(found["status"]) not in TERMINAL:
        lines.append(talk.text("my.write"))
    return "\n".join(lines)


def _acts(talk: Talk, found: dict[str, Any], status: Status) -> list[list[Button]]:
    name = found["cons_id"]
    rows: list[list[Button]] = []
    if status not in TERMINAL and found["consultation_type"] == Kind.ACCOUNTING.value:
        rows.append([(talk.text("my.redate"), talk.tap("p.move", name))])
    if desk.may_cancel(talk, status, found["create_date"]):
        rows.append([(talk.text("my.cancel"), talk.tap("p.drop", name))])
    if status in desk.RATED and not (found["con_rates"] or {}).get("count"):
        rows.append(stars(UUID(name)))
    rows.append([(talk.text("my.history"), talk.tap("p.past", name)), (talk.text("my.back"), talk.tap("p.my"))])
    return rows


@router.callback_query(Tap.filter(F.act == "p.drop"))
async def ask_cancel(query: CallbackQuery, callback_data: Tap, talk: Talk) -> None:
    """Is he sure?"""
    talk.begin("n.cancel", cons_id=callback_data.arg)
    rows = [
        [(talk.text("my.cancel_yes"), talk.tap("n.drop"))],
        [(talk.text("my.back"), talk.tap("p.show", callback_data.arg))],
    ]
    talk.show(talk.text("my.cancel_ask"), rows)


@router.callback_query(Tap.filter(F.act == "n.drop"))
async def cancelled(query: CallbackQuery, talk: Talk) -> None:
    """He is."""
    if talk.step != "n.cancel":
        talk.toast(talk.text("old_button"), alert=True)
        return
    try:
        async with talk.connection.transaction():
            await desk.cancel(talk, UUID(str(talk.data["cons_id"])))
    except ClobusError as error:
        talk.show(talk.problem(error))
    else:
        talk.show(talk.text("my.cancelled"))
    talk.end()


@router.callback_query(Tap.filter(F.act == "p.move"))
async def redate(query: CallbackQuery, callback_data: Tap, talk: Talk) -> None:
    """Another date: the same calendar as for a new request."""
    try:
        row = await desk.locked(talk, UUID(callback_data.arg))
    except ClobusError as error:
        talk.toast(talk.problem(error), alert=True)
        return
    if row.status in TERMINAL:
        talk.toast(talk.text("relay.ended"), alert=True)
        return
    talk.state["client_id"] = row.client_id
    category = str(row.online_question_cat) if row.online_question_cat else None
    talk.begin("n.date", cons_id=callback_data.arg, category=category, language=row.lang)
    await asking.ask_date(talk)


@router.callback_query(Tap.filter(F.act == "p.past"))
async def past(query: CallbackQuery, callback_data: Tap, talk: Talk) -> None:
    """What happened to it."""
    try:
        found = await desk.history(talk, UUID(callback_data.arg))
    except ClobusError as error:
        talk.toast(talk.problem(error), alert=True)
        return
    lines = [f"{talk.moment(one['at'])} — {talk.text('past.' + one['name'].lower())}" for one in found]
    text = "\n".join([talk.text("my.history_of"), *(lines or ["—"])])
    talk.show(text, [[(talk.text("my.back"), talk.tap("p.show", callback_data.arg))]])
