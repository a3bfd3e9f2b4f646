"""Persons and secrets do not reach the logs; what operators need does."""

import pytest

from clobus.core.redaction import HIDDEN, redact, redact_event


@pytest.mark.parametrize(
    "secret",
    [
        "4200000001:AAFakeFakeFakeFakeFakeFakeFakeFakeFak", "+998 90 123-45-67", "998901234567", "aziz@example.uz",
        "8600 1234 5678 9012", "8600123456789012", "301234567", "31234567890123",
    ],
)  # fmt: skip
def test_hidden_in_any_text(secret: str) -> None:
    told = redact(f"call for ({secret}) failed")
    assert secret not in told
    assert told.startswith("call for (")
    assert told.endswith(") failed")


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("https://api.telegram.org/bot123:abc-def_g/sendMessage", "123:abc-def_g"),
        ("postgresql://clobus:pa55@db/clobus", "pa55"),
        ("Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("api_access_token=abcd&x=1", "abcd"),
    ],
)
def test_hidden_inside_addresses_and_headers(text: str, secret: str) -> None:
    assert secret not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "01a20bd3-2a38-7204-9be1-add2fc08408a", "00000000-1234-1234-1234-123456789012", "conversation 29927",
        "2026-01-31T09:00:00+05:00", "Document_ТелефонныйЗвонок", "attempt 3 of 5, 120.5 ms", "port 5432",
    ],
)  # fmt: skip
def test_what_is_needed_stays(text: str) -> None:
    assert redact(text) == text


def test_an_event_is_cleaned_by_its_keys_and_inside() -> None:
    event = {
        "event": "wrote to aziz@example.uz", "phone_number": "12", "api_token": "x", "password": "", "attempts": 3,
        "payload": {"email": "a", "rows": [{"full_name": "Aziz", "id": 7}], "note": "998901234567"},
    }  # fmt: skip
    assert redact_event(None, "info", event) == {
        "event": f"wrote to {HIDDEN}", "phone_number": HIDDEN, "api_token": HIDDEN, "password": "", "attempts": 3,
        "payload": {"email": HIDDEN, "rows": [{"full_name": HIDDEN, "id": 7}], "note": HIDDEN},
    }  # fmt: skip
