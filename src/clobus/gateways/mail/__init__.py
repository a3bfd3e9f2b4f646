"""Letters over SMTP: sending only (docs/messages.md)."""
