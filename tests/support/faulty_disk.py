"""Disks that fail: real SQLite over real files, and between them a layer that fails where a test says so.

    with FaultyDisk(tmp_path) as disk:
        store = open_store(tmp_path / "clew.db")      # nothing else knows of it
        with disk.failing("write", apsw.SQLITE_FULL):
            ...

While it is open every connection of this process goes through it, and only files under its folder can be made to fail.
`full_blobs` is the same for the bytes of files, where the kernel itself says that there is no room.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import apsw

from clew.storage.directory import directory

if TYPE_CHECKING:
    from collections.abc import Generator

    import pytest

_NUMBERS: Final = count(1)
_WAIT_SECONDS: Final = 10.0
"""A test that waits longer than this waits for something that will not happen."""


def error_of(code: int) -> apsw.Error:
    """What a layer raises so that SQLite is told this result code, extended codes too."""
    error = apsw.exception_for(code)
    error.extendedresult = code
    return error


class Fault:
    """An operation that fails: where the file's name ends so, not before `after` further ones, and so many `times`."""

    def __init__(self, operation: str, code: int, *, ending: str, after: int, times: int | None) -> None:
        self.operation = operation
        self.ending = ending
        self.met = 0
        self._code = code
        self._after = after
        self._times = times

    def meet(self) -> None:
        """Raise, or let it pass."""
        if self._after > 0:
            self._after -= 1
        elif self._times is None or self.met < self._times:
            self.met += 1
            raise error_of(self._code)


class Hold:
    """A place where every sync waits until the test lets it go."""

    def __init__(self) -> None:
        self._reached = threading.Event()
        self._released = threading.Event()

    def wait_reached(self) -> None:
        """Return once a sync stands here."""
        assert self._reached.wait(_WAIT_SECONDS)

    def release(self) -> None:
        """Let them go on."""
        self._released.set()

    def stand(self) -> None:
        """The disk's side."""
        self._reached.set()
        assert self._released.wait(_WAIT_SECONDS)


class FaultyDisk(apsw.VFS):
    """`with FaultyDisk(folder) as disk:`. `done` counts the operations on files of the folder, by their names."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._name = f"faulty-disk-{next(_NUMBERS)}"
        self._faults: list[Fault] = []
        self._hold: Hold | None = None
        self.read_only = False
        self.done: Counter[str] = Counter()
        super().__init__(self._name, "unix")

    def __enter__(self) -> Self:
        apsw.set_default_vfs(self._name)
        return self

    def __exit__(self, *_: object) -> None:
        apsw.set_default_vfs("unix")

    @contextmanager
    def failing(
        self, operation: str, code: int, *, ending: str = "", after: int = 0, times: int | None = None
    ) -> Generator[Fault]:
        """`write`, `sync`, `read`, `truncate` or `open` fails within the block, on files whose names end so."""
        fault = Fault(operation, code, ending=ending, after=after, times=times)
        self._faults.append(fault)
        try:
            yield fault
        finally:
            self._faults.remove(fault)

    @contextmanager
    def slow_sync(self) -> Generator[Hold]:
        """Within the block every sync waits until the hold is released; the end of the block releases it."""
        self._hold = Hold()
        try:
            yield self._hold
        finally:
            self._hold.release()
            self._hold = None

    def meet(self, operation: str, name: str) -> None:
        """Called before every operation of every file: fails, waits, or does nothing."""
        if not name.startswith(self._folder):
            return
        self.done[operation] += 1
        for fault in list(self._faults):
            if fault.operation == operation and name.endswith(fault.ending):
                fault.meet()
        if operation == "sync" and self._hold is not None:
            self._hold.stand()

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> FaultyFile:  # noqa: N802 (SQLite's name)
        path = name.filename() if isinstance(name, apsw.URIFilename) else name or ""
        self.meet("open", path)
        if self.read_only and path.startswith(self._folder):
            # What a file system that is mounted read-only does to SQLite's own layer: it opens for reading instead.
            writing = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
            flags[0] = (flags[0] & ~writing) | apsw.SQLITE_OPEN_READONLY
        return FaultyFile(self, path, name, flags)


class FaultyFile(apsw.VFSFile):
    """A file that asks its disk before it does anything."""

    def __init__(self, disk: FaultyDisk, path: str, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self._disk = disk
        self._path = path
        super().__init__("unix", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._disk.meet("write", self._path)
        super().xWrite(data, offset)

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        self._disk.meet("read", self._path)
        return super().xRead(amount, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.meet("sync", self._path)
        super().xSync(flags)

    def xTruncate(self, size: int) -> None:  # noqa: N802
        self._disk.meet("truncate", self._path)
        super().xTruncate(size)


class FullBlobs:
    """While `on`, whatever is written as a blob goes to `/dev/full`: the kernel answers that there is no room."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.on = False
        self._open = os.open
        monkeypatch.setattr(directory.os, "open", self._opened)

    def _opened(self, path: str | Path, flags: int, mode: int = 0o777, **more: int) -> int:
        if self.on and Path(path).parent.name == directory.UNFINISHED:
            os.close(self._open(path, flags, mode, **more))  # the name is taken, as on a disk that has room for names
            return self._open("/dev/full", os.O_WRONLY | os.O_CLOEXEC)
        return self._open(path, flags, mode, **more)
