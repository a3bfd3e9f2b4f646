"""The Telegram twin: the part of the Bot API that the platform uses."""
