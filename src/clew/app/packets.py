"""What is written to a connection: the head and the body of an answer in one packet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio


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
