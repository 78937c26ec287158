"""Streams: the numbered event log of a run, as this dialect's numbered events. Contract: section 8.

Both are lists that only grow, and the second is worked out from the first alone: what an event's index is never depends
on when it is read, or whether the server was started anew in between. So a reader who comes in at an index is given
what is worked out from the beginning, from there on.
"""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from clew.dialects.yandex import wire
from clew.dialects.yandex.mapping.messages import content_to_wire
from clew.dialects.yandex.mapping.runs import state_to_wire
from clew.domain.event import EventKind
from clew.domain.item import Kind
from clew.domain.noun import replace
from clew.domain.run import RunState
from clew.service import runs
from clew.service.closing import Written

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from clew.domain.event import Delta, Event
    from clew.domain.item import Item
    from clew.domain.project import Caller
    from clew.domain.run import Progress, Run
    from clew.service.core import Core

GROWTH: Final = 16
"""A partial message is the whole text so far. Were there one for each fragment, a long answer would be sent a thousand
times over: so there is one where the text has grown by one part in so many,"""
APART: Final = 100_000
"""or after so many microseconds, by the times in the log."""

_TYPES: Final = {
    wire.RunState.TOOL_CALLS: wire.StreamEvent.TOOL_CALLS,
    wire.RunState.COMPLETED: wire.StreamEvent.DONE,
    wire.RunState.FAILED: wire.StreamEvent.ERROR,
}


async def events(core: Core, caller: Caller, run: Run, *, start: int) -> AsyncGenerator[wire.StreamEvent, None]:
    """The run's events from index `start` on, as they come. Ends with the run, or when it goes with its thread.

    Raises `NotFound` where it has gone before, and `Unavailable` where the server goes first.
    """
    renderer = Renderer(run, start=start)
    async with aclosing(runs.follow(core, caller, run.thread_id, run.id)) as followed:
        async for found in followed:
            for event in found:
                for rendered in renderer.render(event):
                    yield rendered


class Renderer:
    """Events of one run to stream events; those before `start` are counted, not made."""

    def __init__(self, run: Run, *, start: int = 0) -> None:
        self._run = run
        self._start = start
        self._next = 0
        self._results = 0
        self._waits = False
        self._answer: Item | None = None
        self._written = Written()
        self._length = 0
        self._shown = 0
        self._shown_at: int | None = None

    def render(self, event: Event) -> Iterator[wire.StreamEvent]:
        """What this event comes to: nothing, for most."""
        if event.delta is not None:
            yield from self._said(event.delta, event.at)
        elif event.item is not None and event.item.kind is Kind.MESSAGE:
            if event.kind is EventKind.ITEM_CREATED:
                self._begin(event.item)
            else:
                yield from self._ended(event.item)
        elif event.progress is not None:
            yield from self._moved(event.progress)

    def _begin(self, message: Item) -> None:
        self._answer = message
        self._written = Written()
        self._length = self._shown = 0
        self._shown_at = None

    def _said(self, delta: Delta, at: int) -> Iterator[wire.StreamEvent]:
        said = len(delta.text or delta.refusal or "")
        if not said or self._answer is None or delta.item_id != self._answer.id:
            return
        self._written.add(delta)
        self._length += said
        grown = self._length - self._shown
        if self._shown_at is None or at - self._shown_at >= APART or grown * GROWTH >= self._length:
            self._shown_at = at
            yield from self._partial(self._answer)

    def _ended(self, message: Item) -> Iterator[wire.StreamEvent]:
        if self._answer is not None and message.id == self._answer.id and self._length > self._shown:
            yield from self._partial(self._answer)
        self._answer = message

    def _partial(self, message: Item) -> Iterator[wire.StreamEvent]:
        self._shown = self._length
        if self._run.streamed and self._take():
            said = content_to_wire(replace(message, parts=self._written.parts()))
            yield self._event(wire.StreamEvent.PARTIAL_MESSAGE, wire.StreamEvent(partial_message=said))

    def _moved(self, progress: Progress) -> Iterator[wire.StreamEvent]:
        self._results += self._waits and progress.state is RunState.QUEUED
        self._waits = progress.state is RunState.WAITING
        state = state_to_wire(self._run, progress, self._answer)
        kind = _TYPES.get(state.status)
        if kind is None or not self._take():
            return
        event = wire.StreamEvent()
        match state.WhichOneof("StateData"):
            case "error":
                event.error.CopyFrom(state.error)
            case "completed_message":
                event.completed_message.CopyFrom(state.completed_message)
            case "tool_call_list":
                event.tool_call_list.CopyFrom(state.tool_call_list)
            case _:
                pass
        yield self._event(kind, event)

    def _take(self) -> bool:
        """Count one more event. Whether the reader is to have it."""
        self._next += 1
        return self._next > self._start

    def _event(self, kind: int, event: wire.StreamEvent) -> wire.StreamEvent:
        event.event_type = kind
        event.stream_cursor.current_event_idx = self._next - 1
        event.stream_cursor.num_user_events_received = self._results
        return event
