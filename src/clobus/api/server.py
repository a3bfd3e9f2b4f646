"""The HTTP server of the API: uvicorn, with the sockets of live pages on the same port."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import uvicorn
from fastapi import FastAPI

from clobus.api.sockets import Sockets


class Server(uvicorn.Server):
    """Serves until it is told to stop; live pages are sent away first."""

    def __init__(self, config: uvicorn.Config, sockets: Sockets) -> None:
        super().__init__(config)
        self.sockets = sockets

    async def main_loop(self) -> None:
        """Serve, and listen for news."""
        hub = self.sockets.live.hub
        listening = asyncio.create_task(hub.run())
        try:
            await super().main_loop()
        finally:
            hub.end()
            await self.sockets.close()
            listening.cancel()


def make_server(app: FastAPI, host: str, port: int) -> Server:
    """A server for an application of `clobus.api.app`; `serve()` starts it."""
    sockets = Sockets(app.state.live)
    config = uvicorn.Config(
        app, host=host, port=port, log_config=None, access_log=False, ws=cast(Any, sockets.factory()),
        http="httptools", server_header=False, timeout_graceful_shutdown=5, lifespan="off", proxy_headers=False,
    )  # fmt: skip
    return Server(config, sockets)
