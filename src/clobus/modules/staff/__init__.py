"""Managers: who they are, when and in what language they work, what they know."""
