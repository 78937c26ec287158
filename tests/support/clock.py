"""A clock that stands still until a test moves it."""

import asyncio

from clew.domain.expiration import SECOND


class FakeClock:
    """Answers `core.Clock`. Times are microseconds, as everywhere; `advance` and `sleep` take seconds."""

    def __init__(self, now: int = 1_700_000_000 * SECOND) -> None:
        self._now = now
        self._sleepers: list[tuple[int, asyncio.Event]] = []
        self._someone_sleeps = asyncio.Event()

    def now(self) -> int:
        return self._now

    def advance(self, seconds: float) -> None:
        """Move the clock and wake whoever has slept long enough."""
        self._now += round(seconds * SECOND)
        for until, awake in self._sleepers:
            if until <= self._now:
                awake.set()
        self._sleepers = [sleeper for sleeper in self._sleepers if sleeper[0] > self._now]
        if not self._sleepers:
            self._someone_sleeps.clear()

    def set_by(self, seconds: float) -> None:
        """Somebody sets the clock, forward or back. Who sleeps does not notice: a machine's timers run on another."""
        self._now += round(seconds * SECOND)
        self._sleepers = [(until + round(seconds * SECOND), awake) for until, awake in self._sleepers]

    async def sleep(self, seconds: float) -> None:
        """Return once the clock has been moved this far, at once where that is nowhere."""
        if seconds <= 0:
            return
        awake = asyncio.Event()
        self._sleepers.append((self._now + round(seconds * SECOND), awake))
        self._someone_sleeps.set()
        try:
            await awake.wait()
        finally:
            self._sleepers = [sleeper for sleeper in self._sleepers if sleeper[1] is not awake]

    async def until_someone_sleeps(self) -> None:
        """Return once somebody waits for this clock: the moment to move it."""
        await self._someone_sleeps.wait()
