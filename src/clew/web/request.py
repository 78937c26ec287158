"""A request, as handlers see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from clew.domain.problem import TooLarge

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping, Sequence

    from clew.domain.project import Caller
    from clew.web.operation import Operation

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]


class ClientGone(Exception):
    """The client closed the connection while its request was being read. Nobody is left to answer."""


class Headers:
    """The headers of a request, by lower-case name. Decoded when asked for.

    Of those that come more than once the values stand in one line, as HTTP says that such a header reads. So a second
    key or host does not quietly replace the first, which something in front of us may have looked at.
    """

    __slots__ = ("_raw",)

    def __init__(self, pairs: Sequence[tuple[bytes, bytes]]) -> None:
        self._raw = dict(pairs)
        if len(self._raw) != len(pairs):
            self._raw = {name: b", ".join(value for other, value in pairs if other == name) for name in self._raw}

    def get(self, name: bytes) -> str:
        """The header's value; empty without one."""
        return self._raw.get(name, b"").decode("latin-1")

    def find(self, name: bytes) -> str | None:
        """The header's value, or None without one."""
        value = self._raw.get(name)
        return None if value is None else value.decode("latin-1")


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
        self.headers = Headers(scope["headers"])
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
        self._check_length(limit)
        size, more = 0, True
        while more:
            chunk, more = await self._next(limit, size)
            size += len(chunk)
            if chunk:
                yield chunk

    async def read(self, *, limit: int) -> bytes:
        """The whole body. Raises as `chunks` does."""
        # Not by `chunks`: the loop keeps a list of generators that were begun, and that costs more than all else here.
        self._check_length(limit)
        body, more = await self._next(limit, 0)
        if not more:
            return body
        pieces, size = [body], len(body)
        while more:
            chunk, more = await self._next(limit, size)
            size += len(chunk)
            pieces.append(chunk)
        return b"".join(pieces)

    def _check_length(self, limit: int) -> None:
        told = self.headers.get(b"content-length")
        if told.isdigit() and int(told) > limit:
            raise TooLarge("body", limit=limit, got=int(told), unit="bytes")

    async def _next(self, limit: int, size: int) -> tuple[bytes, bool]:
        """The next piece of the body after `size` bytes, and whether more follows."""
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk: bytes = message.get("body", b"")
        if size + len(chunk) > limit:
            raise TooLarge("body", limit=limit, got=None, unit="bytes")
        return chunk, message.get("more_body", False)

    async def gone(self) -> None:
        """Return when the client has closed the connection. For use once the body has been read."""
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                return
