"""Blobs as files of one directory, under random names that nobody outside chose.

    3f/3f9c…    a blob, by its key
    unfinished/ blobs that are being written
    store       the id of the store whose blobs these are

A blob is written and synced as an unfinished one and then renamed, so that under its key there is
all of it or nothing. Whatever touches the disk runs in a thread, a chunk at a time.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import hashlib
import os
import re
import secrets
import threading
import time
from contextlib import ExitStack, aclosing, contextmanager, suppress
from typing import TYPE_CHECKING, Final

from clew.domain.problem import NotFound, TooLarge
from clew.storage.blobs import Stored
from clew.storage.port import StoreProblem

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Container, Generator, Iterator, Sequence
    from io import FileIO
    from pathlib import Path
    from typing import BinaryIO

CHUNK_BYTES: Final = 256 * 1024
BATCH: Final = 500
UNFINISHED: Final = "unfinished"
OWNER: Final = "store"

_KEY = re.compile(r"[0-9a-f]{32}")
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_NO_LOCKS = frozenset({errno.EBADF, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL})
_CLOSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EEXIST})


@contextmanager
def _own_words() -> Generator[None, None, None]:
    """The disk's trouble in the port's words."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StoreProblem("The disk is full.") from error
        if error.errno in _CLOSED:
            raise StoreProblem("The data folder cannot be used.") from error
        raise StoreProblem("The disk did not do what it was asked.") from error


def sync(folder: Path) -> None:
    """Make the names in the folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make(folder: Path) -> None:
    """The folder, and its name durable, where it is not there yet."""
    with suppress(FileExistsError):
        folder.mkdir(parents=True, mode=0o700)
        sync(folder.parent)


class Draft:
    """A blob that is being written. The methods block and run in threads.

    A caller who gives up leaves a thread behind in the middle of a method. So they take turns, and
    `discard` also undoes what another one did while nobody waited for it any more.
    """

    def __init__(self, folder: Path) -> None:
        self.key: Final = secrets.token_hex(16)
        self._folder = folder
        self._unfinished = folder / UNFINISHED / self.key
        self._finished = folder / self.key[:2] / self.key
        self._turn = threading.Lock()
        self._file: BinaryIO | None = None
        self._discarded = False
        self._size = 0
        self._md5 = hashlib.md5(usedforsecurity=False)

    def _opened(self) -> BinaryIO:
        if self._discarded:
            raise ValueError("this draft was discarded")
        if self._file is None:
            _make(self._folder)
            _make(self._unfinished.parent)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            self._file = os.fdopen(os.open(self._unfinished, flags, 0o600), "wb")
        return self._file

    def _add(self, chunks: Sequence[bytes]) -> BinaryIO:
        file = self._opened()
        for chunk in chunks:
            file.write(chunk)
            self._md5.update(chunk)
            self._size += len(chunk)
        return file

    def write(self, chunks: Sequence[bytes]) -> None:
        """Write these bytes next."""
        with self._turn, _own_words():
            self._add(chunks)

    def finish(self, chunks: Sequence[bytes]) -> Stored:
        """Write these last bytes and give the blob its name, all durable."""
        with self._turn, _own_words():
            file = self._add(chunks)
            file.flush()
            # A source may have been silent for long after its last byte: the blob's age counts from here.
            os.utime(file.fileno())
            os.fsync(file.fileno())
            file.close()
            _make(self._finished.parent)
            self._unfinished.rename(self._finished)
            sync(self._finished.parent)
            return Stored(blob=self.key, size=self._size, md5=self._md5.hexdigest())

    def discard(self) -> None:
        """Leave nothing behind, whatever was done before or is still on its way."""
        with self._turn:
            self._discarded = True
            if self._file is not None:
                with suppress(OSError):  # closing writes what is buffered, which may be what failed before
                    self._file.close()
            for path in (self._unfinished, self._finished):
                with suppress(OSError):
                    path.unlink()


class Reading:
    """A blob that is being read, from `start` on. The methods block and take turns, as a draft's do."""

    def __init__(self, path: Path, start: int, length: int | None) -> None:
        self._path = path
        self._start = start
        self._left = length
        self._turn = threading.Lock()
        self._file: FileIO | None = None
        self._closed = False

    def chunk(self) -> bytes:
        """The next bytes, none at the end. Raises `NotFound` where there is no such blob."""
        with self._turn, _own_words():
            if self._closed:
                return b""
            if self._file is None:
                self._file = self._opened()
            wanted = CHUNK_BYTES if self._left is None else min(CHUNK_BYTES, self._left)
            found = self._file.read(wanted)
            if self._left is not None:
                self._left -= len(found)
            return found

    def _opened(self) -> FileIO:
        try:
            file = self._path.open("rb", buffering=0)
        except FileNotFoundError as error:
            raise NotFound("blob", self._path.name) from error
        file.seek(self._start)
        return file

    def close(self) -> None:
        """Let go of the file."""
        with self._turn:
            self._closed = True
            if self._file is not None:
                self._file.close()


