"""`/new`: kind, category, question, date, time, text and files, confirm; one request comes of it."""

from __future__ import annotations

import html
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from aiogram import F, Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message

from clobus.bot import calendar, desk, people, said
from clobus.bot.buttons import Button, Tap
from clobus.bot.talk import Talk
from clobus.core.errors import ClobusError
from clobus.modules.consultations import slots
from clobus.sync.telegram import book

router = Router(name="asking")

TEXT_ROOM = 4000
MESSAGES = 20
ACCOUNTING, SUPPORT = "a", "s"
TELLING = "n.tell"
EARLIER = ("n.kind", "n.category", "n.question", "n.date", "n.time")
"""Steps at which he taps; what he says meanwhile belongs to the request all the same."""


def cancel_row(talk: Talk) -> list[Button]:
    """The way out."""
    return [(talk.text("new.stop"), talk.tap("n.stop"))]


@router.message(Command("new", ignore_mention=True))
@router.callback_query(Tap.filter(F.act == "p.new"))
async def new(event: Message | CallbackQuery, talk: Talk) -> None:
    """Begin: for whom, then of what kind."""
    if not talk.clients:
        await people.welcome(talk)
    elif talk.client is None:
        people.ask_organisation(talk, "n")
    else:
        _ask_kind(talk)


@router.callback_query(Tap.filter(F.act == "p.orgn"))
async def organisation(query: CallbackQuery, callback_data: Tap, talk: Talk) -> None:
    """He chose for whom."""
    if people.chosen(talk, callback_data.arg):
        _ask_kind(talk)


def _ask_kind(talk: Talk) -> None:
    talk.begin("n.kind")
    client = talk.client or {}
    rows = [
        [(talk.text("new.accounting"), talk.tap("n.kind", ACCOUNTING))],
        [(talk.text("new.support"), talk.tap("n.kind", SUPPORT))],
        cancel_row(talk),
    ]
    talk.show(talk.text("new.kind", company=client.get("company") or client.get("name") or ""), rows)


@router.callback_query(Tap.filter(F.act == "n.stop"))
async def stop(query: CallbackQuery, talk: Talk) -> None:
    """He wants no request after all."""
    talk.end()
    talk.show(talk.text("new.stopped"))


@router.callback_query(Tap.filter(F.act == "n.kind"))
async def kind(query: CallbackQuery, callback_data: Tap, talk: Talk) -> None:
    """Support needs no date; accounting begins with a category."""
    if callback_data.arg == SUPPORT:
        talk.go(TELLING, kind=SUPPORT)
        _ask_text(talk)
        return
    talk.go("n.category", kind=ACCOUNTING)
    await _ask_category(talk)


async def _ask_category(talk: Talk) -> None:
    rows = [[(c["description"][:60], talk.tap("n.cat", str(c["ref_key"])))] for c in await desk.categories(talk)]
    talk.show(talk.text("new.category"), [*rows[:40], cancel_row(talk)])


@router.callback_query(Tap.filter(F.act == "n.cat"))
async def category(query: CallbackQuery, callback_data: Tap, talk: Talk) -> None:
    """Then a typical question of it, or his own words."""
    found = next((c for c in await desk.categories(talk) if str(c["ref_key"]) == callback_data.arg), None)
    if found is None:
        talk.toast(talk.text("old_button"), alert=True)
        return
    talk.go("n.question", category=callback_data.arg, category_name=found["description"])
    asked = await desk.questions(talk, UUID(callback_data.arg))
    rows = [[(one["description"][:60], talk.tap("n.ask", str(one["ref_key"])))] for one in asked]
    own = [(talk.text("new.own_question"), talk.tap("n.ask"))]
    talk.show(talk.text("new.question"), [*rows, own, cancel_row(talk)])


