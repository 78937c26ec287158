"""What every service function works with."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from clew.domain import ids
from clew.domain.expiration import DAY_SECONDS, SECOND, Expiration, Policy
from clew.domain.page import Window
from clew.domain.problem import NotFound
from clew.service import threads
from clew.service.core import RandomIds, Signals, SystemClock
from clew.service.threads import NewThread
from clew.upkeep.sweep import sweep_once
from support.world import World

if TYPE_CHECKING:
    from pathlib import Path


def test_ids_that_are_made_in_many_threads_are_never_the_same() -> None:
    made: list[list[str]] = [[] for _ in range(4)]
    source = RandomIds()

    def make(into: list[str]) -> None:
        into.extend(source.new("message") for _ in range(5000))

    threads = [threading.Thread(target=make, args=(one,)) for one in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({one for some in made for one in some}) == 20_000


def test_an_id_in_a_thread_says_so() -> None:
    thread_id = RandomIds().new("thread")

    assert ids.tag_of(RandomIds().within("run", thread_id), "run") == ids.tag(thread_id)


def test_the_clock_counts_microseconds() -> None:
    first = SystemClock().now()

    assert 1_700_000_000_000_000 < first <= SystemClock().now()


def test_a_word_to_stop_reaches_only_who_performs_the_run() -> None:
    signals = Signals()
    performed, other = signals.stop_of("run_1"), signals.stop_of("run_2")

    signals.stop("run_1")
    signals.stop("run_3")

    assert (performed.is_set(), other.is_set()) == (True, False)


DAY = Expiration(policy=Policy.STATIC, ttl_seconds=DAY_SECONDS)


@pytest.mark.parametrize(("keep_days", "days_seen"), [(0, 1), (3, 4), (None, 1000)])
async def test_what_expired_is_there_as_long_as_the_operator_says(
    tmp_path: Path, keep_days: int | None, days_seen: int
) -> None:
    async with World(tmp_path) as world:
        core = replace(world.core, expired_keep_days=keep_days)
        thread = await threads.create(core, world.caller, NewThread(expiration=DAY))
        world.clock.advance(days_seen * DAY_SECONDS - 1)
        await sweep_once(core)

        assert await threads.get(core, world.caller, thread.id) == thread
        assert thread.expires_at == thread.created_at + DAY_SECONDS * SECOND
        assert (await threads.page(core, world.caller, Window(), metadata={})).things == (thread,)


async def test_what_is_kept_no_longer_is_gone_and_swept(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        core = replace(world.core, expired_keep_days=3)
        thread = await threads.create(core, world.caller, NewThread(expiration=DAY))
        world.clock.advance(4 * DAY_SECONDS)

        with pytest.raises(NotFound):
            await threads.get(core, world.caller, thread.id)
        assert await sweep_once(core) > 0
