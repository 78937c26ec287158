"""The embedded store: opening the file, and the two queues that units wait in."""

from __future__ import annotations

import asyncio
import fcntl
import os
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import apsw

from clew.storage.port import StoreProblem
from clew.storage.sqlite.assistants import AssistantTable
from clew.storage.sqlite.files import FileTable
from clew.storage.sqlite.indexes import IndexTable
from clew.storage.sqlite.items import ItemTable
from clew.storage.sqlite.lanes import Job, Lane, Queue, Reader, Writer
from clew.storage.sqlite.migrate import migrate, steps, version
from clew.storage.sqlite.people import KeyTable, ParticipantTable
from clew.storage.sqlite.runs import EventTable, RunTable
from clew.storage.sqlite.threads import ThreadTable
from clew.storage.sqlite.used import UsedTable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from clew.storage.port import Tx

T = TypeVar("T")


class SqliteTx:
    """The tables over one connection. The lane that owns the connection begins and ends the transactions."""

    def __init__(self, connection: apsw.Connection) -> None:
        self.threads = ThreadTable(connection)
        self.items = ItemTable(connection)
        self.runs = RunTable(connection)
        self.events = EventTable(connection)
        self.assistants = AssistantTable(connection)
        self.files = FileTable(connection)
        self.indexes = IndexTable(connection)
        self.participants = ParticipantTable(connection)
        self.keys = KeyTable(connection)
        self.used = UsedTable(connection)


class SqliteStore:
    """The answer to `port.Store` over one SQLite file. `schema` is its number before and after opening."""

    def __init__(
        self, lock: int | None, writes: Queue, reads: Queue, lanes: list[Lane], *, schema: tuple[int, int]
    ) -> None:
        self.schema = schema
        self._lock = lock
        self._writes = writes
        self._reads = reads
        self._lanes = lanes

    async def read(self, unit: Callable[[Tx], Awaitable[T]]) -> T:
        return await self._enqueue(self._reads, unit)

    async def write(self, unit: Callable[[Tx], Awaitable[T]]) -> T:
        # Shielded: once a unit is queued it will be done, and whoever gave up waiting must not disturb its group.
        return await asyncio.shield(self._enqueue(self._writes, unit))

    def _enqueue(self, queue: Queue, unit: Callable[[Tx], Awaitable[T]]) -> asyncio.Future[T]:
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        queue.put(Job(unit, future))
        return future

    async def close(self) -> None:
        self._writes.close()
        self._reads.close()
        for lane in self._lanes:
            await asyncio.to_thread(lane.join)
        lock, self._lock = self._lock, None  # a second close must not close what has that number by then
        _let_go(lock)


def _let_go(lock: int | None) -> None:
    if lock is not None:
        os.close(lock)


def _locked(folder: Path) -> int:
    """A descriptor that holds the folder for this process until it ends, however it ends."""
    lock = os.open(folder / "clew.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise StoreProblem(
            f"Another Clew is already serving the data in {folder}. One server at a time may use a data folder."
        ) from error
    return lock


def _open(path: Path, *, writer: bool) -> apsw.Connection:
    flags = apsw.SQLITE_OPEN_READWRITE | (apsw.SQLITE_OPEN_CREATE if writer else 0)
    connection = apsw.Connection(str(path), flags=flags, statementcachesize=512)
    connection.set_busy_timeout(10_000)
    connection.pragma("journal_mode", "wal")
    connection.pragma("synchronous", "full")
    connection.pragma("cache_size", -65_536 if writer else -32_768)
    connection.pragma("temp_store", "memory")
    if not writer:
        connection.pragma("query_only", 1)
    return connection


def _migrated(connection: apsw.Connection, folder: Path, *, locked: bool) -> tuple[int, int]:
    """The schema numbers before and after. Only ever changes the schema where this process holds the folder."""
    if locked or version(connection) >= max(steps()):
        return migrate(connection)
    lock = _locked(folder)
    try:
        return migrate(connection)
    finally:
        os.close(lock)


def open_store(path: Path, *, readers: int = 2, exclusive: bool = True) -> SqliteStore:
    """The store in this file, made and migrated where needed.

    `exclusive=False` is for an operator's commands beside a running server: a few small transactions on keys. It
    does not take the folder, which is safe for them: SQLite's own locks order the transactions of all processes,
    and what the folder is taken for is everything that only one process may do (performing runs, sweeping blobs,
    waking followers), and none of it happens here. The schema is still changed by nobody but a holder of the folder.

    Raises `StoreProblem` where another server has it, where it is newer than this code, or where the
    folder cannot be used.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = _locked(path.parent) if exclusive else None
    except OSError as error:
        raise StoreProblem(f"The data folder {path.parent} cannot be used: {error.strerror}.") from error
    try:
        connection = _open(path, writer=True)
        schema = _migrated(connection, path.parent, locked=exclusive)
        writes, reads = Queue(), Queue()
        lanes: list[Lane] = [Writer("clew-writer", writes, connection, SqliteTx(connection))]
        for number in range(readers):
            connection = _open(path, writer=False)
            lanes.append(Reader(f"clew-reader-{number}", reads, connection, SqliteTx(connection)))
    except apsw.Error as error:
        _let_go(lock)
        raise StoreProblem(f"The data in {path} cannot be opened: {error}.") from error
    except StoreProblem:
        _let_go(lock)
        raise
    for lane in lanes:
        lane.start()
    return SqliteStore(lock, writes, reads, lanes, schema=schema)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What an operator wants to know of a database file. `complaints` are SQLite's, empty where all is well."""

    schema: int
    schema_newest: int
    journal_mode: str
    complaints: list[str]


def examine(path: Path) -> Health:
    """Look at a database file without changing what is in it, also while a server has it.

    Raises `StoreProblem` where it cannot be read at all. Reads the whole file.
    """
    try:
        with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)) as connection:
            connection.set_busy_timeout(10_000)
            connection.pragma("query_only", 1)
            rows = connection.execute("PRAGMA quick_check").fetchall()
            return Health(
                schema=version(connection),
                schema_newest=max(steps()),
                journal_mode=str(connection.pragma("journal_mode")),
                complaints=[str(row[0]) for row in rows if row[0] != "ok"],
            )
    except apsw.Error as error:
        raise StoreProblem(f"The data in {path} cannot be read: {error}.") from error
