"""What every service function works with: the store, the clock, ids, limits, and who listens to runs."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from clew.domain import ids
from clew.domain.expiration import DAY_SECONDS, SECOND
from clew.domain.quota import Quotas
from clew.service.feeds import Feeds

if TYPE_CHECKING:
    from clew.storage.blobs import Blobs
    from clew.storage.port import Store


class Clock(Protocol):
    """Where time comes from. Tests bring their own."""

    def now(self) -> int:
        """Microseconds since 1970, UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after so long on this clock."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        return time.time_ns() // 1000

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Ids(Protocol):
    """Where ids come from. Tests bring their own."""

    def new(self, kind: str) -> str:
        """An id for a thing of this kind (a key of `ids.PREFIXES`)."""
        ...

    def within(self, kind: str, thread_id: str, *, place: int | None = None) -> str:
        """An id for a thing that lives in this thread, and says so, and also at which place of its log."""
        ...


class RandomIds:
    """Ids that nobody can guess and that never collide.

    Randomness is fetched for many ids at once: asking the system for it each time costs more than all else that
    making an id does. Bytes become letters by dropping those that would make some letters likelier than others.
    Taking from a list is atomic, so that threads never get the same.
    """

    _LENGTH: Final = ids.TAG_LENGTH + ids.RANDOM_LENGTH
    _AT_ONCE: Final = 256
    _FAIR: Final = 256 // len(ids.ALPHABET) * len(ids.ALPHABET)
    _LETTERS: Final = bytes(ord(ids.ALPHABET[value % len(ids.ALPHABET)]) for value in range(256))
    _UNFAIR: Final = bytes(range(_FAIR, 256))

    def __init__(self) -> None:
        self._ready: list[str] = []

    def _random(self) -> str:
        try:
            return self._ready.pop()
        except IndexError:
            fresh = os.urandom(self._LENGTH * self._AT_ONCE).translate(self._LETTERS, self._UNFAIR).decode("ascii")
            last = len(fresh) - self._LENGTH
            pieces = [fresh[at : at + self._LENGTH] for at in range(0, last + 1, self._LENGTH)]
            taken = pieces.pop()
            self._ready.extend(pieces)
            return taken

    def new(self, kind: str) -> str:
        return ids.compose(kind, self._random())

    def within(self, kind: str, thread_id: str, *, place: int | None = None) -> str:
        return ids.compose(kind, self._random(), thread_id=thread_id, place=place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one thing may weigh, as the operator set it."""

    run_seconds: int = 600
    file_bytes: int = 512 * 1024 * 1024
    part_bytes: int = 64 * 1024 * 1024
    upload_bytes: int = 8 * 1024 * 1024 * 1024
    upload_seconds: int = 3600
    thread_entries: int | None = 100_000
    """Entries that a thread's log may ever have had, runs' included; None for no limit. The hosted service stopped at
    as many messages."""


class Signals:
    """Words between the service and the engine in one process. Hints only: what counts is in the store."""

    def __init__(self) -> None:
        self.work = asyncio.Event()
        self._stops: dict[str, asyncio.Event] = {}

    def stop_of(self, run_id: str) -> asyncio.Event:
        """The event that says this run is to be looked at again; made by whoever performs it."""
        return self._stops.setdefault(run_id, asyncio.Event())

    def forget(self, run_id: str) -> None:
        """The run is no longer performed here."""
        self._stops.pop(run_id, None)

    def stop(self, run_id: str) -> None:
        """Tell whoever performs this run, if that is in this process, to look at it again."""
        if event := self._stops.get(run_id):
            event.set()


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """Everything a service function needs but the caller. Made once, in `app.wiring`."""

    store: Store
    blobs: Blobs
    clock: Clock
    ids: Ids
    limits: Limits = field(default_factory=Limits)
    quotas: Quotas = field(default_factory=Quotas)
    expired_keep_days: int | None = 0
    """How long what has expired is still there, as the operator set it; None for ever."""
    feeds: Feeds = field(default_factory=Feeds)
    signals: Signals = field(default_factory=Signals)

    def now(self) -> int:
        """Microseconds since 1970, UTC."""
        return self.clock.now()

    def expiry_now(self) -> int:
        """The time by which ends are judged: what has its `expires_at` at or before it is gone.

        Now, or as much earlier as expired things are kept. Pass it wherever a store asks `now` to tell what has
        expired; dates that are shown or written are never moved by it.
        """
        if self.expired_keep_days is None:
            return 0
        return self.clock.now() - self.expired_keep_days * DAY_SECONDS * SECOND
