"""The filter language of conversations, contacts and automation rules (chatwoot.md §2.3.4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from clobus_twins.chatwoot import model
from clobus_twins.chatwoot.call import unprocessable
from clobus_twins.chatwoot.memory import Memory

EQUAL = ("equal_to", "not_equal_to")
PRESENT = ("is_present", "is_not_present")
LIKE = ("contains", "does_not_contain")
DATES = ("is_greater_than", "is_less_than", "days_before")

CONVERSATION_KEYS: dict[str, tuple[str, ...]] = {
    "status": EQUAL,
    "assignee_id": EQUAL + PRESENT,
    "inbox_id": EQUAL + PRESENT,
    "team_id": EQUAL + PRESENT,
    "contact_id": EQUAL + PRESENT,
    "priority": EQUAL,
    "display_id": EQUAL + LIKE,
    "campaign_id": EQUAL + PRESENT,
    "labels": EQUAL + PRESENT,
    "browser_language": EQUAL,
    "conversation_language": EQUAL,
    "referer": EQUAL + LIKE,
    "created_at": DATES,
    "last_activity_at": DATES,
    "mail_subject": EQUAL + LIKE,
}
CONTACT_KEYS: dict[str, tuple[str, ...]] = {
    "name": EQUAL + LIKE,
    "phone_number": (*EQUAL, *LIKE, "starts_with"),
    "email": EQUAL + LIKE,
    "identifier": EQUAL,
    "country_code": EQUAL,
    "city": EQUAL + LIKE,
    "company_name": EQUAL + LIKE,
    "labels": EQUAL + PRESENT,
    "created_at": DATES,
    "last_activity_at": DATES,
    "blocked": EQUAL,
}
ADDITIONAL = frozenset(
    {"browser_language", "conversation_language", "referer", "mail_subject", "country_code", "city", "company_name"}
)
Test = Callable[[Any], bool]


class Filter:
    """A list of conditions, checked and ready to be asked."""

    def __init__(self, store: Memory, account_id: int, entity: str, rows: Any, *, now: float) -> None:
        self.store = store
        self.account_id = account_id
        self.entity = entity
        self.keys = CONVERSATION_KEYS if entity == "conversation" else CONTACT_KEYS
        self.today = datetime.fromtimestamp(now, UTC).date()
        self.groups: list[list[Test]] = [[]]
        self.pinned_number: str | None = None
        conditions = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        for position, row in enumerate(conditions):
            self.groups[-1].append(self._test(row))
            operator = row.get("query_operator")
            if operator not in (None, "") and str(operator).upper() not in ("AND", "OR"):
                raise unprocessable('Query operator must be either "AND" or "OR".')
            if str(operator).upper() == "OR" and position < len(conditions) - 1:
                self.groups.append([])
        if len(self.groups) == 1:
            self.pinned_number = next((value for row in conditions if (value := self._number(row))), None)

    def matches(self, row: Any) -> bool:
        """True when the row fits: AND binds tighter than OR, there are no parentheses."""
        return any(all(test(row) for test in group) for group in self.groups)

    def _number(self, row: dict[str, Any]) -> str | None:
        values = _listed(row.get("values"))
        if row.get("attribute_key") == "number_con" and row.get("filter_operator") == "equal_to" and len(values) == 1:
            return str(values[0])
        return None

    def _test(self, row: dict[str, Any]) -> Test:
        key, operator = str(row.get("attribute_key")), str(row.get("filter_operator"))
        allowed = self.keys.get(key)
        if allowed is not None and operator not in allowed:
            raise unprocessable(f"Invalid operator. The allowed operators for {key} are [{','.join(allowed)}].")
        values = _listed(row.get("values"))
        if operator not in PRESENT and not values:
            raise unprocessable(f"Invalid value. The values provided for {key} are invalid")
        if allowed is None:
            return self._custom(key, operator, values)
        if key == "labels":
            return _labels(operator, {str(value) for value in values})
        if key in ("created_at", "last_activity_at"):
            return self._dates(lambda one: _day(getattr(one, key)), operator, values)
        if key == "status" and "all" in values:
            return lambda _: True
        if key == "phone_number":
            values = ["+" + str(values[0]).replace("+", "")] if operator in EQUAL else values
        if key in ADDITIONAL:
            return _texts(lambda one: one.additional_attributes.get(key), operator, values, absent_differs=False)
        return _texts(lambda one: getattr(one, key, None), operator, values, absent_differs=False)

    def _custom(self, key: str, operator: str, values: list[Any]) -> Test:
        wanted = f"{self.entity}_attribute"
        kind = next(
            (
                one.attribute_display_type
                for one in self.store.definitions.of(self.account_id)
                if one.attribute_key == key and one.attribute_model == wanted
            ),
            None,
        )
        if kind is None:
            raise unprocessable(
                f"Invalid attribute key - [{key}]. The key should be one of [{','.join(self.keys)}] "
                "or a custom attribute defined in the account."
            )

        def read(one: Any) -> Any:
            return one.custom_attributes.get(key)

        if operator in DATES:
            if kind == "number":
                return _numbers(read, operator, values)
            return self._dates(lambda one: _as_date(read(one)), operator, values)
        if kind == "checkbox":
            values = [str(value).lower() in ("true", "t", "1") for value in values]
        return _texts(read, operator, values, absent_differs=True)

    def _dates(self, read: Callable[[Any], date | None], operator: str, values: list[Any]) -> Test:
        if operator == "days_before":
            limit: date | None = self.today - timedelta(days=int(values[0]))
        else:
            limit = _as_date(values[0])
        if limit is None:
            raise unprocessable("Invalid value. The values provided are invalid")
        fixed = limit
        if operator == "is_greater_than":
            return lambda one: (day := read(one)) is not None and day > fixed
        return lambda one: (day := read(one)) is not None and day < fixed


def _listed(values: Any) -> list[Any]:
    if values is None or values == "":
        return []
    return list(values) if isinstance(values, list) else [values]


def _labels(operator: str, wanted: set[str]) -> Test:
    return {
        "equal_to": lambda one: not wanted.isdisjoint(one.labels),
        "not_equal_to": lambda one: wanted.isdisjoint(one.labels),
        "is_present": lambda one: bool(one.labels),
        "is_not_present": lambda one: not one.labels,
    }[operator]


def _plain(value: Any) -> str:
    return str(value).lower()


def _texts(read: Callable[[Any], Any], operator: str, values: list[Any], *, absent_differs: bool) -> Test:
    wanted = {_plain(value) for value in values}

    def same(one: Any) -> bool | None:
        value = read(one)
        return None if value is None else _plain(value) in wanted

    def like(one: Any) -> bool:
        value = read(one)
        return value is not None and any(part in _plain(value) for part in wanted)

    tests: dict[str, Test] = {
        "equal_to": lambda one: same(one) is True,
        "not_equal_to": lambda one: same(one) is False or (absent_differs and same(one) is None),
        "contains": like,
        "does_not_contain": lambda one: read(one) is not None and not like(one),
        "starts_with": lambda one: any(_plain(read(one) or "").startswith(part) for part in wanted),
        "is_present": lambda one: read(one) is not None,
        "is_not_present": lambda one: read(one) is None,
    }
    if operator not in tests:
        raise unprocessable(f"Invalid operator. The allowed operators are [{','.join(tests)}].")
    return tests[operator]


def _numbers(read: Callable[[Any], Any], operator: str, values: list[Any]) -> Test:
    limit = float(values[0])

    def number(one: Any) -> float | None:
        try:
            return float(read(one))
        except (TypeError, ValueError):
            return None

    if operator == "is_greater_than":
        return lambda one: (value := number(one)) is not None and value > limit
    return lambda one: (value := number(one)) is not None and value < limit


def _day(stamp: float | None) -> date | None:
    return None if stamp is None else datetime.fromtimestamp(stamp, UTC).date()


def _as_date(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def candidates(store: Memory, account_id: int, chosen: Filter) -> list[model.Conversation]:
    """The conversations that fit; `number_con` is looked up, everything else is walked."""
    index = store.conversation_index[account_id]
    if chosen.pinned_number is not None:
        rows = list(index.by_number.get(chosen.pinned_number, {}).values())
        if not rows and chosen.pinned_number.lower() != chosen.pinned_number.upper():
            rows = list(index.rows.values())
    else:
        rows = list(index.rows.values())
    return [row for row in rows if chosen.matches(row)]
