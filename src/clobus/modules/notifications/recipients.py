"""Who is told, through which channels, in which language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from clobus.core import i18n
from clobus.modules.notifications.catalogue import TYPES

BASE = "conversation"
CHATS = 5
"""So many people in Telegram are told of one request at most."""
TELEGRAM_SOURCE = "TELEGRAM"


@dataclass(frozen=True, slots=True)
class Recipient:
    """One who is told: `name` is part of the message's natural key, `route` the channels in their order."""

    name: str
    route: Sequence[str]
    language: str
    telegram_user_id: int | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A manager: who he is, how he is called, his chats with the bot."""

    key: UUID
    name: str
    language: str
    chats: Sequence[Sequence[Any]] = field(default_factory=list)

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Person:
        """From a row of `queries.staff`; he speaks Russian unless he speaks Uzbek only."""
        return cls(row["cl_ref_key"], row["name"], "uz" if row["uz"] and not row["ru"] else "ru", row["chats"])


def client(type_: str, request: Mapping[str, Any], fallback: str | None = None) -> list[Recipient]:
    """Who is told of a client's request.

    The conversation is the base: it always gets its copy. Beside it each person linked in Telegram is told directly
    (e-mail when the newest of them can't be), or whom the client's own choice of channels names. Nobody is linked and
    nothing was chosen: the conversation, and e-mail when there is none; who asked in Telegram does not read it on the
    site, so he gets a letter in any case.
    """
    chosen = [channel for channel in request["channels"] or [] if channel != "chatwoot"]
    chats: Sequence[Sequence[Any]] = request["chats"][:CHATS]
    spoken = request["client_language"] or (chats[0][1] if chats else None) or request["lang"] or fallback
    email = ["email"] if request["has_email"] else []
    if not TYPES[type_].base:
        return _beside(type_, request, chosen, chats, spoken)
    if request["channels"]:
        # The conversation alone is a choice too.
        beside = _in_person(chosen, chats, spoken)
        return [Recipient(BASE, ["chatwoot"], i18n.language_of(spoken)), *beside]
    if chats:
        beside = _in_person(["telegram", *email], chats, spoken)
        return [Recipient(BASE, ["chatwoot"], i18n.language_of(spoken)), *beside]
    if request["source"] == TELEGRAM_SOURCE and email:
        language = i18n.language_of(spoken)
        return [Recipient(BASE, ["chatwoot"], language), Recipient("client", email, language)]
    return [Recipient(BASE, ["chatwoot", *email], i18n.language_of(spoken))]


def _in_person(route: Sequence[str], chats: Sequence[Sequence[Any]], spoken: str | None) -> list[Recipient]:
    if not route:
        return []
    if route[0] != "telegram" or not chats:
        return [Recipient("client", route, i18n.language_of(spoken))]
    # Each person has a chat of his own; what can't be told to the newest one goes on along the route, once.
    return [
        Recipient(f"telegram:{id_}", route if not place else ["telegram"], i18n.language_of(language or spoken), id_)
        for place, (id_, language) in enumerate(chats)
    ]


def _beside(
    type_: str, request: Mapping[str, Any], chosen: Sequence[str], chats: Sequence[Sequence[Any]], spoken: str | None
) -> list[Recipient]:
    """Who is told of an answer: not he to whom the answer itself goes over Telegram."""
    relayed = request["source"] == TELEGRAM_SOURCE
    if request["channels"]:
        route = list(chosen)
    else:
        route = (
            [] if relayed else ["live", *(["telegram"] if chats else []), *(["email"] if request["has_email"] else [])]
        )
    if relayed:
        route = [channel for channel in route if channel != "telegram"]
    return [Recipient("client", route, i18n.language_of(spoken))] if route else []


def manager(type_: str, person: Person) -> list[Recipient]:
    """A manager is told by a private note in the conversation and in each of his chats with the bot."""
    note = [Recipient(BASE, ["chatwoot"], person.language)] if TYPES[type_].base else []
    return note + [
        Recipient(f"telegram:{id_}", ["telegram"], i18n.language_of(language or person.language), id_)
        for id_, language in person.chats[:CHATS]
    ]
