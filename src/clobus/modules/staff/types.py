"""What others may hold of the staff: keys and names that 1C's own data gives."""

from __future__ import annotations

ACCOUNTING_DEPARTMENT = "ИТС консультанты"
"""Whose people take new accounting requests (domain.md §8.1)."""
