"""Who listens to runs in this process: the newest events of each run that has a listener, shared by all of them.

The log in the store is the truth; a feed only spares its readers the way there and wakes them. A reader
holds nothing but a number, so one that is slow or gone costs nothing: it finds the ring has moved on
and reads the log again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clew.domain.event import Event

RING: Final = 256
"""Events kept per run for readers that keep up."""


class Feed:
    """The newest events of one run."""

    def __init__(self) -> None:
        self._ring: deque[Event] = deque(maxlen=RING)
        self._moved = asyncio.Event()
        self.readers = 0
        self.closed = False

    def publish(self, events: Sequence[Event]) -> None:
        """Events that were just committed, in order."""
        self._ring.extend(events)
        self.wake()

    def wake(self) -> None:
        """Let every reader look again."""
        self._moved.set()
        self._moved = asyncio.Event()

    def close(self) -> None:
        """There will be no more: the run is gone, or the server goes."""
        self.closed = True
        self.wake()

    def after(self, number: int) -> list[Event] | None:
        """The events above `number`, or None where the ring does not reach back so far: ask the store."""
        if not self._ring or self._ring[0].number > number + 1:
            return None
        newest = self._ring[-1].number
        if newest <= number:
            return []
        missing = newest - number
        if missing >= len(self._ring):
            return list(self._ring)
        return [self._ring[at] for at in range(len(self._ring) - missing, len(self._ring))]

    def moved(self) -> asyncio.Event:
        """Set at the next change after this call."""
        return self._moved


class Feeds:
    """The feeds of all runs that somebody listens to."""

    def __init__(self) -> None:
        self._by_run: dict[str, Feed] = {}

    def join(self, run_id: str) -> Feed:
        """Begin to listen. Ends with `leave`."""
        feed = self._by_run.get(run_id)
        if feed is None:
            feed = self._by_run[run_id] = Feed()
        feed.readers += 1
        return feed

    def leave(self, run_id: str) -> None:
        """One reader less; the last one takes the feed along."""
        feed = self._by_run[run_id]
        feed.readers -= 1
        if feed.readers == 0:
            del self._by_run[run_id]

    def publish(self, run_id: str, events: Sequence[Event]) -> None:
        """Events that were just committed. Without a listener nothing happens."""
        if feed := self._by_run.get(run_id):
            feed.publish(events)

    def close(self, run_id: str) -> None:
        """The run is gone: its readers end."""
        if feed := self._by_run.get(run_id):
            feed.close()

    def close_all(self) -> None:
        """The server goes: every reader ends."""
        for feed in self._by_run.values():
            feed.close()
