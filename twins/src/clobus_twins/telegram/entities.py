"""`parse_mode`: HTML and MarkdownV2 become a text and its entities, or the API's "can't parse entities"."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from clobus_twins.telegram.errors import BotApiError, bad

Json = dict[str, Any]

_TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "code": "code", "pre": "pre",
    "a": "text_link", "tg-spoiler": "spoiler", "blockquote": "blockquote", "span": "spoiler",
}  # fmt: skip
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE = re.compile(r"&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(lt|gt|amp|quot));")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z-]*)([^<>]*)>")
_HREF = re.compile(r"""href\s*=\s*(?:"([^"]*)"|'([^']*)'|(\S+))""")
_MARKS = {
    "*": "bold", "__": "underline", "_": "italic", "~": "strikethrough", "||": "spoiler", "```": "pre", "`": "code",
}  # fmt: skip
_RESERVED = frozenset("_*[]()~`>#+-=|{}.!")


def length(text: str) -> int:
    """The length of a text as Telegram counts it: UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def parse(text: str, mode: Any) -> tuple[str, list[Json]]:
    """The text that is shown and its entities; BotApiError when the markup is broken."""
    if mode in (None, ""):
        return text, []
    parsers: dict[str, Callable[[str], tuple[str, list[Json]]]] = {"html": _html, "markdownv2": _markdown}
    parser = parsers.get(str(mode).lower())
    if parser is None:
        raise bad("unsupported parse_mode")
    return parser(text)


def broken(text: str) -> BotApiError:
    """The refusal of a broken markup."""
    return bad(f"can't parse entities: {text}")


def _html(text: str) -> tuple[str, list[Json]]:
    shown = ""
    entities: list[Json] = []
    opened: list[Any] = []
    position = 0
    while position < len(text):
        if text[position] == "&":
            found = _REFERENCE.match(text, position)
            if found:
                number, hexadecimal, name = found.groups()
                shown += _NAMED[name] if name else chr(int(number) if number else int(hexadecimal, 16))
                position = found.end()
                continue
        if text[position] != "<":
            shown += text[position]
            position += 1
            continue
        at = len(text[:position].encode())
        tag = _TAG.match(text, position)
        if tag is None:
            name = re.match(r"</?([^\s<>]*)", text[position:])
            raise broken(f'Unsupported start tag "{name.group(1) if name else ""}" at byte offset {at}')
        slash, name_, rest = tag.group(1), tag.group(2).lower(), tag.group(3)
        position = tag.end()
        if slash:
            _close(opened, entities, name_, shown, at)
        elif name_ not in _TAGS or (name_ == "span" and "tg-spoiler" not in rest):
            raise broken(f'Unsupported start tag "{name_}" at byte offset {at}')
        else:
            opened.append((name_, length(shown), rest))
    if opened:
        raise broken(f'Can\'t find end tag corresponding to start tag "{opened[-1][0]}"')
    return shown, sorted(entities, key=lambda one: (one["offset"], -one["length"]))


def _close(opened: list[tuple[str, int, str]], entities: list[Json], name: str, shown: str, at: int) -> None:
    if not opened:
        raise broken(f"Unexpected end tag at byte offset {at}")
    began, start, rest = opened.pop()
    if began != name:
        raise broken(f'Unmatched end tag at byte offset {at}, expected "</{began}>", found "</{name}>"')
    size = length(shown) - start
    if size <= 0:
        return
    entity: Json = {"type": _TAGS[name], "offset": start, "length": size}
    if name == "a":
        link = _HREF.search(rest)
        if link is None:
            return  # without an address it is plain text
        entity["url"] = next(part for part in link.groups() if part is not None)
    entities.append(entity)


def _markdown(text: str) -> tuple[str, list[Json]]:
    shown = ""
    entities: list[Json] = []
    opened: list[Any] = []
    position = 0
    while position < len(text):
        at = len(text[:position].encode())
        inside = opened[-1][0] if opened else ""
        here = text[position]
        if here == "\\" and position + 1 < len(text) and ord(text[position + 1]) <= 126:
            shown += text[position + 1]
            position += 2
            continue
        if inside in ("`", "```") and not text.startswith(inside, position):
            shown += here
            position += 1
            continue
        mark = next((one for one in ("```", "__", "||", "*", "_", "~", "`") if text.startswith(one, position)), None)
        if mark is not None:
            position += len(mark)
            if inside == mark:
                _, start, _ = opened.pop()
                if length(shown) > start:
                    entities.append({"type": _MARKS[mark], "offset": start, "length": length(shown) - start})
            else:
                opened.append((mark, length(shown), at))
            continue
        link = re.match(r"\[([^\]]*)\]\(([^)]*)\)", text[position:])
        if link:
            label = re.sub(r"\\(.)", r"\1", link.group(1))
            entities.append(
                {"type": "text_link", "offset": length(shown), "length": length(label), "url": link.group(2)}
            )
            shown += label
            position += link.end()
            continue
        if here in _RESERVED and not (here == ">" and (not shown or shown.endswith("\n"))):
            raise broken(f"Character '{here}' is reserved and must be escaped with the preceding '\\'")
        shown += "" if here == ">" else here
        position += 1
    if opened:
        mark, _, at = opened[-1]
        raise broken(f"Can't find end of {_MARKS[mark].capitalize()} entity at byte offset {at}")
    return shown, sorted(entities, key=lambda one: (one["offset"], -one["length"]))
