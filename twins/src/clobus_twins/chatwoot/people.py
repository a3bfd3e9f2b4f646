"""Rules of contacts: validation, companies by e-mail domain, identification, merging (chatwoot.md §2.2, §3)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from clobus_twins.chatwoot import model
from clobus_twins.chatwoot.call import Problem, refuse
from clobus_twins.chatwoot.conversations import checked

if TYPE_CHECKING:
    from clobus_twins.chatwoot.work import Work

_PHONE = re.compile(r"\+[1-9]\d{1,14}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
FREE_MAIL = frozenset(
    [
        "gmail.com",
        "googlemail.com",
        "mail.ru",
        "inbox.ru",
        "list.ru",
        "bk.ru",
        "yandex.ru",
        "yandex.com",
        "ya.ru",
        "yahoo.com",
        "hotmail.com",
        "outlook.com",
        "live.com",
        "icloud.com",
        "proton.me",
        "protonmail.com",
        "rambler.ru",
        "umail.uz",
    ]
)
FIELDS = (
    "name",
    "email",
    "phone_number",
    "identifier",
    "blocked",
    "additional_attributes",
    "custom_attributes",
)


def cleaned(given: dict[str, Any]) -> dict[str, Any]:
    """Permitted fields of a contact, e-mail lower-cased, blank keys absent."""
    values = {key: given[key] for key in FIELDS if key in given}
    for key in ("email", "phone_number", "identifier"):
        if key in values:
            values[key] = str(values[key]).strip() if values[key] not in (None, "") else None
    if values.get("email"):
        values["email"] = values["email"].lower()
    if "name" in values:
        values["name"] = str(values["name"] or "")
    if "blocked" in values:
        values["blocked"] = bool(values["blocked"])
    for key in ("additional_attributes", "custom_attributes"):
        if key in values:
            values[key] = checked(values[key], key) if isinstance(values[key], dict) else {}
    return values


def check(work: Work, account_id: int, values: dict[str, Any], own_id: int | None = None) -> None:
    """422 for a malformed or taken e-mail, phone number or identifier."""
    index = work.store.contact_index[account_id]
    errors: list[tuple[str, str]] = []

    def taken(found: model.Contact | None) -> bool:
        return found is not None and found.id != own_id

    if email := values.get("email"):
        if not _EMAIL.fullmatch(email):
            errors.append(("Email Invalid email", "email"))
        elif taken(index.by_email.get(email)):
            errors.append(("Email has already been taken", "email"))
    if (identifier := values.get("identifier")) and taken(index.by_identifier.get(identifier)):
        errors.append(("Identifier has already been taken", "identifier"))
    if phone := values.get("phone_number"):
        if taken(index.by_phone.get(phone)):
            errors.append(("Phone number has already been taken", "phone_number"))
        if not _PHONE.fullmatch(phone):
            errors.append(("Phone number should be in e164 format", "phone_number"))
    refuse(errors)


def create(work: Work, account_id: int, given: dict[str, Any]) -> model.Contact:
    """Make a contact and announce it."""
    values = cleaned(given)
    check(work, account_id, values)
    row = model.Contact(account_id=account_id, **values)
    for key, value in derived(row, {}).items():
        setattr(row, key, value)
    _join_company(work, row)
    if row.email:
        row.avatar_due = work.store.now() + work.twin.settings.avatar_after
    work.store.add(row)
    work.emit("contact_created", row)
    return row


def update(work: Work, row: model.Contact, given: dict[str, Any]) -> None:
    """Change a contact; both attribute hashes are merged, not replaced."""
    values = cleaned(given)
    for key in ("additional_attributes", "custom_attributes"):
        if key in values:
            values[key] = getattr(row, key) | values[key]
    check(work, row.account_id, values, row.id)
    if values.get("email") and values["email"] != row.email:
        row.avatar_due = work.store.now() + work.twin.settings.avatar_after
    work.change_contact(row, **values | derived(row, values))
    if row.company_id is None and values.get("email"):
        _join_company(work, row)
        work.store.put(row)


def derived(row: model.Contact, values: dict[str, Any]) -> dict[str, Any]:
    """What the original sets of itself at every save: place and country from the attributes, a visitor who can be
    reached becomes a lead."""
    attributes = values.get("additional_attributes", row.additional_attributes)
    out: dict[str, Any] = {"location": attributes.get("city"), "country_code": attributes.get("country")}
    reachable = any(values.get(key, getattr(row, key)) for key in ("email", "phone_number", "identifier"))
    if row.contact_type == "visitor" and reachable:
        out["contact_type"] = "lead"
    return out


def _join_company(work: Work, row: model.Contact) -> None:
    """A contact belongs to the company of its e-mail's domain, and carries its name, silently."""
    domain = (row.email or "").rpartition("@")[2]
    if not domain or domain in FREE_MAIL:
        return
    store = work.store
    company = next((one for one in store.companies.of(row.account_id) if one.domain == domain), None)
    own = row.additional_attributes.get("company_name")
    if company is None:
        name = own or domain.split(".")[0].replace("-", " ").replace("_", " ").title()
        company = store.add(model.Company(account_id=row.account_id, name=str(name), domain=domain))
    row.company_id = company.id
    if not own:
        row.additional_attributes = row.additional_attributes | {"company_name": company.name}


def identify(work: Work, account_id: int, given: dict[str, Any]) -> model.Contact:
    """The contact with this identifier, else e-mail, else phone; made when there is none (chatwoot.md §3)."""
    values = cleaned(given)
    index = work.store.contact_index[account_id]
    found = (
        index.by_identifier.get(values.get("identifier") or "")
        or index.by_email.get(values.get("email") or "")
        or index.by_phone.get(values.get("phone_number") or "")
    )
    return found or create(work, account_id, given)


def merge(work: Work, base: model.Contact, other: model.Contact) -> None:
    """Move everything of `other` to `base` and drop it; values of `base` win."""
    if base.id == other.id:
        return
    store = work.store
    for row in list(store.conversation_index[base.account_id].by_contact[other.id].values()):
        row.contact_id = base.id
        store.put(row)
        for message in store.messages_of[row.id]:
            if message.sender_type == "Contact" and message.sender_id == other.id:
                message.sender_id = base.id
                store.put(message)
    for address in list(store.sources.by_contact[other.id].values()):
        address.contact_id = base.id
        store.put(address)
    for note in store.notes.of(base.account_id):
        if note.contact_id == other.id:
            note.contact_id = base.id
            store.put(note)
    store.remove(other)
    values: dict[str, Any] = {
        key: getattr(base, key) or getattr(other, key) for key in ("name", "email", "phone_number", "identifier")
    }
    for key in ("additional_attributes", "custom_attributes"):
        values[key] = deep_merged(getattr(other, key), getattr(base, key))
    work.change_contact(base, **values | derived(base, values))


def deep_merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Both hashes in one, `over` winning, nested ones merged too."""
    out = dict(under)
    for key, value in over.items():
        known = out.get(key)
        out[key] = deep_merged(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return out


def of_account(work: Work, account_id: int, contact_id: Any) -> model.Contact:
    """The contact; 404 when the account has none such."""
    row = work.store.contacts.get(contact_id, account_id)
    if row is None:
        raise Problem(404, {"error": "Resource could not be found"})
    return row
