"""The HTTP server: uvicorn, inside our loop, with the head and the body of an answer in one packet."""

from __future__ import annotations

import contextlib
import os
import socket
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Generator


class CannotListen(Exception):
    """The address is not to be had. `str` is a sentence for the operator."""


class OnePacket:
    """A transport that keeps the head of an answer whose length is known until its body comes.

    uvicorn writes the two one after the other, and each write is a system call that wakes the client. Nothing else
    is held back: not the head of a stream, nor an answer without a body.
    """

    __slots__ = ("_head", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head = b""

    def write(self, data: bytes) -> None:
        """Write, with the head that was held back in front."""
        if self._head:
            head, self._head = self._head, b""
            self._transport.writelines((head, data))
        elif data.startswith(b"HTTP/1.1 ") and b"\r\ncontent-length: " in data:
            self._head = data
        else:
            self._transport.write(data)

    def flush(self) -> None:
        """Hold nothing back."""
        if self._head:
            head, self._head = self._head, b""
            self._transport.write(head)

    def close(self) -> None:
        """Close once everything is written."""
        self.flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (whatever a transport has)
        return getattr(self._transport, name)


class Protocol(HttpToolsProtocol):
    """uvicorn's connection, over such a transport."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected."""
        super().connection_made(OnePacket(transport))  # type: ignore[arg-type]

    def on_response_complete(self) -> None:
        """An answer has been given: to a HEAD request without a body."""
        self.transport.flush()  # type: ignore[attr-defined]
        super().on_response_complete()


class Embedded(uvicorn.Server):
    """uvicorn inside our loop: signals are ours, because runs are to be drained before connections are closed."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave the signals alone."""
        yield

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


def http_server(app: Any) -> Embedded:  # noqa: ANN401 (an ASGI application)
    """The HTTP server over an ASGI application. Nothing is logged and no header is made but by the application."""
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        http=Protocol,
        ws="none",
        proxy_headers=False,  # they would tell where a client is, which nothing here asks
        timeout_keep_alive=75,
    )
    return Embedded(config)
