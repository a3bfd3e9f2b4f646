"""What the site sends and gets of clients (domain.md §5.3): names as the contract has them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from clobus.modules.clients import names

HASH = r"^[0-9a-fA-F]{32}$"


def _in_form(form: Callable[[str], str]) -> BeforeValidator:
    """Numbers are taken for texts, empty texts for nothing, the rest is brought to one form."""

    def bring(value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            return value
        return form(value) if value.strip() else None

    return BeforeValidator(bring)


def _clean(value: Any) -> Any:
    return names.text(value) if isinstance(value, str) else value


Line = Annotated[str, BeforeValidator(_clean), StringConstraints(max_length=300)]
Company = Annotated[str, BeforeValidator(_clean), StringConstraints(max_length=100)]
Email = Annotated[str | None, _in_form(names.email)]
Phone = Annotated[str | None, _in_form(names.phone)]
TaxId = Annotated[str | None, _in_form(names.tax_id)]
Code = Annotated[str | None, _in_form(names.subscriber_code)]


class ClientIn(BaseModel):
    """A client: found by id, hash, subscriber code or tax id, or made. Subscription and tariff are 1C's and ignored."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    client_id: UUID | None = None
    client_id_hash: Annotated[str | None, Field(pattern=HASH)] = None
    cl_ref_key: UUID | None = None
    subscriber_id: Annotated[
        Code, Field(validation_alias=AliasChoices("subscriberId", "subscriber_id", "code_abonent"))
    ] = None
    org_inn: TaxId = None
    email: Email = None
    phone_number: Phone = None
    name: Line | None = None
    contact_name: Line | None = None
    company_name: Company | None = None
    partner: Line | None = None
    country: Line | None = None
    region: Line | None = None
    city: Line | None = None
    parent_id: UUID | None = None
    is_parent: bool | None = None
    # The site's own hash of what it typed, which our form of the telephone may not give.
    typed_hash: Annotated[str | None, Field(exclude=True)] = None

    @model_validator(mode="before")
    @classmethod
    def _typed(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {**given, "typed_hash": hash_of(given.get("email"), given.get("org_inn"), given.get("phone_number"))}


def hash_of(email: Any, org_inn: Any, phone_number: Any) -> str | None:
    """MD5 by which the old site knows a client (domain.md §4.1); None when there is nothing to hash."""
    parts = (("email", str(email or "").strip().lower()), ("inn", str(org_inn or "").strip()),
             ("phone", str(phone_number or "").strip()))  # fmt: skip
    whole = "|".join(f"{name}:{value}" for name, value in parts if value)
    return hashlib.md5(whole.encode(), usedforsecurity=False).hexdigest() if whole else None


class ClientOut(BaseModel):
    """A client; a user of a subscriber shows his owner's company. What the caller may not see is null."""

    client_id: UUID
    client_id_hash: str | None
    cl_ref_key: UUID | None
    is_parent: bool
    parent_id: UUID | None
    subscriberId: str | None  # noqa: N815 - the contract with the site
    code_abonent: str | None
    org_inn: str | None
    company_name: str | None
    name: str | None
    contact_name: str | None
    partner: str | None
    email: str | None
    phone_number: str | None
    country: str | None
    region: str | None
    city: str | None
    subs_id: str | None
    subs_start: datetime | None
    subs_end: datetime | None
    tariff_id: UUID | None
    tariffperiod_id: UUID | None
    source_id: str | None
    chatwoot_pubsub_token: str | None
    created_at: datetime
    updated_at: datetime
