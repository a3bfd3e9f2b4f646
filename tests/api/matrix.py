"""Who gets what at every door: one entry for each route, what it answers to each kind of caller.

A known caller who is not named is refused with 403, an unknown one with 401. `Public` doors answer everybody alike but
for whom they name.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

UNKNOWN = ("nobody", "wrong_key", "forged", "stale", "expired", "revoked")
OWN = ("owner", "session", "mini_app", "person")
"""The organisation itself, by key, by session, by Mini App, and by the account of its owner."""
CLIENTS = (*OWN, "viewer", "own_user", "other")
"""`viewer` has an account, too, and may look at what the organisation has."""
SERVICES = ("service", "narrow")
"""A key of a service without scopes, and one with just the scope of the route; `astray` has another scope."""
STAFF = ("manager", "head", "administrator")
KNOWN = (*CLIENTS, "stranger", "front", *SERVICES, "astray", *STAFF, "auditor")
CALLERS = (*UNKNOWN, *KNOWN)


@dataclass(frozen=True)
class Door:
    """How a route is called, and its answers. `@name` in values stands for something that the test makes."""

    answers: dict[str, int]
    values: dict[str, str] = field(default_factory=dict)
    body: Any = None
    form: dict[str, str] | None = None
    query: str = ""
    known: int = 403
    unknown: int = 401

    def answer(self, caller: str) -> int:
        """The status that a caller gets."""
        return self.answers.get(caller, self.unknown if caller in UNKNOWN else self.known)


def to(*who: tuple[str, ...] | str, status: int = 200, **others: int) -> dict[str, int]:
    """These callers get a status, others the one that is named with them."""
    names = [name for each in who for name in ((each,) if isinstance(each, str) else each)]
    return dict.fromkeys(names, status) | others


def public(status: int = 200, body: Any = None, form: dict[str, str] | None = None, query: str = "",
           values: dict[str, str] | None = None, **others: int) -> Door:  # fmt: skip
    """A door for everybody."""
    return Door(others, values or {}, body, form, query, status, status)


READERS = to(CLIENTS, SERVICES, STAFF, "auditor")
DICTIONARY = to(CLIENTS, SERVICES, STAFF, "auditor", "front")
OFFICE = to(SERVICES, STAFF, "auditor")
OWN_ROW = to(OWN, "viewer", SERVICES, STAFF, "auditor", other=404)
HOLDERS = OWN_ROW | {"own_user": 404, "front": 200}
"""Who holds our id of a request may read it."""
ACTING = to(OWN, SERVICES, STAFF, "front", own_user=404, other=404)
SESSION_ONLY = to("session", "person", "viewer", owner=409, own_user=409, other=409, mini_app=409, stranger=409,
                  manager=409, head=409, administrator=409, auditor=409)  # fmt: skip
MINI_APP = to("mini_app")
PERSONS = to("person", "viewer")
OWNER = to("person")
"""The owner of the organisation, by his account."""
HERE = {"organisation_id": "@organisation"}
SECRET = "to'rtinchi qavatdagi moviy choynak"
DESK = to(STAFF, "auditor")
OPERATIONS = to("head", "administrator", "auditor")
SUPPORT = "Техническая поддержка"

REPORT = Door(to("head", "administrator", "auditor"))
SCHEDULE = {"report": "volume", "period": "week", "at": "09:00", "channel": "telegram", "recipient": "-100"}

DOORS: dict[str, Door] = {
    # ---- requests
    "POST /api/consultations/create": Door(
        to(OWN, SERVICES, STAFF, "front"),
        body={"consultation": {"client_id": "@owner", "comment": "?", "consultation_type": SUPPORT}},
    ),
    "GET /api/consultations/clients/{client_id}/consultations": Door(
        OWN_ROW | {"own_user": 404}, {"client_id": "@owner"}
    ),
    "GET /api/consultations/{name}": Door(OWN_ROW | {"own_user": 404, "front": 200}, {"name": "@made"}),
    "POST /api/consultations/{name}/cancel": Door(
        to(OWN, SERVICES, STAFF, "front", own_user=404, other=404), {"name": "@made"}, {}
    ),
    "POST /api/consultations/simple": Door(
        to(OWN, SERVICES, STAFF, "front"), body={"client_id": "@owner", "comment": "?", "consultation_type": SUPPORT}
    ),
    "GET /api/consultations": Door(READERS),
    "PUT /api/consultations/{name}": Door(to(SERVICES, STAFF), {"name": "@made"}, {"comment": "!"}),
    "GET /api/consultations/{name}/calls": Door(HOLDERS, {"name": "@made"}),
    "POST /api/consultations/{name}/sync": Door(ACTING, {"name": "@made"}, {}),
    "GET /api/consultations/{name}/updates": Door(
        HOLDERS, {"name": "@made"}, query="?last_updated=2026-01-01T00:00:00Z"
    ),
    "GET /api/consultations/{name}/timeline": Door(HOLDERS, {"name": "@made"}),
    "GET /api/consultations/{name}/redates": Door(HOLDERS, {"name": "@made"}),
    "POST /api/consultations/{name}/redates": Door(ACTING, {"name": "@made"}, {"new_date": "@working"}),
    "GET /api/consultations/{name}/ratings": Door(HOLDERS, {"name": "@made"}),
    "POST /api/consultations/{name}/ratings": Door(
        to(OWN, SERVICES, "front", status=409) | {"own_user": 404, "other": 404},
        {"name": "@made"},
        {"answers": [{"question_number": 1, "rating": 5}]},
    ),
    "POST /api/consultations/{name}/attachments": Door(
        to(OWN, SERVICES, STAFF, "front", status=415) | {"own_user": 404, "other": 404}, {"name": "@made"}, {}
    ),
    "GET /api/consultations/{name}/attachments": Door(HOLDERS, {"name": "@made"}),
    "GET /api/consultations/{name}/attachments/{attachment_id}": Door(
        to(CLIENTS, SERVICES, STAFF, "auditor", "front", status=404), {"name": "@made", "attachment_id": "@session"}
    ),
    # ---- the talk; no request of the matrix has a conversation yet
    "GET /api/consultations/{name}/messages": Door(OWN_ROW | {"own_user": 404}, {"name": "@made"}),
    "POST /api/consultations/{name}/messages": Door(
        to(OWN, STAFF, status=202) | {"own_user": 404, "other": 404}, {"name": "@made"}, {"text": "?"}
    ),
    "GET /api/consultations/{name}/messages/files/{file_id}": Door(
        to(CLIENTS, SERVICES, STAFF, "auditor", status=404), {"name": "@made", "file_id": "1"}
    ),
    "GET /api/slots": Door(to(CLIENTS, SERVICES, STAFF), query="?client_id=@owner"),
    "GET /api/articles": Door(to(CLIENTS, SERVICES, STAFF, "auditor", "front"), query="?q=hisobot"),
    "GET /api/articles/{ref_key}": Door(
        to(CLIENTS, SERVICES, STAFF, "auditor", "front", status=404), {"ref_key": "@session"}
    ),
    # ---- the portal
    "GET /api/home": Door(to(CLIENTS)),
    "GET /api/home/where/{name}": Door(to("person", "viewer"), {"name": "@made"}),
    # ---- live pages
    "POST /api/live/tickets": Door(READERS, body={}),
    "GET /api/live": public(401, query="?ticket=x"),
    "GET /api/consultations/{name}/stream": Door(OWN_ROW | {"own_user": 404}, {"name": "@made"}),
    # ---- clients
    "POST /api/clients": Door(
        to(OWN, SERVICES, STAFF, "own_user", "front", other=409), body={"subscriberId": "1001", "org_inn": "301234567"}
    ),
    "POST /api/clients/": Door(
        to(OWN, SERVICES, STAFF, "own_user", "front", other=409), body={"subscriberId": "1001", "org_inn": "301234567"}
    ),
    "GET /api/clients/by-hash/{client_hash}": Door(OWN_ROW | {"own_user": 404}, {"client_hash": "@hash"}),
    "GET /api/clients/by-subscriber/{code_abonent}": Door(OWN_ROW | {"own_user": 404}, {"code_abonent": "1001"}),
    "GET /api/clients/{client_id}": Door(OWN_ROW | {"own_user": 404}, {"client_id": "@owner"}),
    # ---- messages
    "GET /api/notifications": Door(to(CLIENTS, STAFF, "auditor")),
    "GET /api/notifications/{id_}": Door(to(STAFF, "auditor", status=404), {"id_": "@session"}),
    "POST /api/notifications/{id_}/retry": Door(to("head", "administrator", status=404), {"id_": "@session"}, {}),
    "GET /api/clients/{client_id}/preferences": Door(OWN_ROW | {"own_user": 404}, {"client_id": "@owner"}),
    "PUT /api/clients/{client_id}/preferences": Door(
        to(OWN, SERVICES, STAFF, own_user=404, other=404), {"client_id": "@owner"}, {"channels": ["telegram"]}
    ),
    # ---- dictionaries
    "GET /api/dicts/po-types": Door(DICTIONARY),
    "GET /api/dicts/po-sections": Door(DICTIONARY),
    "GET /api/dicts/online-question/categories": Door(DICTIONARY),
    "GET /api/dicts/online-questions": Door(DICTIONARY),
    "GET /api/dicts/knowledge-base": Door(DICTIONARY),
    "GET /api/dicts/interference": Door(DICTIONARY),
    "GET /api/dicts/rating-questions": Door(DICTIONARY),
    "PUT /api/dicts/rating-questions/{number}": Door(
        to("head", "administrator"), {"number": "9"}, {"uz": "?", "ru": "?", "en": "?"}
    ),
    # ---- ratings
    "GET /api/ratings/summary": Door(to(STAFF, "auditor")),
    # ---- the web app; none is built here
    "GET /_next/{rest:path}": public(404, values={"rest": "none.js"}),
    "GET /icon.svg": public(404),
    "GET /ru": public(404),
    "GET /ru/{rest:path}": public(404, values={"rest": "none"}),
    "GET /uz": public(404),
    "GET /uz/{rest:path}": public(404, values={"rest": "none"}),
    "GET /en": public(404),
    "GET /en/{rest:path}": public(404, values={"rest": "none"}),
    "GET /rate/done": public(),
    "GET /rate/{token}": public(404, values={"token": "x" * 32}),
    "POST /rate/{token}": public(404, form={"mark-1": "5"}, values={"token": "x" * 32}),
    # ---- managers: no queue and no waiting is told to clients
    "GET /api/managers/load": Door(OFFICE),
    "GET /api/managers/available": Door(OFFICE),
    "GET /api/managers/consultations/{name}/queue-info": Door(OFFICE, {"name": "@made"}),
    "GET /api/managers/{manager_key}/load": Door(OFFICE, {"manager_key": "@manager"}),
    "GET /api/managers/{manager_key}/wait-time": Door(OFFICE, {"manager_key": "@manager"}),
    # ---- handing over
    "GET /api/reassignments": Door(to(STAFF, "auditor")),
    "POST /api/reassignments/{number}/accept": Door(to(STAFF, status=404), {"number": "7"}, {}),
    "POST /api/reassignments/{number}/decline": Door(to(STAFF, status=404), {"number": "7"}, {}),
    # ---- reports: a manager's key that names no manager has no numbers of his own
    "GET /api/reports/overview": REPORT,
    "GET /api/reports/heat": REPORT,
    "GET /api/reports/options": Door(to(STAFF, "auditor")),
    "GET /api/reports/requests": REPORT,
    "GET /api/reports/{name}": replace(REPORT, values={"name": "volume"}),
    "GET /api/reports/{name}/file": replace(REPORT, values={"name": "volume"}, query="?format=csv"),
    "GET /api/report-settings/sla": Door(to(STAFF, "auditor")),
    "PUT /api/report-settings/sla": Door(to("head", "administrator"), body={"items": []}),
    "GET /api/report-settings/schedules": Door(to("head", "administrator", "auditor")),
    "POST /api/report-settings/schedules": Door(to("head", "administrator", status=201), body=SCHEDULE),
    "PUT /api/report-settings/schedules/{schedule_id}": Door(
        to("head", "administrator", status=404), {"schedule_id": "@made"}, SCHEDULE
    ),
    "DELETE /api/report-settings/schedules/{schedule_id}": Door(
        to("head", "administrator", status=404), {"schedule_id": "@made"}
    ),
    # ---- the Mini App
    "GET /api/telegram/check-contact/{telegram_user_id}": Door(MINI_APP, {"telegram_user_id": "501"}),
    "POST /api/telegram/link-user": Door(MINI_APP, body={"telegram_user_id": 501}),
    "GET /api/telegram/consultations/{name}": Door(to(OWN, "viewer", own_user=404, other=404), {"name": "@made"}),
    "GET /api/telegram/consultations/{name}/messages": Door(
        to(OWN, "viewer", own_user=404, other=404), {"name": "@made"}
    ),
    # ---- signing in and out
    "POST /api/auth/telegram": public(401, {}, mini_app=200, stranger=403),
    "POST /api/auth/link": public(401, {"token": "x" * 32}),
    "POST /api/auth/key": public(401, {"token": "x" * 32}),
    "POST /api/auth/links": Door(to(OWN, SERVICES, STAFF), body={"purpose": "telegram", "client_id": "@owner"}),
    "GET /api/auth/session": Door(to(KNOWN)),
    "GET /api/auth/sessions": Door(SESSION_ONLY),
    "DELETE /api/auth/sessions/{session_id}": Door(
        SESSION_ONLY | {"session": 204, "person": 204, "viewer": 204}, {"session_id": "@session"}
    ),
    "POST /api/auth/sessions/rotate": Door(SESSION_ONLY, body={}),
    "POST /api/auth/sign-out": Door(SESSION_ONLY | {"session": 204, "person": 204, "viewer": 204}, body={}),
    "GET /sign-in": public(),
    "POST /sign-in": public(401, form={"token": "x" * 32}),
    # ---- accounts
    "GET /api/auth/methods": public(),
    "POST /api/auth/register": public(202, {"email": "@email", "password": SECRET, "name": "N"}),
    "POST /api/auth/verify-email": public(401, {"token": "x" * 32}),
    "POST /api/auth/login": public(401, {"login": "@email", "password": "x"}),
    "POST /api/auth/second-factor": public(401, {"ticket": "x" * 32, "method": "totp", "code": "123456"}),
    "POST /api/auth/passkeys/options": public(body={}),
    "POST /api/auth/passkeys/login": public(401, {"credential": {}}),
    "POST /api/auth/password/forgot": public(202, {"login": "@email"}),
    "POST /api/auth/password/reset": public(401, {"token": "x" * 32, "password": SECRET}),
    "POST /api/auth/password/strength": public(body={"password": "x"}),
    # These two have no password yet, and come with a fresh session.
    "POST /api/auth/password/change": Door(
        to("person", "viewer", status=204), body={"current": "x", "password": SECRET}
    ),
    "POST /api/auth/step-up": Door(
        to(
            (),
            owner=409,
            own_user=409,
            other=409,
            mini_app=409,
            stranger=409,
            manager=409,
            head=409,
            administrator=409,
            auditor=409,
        ),
        body={"password": "x"},
    ),
    "GET /api/me": Door(PERSONS),
    "PATCH /api/me": Door(PERSONS, body={"language": "uz"}),
    "POST /api/me/email": Door(to("person", "viewer", status=202), body={"email": "@email"}),
    "POST /api/me/totp": Door(PERSONS, body={}),
    "POST /api/me/totp/confirm": Door(to("person", "viewer", status=422), body={"code": "000000"}),
    "DELETE /api/me/totp": Door(to("person", "viewer", status=404)),
    "POST /api/me/recovery-codes": Door(to("person", "viewer", status=404), body={}),
    "GET /api/me/passkeys": Door(PERSONS),
    "POST /api/me/passkeys": Door(to("person", "viewer", status=400), body={"credential": {}, "name": "N"}),
    "POST /api/me/passkeys/options": Door(PERSONS, body={}),
    "DELETE /api/me/passkeys/{passkey_id}": Door(to("person", "viewer", status=404), {"passkey_id": "00"}),
    "GET /api/organisations": Door(PERSONS),
    "POST /api/organisations": Door(to("person", "viewer", status=201), body={"inn": "309999999", "name": "N"}),
    "GET /api/organisations/{organisation_id}": Door(PERSONS, HERE),
    "PATCH /api/organisations/{organisation_id}": Door(to("person", status=204), HERE, {"name": "N"}),
    "POST /api/organisations/{organisation_id}/transfer": Door(
        to("person", status=404), HERE, {"person_id": "@session"}
    ),
    "GET /api/organisations/{organisation_id}/members": Door(PERSONS, HERE),
    "PATCH /api/organisations/{organisation_id}/members/{person_id}": Door(
        to("person", status=404), HERE | {"person_id": "@session"}, {"role": "user"}
    ),
    "DELETE /api/organisations/{organisation_id}/members/{person_id}": Door(
        to("person", status=404), HERE | {"person_id": "@session"}
    ),
    "GET /api/organisations/{organisation_id}/invitations": Door(OWNER, HERE),
    "POST /api/organisations/{organisation_id}/invitations": Door(
        to("person", status=201), HERE, {"email": "@email", "role": "user"}
    ),
    "DELETE /api/organisations/{organisation_id}/invitations/{invitation_id}": Door(
        to("person", status=404), HERE | {"invitation_id": "@session"}
    ),
    "GET /api/organisations/{organisation_id}/keys": Door(OWNER, HERE),
    "POST /api/organisations/{organisation_id}/keys": Door(
        to("person", status=201), HERE, {"name": "N", "scopes": ["consultations:read"]}
    ),
    "DELETE /api/organisations/{organisation_id}/keys/{key_id}": Door(
        to("person", status=404), HERE | {"key_id": "000000000000"}
    ),
    "GET /api/organisations/{organisation_id}/audit": Door(OWNER, HERE),
    "POST /api/auth/telegram-login/start": public(body={}),
    "POST /api/auth/telegram-login/finish": public(401, {"ticket": "x" * 32, "code": "123456"}),
    "POST /api/me/telegram/start": Door(PERSONS, body={}),
    "POST /api/me/telegram": Door(to("person", "viewer", status=401), body={"ticket": "x" * 32, "code": "123456"}),
    "DELETE /api/me/telegram": Door(to("person", "viewer", status=409)),
    "DELETE /api/me/oidc": Door(to("person", "viewer", status=409)),
    "GET /api/auth/oidc/start": public(404),
    "GET /api/auth/oidc/callback": public(404),
    # ---- people, for the staff: what changes somebody needs an account of one's own, not a key
    "GET /api/people": Door(to("head", "administrator", "auditor")),
    "PATCH /api/people/{person_id}": Door({}, {"person_id": "@session"}, {"locked": True}),
    "GET /api/merges": Door(to(STAFF, "auditor")),
    "GET /api/merges/decided": Door(to(STAFF, "auditor")),
    "DELETE /api/merges/{organisation_id}/{client_id}": Door(
        {}, values={"organisation_id": "@session", "client_id": "@owner"}
    ),
    "POST /api/merges": Door({}, body={"organisation_id": "@session", "client_id": "@owner", "same": True}),
    "GET /api/audit": Door(to("administrator", "auditor")),
    "GET /api/audit.csv": Door(to("administrator", "auditor")),
    "POST /api/invitations/accept": Door(to("person", "viewer", status=404), body={"token": "x" * 32}),
    # ---- signs of life
    "GET /": public(),
    "GET /health/live": public(),
    "GET /health/ready": public(),
    "GET /api/health": public(),
    "GET /api/health/db": public(),
    "GET /health/etl": public(503),
    "GET /health/etl/{process}": public(404, values={"process": "nothing"}),
    "GET /health/onec": public(503),
    "GET /health/chatwoot": public(503),
    "GET /metrics": Door(to(SERVICES, "administrator", "auditor")),
    # ---- others' webhooks prove themselves by a signature
    "POST /hooks/chatwoot": public(401, {}),
    "POST /hooks/telegram": public(401, {}),
    "GET /api/events": Door(OFFICE),
    "GET /sandbox": public(404),
    # ---- the console of the desk
    "GET /api/desk/today": Door(DESK),
    "GET /api/desk/requests/{name}": Door(DESK, {"name": "@made"}),
    "POST /api/desk/requests/{name}/manager": Door(to(STAFF), {"name": "@made"}, {"manager_key": "@manager"}),
    "GET /api/desk/clients": Door(DESK),
    "GET /api/desk/clients/doubles": Door(DESK),
    "GET /api/desk/clients/{client_id}": Door(DESK, {"client_id": "@owner"}),
    "GET /api/desk/managers": Door(DESK),
    # A key is no manager: only the head and the administrator speak for others.
    "PUT /api/desk/managers/{manager_key}/closings/{day}": Door(
        to("head", "administrator", manager=403), {"manager_key": "@manager", "day": "@day"}, {"closed": True}
    ),
    "GET /api/desk/words/{kind}": Door(DESK, {"kind": "articles"}),
    "POST /api/desk/words/articles": Door(
        to("head", "administrator", status=503), body={"description": "?", "question": "?", "answer": "!"}
    ),
    "PUT /api/desk/words/articles/{key}": Door(
        to("head", "administrator", status=404),
        {"key": "@session"},
        {"description": "?", "question": "?", "answer": "!", "version": "x"},
    ),
    "PUT /api/desk/words/questions/{key}": Door(
        to("head", "administrator", status=404),
        {"key": "@session"},
        {"description": "?", "question": "?", "useful_info": "!", "version": "x"},
    ),
    "GET /api/desk/messages": Door(DESK),
    # ---- operations
    "GET /api/ops/overview": Door(OPERATIONS),
    "GET /api/ops/runs": Door(OPERATIONS),
    "GET /api/ops/partners": Door(OPERATIONS),
    "GET /api/ops/drift": Door(OPERATIONS),
    "POST /api/ops/drift/repair": Door(
        to("head", "administrator", status=404), body={"consultation": "x", "kind": "x"}
    ),
    "GET /api/ops/dead-letters": Door(OPERATIONS),
    "GET /api/ops/dead-letters/{kind}": Door(
        to("head", "administrator", "auditor", status=404), {"kind": "webhook"}, query="?id=x"
    ),
    "POST /api/ops/dead-letters/act": Door(
        to("head", "administrator", status=404), body={"kind": "webhook", "id": "x", "act": "drop"}
    ),
    # ---- the panel in Chatwoot: a key has no session that a pass could stand for
    "GET /api/dashboard-app": public(200),
    "POST /api/dashboard-app/passes": Door(to(STAFF, "auditor", status=409), body={}),
    "GET /api/dashboard-app/conversations/{conversation_id}": public(401, values={"conversation_id": "1"}),
    # ---- the operations page asks for itself
    "GET /ops": public(302),
}
