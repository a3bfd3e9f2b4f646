"""The twin of Chatwoot 4.15.1: its HTTP interfaces, its rules and its webhooks, with state on disk."""
