"""The engine: claims runs, performs many at once, keeps their leases, and ends those that are overdue."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from clew.domain.expiration import SECOND
from clew.domain.run import ACTIVE, Run, RunState
from clew.engine.performance import fail_as_bug, perform
from clew.service import activity
from clew.service.closing import close
from clew.storage.port import RunKey, StoreProblem

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from clew.domain.event import Event
    from clew.engine.model import Model, ModelRoutes
    from clew.service.core import Core
    from clew.storage.port import Tx

log = logging.getLogger("clew.engine")

LEASE_SECONDS: Final = 30
BEAT_SECONDS: Final = 10
LOOK_SECONDS: Final = 1
OVERDUE_AT_ONCE: Final = 100


class Engine:
    """One worker over a store. `owner` names it among all workers of all processes.

    Work in this process announces itself; the regular look finds what other processes left, or lost.
    """

    def __init__(self, core: Core, model: Model, routes: ModelRoutes, *, owner: str, runs_at_once: int = 64) -> None:
        self._core = core
        self._model = model
        self._routes = routes
        self._owner = owner
        self._runs_at_once = runs_at_once
        self._performing: dict[RunKey, asyncio.Task[None]] = {}
        self._again: dict[RunKey, Run] = {}
        self._loops: list[asyncio.Task[None]] = []
        self._stopping = False

    async def start(self, *, alone: bool) -> None:
        """Begin. `alone` says that no other worker can be alive, so that every lease there is has been left behind."""
        if alone:
            await self._core.store.write(lambda tx: tx.runs.release_all())
        self._core.signals.work.set()  # what was left behind is taken up now, not at the first look
        self._loops = [
            asyncio.ensure_future(self._forever(self._claim_when_there_is_work)),
            asyncio.ensure_future(self._forever(self._look)),
            asyncio.ensure_future(self._forever(self._beat)),
        ]

    async def stop(self, *, drain_seconds: float) -> None:
        """Take nothing new, give what is under way this long, and leave the rest for whoever comes next."""
        self._stopping = True
        if self._performing:  # the loops go on meanwhile: leases are to be kept, and what is overdue is to end
            await asyncio.wait(self._performing.values(), timeout=drain_seconds)
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        for task in list(self._performing.values()):
            task.cancel()
        await asyncio.gather(*self._performing.values(), return_exceptions=True)
        try:
            await self._core.store.write(lambda tx: tx.runs.release(owner=self._owner))
        except StoreProblem as problem:  # the next start gives all leases back: no reason to stop stopping
            log.warning("the leases of this server could not be given back: %s", problem)
        await self._model.close()

    async def _forever(self, step: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await step()
            except StoreProblem as problem:
                log.error("the engine cannot use the store: %s", problem)  # noqa: TRY400 (the sentence says it all)
                await self._core.clock.sleep(LOOK_SECONDS)
            except Exception:
                log.exception("the engine met a bug")
                await self._core.clock.sleep(LOOK_SECONDS)

    async def _claim_when_there_is_work(self) -> None:
        work = self._core.signals.work
        await work.wait()
        work.clear()
        free = self._runs_at_once - len(self._performing)
        while free > 0 and not self._stopping:
            now = self._core.now()

            async def claimed(tx: Tx, now: int = now, free: int = free) -> list[Run]:
                return await tx.runs.claim(
                    owner=self._owner, now=now, lease_until=now + LEASE_SECONDS * SECOND, limit=free
                )

            runs = await self._core.store.write(claimed)
            for run in runs:
                self._begin(run)
            if len(runs) < free:
                return
            free = self._runs_at_once - len(self._performing)

    def _begin(self, run: Run) -> None:
        key = RunKey(project_id=run.project_id, thread_id=run.thread_id, run_id=run.id)
        if key in self._performing:
            # The caller has answered its calls before the last turn's task was quite over, or our own lease ran out
            # while we were stuck. It is ours either way, so that nobody else would begin it.
            self._again[key] = run
            return
        task = asyncio.ensure_future(self._perform(run))
        self._performing[key] = task
        task.add_done_callback(lambda task: self._ended(key, task))

    def _ended(self, key: RunKey, task: asyncio.Task[None]) -> None:
        del self._performing[key]
        self._core.signals.forget(key.run_id)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("run %s is left to its lease", key.run_id, exc_info=error)
        again = self._again.pop(key, None)
        if again is not None and not self._stopping:
            self._begin(again)
        self._core.signals.work.set()

    async def _perform(self, run: Run) -> None:
        """Perform the run until it is over, waits, or is no longer ours.

        One that is being cancelled is interrupted and begun once more, only to be ended.
        """
        while True:
            work = asyncio.ensure_future(perform(self._core, self._model, self._routes, run, owner=self._owner))
            try:
                await self._watch(run, work)
            finally:
                work.cancel()
                await asyncio.wait({work})
            if not work.cancelled():
                await self._conclude(run, work.exception())
                return
            if await self._standing(run) is not RunState.CANCELLING:
                return

    async def _watch(self, run: Run, work: asyncio.Task[None]) -> None:
        """Return when the work is done, or has no sense any more: the run is being cancelled, over, or not ours."""
        stop = self._core.signals.stop_of(run.id)
        while not work.done():
            word = asyncio.ensure_future(stop.wait())
            try:
                await asyncio.wait({work, word}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                word.cancel()
            if stop.is_set():
                stop.clear()
                if await self._standing(run) not in (RunState.QUEUED, RunState.RUNNING):
                    return

    async def _standing(self, run: Run) -> RunState | None:
        """Where the run stands while it is ours; None where it is not, or is over."""

        async def unit(tx: Tx) -> Run | None:
            return await tx.runs.get(run.project_id, run.thread_id, run.id)

        now = await self._core.store.read(unit)
        if now is None or now.state not in ACTIVE or now.lease_owner != self._owner:
            return None
        return now.state

    async def _conclude(self, run: Run, problem: BaseException | None) -> None:
        if isinstance(problem, StoreProblem):
            log.error("run %s: %s", run.id, problem)
        elif problem is not None:
            log.error("run %s met a bug", run.id, exc_info=problem)
            await fail_as_bug(self._core, run, owner=self._owner)

    async def _look(self) -> None:
        await self._core.clock.sleep(LOOK_SECONDS)
        await self.end_overdue()
        self._core.signals.work.set()

    async def end_overdue(self) -> None:
        """Expire the runs that are past their time, whoever has them. The last guard: every run ends."""

        async def unit(tx: Tx) -> list[Run]:
            return await tx.runs.overdue(now=self._core.now(), limit=OVERDUE_AT_ONCE)

        while True:
            overdue = await self._core.store.read(unit)
            # A unit for each: one that cannot be ended must not keep the others from their end.
            outcomes = await asyncio.gather(*(self._expire(run) for run in overdue), return_exceptions=True)
            failed = [(run, error) for run, error in zip(overdue, outcomes, strict=True) if error is not None]
            for run, error in failed:
                log.error("run %s could not be expired", run.id, exc_info=error)
            if failed or len(overdue) < OVERDUE_AT_ONCE:  # what failed is tried again at the next look
                return

    async def _expire(self, run: Run) -> None:
        async def unit(tx: Tx) -> list[Event]:
            now = self._core.now()
            current = await tx.runs.get(run.project_id, run.thread_id, run.id)
            if current is None or current.progress.expires_at is None or current.progress.expires_at > now:
                return []
            await activity.touch(tx, self._core, current)
            ended, events = await close(tx, current, RunState.EXPIRED, now=now)
            await tx.runs.update(ended)
            return await tx.events.append(ended, events)

        events = await self._core.store.write(unit)
        self._core.feeds.publish(run.id, events)
        self._core.signals.stop(run.id)

    async def _beat(self) -> None:
        await self._core.clock.sleep(BEAT_SECONDS)
        keys = list(self._performing)
        if not keys:
            return
        until = self._core.now() + LEASE_SECONDS * SECOND

        async def renewed(tx: Tx) -> Sequence[RunKey]:
            return await tx.runs.renew(owner=self._owner, run_keys=keys, lease_until=until)

        kept = set(await self._core.store.write(renewed))
        for key in keys:
            if key not in kept:
                self._core.signals.stop(key.run_id)
