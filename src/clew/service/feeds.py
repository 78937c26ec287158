"""Who listens to runs in this process: the newest events of each run that has a listener, shared by all of them.

The log in the store is the truth; a feed only spares its readers the way there and wakes them. A reader
holds nothing but a number, so one that is slow or gone costs nothing: it finds the ring has moved on
and reads the log again.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from itertools import islice
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
        self._woke_at = time.monotonic()
        self._timer: asyncio.TimerHandle | None = None
        self.silences = 0
        self.readers = 0
        self.closed = False

    def publish(self, events: Sequence[Event]) -> None:
        """Events that were just committed. Where some are missing before them, the ring begins anew.

        That is so where another process wrote those, or a writer here was interrupted: readers then ask the store.
        """
        for event in events:
            newest = self._ring[-1].number if self._ring else None
            if newest is not None and event.number > newest + 1:
                self._ring.clear()
            if newest is None or event.number > newest:
                self._ring.append(event)
        self.wake()

    def wake(self) -> None:
        """Let every reader look again."""
        self._woke_at = time.monotonic()
        self._moved.set()
        self._moved = asyncio.Event()

    def watch(self, seconds: float) -> None:
        """Wake the readers also after so long without a word, and count that in `silences`. Until `rest`.

        One timer for all of them, which is not set anew with every event: a timer for each reader and each wait was a
        fifth of what it took to pass a token on.
        """
        if self._timer is None:
            self._set(seconds, seconds)

    def _set(self, after: float, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(after, self._listen, seconds)

    def _listen(self, seconds: float) -> None:
        quiet = time.monotonic() - self._woke_at
        if quiet >= seconds:
            self.silences += 1
            self.wake()
            quiet = 0
        self._set(seconds - quiet, seconds)

    def rest(self) -> None:
        """Watch no more."""
        if self._timer is not None:
            self._timer.cancel()

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
        # Counted from the newest end: most readers lack only the last few, and the middle of a deque is far away.
        newest_first = list(islice(reversed(self._ring), newest - number))
        return newest_first[::-1]

    def moved(self) -> asyncio.Event:
        """Set at the next change after this call."""
        return self._moved


class Feeds:
    """The feeds of all runs that somebody listens to."""

    def __init__(self) -> None:
        self._by_run: dict[str, Feed] = {}
        self._closed = False

    def join(self, run_id: str) -> Feed:
        """Begin to listen. Ends with `leave`."""
        feed = self._by_run.get(run_id)
        if feed is None:
            feed = self._by_run[run_id] = Feed()
            feed.closed = self._closed
        feed.readers += 1
        return feed

    def leave(self, run_id: str) -> None:
        """One reader less; the last one takes the feed along."""
        feed = self._by_run[run_id]
        feed.readers -= 1
        if feed.readers == 0:
            feed.rest()
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
        """The server goes: every reader ends, also one that comes late."""
        self._closed = True
        for feed in self._by_run.values():
            feed.close()