@router.callback_query(Tap.filter(F.act == "n.ask"))
async def question(query: CallbackQuery, callback_data: Tap, talk: Talk) -> None:
    """Then a day."""
    asked = await desk.questions(talk, UUID(str(talk.data["category"])))
    found = next((one for one in asked if str(one["ref_key"]) == callback_data.arg), None)
    if callback_data.arg and found is None:
        talk.toast(talk.text("old_button"), alert=True)
        return
    name = found["description"] if found else None
    talk.go("n.date", question=callback_data.arg or None, question_name=name)
    await ask_date(talk)


async def ask_date(talk: Talk, month: str = "", problem: str = "") -> None:
    """A calendar of the days that have a free hour; also for moving a request."""
    free = sorted(await desk.free(talk, talk.data))
    if not free:
        talk.show(talk.text("new.no_days"), [cancel_row(talk)])
        return
    shown = date.fromisoformat(f"{month}-01") if month else free[0].replace(day=1)
    rows = calendar.month(talk, shown, free)
    said_ = talk.text("new.date")
    talk.show(f"{problem}\n\n{said_}" if problem else said_, [*rows, cancel_row(talk)])


@router.callback_query(Tap.filter(F.act == "n.month"))
async def month_turned(query: CallbackQuery, callback_data: Tap, talk: Talk) -> None:
    """Another month of the calendar."""
    await ask_date(talk, callback_data.arg)


@router.callback_query(Tap.filter(F.act == "n.no"))
async def no_day(query: CallbackQuery, talk: Talk) -> None:
    """A day that is not free."""
    talk.toast(talk.text("new.day_taken"))


@router.callback_query(Tap.filter(F.act == "n.day"))
async def day(query: CallbackQuery, callback_data: Tap, talk: Talk) -> None:
    """Then an hour, of those that are free."""
    chosen = date.fromisoformat(callback_data.arg)
    hours = (await desk.free(talk, talk.data, [chosen])).get(chosen, [])
    if not hours:
        await ask_date(talk, problem=talk.text("new.day_taken"))
        return
    talk.go("n.time", date=callback_data.arg)
    buttons = [(f"{at:%H:%M}", talk.tap("n.time", f"{at:%H%M}")) for at in hours]
    rows = [buttons[n : n + 4] for n in range(0, len(buttons), 4)]
    back = [(talk.text("new.other_day"), talk.tap("n.month", f"{chosen:%Y-%m}"))]
    talk.show(talk.text("new.time", day=calendar.day_name(talk, chosen)), [*rows, back, cancel_row(talk)])


@router.callback_query(Tap.filter(F.act == "n.time"))
async def hour(query: CallbackQuery, callback_data: Tap, talk: Talk) -> None:
    """Then what it is about; when a request is moved, that is all."""
    chosen = date.fromisoformat(str(talk.data["date"]))
    at = time(int(callback_data.arg[:2]), int(callback_data.arg[2:]))
    if at not in (await desk.free(talk, talk.data, [chosen])).get(chosen, []):
        await ask_date(talk, problem=talk.text("new.hour_taken"))
        return
    start = slots.instant(chosen, at, talk.rules.zone)
    if talk.data.get("cons_id"):
        await _moved(talk, start)
        return
    talk.go(TELLING, start=start.isoformat())
    _ask_text(talk)


async def _moved(talk: Talk, start: datetime) -> None:
    cons_id = UUID(str(talk.data["cons_id"]))
    try:
        async with talk.connection.transaction():
            await desk.move(talk, cons_id, start)
    except ClobusError as error:
        talk.show(talk.problem(error))
    else:
        talk.show(talk.text("redate.done", planned=talk.moment(start)))
    talk.end()


def _ask_text(talk: Talk) -> None:
    talk.show(talk.text("new.text"), _next_rows(talk) if talk.data.get("said") else [cancel_row(talk)])


def _next_rows(talk: Talk) -> list[list[Button]]:
    return [[(talk.text("new.ready"), talk.tap("n.ready"))], cancel_row(talk)]


def is_asking(talk: Talk) -> bool:
    """Whether he is in the middle of a new request."""
    return talk.step in (*EARLIER, TELLING, "n.confirm") and not talk.data.get("cons_id")


