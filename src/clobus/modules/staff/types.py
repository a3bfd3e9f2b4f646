"""What others may hold of the staff: keys and names that 1C's own data gives."""

from __future__ import annotations

from uuid import UUID

UNDEFINED_MANAGER = UUID("062699c7-24b2-11e9-a1e3-60a44cafb67d")
"""The placeholder that has a request when nobody suits (domain.md §2.2)."""

ACCOUNTING_DEPARTMENT = "ИТС консультанты"
"""Whose people take new accounting requests (domain.md §8.1)."""
