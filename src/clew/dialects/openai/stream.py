"""Streams: the numbered event log of a run, as server-sent events.

Each event of the log becomes one or more frames; the last frame of an event carries its number as the
frame's `id`, so that a reader which comes back with it misses nothing and sees nothing twice.
"""

from __future__ import annotations

import logging
from contextlib import aclosing
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

from clew.dialects.openai import mapping, wire
from clew.dialects.openai.errors import refusal_of
from clew.domain.event import Event, EventKind
from clew.domain.item import Item, ItemStatus, Kind
from clew.domain.noun import replace
from clew.domain.problem import NotFound, Unavailable
from clew.domain.run import Run, RunState
from clew.service import runs
from clew.web.answer import Streamed

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from clew.domain.event import Delta
    from clew.domain.project import Caller
    from clew.domain.thread import Thread
    from clew.service.core import Core

log = logging.getLogger("clew.openai")

DONE: Final = b"event: done\ndata: [DONE]\n\n"
PING: Final = b": the run goes on\n\n"
"""A comment, for what stands between us and the client and closes connections on which nothing moves."""
CONTENT_TYPE: Final = "text/event-stream; charset=utf-8"

_encode: Final = msgspec.json.Encoder().encode

_RUN_EVENTS: Final = {
    RunState.QUEUED: b"thread.run.queued",
    RunState.RUNNING: b"thread.run.in_progress",
    RunState.WAITING: b"thread.run.requires_action",
    RunState.CANCELLING: b"thread.run.cancelling",
    RunState.COMPLETED: b"thread.run.completed",
    RunState.INCOMPLETE: b"thread.run.incomplete",
    RunState.FAILED: b"thread.run.failed",
    RunState.CANCELLED: b"thread.run.cancelled",
    RunState.EXPIRED: b"thread.run.expired",
}
_STEP_ENDS: Final = {
    ItemStatus.COMPLETED: b"thread.run.step.completed",
    ItemStatus.INCOMPLETE: b"thread.run.step.completed",
    ItemStatus.FAILED: b"thread.run.step.failed",
    ItemStatus.CANCELLED: b"thread.run.step.cancelled",
    ItemStatus.EXPIRED: b"thread.run.step.expired",
}
_MESSAGE_ENDS: Final = {
    ItemStatus.COMPLETED: b"thread.message.completed",
}

Frame = tuple[bytes, object]


def stream_of(
    core: Core, caller: Caller, run: Run, *, after: int, thread: Thread | None = None, through: bool = False
) -> Streamed:
    """The run's events above `after` as a stream.

    It ends with the run, and where the run waits for tool outputs: the submit opens a stream of its own.
    `through` reads on past that, as a reader of the whole log wants.
    """
    return Streamed(
        pieces=_pieces(core, caller, run, after, thread, through=through),
        content_type=CONTENT_TYPE,
        headers=(("cache-control", "no-store"), ("x-accel-buffering", "no")),
    )


async def _pieces(
    core: Core, caller: Caller, run: Run, after: int, thread: Thread | None, *, through: bool
) -> AsyncGenerator[bytes, None]:
    try:
        async with aclosing(_rendered(core, caller, run, after, thread, through=through)) as pieces:
            async for piece in pieces:
                yield piece
    except NotFound:
        log.debug("run %s went with its thread before it could be followed", run.id)
    except Unavailable as problem:
        yield _error(problem)
    except Exception as error:
        log.exception("the stream of run %s broke", run.id)
        yield _error(error)
    yield DONE


def _error(problem: Exception) -> bytes:
    """The frame of a stream that ends early. Wrapped, as an answer would be: clients pass over the bare object."""
    return b"event: error\ndata: %b\n\n" % _encode(refusal_of(problem).body())


