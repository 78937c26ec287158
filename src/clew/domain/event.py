"""Events: what happened in a run, numbered from 1. Every dialect's stream is a rendering of this one log."""

from __future__ import annotations

from enum import StrEnum

from clew.domain.item import Item
from clew.domain.noun import Noun
from clew.domain.run import Progress


class EventKind(StrEnum):
    """What happened. `run` carries the run's progress, `item_*` an item, `delta` a fragment of one."""

    THREAD_CREATED = "thread_created"
    RUN_CREATED = "run_created"
    RUN_MOVED = "run_moved"
    ITEM_CREATED = "item_created"
    ITEM_ENDED = "item_ended"
    DELTA = "delta"


class Delta(Noun, frozen=True, kw_only=True):
    """A fragment: text or refusal of a message, or a tool call's name or arguments within a generation.

    `call_id` and `name` come once, with the first fragment of a call; `index` counts the calls of a
    generation, or the parts of a message, from 0.
    """

    item_id: str
    index: int = 0
    text: str | None = None
    refusal: str | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None


class Event(Noun, frozen=True, kw_only=True):
    """One event. `number` is 0 before it is written. `calls` are a generation's tool calls where it ended."""

    kind: EventKind
    at: int
    number: int = 0
    progress: Progress | None = None
    item: Item | None = None
    delta: Delta | None = None
    calls: tuple[Item, ...] = ()
