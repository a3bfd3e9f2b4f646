"""One request: who calls, with what parameters, and how it is refused."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from starlette.datastructures import UploadFile
from starlette.requests import Request

from clobus_twins.chatwoot import model
from clobus_twins.chatwoot.work import Work

if TYPE_CHECKING:
    from clobus_twins.chatwoot.twin import Twin

_KEYS = re.compile(r"\[([^\]]*)\]")


class Problem(Exception):
    """A refusal: status and body, in one of the shapes of chatwoot.md §1.6."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


class Answer:
    """An answer that is not plain 200 JSON."""

    def __init__(
        self,
        status: int = 200,
        body: Any = None,
        *,
        media_type: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.status = status
        self.body = body
        self.media_type = media_type
        self.headers = headers or {}


EMPTY = Answer(200)
NO_CONTENT = Answer(204)


def missing() -> Problem:
    """404 of the Application API."""
    return Problem(404, {"error": "Resource could not be found"})


def invalid(message: str, *attributes: str) -> Problem:
    """422 of a model validation."""
    return Problem(422, {"message": message, "attributes": list(attributes)})


def refuse(errors: list[tuple[str, str]]) -> None:
    """422 with every fault of a model (text, attribute) in one message, when there is any."""
    if errors:
        raise invalid(", ".join(text for text, _ in errors), *dict.fromkeys(name for _, name in errors))


def unprocessable(error: Any) -> Problem:
    """422 with `error`, a text or an object."""
    return Problem(422, {"error": error})


def crashed() -> Problem:
    """500 as Rails answers anything it does not handle, for example an unknown enum value."""
    return Problem(500, {"status": 500, "error": "Internal Server Error"})


def truthy(value: Any) -> bool:
    """Rails' boolean cast."""
    return value not in (None, False, 0, "", "0", "f", "F", "false", "FALSE", "off", "OFF")


class Call:
    """A request on its way through a handler."""

    def __init__(self, request: Request, twin: Twin, params: dict[str, Any]) -> None:
        self.request = request
        self.twin = twin
        self.store = twin.store
        self.params = params
        self.path: dict[str, Any] = request.path_params
        self.work = Work(twin)
        self.user: model.User | None = None
        self.bot: model.AgentBot | None = None
        self.platform: model.PlatformApp | None = None
        self.membership: model.AccountUser | None = None

    @property
    def account(self) -> model.Account:
        """The account of the path; 404 when there is none."""
        row = self.store.accounts.get(self.path.get("account_id"))
        if row is None:
            raise missing()
        return row

    @property
    def admin(self) -> bool:
        """True for an administrator of the account."""
        return self.membership is not None and self.membership.role == "administrator"

    @property
    def person(self) -> model.User:
        """The calling user; 401 for a bot."""
        if self.user is None:
            raise Problem(401, {"error": "Access to this endpoint is not authorized for bots"})
        return self.user

    @property
    def page(self) -> int:
        """The page asked for, 1 at least."""
        return max(self.number("page") or 1, 1)

    def number(self, key: str) -> int | None:
        """A parameter as a whole number, None when it is none."""
        try:
            return int(self.params[key])
        except (KeyError, TypeError, ValueError):
            return None

    def root(self, key: str, fields: tuple[str, ...]) -> dict[str, Any]:
        """The permitted fields below a root key; a JSON body without it is wrapped (chatwoot.md §1.7)."""
        given = self.params.get(key)
        if not isinstance(given, dict):
            given = {name: self.params[name] for name in fields if name in self.params}
        if not given:
            raise unprocessable(f"param is missing or the value is empty: {key}")
        return {name: value for name, value in given.items() if name in fields}

    def listed(self, key: str) -> list[Any]:
        """A parameter as a list."""
        value = self.params.get(key)
        if value is None:
            return []
        return value if isinstance(value, list) else [value]

    def conversation(self, key: str = "conversation_id") -> model.Conversation:
        """The conversation of the path; 404 when there is none, 401 when it is not the caller's."""
        row = self.store.conversation(self.account.id, self.path[key])
        if row is None:
            raise missing()
        if not self.sees(row):
            raise Problem(401, {"error": "You are not authorized to do this action"})
        return row

    def sees(self, row: model.Conversation) -> bool:
        """Administrators see all, agents the conversations of their inboxes and teams (chatwoot.md §1.2)."""
        if self.admin or self.user is None:
            return True
        inbox = self.store.inboxes.rows.get(row.inbox_id)
        team = self.store.teams.rows.get(row.team_id or 0)
        return bool((inbox and self.user.id in inbox.members) or (team and self.user.id in team.members))


def nest(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """`a[b]=1&c[]=2` as {"a": {"b": "1"}, "c": ["2"]}."""
    out: dict[str, Any] = {}
    for name, value in pairs:
        head, *_ = name.split("[", 1)
        keys = _KEYS.findall(name[len(head) :])
        place: Any = out
        key: Any = head
        for following in keys:
            empty: Any = [] if following == "" else {}
            if isinstance(place, list):
                place.append(empty)
                place = empty
            else:
                place = place.setdefault(key, empty)
            key = following
        if isinstance(place, list):
            place.append(value)
        elif isinstance(place, dict):
            place[key] = value
    return out


async def read_params(request: Request) -> dict[str, Any]:
    """Query and body together, as Rails' params; 400 when the body is no JSON."""
    params = nest(request.query_params.multi_items())
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind in ("multipart/form-data", "application/x-www-form-urlencoded"):
        form = await request.form(max_files=1000)
        params |= nest([(name, await _loaded(value)) for name, value in form.multi_items()])
        return params
    raw = await request.body()
    if raw.strip() and kind in ("application/json", ""):
        try:
            body = json.loads(raw)
        except ValueError as error:
            raise Problem(400, {"status": 400, "error": "Bad Request"}) from error
        params |= body if isinstance(body, dict) else {"_json": body}
    return params


class File:
    """An uploaded file, read."""

    def __init__(self, name: str, content_type: str, content: bytes) -> None:
        self.name = name
        self.content_type = content_type
        self.content = content


async def _loaded(value: str | UploadFile) -> str | File:
    if isinstance(value, str):
        return value
    return File(value.filename or "file", value.content_type or "application/octet-stream", await value.read())
