"""What a handler gives back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from clew.web.request import Request, Send

    Headers = list[tuple[bytes, bytes]]

_encode: Final = msgspec.json.Encoder().encode
JSON_TYPE: Final = (b"content-type", b"application/json")


@dataclass(slots=True, kw_only=True)
class Answer:
    """A whole answer: bytes, or `value`, which is sent as JSON. `headers` are added to what every answer has."""

    status: int = 200
    value: Any = None
    content: bytes | None = None
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()

    async def send(self, request: Request, send: Send, common: Headers) -> None:
        """Write it out."""
        content = _encode(self.value) if self.content is None else self.content
        headers = [*common, _type(self.content_type), (b"content-length", str(len(content)).encode())]
        headers += [(name.encode(), value.encode("latin-1", "replace")) for name, value in self.headers]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else content})


def _type(content_type: str) -> tuple[bytes, bytes]:
    return (
        JSON_TYPE
        if content_type == "application/json"
        else (b"content-type", content_type.encode("latin-1", "replace"))
    )


@dataclass(slots=True, kw_only=True)
class Streamed:
    """An answer that comes in pieces.

    The next piece is asked for when the client has taken the last one, so that a slow reader costs one piece of
    memory; when the client is gone `pieces` is closed.
    """

    pieces: AsyncIterator[bytes]
    content_type: str
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()

    async def send(self, request: Request, send: Send, common: Headers) -> None:
        """Write it out, until it ends or the client goes."""
        headers = [*common, (b"content-type", self.content_type.encode("latin-1", "replace"))]
        headers += [(name.encode(), value.encode("latin-1", "replace")) for name, value in self.headers]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        writing = asyncio.ensure_future(self._write(send))
        leaving = asyncio.ensure_future(request.gone())
        try:
            await asyncio.wait({writing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            if not writing.done():
                writing.cancel()
            await asyncio.gather(leaving, return_exceptions=True)
            results = await asyncio.gather(writing, return_exceptions=True)
        if isinstance(results[0], Exception) and not isinstance(results[0], OSError):
            raise results[0]

    async def _write(self, send: Send) -> None:
        try:
            async for piece in self.pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            close = getattr(self.pieces, "aclose", None)
            if close is not None:
                await close()


async def begun(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same pieces, whose first has been read: what is wrong with them is raised before an answer is begun."""
    return _with_first(await anext(pieces, b""), pieces)


async def _with_first(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece
