"""The sandbox page: what 1C holds, Chatwoot's conversations, a Telegram phone, the mail, and switches for faults."""
