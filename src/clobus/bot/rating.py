"""What he thinks of a consultation: stars for each question, kept one by one, then words if he wants."""

from __future__ import annotations

import html
from uuid import UUID

from aiogram import F, Router
from aiogram.types import CallbackQuery, Message

from clobus.bot import desk
from clobus.bot.buttons import Stars, Tap
from clobus.bot.talk import Talk
from clobus.core.errors import ClobusError

router = Router(name="rating")
STEP = "n.rate"
COMMENT = 1000


@router.callback_query(Stars.filter())
async def begun(query: CallbackQuery, callback_data: Stars, talk: Talk) -> None:
    """The mark that the message itself asks for: the first question's."""
    questions = await desk.questions_about(talk)
    first = questions[0][0] if questions else 1
    if await _kept(talk, callback_data.cons_id, first, callback_data.stars):
        talk.begin(
            STEP, cons_id=str(callback_data.cons_id), first=first, stars=callback_data.stars,
            left=[number for number, _ in questions[1:]],
        )  # fmt: skip
        await _go_on(talk)


@router.callback_query(Tap.filter(F.act == "n.mark"))
async def marked(query: CallbackQuery, callback_data: Tap, talk: Talk) -> None:
    """The mark for another question."""
    question, _, stars = callback_data.arg.partition("-")
    if int(question) not in talk.data["left"]:
        return  # tapped twice
    if await _kept(talk, UUID(talk.data["cons_id"]), int(question), int(stars)):
        talk.go(STEP, left=[number for number in talk.data["left"] if number != int(question)])
        await _go_on(talk)


@router.callback_query(Tap.filter(F.act == "n.skip"))
async def enough(query: CallbackQuery, talk: Talk) -> None:
    """He says no more."""
    talk.end()
    talk.show(talk.text("rate.done"))


async def comment(message: Message, talk: Talk) -> None:
    """His words to the marks."""
    words = (message.text or "").strip()[:COMMENT]
    if await _kept(talk, UUID(talk.data["cons_id"]), int(talk.data["first"]), int(talk.data["stars"]), words):
        talk.say(talk.text("rate.done"))
    talk.end()


async def _kept(talk: Talk, cons_id: UUID, question: int, stars: int, words: str | None = None) -> bool:
    """Whether it was kept; else he has been told why not."""
    try:
        async with talk.connection.transaction():
            kept = await desk.rate(talk, cons_id, question, stars, words)
    except ClobusError as error:
        reason = talk.problem(error)
    else:
        if kept:
            return True
        reason = talk.text("rate.already")
    if talk.query_id:
        talk.toast(html.unescape(reason), alert=True)
    else:
        talk.say(reason)
    return False


async def _go_on(talk: Talk) -> None:
    """The next question, or the place for words."""
    thanks = talk.text("rate.thanks", stars="⭐" * int(talk.data["stars"]))
    questions = dict(await desk.questions_about(talk))
    left = [number for number in talk.data["left"] if number in questions]
    if not left:
        talk.show(f"{thanks} {talk.text('rate.words')}", [[(talk.text("rate.skip"), talk.tap("n.skip"))]])
        return
    row = [("⭐" * stars, talk.tap("n.mark", f"{left[0]}-{stars}")) for stars in range(1, 6)]
    asked = f"{thanks}\n\n<b>{html.escape(questions[left[0]])}</b>"
    talk.show(asked, [row[:3], row[3:], [(talk.text("rate.finish"), talk.tap("n.skip"))]])
