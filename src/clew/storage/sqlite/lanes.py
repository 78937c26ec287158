"""Threads that run units of work over one connection each: the writer, which groups them, and the readers.

The event loop never touches a connection. A unit is a coroutine that never waits, so a lane simply
drives it to its end. Units that wait together are taken together, and answered with one wake-up of
the loop: under load that is most of the cost.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import apsw

from clew.domain.problem import Unavailable
from clew.storage.port import StoreProblem

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable

    from clew.storage.port import Tx

log = logging.getLogger("clew.storage")

GROUP_MAX: Final = 256
"""Units in one commit: what more of them saves is too little to be worth the wait."""


@dataclass(slots=True, eq=False)
class Job:
    """A unit, the future that waits for it, and how it ended."""

    unit: Callable[[Tx], Awaitable[Any]]
    future: asyncio.Future[Any]
    value: Any = None
    error: BaseException | None = None


def drive(unit: Callable[[Tx], Awaitable[Any]], tx: Tx) -> Any:  # noqa: ANN401 (the unit's own value)
    """Run a unit to its end. Raises what it raises, and RuntimeError where it waits for something else."""
    steps = unit(tx).__await__()
    try:
        next(steps)
    except StopIteration as stop:
        return stop.value
    steps.close()
    raise RuntimeError("a unit of work awaits nothing but its transaction")


def _answer(jobs: list[Job]) -> None:
    """On the loop: hand every unit's end to whoever waits for it."""
    for job in jobs:
        if job.future.done():
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.value)


@dataclass(slots=True)
class Queue:
    """What waits for the lanes that share it."""

    jobs: deque[Job] = field(default_factory=deque[Job])
    ready: threading.Condition = field(default_factory=threading.Condition)
    closed: bool = False
    will_tell: bool = False

    def put(self, job: Job) -> None:
        """From the loop. Raises `Unavailable` after closing."""
        with self.ready:
            if self.closed:
                raise Unavailable("the server is shutting down")
            self.jobs.append(job)
            if self.will_tell:
                return
            self.will_tell = True
        # Not now but when everything has been put that this round of the loop puts: a lane that wakes at the first
        # job takes the interpreter away from the loop, and finds one job where it could have had them all.
        job.future.get_loop().call_soon(self._tell)

    def _tell(self) -> None:
        with self.ready:
            self.will_tell = False
            self.ready.notify()

    def take(self, most: int) -> list[Job]:
        """From a lane: what waits, at most so many; waits for something. Empty once closed and done."""
        with self.ready:
            while not self.jobs:
                if self.closed:
                    return []
                self.ready.wait()
            taken = [self.jobs.popleft() for _ in range(min(most, len(self.jobs)))]
            if self.jobs:
                self.ready.notify()
            return taken

    def close(self) -> None:
        """No more is taken in; what waits is still done."""
        with self.ready:
            self.closed = True
            self.ready.notify_all()


class Lane(threading.Thread):
    """A thread over one connection. Subclasses say what a group of units becomes."""

    group_max: int = 1
    trouble: str | None = None

    def __init__(self, name: str, queue: Queue, connection: apsw.Connection, tx: Tx) -> None:
        super().__init__(name=name, daemon=True)
        self._queue = queue
        self._connection = connection
        self._tx = tx

    def run(self) -> None:
        while jobs := self._queue.take(self.group_max):
            self._serve(jobs)
            del jobs  # a lane that waits for work keeps nothing of the last: what a group has read can be large
        try:
            self._connection.close()
        except apsw.Error as error:  # all that was answered is in the log, and will be found there
            log.warning("the database was not closed in order: %s", error)

    def _serve(self, jobs: list[Job]) -> None:
        try:
            self._do(jobs)
        except BaseException as error:  # the lane must outlive whatever happened; the callers are told
            log.exception("a group of units failed")
            self._abandon()
            self._refuse(jobs, error)
        by_loop: dict[asyncio.AbstractEventLoop, list[Job]] = {}
        for job in jobs:
            by_loop.setdefault(job.future.get_loop(), []).append(job)
        for loop, own in by_loop.items():
            try:
                loop.call_soon_threadsafe(_answer, own)
            except RuntimeError:  # that loop is closed: nobody waits there any more
                log.debug("a unit's caller has gone")

    def _do(self, jobs: list[Job]) -> None:
        raise NotImplementedError

    def _abandon(self) -> None:
        try:
            if not self._connection.get_autocommit():
                self._connection.execute("ROLLBACK")
        except apsw.Error:  # the next group meets it at its BEGIN, and tries again
            log.exception("a rollback failed")

    def _refuse(self, jobs: list[Job], error: BaseException) -> None:
        """None of these units has come to anything.

        Also those that had refused by themselves: what they saw may have been written by others of the group only.
        """
        for job in jobs:
            job.error = _as_problem(error) if isinstance(error, apsw.Error) else error
        self.trouble = str(jobs[0].error) if isinstance(jobs[0].error, StoreProblem) else None

    def _attempt(self, job: Job) -> None:
        job.value, job.error = None, None
        try:
            job.value = drive(job.unit, self._tx)
        except (apsw.Error, MemoryError) as error:
            job.error = _as_problem(error)
        except BaseException as error:  # noqa: BLE001 (handed to the caller as it is)
            job.error = error


