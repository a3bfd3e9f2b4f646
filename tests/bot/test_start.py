"""A bot starts without completing hundreds of aiogram's models; each that it uses is completed then."""

from __future__ import annotations

import subprocess
import sys

from aiogram import methods
from aiogram.methods.base import Response
from aiogram.types import Update

LEFT = """
import clobus.commands.bot
from aiogram import methods, types
found = [getattr(home, name) for home in (types, methods) for name in home.__all__]
kinds = [kind for kind in found if hasattr(kind, "model_rebuild")]
print(len(kinds), sum(kind.__pydantic_complete__ for kind in kinds))
"""


def test_a_start_completes_few_models() -> None:
    found = subprocess.run([sys.executable, "-c", LEFT], capture_output=True, text=True, check=True).stdout.split()
    known, complete = int(found[0]), int(found[1])
    assert known > 400
    assert complete < known / 2


def test_every_method_and_every_answer_is_completed_when_it_is_used() -> None:
    Update.model_validate({"update_id": 1})
    for name in methods.__all__:
        kind = getattr(methods, name)
        if kind is not methods.TelegramMethod and hasattr(kind, "__api_method__"):
            kind.model_construct().model_dump()
            assert Response[kind.__returning__].model_validate({"ok": False}).ok is False
            assert kind.__pydantic_complete__, name
