"""Writing down what a run does while it is performed.

Changes of state and items are written at once. Fragments of text are written as fast as the store
takes them: while one write is under way the next fragments gather, and go together. So a reader sees
each token as soon as it is safe, and a busy server writes larger pieces, not more of them.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from clew.domain.event import Delta, Event, EventKind
from clew.domain.run import Run, RunState

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from clew.service.core import Core
    from clew.storage.port import Tx

    Change: TypeAlias = Callable[[Tx, Run], Awaitable[tuple[Run, Sequence[Event]]]]


class Lost(Exception):
    """The run is no longer ours to write: it ended, its thread is gone, or another worker has taken it."""


class Stopped(Exception):
    """The caller has asked to cancel the run."""


def merge(deltas: Sequence[Delta]) -> list[Delta]:
    """The same fragments in fewer pieces: neighbours of one text, or of one call's arguments, become one."""
    out: list[Delta] = []
    for delta in deltas:
        last = out[-1] if out else None
        if last is None or last.item_id != delta.item_id or last.index != delta.index or delta.call_id is not None:
            out.append(delta)
        elif last.text is not None and delta.text is not None:
            out[-1] = replace(last, text=last.text + delta.text)
        elif last.refusal is not None and delta.refusal is not None:
            out[-1] = replace(last, refusal=last.refusal + delta.refusal)
        elif last.call_id is None and last.arguments is not None and delta.arguments is not None:
            out[-1] = replace(last, arguments=last.arguments + delta.arguments)
        else:
            out.append(delta)
    return out


class Pen:
    """What one worker writes of one run, in order."""

    def __init__(self, core: Core, run: Run, owner: str) -> None:
        self.run = run
        self._core = core
        self._owner = owner
        self._waiting: list[Delta] = []
        self._pump: asyncio.Task[None] | None = None
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

        self.run, events = await self._core.store.write(unit)
        self._core.feeds.publish(self.run.id, events)
        return self.run

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
        if self._pump is None:
            self._pump = asyncio.ensure_future(self._write_fragments())

    async def flush(self) -> None:
        """Return when every fragment so far is written. Raises what went wrong with one."""
        if self._pump is not None:
            await self._pump
        if self._error is not None:
            raise self._error

    async def lay_down(self) -> None:
        """Write nothing more: what no reader has seen is dropped."""
        self._waiting.clear()
        if self._pump is not None:
            await asyncio.wait({self._pump})

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
