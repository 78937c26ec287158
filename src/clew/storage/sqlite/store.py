"""The embedded store: opening the file, and who reads and writes it."""

from __future__ import annotations

import asyncio
import fcntl
import os
from typing import TYPE_CHECKING, TypeVar

import apsw

from clew.domain.problem import Unavailable
from clew.storage.port import StoreProblem
from clew.storage.sqlite.assistants import AssistantTable
from clew.storage.sqlite.beside import EnclosureTable, ScoreTable
from clew.storage.sqlite.catalog import CatalogTable
from clew.storage.sqlite.datasets import DatasetTable
from clew.storage.sqlite.experiments import ExperimentTable
from clew.storage.sqlite.files import FileTable
from clew.storage.sqlite.indexes import IndexTable
from clew.storage.sqlite.items import ItemTable
from clew.storage.sqlite.late import Late
from clew.storage.sqlite.migrate import migrate, steps, version
from clew.storage.sqlite.operations import OperationTable
from clew.storage.sqlite.people import KeyTable, ParticipantTable
from clew.storage.sqlite.prompts import PromptTable
from clew.storage.sqlite.readers import Glance, Lane, NotNow, Queue
from clew.storage.sqlite.runs import EventTable, RunTable
from clew.storage.sqlite.statements import SQL
from clew.storage.sqlite.threads import ThreadTable
from clew.storage.sqlite.units import Job, as_problem
from clew.storage.sqlite.used import UsedTable
from clew.storage.sqlite.writer import PATIENCE_MS, Writer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from clew.storage.port import Tx

T = TypeVar("T")


class SqliteTx:
    """The tables over one connection. The lane that owns the connection begins and ends the transactions."""

    def __init__(self, connection: apsw.Connection, late: Late | None = None) -> None:
        late = late or Late()
        self.catalog = CatalogTable(connection, late)
        self.threads = ThreadTable(connection, late, self.catalog)
        self.items = ItemTable(connection, late)
        self.runs = RunTable(connection, late)
        self.scores = ScoreTable(connection)
        self.enclosures = EnclosureTable(connection)
        self.prompts = PromptTable(connection)
        self.datasets = DatasetTable(connection)
        self.experiments = ExperimentTable(connection)
        self.events = EventTable(connection)
        self.assistants = AssistantTable(connection)
        self.files = FileTable(connection)
        self.indexes = IndexTable(connection)
        self.operations = OperationTable(connection)
        self.participants = ParticipantTable(connection, late)
        self.keys = KeyTable(connection)
        self.used = UsedTable(connection)


class SqliteStore:
    """The answer to `port.Store` over one SQLite file, for one event loop.

    `schema` is its number before and after opening.
    """

    def __init__(
        self,
        lock: int | None,
        writer: Writer,
        glance: Glance,
        reads: Queue,
        lanes: list[Lane],
        *,
        store_id: str,
        secret: bytes,
        schema: tuple[int, int],
    ) -> None:
        self.id = store_id
        self.schema = schema
        self._secret = secret
        self._lock = lock
        self._writer = writer
        self._glance = glance
        self._reads = reads
        self._lanes = lanes

    def secret(self) -> bytes:
        return self._secret

    @property
    def trouble(self) -> str | None:
        return self._writer.trouble

    async def read(self, unit: Callable[[Tx], Awaitable[T]]) -> T:
        if self._reads.closed:
            raise Unavailable("the server is shutting down")
        loop = asyncio.get_running_loop()
        try:
            return self._glance.read(unit, loop)
        except NotNow:
            future: asyncio.Future[T] = loop.create_future()
            self._reads.put(Job(unit, future))
            return await future
        except (apsw.Error, MemoryError) as error:
            raise as_problem(error) from error

    async def write(self, unit: Callable[[Tx], Awaitable[T]]) -> T:
        # Whoever gives up waiting cancels the future and nothing else: once a unit is taken it will be done.
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._writer.put(Job(unit, future))
        return await future

    async def close(self) -> None:
        self._reads.close()
        await self._writer.close()
        for lane in self._lanes:
            await asyncio.to_thread(lane.join)
        self._glance.close()
        lock, self._lock = self._lock, None  # a second close must not close what has that number by then
        _let_go(lock)


def _let_go(lock: int | None) -> None:
    if lock is not None:
        os.close(lock)


def hold(folder: Path) -> int:
    """A descriptor that holds the folder for this process until it is closed, or the process ends, however it ends.

    Raises `StoreProblem` where another process holds it, OSError where the folder cannot be used.
    """
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
    connection.set_busy_timeout(PATIENCE_MS)
    # Plans that look at the values bound are made again whenever a value changes, and `now` always does.
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
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
    lock = hold(folder)
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
        lock = hold(path.parent) if exclusive else None
    except OSError as error:
        raise StoreProblem(f"The data folder {path.parent} cannot be used: {error.strerror}.") from error
    try:
        connection = _open(path, writer=True)
        schema = _migrated(connection, path.parent, locked=exclusive)
        store_id = str(connection.execute(SQL["store_id"]).get)
        late = Late()
        for (project_id,) in connection.execute(SQL["catalog_projects"]):
            late.begin(str(project_id))
        secret = bytes.fromhex(str(connection.execute(SQL["store_secret"]).get))
        reading = _open(path, writer=False)
        glance = Glance(reading, SqliteTx(reading, late))
        reads = Queue()
        lanes: list[Lane] = []
        for number in range(readers):
            reading = _open(path, writer=False)
            lanes.append(Lane(f"clew-reader-{number}", reads, reading, SqliteTx(reading, late)))
        writer = Writer(connection, SqliteTx(connection, late), let_go=glance.let_go)
    except apsw.Error as error:
        _let_go(lock)
        raise StoreProblem(f"The data in {path} cannot be opened: {error}.") from error
    except StoreProblem:
        _let_go(lock)
        raise
    for lane in lanes:
        lane.start()
    return SqliteStore(lock, writer, glance, reads, lanes, store_id=store_id, secret=secret, schema=schema)
