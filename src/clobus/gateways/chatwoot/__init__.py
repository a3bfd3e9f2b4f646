"""Chatwoot 4.15: application API, platform API and webhook signatures (docs/gateways/chatwoot.md)."""
