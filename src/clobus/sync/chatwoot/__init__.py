"""Chatwoot and us: webhooks in, pushes out, agents provided, and conversations compared."""
