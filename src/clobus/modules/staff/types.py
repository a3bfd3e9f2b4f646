"""What others may hold of the staff: keys and names that 1C's own data gives."""

from __future__ import annotations

from clobus.core.nobody import UNDEFINED_MANAGER

__all__ = ["ACCOUNTING_DEPARTMENT", "UNDEFINED_MANAGER"]

ACCOUNTING_DEPARTMENT = "ИТС консультанты"
"""Whose people take new accounting requests (domain.md §8.1)."""