async def _rendered(
    core: Core, caller: Caller, run: Run, after: int, thread: Thread | None, *, through: bool
) -> AsyncGenerator[bytes, None]:
    renderer = Renderer(run, thread)
    # One who comes back is rendered from the event before: whether a fragment is the first of its part is told by it.
    since = max(after - 1, 0) if through else after
    async with aclosing(runs.follow(core, caller, run.thread_id, run.id, after=since)) as followed:
        async for events in followed:
            if not events:
                yield PING
            out: list[bytes] = []
            over = False
            for event in events:
                frames = renderer.render(event)
                out.append(frames if event.number > after else b"")
                if over := event.kind is EventKind.RUN_MOVED and _ends(event, through=through):
                    break
            if piece := b"".join(out):
                yield piece
            if over:
                return


def _ends(event: Event, *, through: bool) -> bool:
    if event.progress is None:
        return False
    return event.progress.ended_at is not None or (event.progress.state is RunState.WAITING and not through)


def _frame(number: int | None, frame: Frame) -> bytes:
    name, data = frame
    head = b"" if number is None else b"id: %d\n" % number
    return b"%bevent: %b\ndata: %b\n\n" % (head, name, _encode(data))


@lru_cache(maxsize=1024)
def _fragment(number: int, delta: Delta, first: bool) -> bytes:  # noqa: FBT001 (a key of the cache, as the others)
    """The frame of a fragment: made once for all who read the run at about the same time."""
    if delta.text is not None or delta.refusal is not None:
        return _frame(number, (b"thread.message.delta", mapping.message_delta(delta, first=first)))
    return _frame(number, (b"thread.run.step.delta", mapping.step_delta(delta)))


class Renderer:
    """Events of one run to frames."""

    def __init__(self, run: Run, thread: Thread | None = None) -> None:
        self._run = run
        self._thread = thread
        self._begun: set[tuple[str, int]] = set()

    def render(self, event: Event) -> bytes:
        """The bytes of the event's frames; empty where this dialect has no word for it."""
        if event.kind is EventKind.DELTA and event.delta is not None:
            part = (event.delta.item_id, event.delta.index)
            first = part not in self._begun
            self._begun.add(part)
            return _fragment(event.number, event.delta, first)
        frames = list(self._frames(event))
        out: list[bytes] = []
        for at, frame in enumerate(frames):
            out.append(_frame(event.number if at == len(frames) - 1 else None, frame))
        return b"".join(out)

    def _frames(self, event: Event) -> Iterator[Frame]:
        match event.kind:
            case EventKind.THREAD_CREATED if self._thread is not None:
                yield b"thread.created", mapping.thread_to_wire(self._thread)
            case EventKind.RUN_CREATED:
                yield b"thread.run.created", self._run_at(event)
                yield b"thread.run.queued", self._run_at(event)
            case EventKind.RUN_MOVED if event.progress is not None:
                yield _RUN_EVENTS[event.progress.state], self._run_at(event)
            case EventKind.ITEM_CREATED if event.item is not None:
                yield from self._created(event.item)
            case EventKind.ITEM_ENDED if event.item is not None:
                yield from self._ended(event.item, event.calls)
            case _:
                return

    def _run_at(self, event: Event) -> wire.Run:
        """The run as it was at this event."""
        return mapping.run_to_wire(replace(self._run, progress=event.progress) if event.progress else self._run)

    def _created(self, item: Item) -> Iterator[Frame]:
        if item.kind is Kind.GENERATION:
            step = mapping.step_to_wire(item, ())
            yield b"thread.run.step.created", step
            yield b"thread.run.step.in_progress", step
        elif item.kind is Kind.MESSAGE:
            message = mapping.message_to_wire(item, as_begun=True)
            yield b"thread.message.created", message
            yield b"thread.message.in_progress", message

    def _ended(self, item: Item, calls: tuple[Item, ...]) -> Iterator[Frame]:
        if item.kind is Kind.GENERATION:
            yield _STEP_ENDS[item.status], mapping.step_to_wire(item, calls)
        elif item.kind is Kind.MESSAGE:
            yield _MESSAGE_ENDS.get(item.status, b"thread.message.incomplete"), mapping.message_to_wire(item)
