"""The HTTP server: uvicorn, inside our loop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from typing import TYPE_CHECKING, Any, Final, cast

import uvicorn

from clew.app.connections import Config, Connection, Patience, look_at_all

if TYPE_CHECKING:
    from collections.abc import Generator

    from clew.app.tls import Tls

FIRST_INHERITED: Final = 3
CROWD: Final = 1000
"""More connections than this are looked at once a second."""


class CannotListen(Exception):
    """The address is not to be had. `str` is a sentence for the operator."""


class Embedded(uvicorn.Server):
    """uvicorn inside our loop: signals are ours, because runs are to be drained before connections are closed."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave the signals alone."""
        yield

    async def on_tick(self, counter: int) -> bool:
        """About ten times a second; crowds are looked at less often."""
        connections = cast("list[Connection]", list(self.server_state.connections))
        if len(connections) <= CROWD or counter % 10 == 0:
            look_at_all(connections, asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    def drop_connections(self) -> None:
        """Close what has not closed by itself: a body that never comes, an answer that nobody takes."""
        for connection in list(self.server_state.connections):
            connection.transport.abort()


def bound_socket(host: str, port: int) -> socket.socket:
    """A socket that listens there, so that a port which is taken is a sentence and 0 becomes a number.

    Raises `CannotListen`.
    """
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=2048)  # pyright: ignore[reportArgumentType]
    except OSError as error:
        # Python adds the address to the system's own words; a name that is not found has a negative number.
        number = error.errno or 0
        reason = os.strerror(number) if number > 0 else error.strerror
        raise CannotListen(f"Cannot listen on {host}:{port}: {reason}.") from error


def inherited_socket() -> socket.socket | None:
    """The socket that whoever started us holds open for us, as systemd says it; None where nobody does.

    Whoever connects while we start again waits in it, and is not refused.
    """
    if os.environ.get("LISTEN_PID") != str(os.getpid()) or os.environ.get("LISTEN_FDS") != "1":
        return None
    return socket.socket(fileno=FIRST_INHERITED)


def http_server(app: Any, patience: Patience | None = None, tls: Tls | None = None) -> Embedded:  # noqa: ANN401 (an ASGI application)
    """The HTTP server over an ASGI application. Nothing is logged and no header is made but by the application."""
    config = Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        http=Connection,
        ws="none",
        proxy_headers=False,  # they would tell where a client is, which nothing here asks
        timeout_keep_alive=75,
        ssl_certfile=None if tls is None else tls.cert,
        ssl_keyfile=None if tls is None else tls.key,
    )
    config.patience = patience or Patience()
    return Embedded(config)
