"""The questions that clients answer when a consultation is over: ours, in three languages, kept by staff."""

from __future__ import annotations

from typing import Any

from clobus.core import i18n
from clobus.core.db import Connection, one, rows

SHOWN = "number, uz, ru, en, active, position"


async def listed(connection: Connection, *, retired: bool = False) -> list[dict[str, Any]]:
    """The questions in their order; with `retired` those that are asked no more, too."""
    found = await rows(
        connection,
        f"select {SHOWN} from dict.rating_questions where active or %s order by position, number",  # noqa: S608 - names of ours, values are parameters
        (retired,),
    )
    return [dict(row) for row in found]


async def texts(connection: Connection, language: str | None) -> dict[int, str]:
    """All questions by number, in a language."""
    spoken = i18n.language_of(language)
    return {row["number"]: row[spoken] for row in await listed(connection, retired=True)}


async def put(connection: Connection, number: int, given: dict[str, Any]) -> dict[str, Any]:
    """Make a question or change it; what was answered keeps the words that were asked."""
    found = await one(
        connection,
        "insert into dict.rating_questions (number, uz, ru, en, active, position) values (%(number)s, %(uz)s, %(ru)s,"  # noqa: S608 - names of ours, values are parameters
        " %(en)s, %(active)s, %(position)s) on conflict (number) do update set uz = excluded.uz, ru = excluded.ru,"
        " en = excluded.en, active = excluded.active, position = excluded.position, updated_at = now()"
        f" returning {SHOWN}",
        {**given, "number": number},
    )
    return dict(found) if found else {}
