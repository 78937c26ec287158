"""How a run ends: what was open is closed in the same unit, in the order in which every stream shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clew.domain.event import Event, EventKind
from clew.domain.item import Fault, Item, ItemStatus, Kind, Part, PartKind
from clew.domain.noun import replace
from clew.domain.run import Run, RunState, end

if TYPE_CHECKING:
    from clew.domain.event import Delta
    from clew.storage.port import Tx

_STEP_ENDS: Final = {
    RunState.CANCELLED: ItemStatus.CANCELLED,
    RunState.EXPIRED: ItemStatus.EXPIRED,
    RunState.FAILED: ItemStatus.FAILED,
    RunState.INCOMPLETE: ItemStatus.COMPLETED,
}
"""The run's end to that of the generation it was in. A spent budget is a generation that did complete."""

_MESSAGE_REASONS: Final = {
    RunState.CANCELLED: "run_cancelled",
    RunState.EXPIRED: "run_expired",
    RunState.FAILED: "run_failed",
    RunState.INCOMPLETE: "max_tokens",
}


class Written:
    """The content of a message as its fragments make it up: a part for its text, a part for its refusal."""

    def __init__(self) -> None:
        self._texts: dict[PartKind, list[str]] = {}

    def add(self, delta: Delta) -> None:
        """One more fragment of the message."""
        if delta.refusal is not None:
            self._texts.setdefault(PartKind.REFUSAL, []).append(delta.refusal)
        elif delta.text is not None:
            self._texts.setdefault(PartKind.TEXT, []).append(delta.text)

    def index(self, kind: PartKind) -> int:
        """Which part of the message a fragment of this kind belongs to: parts stand in the order of their beginning."""
        kinds = list(self._texts)
        return kinds.index(kind) if kind in kinds else len(kinds)

    def parts(self) -> tuple[Part, ...]:
        """The parts so far."""
        return tuple(Part(kind=kind, text="".join(texts)) for kind, texts in self._texts.items())


async def close(
    tx: Tx,
    run: Run,
    to: RunState,
    *,
    now: int,
    error: Fault | None = None,
    incomplete_reason: str | None = None,
) -> tuple[Run, list[Event]]:
    """Within a unit: the run in this terminal state, and the events that say so. The caller writes both.

    An open message keeps the text that its events have, and is incomplete; an open generation and its
    calls end as the run does.
    """
    events = await close_items(tx, run, _STEP_ENDS[to], _MESSAGE_REASONS[to], now=now, error=error)
    ended = end(run, to, now=now, error=error, incomplete_reason=incomplete_reason)
    events.append(Event(kind=EventKind.RUN_MOVED, at=now, progress=ended.progress))
    return ended, events


async def close_items(
    tx: Tx, run: Run, status: ItemStatus, reason: str, *, now: int, error: Fault | None
) -> list[Event]:
    """Within a unit: end every item of the run that is open; messages first, then what made them."""
    events: list[Event] = []
    still = [
        item
        for item in await tx.items.of_run(run.project_id, run.thread_id, run.id)
        if item.status is ItemStatus.IN_PROGRESS
    ]
    for item in still:
        if item.kind is Kind.MESSAGE:
            done = replace(
                item,
                status=ItemStatus.INCOMPLETE,
                incomplete_reason=reason,
                finished_at=now,
                parts=item.parts or await _streamed(tx, run, item.id),
            )
            await tx.items.update(run.project_id, done)
            events.append(Event(kind=EventKind.ITEM_ENDED, at=now, item=done))
    calls = [await _ended(tx, run, item, status, error=error, now=now) for item in still if item.kind is Kind.TOOL_CALL]
    for item in still:
        if item.kind is Kind.GENERATION:
            done = await _ended(tx, run, item, status, error=error, now=now)
            own = tuple(call for call in calls if call.parent_id == item.id)
            events.append(Event(kind=EventKind.ITEM_ENDED, at=now, item=done, calls=own))
    return events


async def _ended(tx: Tx, run: Run, item: Item, status: ItemStatus, *, error: Fault | None, now: int) -> Item:
    trace = replace(item.trace, error=error, ended_at=now) if item.trace is not None else None
    done = replace(item, status=status, finished_at=now, trace=trace)
    await tx.items.update(run.project_id, done)
    return done


async def _streamed(tx: Tx, run: Run, message_id: str) -> tuple[Part, ...]:
    """What readers have seen of a message that was being written: it is in the events, not yet in the item."""
    written = Written()
    number = 0
    while events := await tx.events.after(run.project_id, run.thread_id, run.id, number=number, limit=500):
        number = events[-1].number
        for event in events:
            if event.delta is not None and event.delta.item_id == message_id:
                written.add(event.delta)
    return written.parts()
