"""Errors outward: problem JSON (RFC 9457) with a stable code and a text in the language of the caller."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import psycopg_pool
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from clobus.core import i18n
from clobus.core.errors import ClobusError

log = structlog.get_logger()
MEDIA = "application/problem+json"


def language(request: Request) -> str:
    """The caller's language: of the address, else the first that we speak of Accept-Language, else Russian."""
    named = request.query_params.get("lang")
    if named in i18n.LANGUAGES:
        return named
    for part in request.headers.get("accept-language", "").split(","):
        code = part.split(";")[0].strip()[:2].lower()
        if code in i18n.LANGUAGES:
            return code
    return i18n.DEFAULT


def problem(
    request: Request, status: int, code: str, data: dict[str, Any] | None = None, retry_after: float | None = None,
    **more: Any,
) -> JSONResponse:  # fmt: skip
    """An answer that says what is wrong."""
    spoken = language(request)
    known = i18n.catalogue(spoken)
    key = f"problem.{code}" if f"problem.{code}" in known else f"problem.{status}"
    try:
        title = i18n.text(spoken, key if key in known else "problem.500", data)
    except (KeyError, IndexError):
        title = known["problem.500"]
    body = {
        "type": f"urn:clobus:problem:{code}", "title": title, "status": status, "code": code,
        "trace_id": request.scope.get("trace_id"), **more,
    }  # fmt: skip
    headers = {"Retry-After": str(max(1, math.ceil(retry_after)))} if retry_after is not None else None
    return JSONResponse(body, status, headers, MEDIA)


async def _ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ClobusError)  # noqa: S101 - the handler is registered for nothing else
    retry = getattr(error, "retry_after", None)
    return problem(request, error.http_status, error.code, error.data, retry)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    # Where and what, but not the value that was sent.
    errors = [{"loc": list(e["loc"]), "type": e["type"], "msg": e["msg"]} for e in error.errors()]
    return problem(request, 422, "request.invalid", errors=errors)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    return problem(request, error.status_code, f"http.{error.status_code}")


async def _database(request: Request, error: Exception) -> JSONResponse:
    log.warning("api.database_away", error=type(error).__name__)
    return problem(request, 503, "database.away", retry_after=2)


async def _unstorable(request: Request, error: Exception) -> JSONResponse:
    """A value that no rule caught and nothing can hold: a zero character, half a one, the day before the first."""
    log.warning("api.unstorable", error=type(error).__name__)
    return problem(request, 422, "request.invalid")


async def _bug(request: Request, error: Exception) -> JSONResponse:
    log.error("api.bug", exc_info=error)
    return problem(request, 500, "internal")


HANDLERS: dict[type[Exception], Callable[[Request, Exception], Awaitable[JSONResponse]]] = {
    ClobusError: _ours,
    RequestValidationError: _invalid,
    HTTPException: _http,
    psycopg.DataError: _unstorable,
    UnicodeEncodeError: _unstorable,
    OverflowError: _unstorable,
    psycopg.OperationalError: _database,
    psycopg_pool.PoolTimeout: _database,
}


async def answer(request: Request, error: Exception) -> JSONResponse | None:
    """What an error is answered with; None for a bug, which the outermost layer answers."""
    found = next((HANDLERS[kind] for kind in type(error).__mro__ if kind in HANDLERS), None)
    return await found(request, error) if found else None


def install(app: FastAPI) -> None:
    """Register the handlers."""
    for kind, handler in HANDLERS.items():
        app.add_exception_handler(kind, handler)
    app.add_exception_handler(Exception, _bug)