class DirectoryBlobs:
    """The answer to `blobs.Blobs` over one directory, which is made with the first blob."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._drafts: set[str] = set()
        self._deleting = threading.Lock()
        self._started = time.time() - time.monotonic()

    async def put(self, chunks: AsyncIterable[bytes], *, size_max: int) -> Stored:
        draft = Draft(self._folder)
        self._drafts.add(draft.key)
        try:
            return await _fill(draft, chunks, size_max=size_max)
        except BaseException:
            # Shielded: whoever cancels twice must not leave a half-written file behind.
            await asyncio.shield(asyncio.to_thread(draft.discard))
            raise
        finally:
            self._drafts.discard(draft.key)

    async def join(self, blobs: list[str], *, size_max: int) -> Stored:
        async with aclosing(self._one_after_another(blobs)) as chunks:
            return await self.put(chunks, size_max=size_max)

    async def _one_after_another(self, blobs: list[str]) -> AsyncGenerator[bytes, None]:
        for blob in blobs:
            async with aclosing(self.read(blob)) as chunks:
                async for chunk in chunks:
                    yield chunk

    async def read(self, blob: str, *, start: int = 0, length: int | None = None) -> AsyncGenerator[bytes, None]:
        path = self._path(blob)
        if path is None:
            raise NotFound("blob", blob)
        reading = Reading(path, start, length)
        try:
            while chunk := await asyncio.to_thread(reading.chunk):
                yield chunk
        finally:
            await asyncio.shield(asyncio.to_thread(reading.close))

    async def delete(self, blob: str) -> bool:
        path = self._path(blob)
        return path is None or await asyncio.to_thread(self._delete, path)

    def _delete(self, path: Path) -> bool:
        with self._deleting:  # or one thread here would seem to the other to be a holder
            return _remove(self._folder, path)

    def _path(self, blob: str) -> Path | None:
        """Where the blob is, None for what cannot be a key: no key of ours leads out of the directory."""
        return path_of(self._folder, blob)

    async def older_than(self, seconds: int) -> AsyncGenerator[list[str], None]:
        # By the clock of the day, and by the one that was never set since: a blob that is young by either is let be. By
        # the first alone, one whose row is just being written were old where the clock is set forward at that moment.
        before = min(time.time(), self._started + time.monotonic()) - seconds
        found: list[str] = []
        for folder in await asyncio.to_thread(_fans, self._folder):
            found += await asyncio.to_thread(_old, folder, before)
            while len(found) >= BATCH:
                batch, found = found[:BATCH], found[BATCH:]
                yield batch
        if found:
            yield found

    async def clear_unfinished(self) -> None:
        await asyncio.to_thread(_clear, self._folder / UNFINISHED, self._drafts)


async def _fill(draft: Draft, chunks: AsyncIterable[bytes], *, size_max: int) -> Stored:
    """Write what the source gives, gathered so that a hop into a thread is worth it."""
    total = 0
    waiting: list[bytes] = []
    waiting_bytes = 0
    async for chunk in chunks:
        total += len(chunk)
        if total > size_max:
            raise TooLarge("file", limit=size_max, got=None, unit="bytes")
        waiting.append(chunk)
        waiting_bytes += len(chunk)
        if waiting_bytes >= CHUNK_BYTES:
            await asyncio.to_thread(draft.write, waiting)
            waiting, waiting_bytes = [], 0
    return await asyncio.to_thread(draft.finish, waiting)


def _remove(folder: Path, path: Path) -> bool:
    """Whether the file is gone: it stays while somebody holds the folder."""
    with _own_words(), suppress(FileNotFoundError), _opened(folder) as descriptor:
        try:
            _lock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        path.unlink()
    return True


@contextmanager
def _opened(folder: Path) -> Generator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _lock(descriptor: int, how: int) -> None:
    """Lock a folder, where there are such locks: a network file system may have none, and then nobody holds one."""
    try:
        fcntl.flock(descriptor, how)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise


@contextmanager
def held(folder: Path) -> Generator[None]:
    """While the block lasts, no process deletes a blob of this directory: they have time until they are swept again.

    So what a database names at some moment within the block can be read until the block ends. The system lets go of
    the directory when this process ends, however it ends. Any number of processes may hold it.
    """
    with ExitStack() as stack:
        with _own_words(), suppress(FileNotFoundError):  # without a directory there is nothing to hold
            _lock(stack.enter_context(_opened(folder)), fcntl.LOCK_SH)
        yield


def path_of(folder: Path, blob: str) -> Path | None:
    """Where a blob is in its directory, None for what cannot be a key."""
    return folder / blob[:2] / blob if _KEY.fullmatch(blob) else None


def size_of(folder: Path, blob: str) -> int | None:
    """How many bytes a blob has, None where it is not there."""
    path = path_of(folder, blob)
    with _own_words(), suppress(FileNotFoundError):
        return None if path is None else path.stat().st_size
    return None


def every(folder: Path) -> Iterator[list[str]]:
    """The keys of all blobs there are, a part of the directory at a time."""
    for fan in _fans(folder):
        yield _old(fan, float("inf"))


def owner_of(folder: Path) -> str | None:
    """The id of the store whose blobs these are; None where nobody has said so."""
    with _own_words(), suppress(FileNotFoundError):
        return (folder / OWNER).read_text("ascii", "replace").strip() or None
    return None


def give_to(folder: Path, store_id: str) -> None:
    """Write down whose blobs these are, durably: all of it or nothing."""
    with _own_words():
        _make(folder)
        _make(folder / UNFINISHED)
        unfinished = folder / UNFINISHED / OWNER
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        with os.fdopen(os.open(unfinished, flags, 0o600), "wb") as file:
            file.write(f"{store_id}\n".encode())
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(folder / OWNER)
        sync(folder)


def _fans(folder: Path) -> list[Path]:
    """The folders that the blobs are fanned out into; none where there is no directory yet."""
    with _own_words(), suppress(FileNotFoundError):
        return sorted(path for path in folder.iterdir() if len(path.name) == 2)  # noqa: PLR2004 (characters of a key)
    return []


def _old(folder: Path, before: float) -> list[str]:
    """Keys of the blobs in one folder that were finished before this time."""
    found: list[str] = []
    with _own_words(), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):  # deleted while we look
                if _KEY.fullmatch(entry.name) and entry.stat(follow_symlinks=False).st_mtime < before:
                    found.append(entry.name)
    return found


def _clear(folder: Path, in_use: Container[str]) -> None:
    with _own_words(), suppress(FileNotFoundError):
        for path in folder.iterdir():
            if path.name not in in_use:
                path.unlink(missing_ok=True)
