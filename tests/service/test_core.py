"""What every service function works with."""

from __future__ import annotations

import threading

from clew.domain import ids
from clew.service.core import RandomIds, Signals, SystemClock


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
