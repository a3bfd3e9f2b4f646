"""One form for what people type, and the contact lines that 1C is given back."""

from __future__ import annotations

import pytest

from clobus.modules.clients import names
from clobus.modules.clients.schemas import hash_of
from clobus.sync.onec.mapping import outgoing

PHONE_KIND = "c07763c7-2ae8-4708-a608-7691be9d782b"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("+998 90 123-45-67", "+998901234567"), ("998901234567", "+998901234567"), ("90 123 45 67", "+998901234567"),
        ("(90)1234567", "+998901234567"), ("+7 (495) 123-45-67", "+74951234567"), ("+901234567", "+901234567"),
    ],
)  # fmt: skip
def test_telephones(typed: str, kept: str) -> None:
    assert names.phone(typed) == kept
    assert names.same_phone(typed, kept)


@pytest.mark.parametrize(
    "typed", ["", "12", "call", "+998 90 123 45 67 89 01 2", "９０１２３４５６７", "+99890123456x"]
)
def test_no_telephones(typed: str) -> None:
    with pytest.raises(ValueError, match="telephone"):
        names.phone(typed)


@pytest.mark.parametrize(
    "typed", ["a", "a@b", "a@b.c", "a b@c.uz", "a@b..uz", "a@b.uz\n", "\u200ba@b.uz\u200b", "<a@b.uz>", "a@b.uz,c@d.uz"]
)
def test_no_addresses(typed: str) -> None:
    if typed.strip("\n\u200b") == "a@b.uz":
        assert names.email(typed) == "a@b.uz"
        return
    with pytest.raises(ValueError, match="e-mail"):
        names.email(typed)


def test_codes_and_texts() -> None:
    assert names.subscriber_code(" 007 ") == "7"
    for wrong in ("0", "1 or 1", "1'", "-5", "1e3", "١٢٣", "1" * 16):
        with pytest.raises(ValueError, match="number"):
            names.subscriber_code(wrong)
    assert names.tax_id("30 123-45 67") == "301234567"
    assert names.text("a\x00b\u2028c\r\n d‮") == "a b c d‮"


def test_the_hash_is_the_site_s() -> None:
    assert (
        hash_of(" A@B.uz ", "301234567", None) == "20f640d63078287967e2b02814d15e9b"
    )  # md5 of "email:a@b.uz|inn:301234567"
    assert hash_of(None, "", None) is None


def test_contact_lines_keep_what_is_not_ours() -> None:
    lines = [
        {"Ref_Key": "x", "LineNumber": "1", "Тип": "Телефон", "Вид_Key": "other", "Представление": "1", "Прочее": "p",
         "Вид@navigationLinkUrl": "y"},
        {"LineNumber": "2", "Тип": "Телефон", "Вид_Key": PHONE_KIND, "Представление": "2", "НомерТелефона": "2"},
        {"LineNumber": "3", "Тип": "Телефон", "Вид_Key": PHONE_KIND, "Представление": "", "НомерТелефона": ""},
    ]  # fmt: skip
    made = outgoing.contact_lines(lines, {"phone_number": "+998", "email": "a@b.uz"})
    assert made == [
        {"LineNumber": "1", "Тип": "Телефон", "Вид_Key": "other", "Представление": "1", "Прочее": "p"},
        {"LineNumber": "2", "Тип": "Телефон", "Вид_Key": PHONE_KIND, "Представление": "+998", "НомерТелефона": "+998"},
        {"LineNumber": "3", "Тип": "Телефон", "Вид_Key": PHONE_KIND, "Представление": "", "НомерТелефона": ""},
        {"LineNumber": "4", "Тип": "АдресЭлектроннойПочты", "Вид_Key": "f0dddb0f-1cac-49ab-ad37-f9480b0ef654",
         "Представление": "a@b.uz"},
    ]  # fmt: skip
    assert lines[1]["Представление"] == "2"


def test_only_differing_members_are_told() -> None:
    client = {"company_name": "ООО Ромашка", "code_abonent": "7", "org_inn": "301234567"}
    assert outgoing.counterparty_members({}, client, []) == {}
    assert outgoing.counterparty_members({"city": None}, client, []) == {"Город": ""}
    assert outgoing.counterparty_members({"org_inn": "301234567"}, client, []) == {
        "ИНН": "301234567", "ЮридическоеФизическоеЛицо": "ЮридическоеЛицо",
        "Description": "Clobus ООО Ромашка 7 (301234567)",
    }  # fmt: skip
    assert outgoing.counterparty_members({"code_abonent": None}, client | {"code_abonent": None}, []) == {
        "КодАбонентаClobus": 0, "Description": "Clobus ООО Ромашка (301234567)",
    }  # fmt: skip
