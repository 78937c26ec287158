"""A request, as handlers see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from clew.domain.problem import TooLarge

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, MutableMapping

    from clew.domain.project import Caller
    from clew.web.operation import Operation

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]


class ClientGone(Exception):
    """The client closed the connection while its request was being read. Nobody is left to answer."""


def _joined(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers of which some come more than once: their values in one line, as HTTP says that such a header reads.

    So a second key or host does not quietly replace the first, which something in front of us may have looked at.
    """
    joined: dict[str, str] = {}
    for name, value in headers:
        key, said = name.decode("latin-1"), value.decode("latin-1")
        joined[key] = f"{joined[key]}, {said}" if key in joined else said
    return joined


class Request:
    """One request. `params`, `caller`, `body` and `query` are set by the dialect before a handler runs."""

    __slots__ = (
        "_receive",
        "body",
        "caller",
        "context",
        "headers",
        "id",
        "method",
        "operation",
        "params",
        "path",
        "query",
        "raw_query",
    )

    def __init__(self, scope: Scope, receive: Receive, request_id: str) -> None:
        self.id = request_id
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.raw_query: bytes = scope.get("query_string", b"")
        self.headers: dict[str, str] = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        if len(self.headers) != len(scope["headers"]):
            self.headers = _joined(scope["headers"])
        self.params: dict[str, str] = {}
        self.query: dict[str, Any] = {}
        self.body: dict[str, Any] = {}
        self.caller: Caller
        self.operation: Operation
        self.context: Any = None
        self._receive = receive

    def query_pairs(self) -> list[tuple[str, str]]:
        """The query string as it came: names repeat where the client repeated them."""
        if not self.raw_query:
            return []
        return parse_qsl(self.raw_query.decode("latin-1"), keep_blank_values=True, errors="replace")

    async def chunks(self, *, limit: int) -> AsyncIterator[bytes]:
        """The body as it comes in. Raises `TooLarge` beyond `limit` bytes, `ClientGone` where it breaks off."""
        told = self.headers.get("content-length", "")
        if told.isdigit() and int(told) > limit:
            raise TooLarge("body", limit=limit, got=int(told), unit="bytes")
        size = 0
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            chunk: bytes = message.get("body", b"")
            more = message.get("more_body", False)
            size += len(chunk)
            if size > limit:
                raise TooLarge("body", limit=limit, got=None, unit="bytes")
            if chunk:
                yield chunk

    async def read(self, *, limit: int) -> bytes:
        """The whole body. Raises as `chunks` does."""
        return b"".join([chunk async for chunk in self.chunks(limit=limit)])

    async def gone(self) -> None:
        """Return when the client has closed the connection. For use once the body has been read."""
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                return
