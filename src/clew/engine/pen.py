"""Writing down what a run does while it is performed.

Changes of state and items are written at once. Fragments of text are written as fast as the store
takes them: while one write is under way the next fragments gather, and go together. So a reader sees
each token as soon as it is safe, and a busy server writes larger pieces, not more of them.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, TypeAlias

from clew.domain.event import Delta, Event, EventKind
from clew.domain.noun import replace
from clew.domain.run import Run, RunState

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from clew.service.core import Core
    from clew.storage.port import Tx

    Change: TypeAlias = Callable[[Tx, Run], Awaitable[tuple[Run, Sequence[Event]]]]


GATHERED: Final = 256
"""So many fragments that wait for the disk are put together before more are taken."""


class Lost(Exception):
    """The run is no longer ours to write: it ended, its thread is gone, or another worker has taken it."""


class Stopped(Exception):
    """The caller has asked to cancel the run."""


def _continues(last: Delta, delta: Delta) -> bool:
    """Whether a fragment only goes on where the last one stopped. What names a call stands alone."""
    return (
        (last.item_id, last.index, last.call_id, delta.call_id) == (delta.item_id, delta.index, None, None)
        and (last.text is None) == (delta.text is None)
        and (last.refusal is None) == (delta.refusal is None)
    )


def _joined(group: Sequence[Delta]) -> Delta:
    first = group[0]
    if len(group) == 1:
        return first
    return replace(
        first,
        text=None if first.text is None else "".join(one.text or "" for one in group),
        refusal=None if first.refusal is None else "".join(one.refusal or "" for one in group),
        arguments=None if first.arguments is None else "".join(one.arguments or "" for one in group),
    )


def merge(deltas: Sequence[Delta]) -> list[Delta]:
    """The same fragments in fewer pieces: neighbours of one text, or of one call's arguments, become one."""
    groups: list[list[Delta]] = []
    for delta in deltas:
        if groups and _continues(groups[-1][-1], delta):
            groups[-1].append(delta)
        else:
            groups.append([delta])
    return [_joined(group) for group in groups]


def _look_at(change: asyncio.Task[Run]) -> None:
    """Whoever was interrupted waits for its change no more, and asyncio complains of errors that nobody looked at."""
    if not change.cancelled():
        change.exception()


class Pen:
    """What one worker writes of one run, in order."""

    def __init__(self, core: Core, run: Run, owner: str) -> None:
        self.run = run
        self._core = core
        self._owner = owner
        self._waiting: list[Delta] = []
        self._pump: asyncio.Task[None] | None = None
        self._changing: asyncio.Task[Run] | None = None
        self._error: Exception | None = None

    async def change(self, change: Change, *, even_if_stopped: bool = False) -> Run:
        """Write a change of the run and the events of it, after every fragment so far.

        Raises `Lost`, and `Stopped` unless told otherwise.
        """
        try:
            await self.flush()
        except Stopped:
            if not even_if_stopped:
                raise

        async def unit(tx: Tx) -> tuple[Run, list[Event]]:
            current = await self._current(tx, even_if_stopped=even_if_stopped)
            run, events = await change(tx, current)
            await tx.runs.update(run)
            return run, await tx.events.append(run, events)

        self._changing = asyncio.ensure_future(self._write(unit))
        self._changing.add_done_callback(_look_at)
        self.run = await asyncio.shield(self._changing)
        return self.run

    async def _write(self, unit: Callable[[Tx], Awaitable[tuple[Run, list[Event]]]]) -> Run:
        """Commit, and tell the readers. A task of its own: whoever is interrupted must not come between the two."""
        run, events = await self._core.store.write(unit)
        self._core.feeds.publish(run.id, events)
        return run

    async def _current(self, tx: Tx, *, even_if_stopped: bool) -> Run:
        run = await tx.runs.get(self.run.project_id, self.run.thread_id, self.run.id)
        if run is None or run.lease_owner != self._owner:
            raise Lost
        if run.state is RunState.CANCELLING and not even_if_stopped:
            raise Stopped
        return run

    def fragment(self, delta: Delta) -> None:
        """Take a fragment; it is written soon. Raises what went wrong with an earlier one."""
        if self._error is not None:
            raise self._error
        self._waiting.append(delta)
        if len(self._waiting) % GATHERED == 0:  # a slow disk: what waits is text, not an object for each word
            self._waiting = merge(self._waiting)
        if self._pump is None:
            self._pump = asyncio.ensure_future(self._write_fragments())

    async def flush(self) -> None:
        """Return when every fragment so far is written. Raises what went wrong with one."""
        if self._pump is not None:
            await asyncio.wait({self._pump})  # not `await`, which would take the task along where we are interrupted
        if self._error is not None:
            raise self._error

    async def lay_down(self) -> None:
        """Write nothing more: what no reader has seen is dropped. Returns when what was being written is written."""
        self._waiting.clear()
        under_way = {task for task in (self._pump, self._changing) if task is not None}
        if under_way:
            await asyncio.wait(under_way)

    async def _write_fragments(self) -> None:
        try:
            while self._waiting:
                deltas, self._waiting = merge(self._waiting), []

                async def unit(tx: Tx, deltas: list[Delta] = deltas) -> list[Event]:
                    run = await self._current(tx, even_if_stopped=False)
                    at = self._core.now()
                    return await tx.events.append(
                        run, [Event(kind=EventKind.DELTA, at=at, delta=delta) for delta in deltas]
                    )

                events = await self._core.store.write(unit)
                self._core.feeds.publish(self.run.id, events)
        except Exception as error:  # noqa: BLE001 (raised again by whoever writes or flushes next)
            self._error = error
        finally:
            self._pump = None