async def tell(message: Message, talk: Talk) -> None:
    """One more text or file of his; after the first he is offered to go on."""
    heard = said.content_of(message, talk)
    if heard is None:
        return
    kept: list[dict[str, Any]] = list(talk.data.get("said", []))
    room = sum(len(one["text"]) for one in kept) + len(heard.text)
    if len(kept) >= MESSAGES or room > TEXT_ROOM:
        talk.say(talk.text("new.too_much"), _next_rows(talk))
        return
    one = {"telegram_id": message.message_id, "text": heard.text, "files": heard.files, "group": heard.group}
    same_album = heard.group is not None and any(other["group"] == heard.group for other in kept)
    early = talk.step in EARLIER
    talk.go(talk.step if early else TELLING, said=[*kept, one])
    if not same_album:
        talk.say(talk.text("new.kept" if early else "new.heard"), [] if early else _next_rows(talk))


@router.callback_query(Tap.filter(F.act == "n.ready"))
async def ready(query: CallbackQuery, talk: Talk) -> None:
    """Show what will be asked."""
    data = talk.data
    if talk.step not in (TELLING, "n.confirm") or not data.get("said"):
        talk.toast(talk.text("new.say_first"), alert=True)
        return
    talk.go("n.confirm")
    client = talk.client or {}
    lines = [talk.text("new.summary", company=client.get("company") or client.get("name") or "")]
    lines.append(talk.text("new.accounting" if data["kind"] == ACCOUNTING else "new.support"))
    lines += [html.escape(str(data[name])) for name in ("category_name", "question_name") if data.get(name)]
    if data.get("start"):
        lines.append(talk.moment(datetime.fromisoformat(data["start"])))
    text = _comment(data)
    if text:
        lines.append(f"<blockquote>{html.escape(text[:600])}{'…' if len(text) > 600 else ''}</blockquote>")
    files = sum(len(one["files"]) for one in data["said"])
    if files:
        lines.append(talk.text("new.files", n=files))
    rows = [[(talk.text("new.confirm"), talk.tap("n.yes"))]]
    if data.get("start"):
        rows.append([(talk.text("new.other_day"), talk.tap("n.again"))])
    talk.show("\n".join(lines), [*rows, cancel_row(talk)])


@router.callback_query(Tap.filter(F.act == "n.again"))
async def again(query: CallbackQuery, talk: Talk) -> None:
    """Another day; what he wrote stays."""
    talk.go("n.date")
    await ask_date(talk)


def _comment(data: dict[str, Any]) -> str:
    return "\n".join(one["text"] for one in data.get("said", []) if one["text"])


@router.callback_query(Tap.filter(F.act == "n.yes"))
async def confirm(query: CallbackQuery, talk: Talk) -> None:
    """Make the request: its dialogue ends with it, in one transaction, so that a second tap finds an old button."""
    data = talk.data
    if talk.step != "n.confirm":
        talk.toast(talk.text("old_button"), alert=True)
        return
    try:
        cons_id = await desk.make(talk, {**data, "comment": _comment(data) or talk.text("new.only_files")})
    except ClobusError as error:
        if data.get("start") and error.code in ("consultation.day_limit", "consultation.slot_taken"):
            talk.go("n.date")
            await ask_date(talk, problem=talk.problem(error))
        else:
            talk.show(talk.problem(error))
            talk.end()
        return
    name = said.name_of(talk)
    for one in data["said"]:
        if one["files"]:
            content = {"name": name, "text": "", "files": one["files"]}
            await book.bring_in(
                talk.connection, cons_id, talk.chat_id, one["telegram_id"], "file", content, media_group=one["group"]
            )
    talk.end()
    talk.state["cons_id"] = cons_id
    key = "new.made" if data.get("start") else "new.made_support"
    planned = talk.moment(datetime.fromisoformat(data["start"])) if data.get("start") else ""
    talk.show(talk.text(key, planned=planned), [[(talk.text("menu.my"), talk.tap("p.my"))]])
