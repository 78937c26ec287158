"""HTTP as plainly as it can be spoken: one connection, one request at a time, and event streams with their numbers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import msgspec

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

END = b"\r\n\r\n"
BUFFER_BYTES = 1 << 24
BOUNDARY = b"------------------------the-kill-test"


class Dead(Exception):
    """The server went before it had answered."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One server-sent event: its bytes, its name, and its number where an event of the log ends with it."""

    raw: bytes
    name: str
    number: int | None

    @property
    def value(self) -> Any:  # noqa: ANN401 (whatever JSON it carries)
        """What it carries."""
        return msgspec.json.decode(next(line[6:] for line in self.raw.split(b"\n") if line.startswith(b"data: ")))


def form(fields: dict[str, str], *, file: tuple[str, str, bytes]) -> tuple[bytes, str]:
    """A multipart form: its body and its content type. `file` is field, name and bytes."""
    parts = [
        b'--%b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % (BOUNDARY, name.encode(), value.encode())
        for name, value in fields.items()
    ]
    field, name, content = file
    head = b'--%b\r\nContent-Disposition: form-data; name="%b"; filename="%b"\r\n'
    parts.append(head % (BOUNDARY, field.encode(), name.encode()))
    parts.append(b"Content-Type: application/octet-stream\r\n\r\n%b\r\n--%b--\r\n" % (content, BOUNDARY))
    return b"".join(parts), f"multipart/form-data; boundary={BOUNDARY.decode()}"


class Wire:
    """A connection, opened with the first request. What the server's death does to it is raised as `Dead`."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.drop()

    def drop(self) -> None:
        """Close it at once."""
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None

    async def ask(
        self, method: str, path: str, body: object = None, *, raw: tuple[bytes, str] | None = None
    ) -> tuple[int, bytes]:
        """The answer's status and body. `raw` is a body with its content type, where it is not JSON."""
        try:
            reader, status, headers = await self._begin(method, path, body, raw)
            return status, await _body(reader, headers)
        except (OSError, EOFError, asyncio.LimitOverrunError) as error:
            self.drop()
            raise Dead from error

    async def follow(self, method: str, path: str, body: object = None) -> AsyncGenerator[Frame, None]:
        """The frames of an event stream. Raises `Refused` where the answer is none."""
        try:
            reader, status, headers = await self._begin(method, path, body, None)
            if b"text/event-stream" not in headers.get(b"content-type", b""):
                raise Refused(status, await _body(reader, headers))
            waiting = b""
            async for piece in _pieces(reader):
                *blocks, waiting = (waiting + piece).split(b"\n\n")
                for block in blocks:
                    if not block.startswith(b":"):
                        yield _frame(block)
        except (OSError, EOFError, asyncio.LimitOverrunError) as error:
            self.drop()
            raise Dead from error

    async def _begin(
        self, method: str, path: str, body: object, raw: tuple[bytes, str] | None
    ) -> tuple[asyncio.StreamReader, int, dict[bytes, bytes]]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port, limit=BUFFER_BYTES)
        reader, writer = self._streams
        content, kind = raw or (b"" if body is None else msgspec.json.encode(body), "application/json")
        head = (
            f"{method} /v1{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer any\r\n"
            f"OpenAI-Beta: assistants=v2\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        writer.write(head.encode() + content)
        await writer.drain()
        first, *lines = (await reader.readuntil(END)).removesuffix(END).split(b"\r\n")
        pairs = (line.partition(b": ") for line in lines)
        return reader, int(first[9:12]), {name.lower(): value for name, _, value in pairs}


class Refused(Exception):
    """A stream was asked for and something else came."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body


def _frame(block: bytes) -> Frame:
    fields = dict(line.split(b": ", 1) for line in block.split(b"\n"))
    number = fields.get(b"id")
    return Frame(block, fields[b"event"].decode(), None if number is None else int(number))


async def _body(reader: asyncio.StreamReader, headers: dict[bytes, bytes]) -> bytes:
    if b"content-length" in headers:
        return await reader.readexactly(int(headers[b"content-length"]))
    return b"".join([piece async for piece in _pieces(reader)])


async def _pieces(reader: asyncio.StreamReader) -> AsyncGenerator[bytes, None]:
    while size := int(await reader.readuntil(b"\r\n"), 16):
        yield (await reader.readexactly(size + 2))[:-2]
    await reader.readexactly(2)
