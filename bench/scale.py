"""How much is measured: in full, and quickly, to see that it works."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Sizes and times of every part.

    A figure is the middle of so many `rounds` of so many `seconds`; a round in which other programs took much of the
    machine is done again, up to `attempts` times in all.
    """

    seconds: float
    rounds: int
    attempts: int
    connections: tuple[int, ...] = (1, 8, 64)
    threads: int = 1000
    """Threads that appends go to."""
    page_threads: int
    """Threads of each length that pages are read from."""
    page_lengths: tuple[int, int] = (100, 10_000)
    """Messages of a short and of a long thread, filled by calls."""
    lengths: tuple[int, ...]
    """Messages of a thread, from the shortest to the longest, filled without calls."""
    stores: tuple[int, ...]
    """Threads of a store, from the smallest to the largest."""
    walked: int
    """Threads of a store that is walked from end to end."""
    runs: int
    readers: tuple[int, ...]
    """Of each run."""
    settle_seconds: float
    """How long streams go on, once all readers have joined, before it counts."""
    stream_seconds: float
    starts: int
    grown: int
    """Messages from which the room that one takes is worked out."""


FULL: Final = Scale(
    seconds=1.5,
    rounds=3,
    attempts=3,
    page_threads=3,
    lengths=(100, 10_000, 1_000_000),
    stores=(1_000, 1_000_000),
    walked=100_000,
    runs=100,
    readers=(1, 3, 10),
    settle_seconds=2,
    stream_seconds=10,
    starts=9,
    grown=200_000,
)
QUICK: Final = Scale(
    seconds=0.4,
    rounds=1,
    attempts=1,
    page_threads=1,
    lengths=(100, 10_000),
    stores=(1_000, 20_000),
    walked=2_000,
    runs=50,
    readers=(1, 4),
    settle_seconds=1,
    stream_seconds=3,
    starts=3,
    grown=20_000,
)
