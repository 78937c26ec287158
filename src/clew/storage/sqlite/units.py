"""Units of work on their way through a connection: what waits, how one is run, and how trouble is said."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import apsw

from clew.storage.port import StoreProblem

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Iterable

    from clew.storage.port import Tx


log = logging.getLogger("clew.storage")


@dataclass(slots=True, eq=False)
class Job:
    """A unit, the future that waits for it, and how it ended."""

    unit: Callable[[Tx], Awaitable[Any]]
    future: asyncio.Future[Any]
    value: Any = None
    error: BaseException | None = None

    def attempt(self, tx: Tx) -> None:
        """Run the unit and keep how it ended."""
        self.value, self.error = None, None
        try:
            self.value = drive(self.unit, tx)
        except (apsw.Error, MemoryError) as error:
            self.error = as_problem(error)
        except BaseException as error:  # noqa: BLE001 (handed to the caller as it is)
            self.error = error


def drive(unit: Callable[[Tx], Awaitable[Any]], tx: Tx) -> Any:  # noqa: ANN401 (the unit's own value)
    """Run a unit to its end. Raises what it raises, and RuntimeError where it waits for something else."""
    steps = unit(tx).__await__()
    try:
        next(steps)
    except StopIteration as stop:
        return stop.value
    steps.close()
    raise RuntimeError("a unit of work awaits nothing but its transaction")


def answer(jobs: Iterable[Job]) -> None:
    """On the loop: hand every unit's end to whoever waits for it."""
    for job in jobs:
        if job.future.done():
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.value)


def close(connection: apsw.Connection) -> None:
    """Close a connection. The last one works the log into the file, which a disk may refuse: nothing is lost."""
    try:
        connection.close()
    except apsw.Error as error:  # all that was answered is in the log, and will be found there
        log.warning("the database was not closed in order: %s", error)


def as_problem(error: BaseException) -> Exception:
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
