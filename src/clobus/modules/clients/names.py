"""How a company, a telephone and a code are written: one form for what people, 1C and the site type differently."""

from __future__ import annotations

import re
import unicodedata

BRAND = re.compile(r"^\s*clobus\s+", re.IGNORECASE)
EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@(?:[^@\s,;<>\".]+\.)+[^@\s,;<>\".]{2,}")
CODE_DIGITS = 15
PHONE_DIGITS = (7, 15)
COUNTRY_CODE, LOCAL_DIGITS = "998", 9


def company_name(raw: str, code: str | None, inn: str | None) -> str:
    """Take the mask `Clobus <company> <code> (<ИНН>)` off; the company's own numbers stay (domain.md §11.1)."""
    name = raw.strip()
    if not BRAND.match(name):
        return name
    name = BRAND.sub("", name)
    if inn and name.endswith(f"({inn})"):
        name = name[: -len(inn) - 2].rstrip()
    if code and re.search(rf"(^|\s){re.escape(code)}$", name):
        name = name[: -len(code)].rstrip()
    return name or raw.strip()


def mask(name: str, code: str | None, inn: str | None) -> str:
    """Put the mask on for 1C, once."""
    if BRAND.match(name):
        return name
    return " ".join(part for part in ("Clobus", name, code or "", f"({inn})" if inn else "") if part)


def text(raw: str) -> str:
    """One line without control characters, which neither PostgreSQL nor 1C holds well."""
    clean = "".join(" " if unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp") else each for each in raw)
    return " ".join(clean.split())


def phone(raw: str) -> str:
    """A telephone as +digits, a local number with our country's code; ValueError when it is none."""
    digits = re.sub(r"[\s()./-]", "", raw)
    digits = digits.removeprefix("+")
    if not digits.isascii() or not digits.isdigit() or not PHONE_DIGITS[0] <= len(digits) <= PHONE_DIGITS[1]:
        raise ValueError("a telephone has 7 to 15 digits")
    local = len(digits) == LOCAL_DIGITS and not raw.strip().startswith("+")
    return f"+{COUNTRY_CODE if local else ''}{digits}"


def same_phone(one: str | None, other: str) -> bool:
    """Whether two ways to write a telephone are one number."""
    try:
        return one is not None and phone(one) == phone(other)
    except ValueError:
        return False


def email(raw: str) -> str:
    """An e-mail address; ValueError when it is none. Signs that nobody sees come along when it is copied."""
    found = "".join(each for each in raw if unicodedata.category(each) != "Cf").strip()
    if len(found) > 254 or not EMAIL.fullmatch(found):
        raise ValueError("this is no e-mail address")
    return found


def tax_id(raw: str) -> str:
    """Digits of ИНН (9) or ПИНФЛ (14); ValueError for anything else."""
    found = re.sub(r"[\s-]", "", raw)
    if not re.fullmatch(r"[0-9]{9}|[0-9]{14}", found):
        raise ValueError("a tax id has 9 or 14 digits")
    return found


def subscriber_code(raw: str) -> str:
    """A subscriber code as 1C holds it, a number; ValueError for anything else."""
    found = raw.strip()
    if not re.fullmatch(rf"[0-9]{{1,{CODE_DIGITS}}}", found) or not int(found):
        raise ValueError("a subscriber code is a number")
    return str(int(found))
