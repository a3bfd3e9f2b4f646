"""The account that 1C puts where a manager is missing: nobody, in messages, lists and reports; `explain` shows it."""

from __future__ import annotations

from uuid import UUID

UNDEFINED_MANAGER = UUID("062699c7-24b2-11e9-a1e3-60a44cafb67d")
"""The placeholder that has a request when nobody suits (domain.md §2.2)."""

SOMEBODY = f"u.cl_ref_key <> '{UNDEFINED_MANAGER}'"
"""A condition on `cons.users u`: a person, whom others may be told of."""
