"""The floor of live pages: a bare `websockets` server, no rights, no database; told by datagrams what to send.

`python -m benchmarks.peers.bare_sockets PORT UDP_PORT`: `b TEXT` is broadcast to all, `s N TEXT` sent to the Nth page.
"""

from __future__ import annotations

import asyncio
import sys

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

pages: dict[int, ServerConnection] = {}


class Orders(asyncio.DatagramProtocol):
    """Does what it is told."""

    def datagram_received(self, data: bytes, addr: object) -> None:
        """One order."""
        kind, _, rest = data.decode().partition(" ")
        if kind == "b":
            broadcast(pages.values(), rest)
        else:
            number, _, text = rest.partition(" ")
            broadcast([pages[int(number)]], text)


async def page(connection: ServerConnection) -> None:
    """One page, named by its path."""
    assert connection.request is not None
    pages[int(connection.request.path.rpartition("/")[2])] = connection
    await connection.wait_closed()


async def main(port: int, orders: int) -> None:
    """Serve for ever."""
    await asyncio.get_running_loop().create_datagram_endpoint(Orders, ("127.0.0.1", orders))
    async with serve(page, "127.0.0.1", port, compression=None):
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2])))
