"""What may be switched on and off in the twin (onec.md Part 4)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass
class Switches:
    """One publication's habits; the defaults are those of the platform's own 1C as the documents tell it."""

    locale: str = "ru"
    enforce_if_match: bool = False
    iis_query_limit: int = 2048
    segment_limit: int = 260
    count_supported: bool = True
    inlinecount_ignores_paging: bool = False
    orderby_ref_by_presentation: bool = True
    shuffle_single_entity_members: bool = False
    rows_without_ref_key_in_single: bool = False
    unstable_order: bool = False
    plus_is_space: bool = True
    licence_exhausted: bool = False
    sessions_denied: str = ""
    rls_hidden_rows: dict[str, str] = field(default_factory=dict)
    cold_start_delay: float = 0.0
    business_limit: int = 3
    business_limit_on_patch: bool = False
    business_limit_counts_marked: bool = False
    sections_required: bool = False
    silent_truncate: bool = True
    ignore_unknown_property: bool = True
    html_200_on_auth: bool = False
    patch_empty_body: bool = False

    def change(self, values: Any) -> None:
        """Set some of the switches from JSON; ValueError in words on an unknown name or a wrong type."""
        known = {item.name: getattr(self, item.name) for item in fields(self)}
        if not isinstance(values, dict) or not values:
            raise ValueError(f"switches are an object with some of: {', '.join(known)}")
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"unknown switch {name!r}; there are: {', '.join(known)}")
            wanted = type(known[name])
            number = wanted is float and isinstance(value, int) and not isinstance(value, bool)
            if type(value) is not wanted and not number:
                raise ValueError(f"switch {name} takes a {wanted.__name__}, not {value!r}")
        for name, value in values.items():
            setattr(self, name, value)

    def shown(self) -> dict[str, Any]:
        """All switches as JSON."""
        return asdict(self)
