"""Translators between the partners and the business: they know two languages and hold no rules."""
