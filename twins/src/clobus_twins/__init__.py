"""Twins of the outside systems: they answer as 1C, Chatwoot and Telegram do, keep state on disk and take faults."""
