"""The readers: what is short is read at once, on the event loop; what turns out long goes to a thread.

Most reads take a few dozen microseconds, less than handing them to a thread and back. A statement that
goes on for longer, such as a filter that nothing matches, is interrupted and read again in a thread, so
that nobody else waits for it.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

import apsw

from clew.domain.problem import Unavailable
from clew.storage.sqlite.units import Job, answer, as_problem, close, drive

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable

    from clew.storage.port import Tx

T = TypeVar("T")

log = logging.getLogger("clew.storage")

STEPS: Final = 2_000
"""After so many instructions of SQLite's machine (a few tens of microseconds) a short read looks at the clock."""
SHORT_SECONDS: Final = 0.002
"""What a read may take of the loop's time before it goes to a thread."""


NotNow: Final = (apsw.InterruptError, apsw.BusyError)
"""What a short read ends with where it is none, or where another process holds the file for a moment."""


class Glance:
    """One connection that reads on the event loop itself.

    Reads within a moment of `SHORT_SECONDS` share a transaction, which costs more than most of them; it ends at once
    when this process has written, so only what another process writes is seen a moment later.
    """

    def __init__(self, connection: apsw.Connection, tx: Tx) -> None:
        self._connection = connection
        self._tx = tx
        self._is_open = False
        self._until = 0.0
        self._stale_from = 0.0
        connection.set_progress_handler(self._is_long, STEPS)
        connection.set_busy_timeout(0)

    def _is_long(self) -> bool:
        return time.perf_counter() > self._until

    def read(self, unit: Callable[[Tx], Awaitable[T]], loop: asyncio.AbstractEventLoop) -> T:
        """The unit's value. Raises `NotNow` for a unit that takes long, or that would have to wait."""
        now = time.perf_counter()
        if self._is_open and now > self._stale_from:  # the loop was busy, and has not come to it
            self.let_go()
        if self._connection.get_autocommit():  # SQLite gave up with the read before, as I/O errors make it do
            self._is_open = False
        self._until = now + SHORT_SECONDS
        if not self._is_open:
            self._begin(loop)
            self._stale_from = self._until
        value: T = drive(unit, self._tx)
        return value

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        until, self._until = self._until, math.inf  # SQLite counts its steps together, so any statement may be asked
        self._connection.execute("BEGIN")
        self._until = until
        self._is_open = True
        loop.call_later(SHORT_SECONDS, self.let_go)

    def let_go(self) -> None:
        """See later writes from now on."""
        if self._is_open:
            self._is_open = False
            self._until = math.inf
            try:
                if not self._connection.get_autocommit():
                    self._connection.execute("COMMIT")
            except apsw.Error:  # the writer lets go too, on behalf of everyone it answers: it must not stumble here
                log.exception("a reading transaction could not be ended")
                with suppress(apsw.Error):
                    self._connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the connection."""
        self._is_open = False
        close(self._connection)


@dataclass(slots=True)
class Queue:
    """What waits for the lanes that share it."""

    jobs: deque[Job] = field(default_factory=deque[Job])
    ready: threading.Condition = field(default_factory=threading.Condition)
    closed: bool = False

    def put(self, job: Job) -> None:
        """From the loop. Raises `Unavailable` after closing."""
        with self.ready:
            if self.closed:
                raise Unavailable("the server is shutting down")
            self.jobs.append(job)
            self.ready.notify()

    def take(self) -> Job | None:
        """From a lane: the next job; waits for one. None once closed and done."""
        with self.ready:
            while not self.jobs:
                if self.closed:
                    return None
                self.ready.wait()
            return self.jobs.popleft()

    def close(self) -> None:
        """No more is taken in; what waits is still done."""
        with self.ready:
            self.closed = True
            self.ready.notify_all()


class Lane(threading.Thread):
    """A thread over one connection that reads what takes long."""

    def __init__(self, name: str, queue: Queue, connection: apsw.Connection, tx: Tx) -> None:
        super().__init__(name=name, daemon=True)
        self._queue = queue
        self._connection = connection
        self._tx = tx

    def run(self) -> None:
        while job := self._queue.take():
            self._do(job)
            del job  # a lane that waits for work keeps nothing of the last: what was read can be large
        close(self._connection)

    def _do(self, job: Job) -> None:
        try:
            self._connection.execute("BEGIN")
            job.attempt(self._tx)
            self._connection.execute("COMMIT")
        except BaseException as error:  # the lane must outlive whatever happened; the caller is told
            log.exception("a read failed")
            job.error = job.error or (as_problem(error) if isinstance(error, apsw.Error) else error)
            if not self._connection.get_autocommit():
                self._connection.execute("ROLLBACK")
        try:
            job.future.get_loop().call_soon_threadsafe(answer, [job])
        except RuntimeError:  # that loop is closed: nobody waits there any more
            log.debug("a read's caller has gone")
