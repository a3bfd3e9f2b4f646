"""What the bot tells of itself: commands and description in three languages, the Mini App's button."""

from __future__ import annotations

from aiogram import Bot
from aiogram.types import BotCommand, MenuButtonCommands, MenuButtonWebApp, WebAppInfo

from clobus.core import i18n

COMMANDS = ("new", "my", "org", "language", "help")


async def install(bot: Bot, webapp_url: str | None) -> None:
    """Set it all; harmless when it stands already."""
    for code in (None, *i18n.LANGUAGES):
        language = code or i18n.DEFAULT
        commands = [
            BotCommand(command=name, description=i18n.text(language, f"bot.command.{name}")) for name in COMMANDS
        ]
        await bot.set_my_commands(commands, language_code=code)
        await bot.set_my_description(i18n.text(language, "bot.description"), language_code=code)
        await bot.set_my_short_description(i18n.text(language, "bot.short_description"), language_code=code)
    if webapp_url:
        text = i18n.text(i18n.DEFAULT, "bot.webapp")
        button = MenuButtonWebApp(text=text, web_app=WebAppInfo(url=webapp_url))
        await bot.set_chat_menu_button(menu_button=button)
    else:
        await bot.set_chat_menu_button(menu_button=MenuButtonCommands())