def _as_problem(error: BaseException) -> Exception:
    """The store's own trouble in the port's words; the cause stays for the log."""
    if isinstance(error, apsw.FullError):
        problem: Exception = StoreProblem("The disk is full.")
    elif isinstance(error, apsw.ReadOnlyError | apsw.CantOpenError | apsw.PermissionsError):
        problem = StoreProblem("The data folder cannot be written.")
    elif isinstance(error, apsw.IOError | apsw.CorruptError | apsw.NotADBError):
        problem = StoreProblem("The disk did not do what it was asked.")
    else:
        problem = StoreProblem("The store failed.")
    problem.__cause__ = error
    return problem


class Reader(Lane):
    """Runs units that only read; those that waited together see the same moment."""

    group_max = 64  # more readers that share what waits are slower: they only take the interpreter from one another

    def _do(self, jobs: list[Job]) -> None:
        for job in jobs:
            if self._connection.get_autocommit():  # the first; or SQLite gave up with the one before, as I/O errors do
                self._connection.execute("BEGIN")
            self._attempt(job)
        if not self._connection.get_autocommit():
            self._connection.execute("COMMIT")


class Writer(Lane):
    """Runs every unit that waits in one transaction, and answers each only after the commit.

    Units run without a savepoint, which would cost a copy of every page they touch. Where one fails
    after it has written, the transaction is rolled back and the group runs again with a savepoint
    each, so that only the failing one leaves nothing behind.
    """

    group_max = GROUP_MAX

    def _do(self, jobs: list[Job]) -> None:
        written = self._connection.total_changes() if self.trouble else 0
        if not self._together(jobs):
            self._apart(jobs)
        try:
            self._connection.execute("COMMIT")
            if (
                self.trouble and self._connection.total_changes() != written
            ):  # one without a change asks nothing of a disk
                self.trouble = None
        except apsw.Error as error:
            self._abandon()
            log.exception("a commit of %d units failed", len(jobs))
            self._refuse(jobs, error)
            self._overwrite()

    def _overwrite(self) -> None:
        """Put something harmless where the failed commit stands in the log.

        Where only the sync failed all of it is there, and would come true if this process died now: SQLite reads
        the log anew at the next start, and cannot know that the callers were refused.
        """
        try:
            number = self._connection.pragma("user_version")
            self._connection.execute(f"PRAGMA user_version = {number}")
        except apsw.Error as error:
            log.warning("a failed commit could not be overwritten yet: %s", error)

    def _together(self, jobs: list[Job]) -> bool:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        for job in jobs:
            written = connection.total_changes()
            self._attempt(job)
            if connection.get_autocommit():  # SQLite gave the transaction up by itself: a full disk, an I/O error
                return False
            if job.error is not None and connection.total_changes() != written:
                return False
        return True

    def _apart(self, jobs: list[Job]) -> None:
        connection = self._connection
        self._abandon()
        connection.execute("BEGIN IMMEDIATE")
        for job in jobs:
            connection.execute("SAVEPOINT unit")
            self._attempt(job)
            if connection.get_autocommit():
                raise job.error or StoreProblem("The store failed.")
            if job.error is not None:
                connection.execute("ROLLBACK TO unit")
            connection.execute("RELEASE unit")
