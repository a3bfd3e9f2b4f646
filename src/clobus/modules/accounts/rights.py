"""THE table of rights: what each kind of person may do, by the scopes that routes name.

A member of an organisation has the scopes of his role in that organisation, and touches its rows alone. The staff have
the routes that name their role. A test holds every route's declaration against this table.
"""

from __future__ import annotations

from collections.abc import Mapping

from clobus.core.auth import READERS, STAFF, Role

VIEWER, USER, ADMIN = "viewer", "user", "admin"
ROLES = (VIEWER, USER, ADMIN)

_READ = frozenset(
    {
        "clients:read", "consultations:read", "dicts:read", "live", "notifications:read", "preferences:read",
        "organisation:read", "members:read",
    }
)  # fmt: skip
_ACT = frozenset(
    {"clients:write", "consultations:create", "consultations:write", "preferences:write", "chat:token", "links:create"}
)
_MANAGE = frozenset({"organisation:write", "members:write", "keys:read", "keys:write", "organisation-audit:read"})

MEMBERS: Mapping[str, frozenset[str]] = {VIEWER: _READ, USER: _READ | _ACT, ADMIN: _READ | _ACT | _MANAGE}
"""What a member may do for his organisation. Handing it over is the owner's alone, whatever his role."""
NOWHERE = frozenset({"self"})
"""A person of no organisation: nothing but his own account."""
KEYS = _READ | _ACT - {"links:create"} - {"members:read", "organisation:read"}
"""What a key of an organisation may be given."""

_LOOKING = frozenset({*STAFF, Role.AUDITOR})
STAFF_RIGHTS: Mapping[str, frozenset[Role]] = {
    "clients:read": frozenset(READERS),
    "clients:write": frozenset({Role.SERVICE, *STAFF}),
    "clients:write-new": frozenset({Role.SERVICE, *STAFF}),
    "desk:read": _LOOKING,
    "desk:write": frozenset(STAFF),
    "ops:read": frozenset({Role.HEAD, Role.ADMINISTRATOR, Role.AUDITOR}),
    "ops:write": frozenset({Role.HEAD, Role.ADMINISTRATOR}),
    "people:read": frozenset({Role.HEAD, Role.ADMINISTRATOR, Role.AUDITOR}),
    "people:write": frozenset({Role.ADMINISTRATOR}),
    "audit:read": frozenset({Role.ADMINISTRATOR, Role.AUDITOR}),
    "merges:read": _LOOKING,
    "merges:write": frozenset({Role.HEAD, Role.ADMINISTRATOR}),
}
"""Which of the staff a scope is for, where not all of them: no route may let in more."""


def may(role: str | None, scope: str) -> bool:
    """Whether a member with this role may do so in his organisation; None is no member."""
    return role is not None and scope in MEMBERS[role]
