"""Dictionaries and the knowledge base, as 1C keeps them."""
