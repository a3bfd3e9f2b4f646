"""Telegram Bot API: sending only (docs/gateways/telegram.md)."""
