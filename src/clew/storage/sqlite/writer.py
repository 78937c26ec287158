"""The writer: units that wait together are one transaction, and are answered once it is on the disk.

Units run on the event loop, one after the other, because handing each to a thread costs more than what it does:
Python runs one thread at a time, and every statement of the other would wait for its turn. What waits for the disk
is the commit, and it alone is done in a thread; meanwhile the loop reads requests, and the next units gather.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final

import apsw

from clew.domain.problem import Unavailable
from clew.storage.port import StoreProblem
from clew.storage.sqlite.units import Job, answer, as_problem, close

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from clew.storage.port import Tx

log = logging.getLogger("clew.storage")

GROUP_MAX: Final = 256
"""Units in one commit: what more of them saves is too little to be worth the wait."""

PATIENCE_MS: Final = 10_000
"""How long another process, such as an operator's command, may hold the file before writing fails."""


CHECKPOINT_PAGES: Final = 8_000
"""How far the log grows before it is worked into the file (32 MB): a page that changes often is then written once."""


class Writer:
    """One connection that writes, for one event loop.

    Units run without a savepoint, which would cost a copy of every page they touch. Where one fails
    after it has written, the transaction is rolled back and the group runs again with a savepoint
    each, so that only the failing one leaves nothing behind.

    `let_go` makes readers on the same loop see the present: before a group, so that no reader keeps SQLite from
    beginning its log anew, and after it, so that whoever is answered finds what was written.
    """

    def __init__(self, connection: apsw.Connection, tx: Tx, *, let_go: Callable[[], None]) -> None:
        self._connection = connection
        self._tx = tx
        self._let_go = let_go
        self._waiting: deque[Job] = deque()
        self._group: list[Job] = []
        self._busy = False
        self._closed = False
        self._idle: asyncio.Future[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._handed = False
        self._errands: SimpleQueue[tuple[Callable[[], None], Callable[[Exception | None], None]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run_errands, name="clew-commits", daemon=True)
        self.trouble: str | None = None
        """Why the last group that had something to keep was refused; None since one was kept."""
        connection.set_busy_timeout(0)
        self._pages = 0
        self._pages_due = CHECKPOINT_PAGES
        connection.set_wal_hook(self._logged)
        self._thread.start()

    @property
    def is_busy(self) -> bool:
        """Whether a group is under way."""
        if self._busy and self._handed and self._loop is not None and self._loop.is_closed():
            self._forget()  # the loop was handed the group's outcome, and ended before it looked
        return self._busy

    def _forget(self) -> None:
        log.debug("the callers of a group have gone")
        self._group, self._busy = [], False

    def put(self, job: Job) -> None:
        """Take a unit. Raises `Unavailable` after closing."""
        if self._closed:
            raise Unavailable("the server is shutting down")
        self._waiting.append(job)
        if not self.is_busy:
            self._busy = True
            self._loop = job.future.get_loop()
            # Not now but when everything has been put that this round of the loop puts.
            self._loop.call_soon(self._next)

    async def close(self) -> None:
        """Take no more, finish what waits, and close the connection."""
        self._closed = True
        if self._busy and self._loop is not None:
            self._idle = self._loop.create_future()
            await self._idle
        if self._thread.is_alive():
            self._errands.put(None)
            self._thread.join()
            close(self._connection)

    def _next(self) -> None:
        """Begin the next group, if anything waits."""
        if not self._waiting:
            self._busy = False
            if self._idle is not None and not self._idle.done():
                self._idle.set_result(None)
            return
        self._group = [self._waiting.popleft() for _ in range(min(GROUP_MAX, len(self._waiting)))]
        self._let_go()
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except apsw.BusyError:  # somebody else writes: the loop must not stand still meanwhile
            self._elsewhere(self._begin_patiently, self._begun)
        except apsw.Error as error:
            self._begun(error)
        else:
            self._begun(None)

    def _begin_patiently(self) -> None:
        self._connection.set_busy_timeout(PATIENCE_MS)
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        finally:
            self._connection.set_busy_timeout(0)

    def _begun(self, error: Exception | None) -> None:
        """Run the group, and send it on to be committed."""
        if error is not None:
            self._fail(error)
            return
        before = self._connection.total_changes()
        try:
            if not self._together():
                self._apart()
        except BaseException as trouble:  # noqa: BLE001 (the writer must outlive whatever happened; the callers are told)
            self._fail(trouble)
            return
        if self._connection.total_changes() == before:
            try:
                self._commit()
            except apsw.Error as trouble:
                self._fail(trouble)
            else:
                self._done()
            return
        self._elsewhere(self._commit, self._committed)

    def _commit(self) -> None:
        try:
            self._connection.execute("COMMIT")
        except apsw.Error:
            self._abandon()
            self._overwrite()
            raise

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

    def _committed(self, error: Exception | None) -> None:
        if error is not None:
            self._fail(error)
            return
        self.trouble = None
        self._done()

    def _done(self) -> None:
        group, self._group = self._group, []
        self._let_go()
        answer(group)
        if self._pages < self._pages_due:
            self._next()
        else:
            self._elsewhere(self._checkpoint, self._checkpointed)

    def _logged(self, connection: apsw.Connection, name: str, pages: int) -> int:  # noqa: ARG002 (SQLite's hook)
        """So many pages are in the log, after a commit."""
        if pages < self._pages:  # it has begun anew
            self._pages_due = CHECKPOINT_PAGES
        self._pages = pages
        return apsw.SQLITE_OK

    def _checkpoint(self) -> None:
        """Work the log into the file.

        Here, and not by SQLite at the end of a commit: nobody waits for it then, and readers on the loop have just let
        go, so that it comes to the log's end. Only then does the log begin anew; else it would grow while both go on.
        Where a long read, such as a backup, holds it up, it is tried again when the log has grown as much once more.
        """
        self._pages_due = self._pages + CHECKPOINT_PAGES
        self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)

    def _checkpointed(self, error: Exception | None) -> None:
        if error is not None:
            log.warning("the log could not be worked into the database yet: %s", error)
        self._next()

    def _fail(self, error: BaseException) -> None:
        """Nothing of the group is kept: tell everyone in it.

        Also units that had refused by themselves: what they saw may have been written by others of the group.
        """
        log.error("a group of %d units failed", len(self._group), exc_info=error)
        self._abandon()
        group, self._group = self._group, []
        reason = as_problem(error) if isinstance(error, apsw.Error) else error
        self.trouble = str(reason) if isinstance(reason, StoreProblem) else None
        for job in group:
            job.error = reason
        answer(group)
        self._next()

    def _abandon(self) -> None:
        try:
            if not self._connection.get_autocommit():
                self._connection.execute("ROLLBACK")
        except apsw.Error:  # the next group meets it at its BEGIN, and tries again
            log.exception("a rollback failed")

    def _together(self) -> bool:
        connection, tx = self._connection, self._tx
        written = connection.total_changes()
        for job in self._group:
            job.attempt(tx)
            if job.error is not None:
                if connection.get_autocommit():  # SQLite gave the transaction up by itself: a full disk, an I/O error
                    return False
                if connection.total_changes() != written:
                    return False
            written = connection.total_changes()
        return not connection.get_autocommit()

    def _apart(self) -> None:
        connection = self._connection
        self._abandon()
        connection.execute("BEGIN IMMEDIATE")
        for job in self._group:
            connection.execute("SAVEPOINT unit")
            job.attempt(self._tx)
            if connection.get_autocommit():
                raise job.error or StoreProblem("The store failed.")
            if job.error is not None:
                connection.execute("ROLLBACK TO unit")
            connection.execute("RELEASE unit")

    def _elsewhere(self, work: Callable[[], None], then: Callable[[Exception | None], None]) -> None:
        """Do `work` in the thread, and go on with `then` on the loop."""
        self._handed = False
        self._errands.put((work, then))

    def _run_errands(self) -> None:
        while errand := self._errands.get():
            work, then = errand
            error: Exception | None = None
            try:
                work()
            except Exception as trouble:  # noqa: BLE001 (handed to `then`)
                error = trouble
            loop = self._loop
            self._handed = True
            try:
                if loop is not None:
                    loop.call_soon_threadsafe(then, error)
            except RuntimeError:  # that loop is closed: nobody waits there any more
                self._forget()
