"""Who he is: start, language, his own phone, links of the site, for whom he speaks."""

from __future__ import annotations

import re
from uuid import UUID

from aiogram import F, Router
from aiogram.filters import Command, CommandObject, CommandStart
from aiogram.types import CallbackQuery, Message

from clobus.bot import desk, requests
from clobus.bot.buttons import Tap
from clobus.bot.talk import Talk
from clobus.core.i18n import LANGUAGES
from clobus.modules.accounts import links, telegram_login
from clobus.modules.clients import telegram as people

router = Router(name="people")

LOGIN = re.compile(r"login_([A-Za-z0-9_-]{16,60})")
LINK = re.compile(r"link_([A-Za-z0-9_-]{16,60})")
REQUEST = re.compile(r"(?:cons_)?([A-Za-z0-9-]{1,40})")


@router.message(CommandStart(ignore_mention=True))
async def start(message: Message, command: CommandObject, talk: Talk) -> None:
    """The first word, plain or with a deep link."""
    payload = command.args or ""
    talk.end()
    login = LOGIN.fullmatch(payload)
    if login:
        await _sign_in(talk, login.group(1))
        return
    link = LINK.fullmatch(payload)
    if link:
        await _use_link(talk, link.group(1))
        return
    wanted = REQUEST.fullmatch(payload)
    if wanted:
        # The old form of the site. What it names is shown to its own client alone; others first prove who they are.
        talk.begin("", wanted=wanted.group(1))
    if not talk.person["language"]:
        ask_language(talk)
        return
    await welcome(talk)


async def _sign_in(talk: Talk, token: str) -> None:
    """Give the code with which he goes on at the page where he began; his telephone has to be known by then."""
    if talk.person["phone_number"] is None:
        talk.begin("", login=token)
        talk.ask_contact(talk.text("login.contact"))
        return
    talk.end()
    code = await telegram_login.give_code(talk.connection, token, talk.user_id)
    talk.say_and_clear(talk.text("login.code", code=code) if code else talk.text("login.dead"))


async def _use_link(talk: Talk, token: str) -> None:
    client_id = await links.use(talk.connection, links.TELEGRAM, token)
    if client_id is None:
        talk.say(talk.text("link.dead"))
        return
    await people.link(talk.connection, talk.user_id, client_id, "link")
    await talk.note("telegram.linked", talk.user_id, after={"clients": [str(client_id)], "by": "link"})
    await talk.relink()
    talk.state["client_id"] = client_id
    company = next((c["company"] or c["name"] for c in talk.clients if c["client_id"] == client_id), "")
    talk.say_and_clear(talk.text("link.done", company=company))
    if not talk.person["language"]:
        ask_language(talk)
    else:
        menu(talk)


def ask_language(talk: Talk) -> None:
    """Ask what he speaks, in all three languages."""
    rows = [[(talk.text(f"language.{code}"), talk.tap("p.lang", code))] for code in LANGUAGES]
    talk.say(talk.text("language.ask"), rows)


@router.message(Command("language", ignore_mention=True))
async def language(message: Message, talk: Talk) -> None:
    """Choose the language anew."""
    ask_language(talk)


@router.callback_query(Tap.filter(F.act == "p.lang"))
async def language_chosen(query: CallbackQuery, callback_data: Tap, talk: Talk) -> None:
    """He chose."""
    if callback_data.arg in LANGUAGES:
        await talk.choose_language(callback_data.arg)
    talk.show(talk.text("language.chosen"))
    await welcome(talk)


async def welcome(talk: Talk) -> None:
    """Greet him: with the menu when we know for whom he speaks, else ask for his phone."""
    if not talk.clients:
        talk.ask_contact(talk.text("welcome", name=talk.person["first_name"] or ""))
        return
    wanted = talk.data.get("wanted")
    if wanted:
        talk.end()
        found = await desk.named(talk, str(wanted))
        if found is None:
            talk.say(talk.text("request.unknown"))
        else:
            await requests.choose(talk, UUID(found["cons_id"]))
            return
    menu(talk)


def menu(talk: Talk) -> None:
    """What he can do."""
    client = talk.client
    rows = [
        [(talk.text("menu.new"), talk.tap("p.new"))],
        [(talk.text("menu.my"), talk.tap("p.my"))],
    ]
    if len(talk.clients) > 1:
        rows.append([(talk.text("menu.org"), talk.tap("p.orgs"))])
    company = (client["company"] or client["name"] or "") if client else talk.text("org.several", n=len(talk.clients))
    talk.say(talk.text("menu", company=company), rows, webapp=True)


@router.message(Command("help", ignore_mention=True))
async def helped(message: Message, talk: Talk) -> None:
    """What the bot can do."""
    talk.say(talk.text("help"))


@router.message(F.contact)
async def contact(message: Message, talk: Talk) -> None:
    """A phone counts only when Telegram vouches that it is the sender's own: a forwarded contact is refused."""
    shared = message.contact
    if shared is None or shared.user_id != talk.user_id:
        talk.ask_contact(talk.text("contact.foreign"))
        return
    phone = people.normalised(shared.phone_number)
    if phone is None:
        talk.ask_contact(talk.text("contact.foreign"))
        return
    known = talk.person
    talk.person |= await people.remember(
        talk.connection, talk.user_id, talk.chat_id, username=known["username"], first_name=known["first_name"],
        last_name=known["last_name"], phone_number=phone,
    )  # fmt: skip
    await people.link_by_phone(talk.connection, talk.user_id, talk.rules.folder)
    await talk.relink()
    linked = [str(client["client_id"]) for client in talk.clients]
    await talk.note("telegram.linked", talk.user_id, after={"clients": linked, "by": "phone"})
    if talk.data.get("login"):
        await _sign_in(talk, str(talk.data["login"]))
        return
    if not talk.clients:
        talk.say_and_clear(talk.text("contact.unknown"))
        return
    talk.say_and_clear(talk.text("contact.done", n=len(talk.clients)))
    await welcome(talk)


@router.message(Command("org", ignore_mention=True))
@router.callback_query(Tap.filter(F.act == "p.orgs"))
async def organisations(event: Message | CallbackQuery, talk: Talk) -> None:
    """For whom does he speak now?"""
    ask_organisation(talk, "")


def ask_organisation(talk: Talk, then: str) -> None:
    """Let him choose; `then` is the act to go on with."""
    rows = [
        [((c["company"] or c["name"] or c["code"] or "—")[:60], talk.tap(f"p.org{then}", str(c["client_id"])))]
        for c in talk.clients[:30]
    ]
    talk.say(talk.text("org.ask"), rows)


def chosen(talk: Talk, arg: str) -> bool:
    """Remember the choice; False when it is none of his."""
    found = next((c for c in talk.clients if str(c["client_id"]) == arg), None)
    if found is None:
        talk.toast(talk.text("old_button"), alert=True)
        return False
    talk.state |= {"client_id": found["client_id"], "cons_id": None}
    return True


@router.callback_query(Tap.filter(F.act == "p.org"))
async def organisation_chosen(query: CallbackQuery, callback_data: Tap, talk: Talk) -> None:
    """He chose; it is remembered."""
    if not chosen(talk, callback_data.arg):
        return
    talk.end()
    client = talk.client or {}
    talk.show(talk.text("org.chosen", company=client.get("company") or client.get("name") or ""))
    menu(talk)
