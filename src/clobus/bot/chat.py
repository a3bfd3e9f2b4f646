"""Everything else he says belongs to a request: the one that he answers or chose, or the only one that is open."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from aiogram import F, Router
from aiogram.types import CallbackQuery, Message

from clobus.bot import asking, desk, people, rating, requests, said
from clobus.bot.buttons import Tap
from clobus.bot.talk import Talk
from clobus.core.errors import NotFound
from clobus.sync.telegram import book

router = Router(name="chat")
WAITING = 30


@router.message(F.text.startswith("/"))
async def unknown_command(message: Message, talk: Talk) -> None:
    """A command that we don't have."""
    talk.say(talk.text("help"))


@router.message()
async def spoken(message: Message, talk: Talk) -> None:
    """A text or a file."""
    if not talk.clients:
        await people.welcome(talk)
        return
    if asking.is_asking(talk):
        await asking.tell(message, talk)
        return
    if talk.step == rating.STEP and message.text:
        await rating.comment(message, talk)
        return
    heard = said.content_of(message, talk)
    if heard is None:
        return
    found = await desk.open_ones(talk)
    answered = await _answered(message, talk)
    chosen = answered or (talk.state["cons_id"] if talk.state["cons_id"] else None)
    target = next((one["cons_id"] for one in found if one["cons_id"] == chosen), None)
    if target is None and answered is not None:
        talk.say(talk.text("relay.ended"), [[(talk.text("menu.new"), talk.tap("p.new"))]])
        return
    if target is None and len(found) == 1:
        target = found[0]["cons_id"]
    content = _content(message, talk, heard)
    if target is not None:
        talk.state["cons_id"] = target
        await _bring(talk, target, content)
    elif not found:
        talk.say(talk.text("relay.none"), [[(talk.text("menu.new"), talk.tap("p.new"))]])
    else:
        _ask(talk, found, content)


async def _answered(message: Message, talk: Talk) -> UUID | None:
    """The request of the message that he answers, if it is one of his clients'."""
    if message.reply_to_message is None:
        return None
    found = await book.in_conversation(talk.connection, talk.chat_id, message.reply_to_message.message_id)
    return found["cons_id"] if found else None


def _content(message: Message, talk: Talk, heard: said.Said) -> dict[str, Any]:
    answers = message.reply_to_message.message_id if message.reply_to_message else None
    return {
        "telegram_id": message.message_id, "group": heard.group,
        "said": {"name": said.name_of(talk), "text": heard.text, "files": heard.files, "reply_to": answers},
    }  # fmt: skip


async def _bring(talk: Talk, cons_id: UUID, content: dict[str, Any]) -> None:
    kind = "file" if content["said"]["files"] else "text"
    await book.bring_in(
        talk.connection, cons_id, talk.chat_id, content["telegram_id"], kind, content["said"],
        media_group=content["group"],
    )  # fmt: skip
    sizes = {"characters": len(content["said"]["text"] or ""), "files": len(content["said"]["files"])}
    await talk.note("request.said", cons_id, after=sizes)


def _ask(talk: Talk, found: list[dict[str, Any]], content: dict[str, Any]) -> None:
    """Which of several? What he said meanwhile waits for the answer."""
    waits = list(talk.data.get("waits", [])) if talk.step == "n.which" else []
    if talk.step == "n.which":
        talk.go("n.which", waits=[*waits, content][:WAITING])
        return
    talk.begin("n.which", waits=[content])
    rows = [[(requests.title(talk, one), talk.tap("n.which", one["cons_id"].hex))] for one in found]
    talk.say(talk.text("relay.which"), rows)


@router.callback_query(Tap.filter(F.act == "n.which"))
async def which(query: CallbackQuery, callback_data: Tap, talk: Talk) -> None:
    """That one: what waited goes there, and what follows too."""
    cons_id = UUID(hex=callback_data.arg)
    found = next((one for one in await desk.open_ones(talk) if one["cons_id"] == cons_id), None)
    if found is None:
        talk.show(talk.text("relay.ended"))
        return
    for content in talk.data.get("waits", []):
        await _bring(talk, cons_id, content)
    talk.end()
    talk.state["cons_id"] = cons_id
    talk.show(talk.text("relay.chosen", request=requests.title(talk, found)))


@router.edited_message()
async def edited(message: Message, talk: Talk) -> None:
    """A text that was changed after it went on: the conversation gets it anew, as an answer to itself."""
    text = message.text or message.caption or ""
    for one in talk.data.get("said", []):
        if one["telegram_id"] == message.message_id:
            one["text"] = text
            return
    found = await book.in_conversation(talk.connection, talk.chat_id, message.message_id)
    clients = {c["client_id"] for c in talk.clients}
    if found is None or not text or not await _is_his(talk, found["cons_id"], clients):
        return
    content = {"name": said.name_of(talk), "text": text, "files": [], "edit_of": message.message_id}
    mark = f"tg-{talk.chat_id}-{message.message_id}-e{message.edit_date}"
    await book.bring_in(talk.connection, found["cons_id"], talk.chat_id, message.message_id, "edit", content, mark=mark)
    await talk.note("request.said", found["cons_id"], after={"characters": len(text), "edited": True})


async def _is_his(talk: Talk, cons_id: UUID, clients: set[UUID]) -> bool:
    try:
        row = await desk.locked(talk, cons_id)
    except NotFound:
        return False
    return row.client_id in clients


@router.callback_query()
async def stray(query: CallbackQuery, talk: Talk) -> None:
    """A button that we never made."""
    talk.toast(talk.text("old_button"), alert=True)
