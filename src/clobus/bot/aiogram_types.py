"""aiogram read in without its 444 models: each is completed when it is first used, and a bot uses a few dozen.

aiogram completes all of them while it is imported, which took two of the three seconds and half of the memory of a
bot's start. It has to be imported before aiogram is: `clobus.commands.bot` does so.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


def read_in() -> None:
    """Import aiogram; the completions that it asks for are put off, and the names that they need are kept."""
    names: dict[str, Any] = {}

    def put_off(cls: type[BaseModel], /, _types_namespace: dict[str, Any] | None = None, **_: Any) -> None:
        names.update(_types_namespace or {})

    at_once = BaseModel.__dict__["model_rebuild"]
    # A method of pydantic is replaced on purpose, for the time of one import.
    BaseModel.model_rebuild = classmethod(put_off)  # type: ignore[assignment,method-assign]
    try:
        # Imported here, where it is watched.
        from aiogram.methods.base import Response, TelegramMethod  # noqa: PLC0415
        from aiogram.types import TelegramObject  # noqa: PLC0415 - as the line above
    finally:
        BaseModel.model_rebuild = at_once  # type: ignore[method-assign]  # as it was

    def completed(cls: type[BaseModel], /, **options: Any) -> bool | None:
        """Complete a model that is used, with the names that were kept; pydantic calls it."""
        done: bool | None = at_once.__func__(cls, **{**options, "_types_namespace": names})
        return done

    if names:  # empty when aiogram was there already, complete
        for base in (TelegramObject, TelegramMethod, Response):
            # Their heirs have no names of their own to look types up in.
            base.model_rebuild = classmethod(completed)  # type: ignore[assignment,method-assign]


read_in()
