"""The port for bytes: files are streamed in and out, never whole in memory and never in rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Bytes that are safely kept: the key to them, how many, and their MD5 as hex, which uploads are compared with."""

    blob: str
    size: int
    md5: str


class Blobs(Protocol):
    """Where bytes live. Keys are made by the adapter and never hold anything a client sent."""

    async def put(self, chunks: AsyncIterable[bytes], *, size_max: int) -> Stored:
        """Keep the bytes; returns when they are durable. Raises `TooLarge` (and keeps nothing) beyond `size_max`."""
        ...

    async def join(self, blobs: list[str], *, size_max: int) -> Stored:
        """Keep the bytes of these blobs, one after another, as a new one."""
        ...

    def read(self, blob: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The bytes, in chunks. Raises `NotFound` where there are none."""
        ...

    async def delete(self, blob: str) -> bool:
        """Let the bytes go; it is no fault if they are not there. False where they have to stay: a backup is made."""
        ...

    def older_than(self, seconds: int) -> AsyncIterator[list[str]]:
        """Keys of blobs that are older than this, in small batches: what a sweeper compares with what is known."""
        ...

    async def clear_unfinished(self) -> None:
        """Remove what was being written when a process died."""
        ...
