"""The ASGI application: requests in, answers out, events after.

Control doors beside those of clobus_twins.control:

* `POST /_control/account` an empty account: `{"account": id, "token": administrator's, "platform": an app's token}`.
* `GET /_control/deliveries` `{"pending": n, "deliveries": [...]}`: what webhooks were carried, and how it ended.
* `POST /_control/settings` changes fields of settings.Settings and shows them all (`{}` only shows).
* `POST /_control/cron` runs the five-minute job now: snoozed conversations open, idle ones resolve.
* `/app/accounts/{account}/conversations/{id}` is an agent's view of a conversation, for people (chatwoot.seat).

Webhook faults (`POST /_control/faults`; `match` is searched in `POST <url> <event>`): `webhook_lost`, `webhook_doubled`
(`"same_id": true` keeps the delivery id), `webhook_reordered` (waits for the next delivery to the address, `seconds`
at most), `webhook_late` (`seconds`), `webhook_badly_signed`.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from clobus_twins.chatwoot import model
from clobus_twins.chatwoot.access import authorize
from clobus_twins.chatwoot.call import Answer, Call, Problem, read_params
from clobus_twins.chatwoot.deliveries import KINDS
from clobus_twins.chatwoot.routes import ROUTES, Endpoint
from clobus_twins.chatwoot.seat import Seat
from clobus_twins.chatwoot.seeding import new_token
from clobus_twins.chatwoot.settings import Settings
from clobus_twins.chatwoot.store import Store
from clobus_twins.chatwoot.throttle import Throttle
from clobus_twins.chatwoot.twin import Twin
from clobus_twins.control import ControlMiddleware

JSON_TYPE = "application/json; charset=utf-8"
FAULT_KINDS = KINDS
log = logging.getLogger(__name__)


class ChatwootTwin:
    """The application, with its store for who seeds it and its twin for who tests it."""

    def __init__(self, twin: Twin) -> None:
        self.twin = twin
        self.store = twin.store
        self._throttle = Throttle(twin.settings)
        routes = [
            Route(one.path, self._endpoint(one), methods=list(one.methods), include_in_schema=False) for one in ROUTES
        ]
        routes.append(Route("/_control/account", self._new_account, methods=["POST"]))
        routes.append(Route("/_control/deliveries", self._deliveries, methods=["GET"]))
        routes.append(Route("/_control/settings", self._settings, methods=["POST"]))
        routes.append(Route("/_control/cron", self._cron, methods=["POST"]))
        app = Starlette(routes=[*routes, *Seat(twin).routes()], lifespan=self._lifespan)
        app.add_exception_handler(HTTPException, _unknown)
        self._app = ControlMiddleware(app, twin.control)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        await self.twin.start()
        try:
            yield
        finally:
            await self.twin.stop()

    def _endpoint(self, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            if self._throttle.refuses(request):
                return Response("Retry later\n", 429, media_type="text/plain")
            if self.twin.settings.frontend_url is None:
                self.twin.base_url = f"{request.url.scheme}://{request.url.netloc}"
            try:
                call = Call(request, self.twin, await read_params(request))
                authorize(call, endpoint)
                answer = answered(endpoint.handler(call))
            except Problem as problem:
                self.store.commit()
                if problem.body is None:
                    return Response(b"", problem.status, media_type="application/json")
                return _json(problem.body, problem.status)
            except Exception:  # whatever a handler did not expect is a 500 in Rails too, and says no more
                log.exception("unhandled: %s %s", request.method, request.url.path)
                self.store.commit()
                return _json({"status": 500, "error": "Internal Server Error"}, 500)
            call.work.finish()
            return answer

        return handle

    async def _new_account(self, _: Request) -> Response:
        """An empty account with an administrator named Admin and a platform app of its own."""
        store = self.store
        if not store.accounts.rows:
            store.add(model.Account(name="Installation"))  # somebody else's, which a caller may not touch
        account_id = store.accounts.last_id + 1
        token, platform = new_token(), new_token()
        store.import_account(
            account_id=account_id,
            name="Clobus",
            token=token,
            platform_token=platform,
            admin_id=store.users.take_id(),
            admin_email=f"admin.{secrets.token_hex(4)}@example.com",
        )
        return JSONResponse({"account": account_id, "token": token, "platform": platform})

    async def _deliveries(self, _: Request) -> Response:
        return JSONResponse(self.twin.courier.shown())

    async def _settings(self, request: Request) -> Response:
        try:
            return JSONResponse(self.twin.settings.apply(await request.json()))
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)

    async def _cron(self, _: Request) -> Response:
        self.twin.cron()
        return JSONResponse({"ok": True})


def answered(result: Any) -> Response:
    """The response that a handler's result stands for."""
    if isinstance(result, Answer):
        if isinstance(result.body, bytes):
            return Response(result.body, result.status, headers=result.headers, media_type=result.media_type)
        if result.body is None:
            return Response(b"", result.status, headers=result.headers, media_type=result.media_type)
        response = _json(result.body, result.status)
        response.headers.update(result.headers)
        return response
    return _json(result, 200)


def _json(body: Any, status: int) -> Response:
    response = JSONResponse(body, status)
    response.headers["content-type"] = JSON_TYPE
    return response


async def _unknown(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 405:
        status = 404
    return JSONResponse({"status": status, "error": "Not Found" if status == 404 else "Bad Request"}, status)


def create_app(data_dir: Path, **options: Any) -> ChatwootTwin:
    """The twin over the state in `data_dir`; `options` are the fields of twin.Settings."""
    return ChatwootTwin(Twin(Store(data_dir), Settings(**options)))
