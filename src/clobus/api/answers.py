"""What a route may refuse with: problems by code, as the OpenAPI document lists them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from clobus.core.i18n import catalogue, text

MEDIA = "application/problem+json"


class Problem(BaseModel):
    """Why a request was refused (RFC 9457). `code` is stable; `title` is in the caller's language."""

    type: str
    title: str
    status: int
    code: str
    trace_id: str | None
    errors: list[dict[str, Any]] | None = None


STATUS: dict[str, int] = {
    "article.unknown": 404,
    "attachment.empty": 422, "attachment.malformed": 400, "attachment.none": 400, "attachment.too_large": 413,
    "attachment.too_many": 413, "attachment.type": 415, "attachment.unknown": 404, "auth.role": 403,
    "auth.unknown": 401, "client.code_and_tax_id_required": 400, "client.code_is_no_number": 400,
    "client.phone_required": 400, "client.required": 400, "client.tax_id_differs": 409, "client.tax_id_required": 400,
    "client.tax_id_taken": 409, "client.unknown": 404, "consultation.cancel_too_late": 409,
    "consultation.date_required": 422, "consultation.day_limit": 429, "consultation.end_date": 422,
    "consultation.end_without_closing": 422, "consultation.ended": 409, "consultation.handed_over": 409,
    "consultation.not_closed": 409,
    "consultation.not_working": 422, "consultation.nothing_to_change": 400, "consultation.other_client": 403,
    "consultation.past": 422, "consultation.rated": 409, "consultation.same_date": 422, "consultation.status": 422,
    "consultation.support_open": 409, "consultation.too_far": 400, "consultation.unknown": 404,
    "dictionary.unknown": 400, "gateway.down": 503, "gateway.transient": 503, "http.413": 413, "http.415": 415,
    "idempotency.in_flight": 409, "idempotency.key_length": 400, "idempotency.other_body": 422,
    "consultation.manager_unknown": 400, "manager.unknown": 404,
    "page.cursor": 400, "rating.period": 400, "rate.limit": 429, "report.manager": 403,
    "report.period": 400, "report.schedule": 404, "report.unknown": 404, "reassignment.decided": 409,
    "closing.day": 422, "consultation.same_manager": 422, "dashboard.pass": 401, "dashboard.session_needed": 409,
    "dead_letter.letter": 409, "dead_letter.message": 409, "dead_letter.not_editable": 409,
    "dead_letter.unknown": 404,
    "dictionary.changed": 409, "dictionary.unknown_element": 404, "drift.over": 404, "gateway.refused": 422,
    "reassignment.unknown": 404, "reassignment.void": 409, "request.invalid": 422, "database.away": 503,
    "internal": 500, "account.taken": 409, "auth.person_needed": 403, "auth.step_up_needed": 403,
    "auth.too_many": 429, "auth.wrong": 401, "auth.wrong_proof": 403, "invitation.too_many": 409,
    "invitation.unknown": 404, "letters.too_many": 429,
    "member.already": 409, "member.is_owner": 403, "member.locked": 409, "member.unknown": 404,
    "organisation.owned": 409, "organisation.owner_only": 403, "organisation.too_many": 409,
    "organisation.unknown": 404, "passkey.refused": 400, "passkey.unknown": 404, "password.breached": 422,
    "password.weak": 422, "proof.other_browser": 409, "proof.unknown": 401, "register.closed": 403, "session.none": 409,
    "totp.already": 409, "totp.none": 404, "totp.wrong": 422,
    "key.scope": 400, "key.too_many": 409, "key.unknown": 404, "merge.taken": 409,
    "merge.unknown": 404, "organisation.unmatched": 409, "person.account": 400, "person.last_administrator": 409,
    "person.unknown": 404, "person.yourself": 403, "oidc.off": 404, "oidc.failed": 401, "oidc.away": 503,
    "telegram.no_bot": 401, "telegram.code": 401, "telegram.only": 409, "oidc.only": 409,
}  # fmt: skip
_SHOWN: dict[str, Any] = {
    "limit": 3, "days": 30, "minutes": 30, "name": "report.pdf", "megabytes": 20, "status": "resolved",
    "per_minute": 60, "field": "online_question_cat", "years": 12, "system": "onec",
}  # fmt: skip


def problems_of(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route for these codes; KeyError for one that STATUS lacks."""
    found: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        status = STATUS[code]
        entry = found.setdefault(
            status, {"description": text("en", f"problem.{status}"), "content": {MEDIA: {"examples": {}}}}
        )
        entry["content"][MEDIA]["examples"][code] = {"value": example_of(code)}
    return found


def example_of(code: str) -> dict[str, Any]:
    """A problem as a caller who speaks English gets it."""
    texts, status = catalogue("en"), STATUS[code]
    key = f"problem.{code}" if f"problem.{code}" in texts else f"problem.{status}"
    title = texts.get(key, texts["problem.500"]).format_map(_SHOWN)
    body: dict[str, Any] = {
        "type": f"urn:clobus:problem:{code}", "title": title, "status": status, "code": code,
        "trace_id": "5f2b8c1d9e3a4f60",
    }  # fmt: skip
    if code == "request.invalid":
        body["errors"] = [{"loc": ["body", "new_date"], "type": "missing", "msg": "Field required"}]
    return body
