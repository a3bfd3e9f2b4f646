"""Every route that changes something writes down who did it; what does not is named here, with why."""

from __future__ import annotations

import ast
import json
from functools import cache
from typing import Any

import pytest

from clobus.api.app import bare_app
from clobus.modules.accounts.audit import ACTS
from tests.api.test_doors import routes_of
from tests.architecture.tree import ROOT

API = ROOT / "src/clobus/api"
WRITERS = {"noted", "noted_of_request", "by_person", "audit.note"}
"""What writes an act; `by_person` is who the creator of requests is told to write down."""
NOTHING_IS_DONE = {
    "POST /api/live/tickets": "a ticket for one minute: what is watched changes nothing",
    "POST /api/dashboard-app/passes": "a pass for a quarter of an hour of a session whose begin is written down",
    "POST /api/auth/sessions/rotate": "another token of the same session, as it gets by itself anyway",
    "POST /api/auth/password/strength": "a word is weighed and forgotten",
    "POST /api/auth/passkeys/options": "a challenge; the log-in by it is written down",
    "POST /api/me/passkeys/options": "a challenge; the passkey that is made with it is written down",
    "POST /api/me/totp": "a secret that counts only when it is confirmed, which is written down",
    "POST /api/auth/telegram-login/start": "a code to be shown to the bot; the log-in by it is written down",
    "POST /api/me/telegram/start": "a code to be shown to the bot; the tie by it is written down",
    "POST /api/auth/register": "nobody is there yet: the account is written down when its address is proved",
    "POST /api/auth/password/forgot": "anybody may ask for a letter; the reset by it is written down",
    "POST /hooks/chatwoot": "a machine calls; what people did there is in log.events",
    "POST /hooks/telegram": "a machine calls; what people do by the bot is written down where it is done",
}


class Module:
    """The functions of a module of the API, and what its names stand for."""

    def __init__(self, name: str) -> None:
        tree = ast.parse((API / f"{name}.py").read_text(encoding="utf-8"))
        self.functions: dict[str, ast.AST] = {}
        self.names: dict[str, tuple[str, str]] = {}
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self.functions[node.name] = node
            if isinstance(node, ast.ImportFrom) and node.module:
                for each in node.names:
                    known = each.asname or each.name
                    if node.module == "clobus.api":
                        self.names[known] = (each.name, "")
                    elif node.module.startswith("clobus.api."):
                        self.names[known] = (node.module.removeprefix("clobus.api."), each.name)


@cache
def module(name: str) -> Module:
    return Module(name)


def named(node: ast.AST) -> set[str]:
    """`name` and `module.name` for whatever a function mentions."""
    found = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    attributes = (each for each in ast.walk(node) if isinstance(each, ast.Attribute))
    return found | {f"{each.value.id}.{each.attr}" for each in attributes if isinstance(each.value, ast.Name)}


@cache
def writes(where: str, name: str) -> bool:
    """Whether a function writes an act, itself or by what it calls."""
    return _writes(where, name, set())


def _writes(where: str, name: str, seen: set[tuple[str, str]]) -> bool:
    node = module(where).functions.get(name)
    if node is None or (where, name) in seen:
        return False
    seen.add((where, name))
    mentioned = named(node)
    if mentioned & WRITERS:
        return True
    for each in mentioned:
        first, _, second = each.partition(".")
        to, what = module(where).names.get(first, (where, first))
        if _writes(to, what or second, seen):
            return True
    return False


@cache
def changing() -> dict[str, tuple[str, str]]:
    """Routes that may change something, with the module and the function that serve each."""
    found = {}
    for route in routes_of(bare_app().routes):
        for method in (route.methods or set()) - {"GET", "HEAD", "OPTIONS"}:
            served: Any = route.endpoint
            found[f"{method} {route.path}"] = (served.__module__.removeprefix("clobus.api."), served.__name__)
    return found


@pytest.mark.parametrize("route", sorted(changing()))
def test_a_changing_route_writes_an_act_or_says_why_not(route: str) -> None:
    assert writes(*changing()[route]) != (route in NOTHING_IS_DONE), route


def test_no_exception_stands_for_a_route_that_is_gone() -> None:
    assert NOTHING_IS_DONE.keys() <= changing().keys()


@pytest.mark.parametrize("language", ["uz", "ru", "en"])
def test_every_act_has_words(language: str) -> None:
    words = json.loads((ROOT / f"web/messages/{language}/acts.json").read_text(encoding="utf-8"))["name"]
    # `request` was written by earlier versions, for whatever had no act of its own.
    assert words.keys() == {act.replace(".", "_") for act in ACTS} | {"request"}
    assert all(words.values())


def test_every_act_is_written_somewhere() -> None:
    texts = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src/clobus").rglob("*.py"))
    built = {f"factor.{kind}_added" for kind in ("totp", "passkey")} | {"handover.accepted", "handover.declined"}
    assert {act for act in ACTS - built if texts.count(f'"{act}"') < 2} == set()
