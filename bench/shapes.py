"""Part "shapes": the same calls in short and in very long threads, in small and in very large stores."""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.fill import Filling
from bench.measure import in_turn
from bench.processes import Loader, Server, clew
from bench.rows import MESSAGE, filtered, request
from bench.text import bullet, table

if TYPE_CHECKING:
    from bench.measure import Taken
    from bench.scale import Scale

ROW_MESSAGES: Final = 10_000
"""As many threads of each length as together have so many messages, but one at least and 100 at most."""
THREADS_OF_A_USER: Final = 50
SAMPLE: Final = 1_000
"""Threads of a store that are read and written."""
RATIO_MAX: Final = 1.2
"""How many times as long an append may take in the largest shape, to be said to cost little."""
Requests = dict[str, list[bytes]]
"""By name of the row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row at one number of connections: what was found in each shape, the smallest first."""

    name: str
    noun: str
    connections: int
    taken: dict[int, Taken]

    @property
    def ratio(self) -> float:
        """How many times as long a call takes in the largest shape as in the smallest."""
        return self.taken[min(self.taken)].share_of(self.taken[max(self.taken)])

    @property
    def cpu_ratio(self) -> float:
        """How many times as much of the server's CPU a call takes in the largest shape as in the smallest."""
        smallest, largest = (self.taken[end(self.taken)].middle.cpu_us for end in (min, max))
        return largest / smallest if smallest else 1  # the system counts in hundredths of a second

    def cells(self) -> list[list[str]]:
        """What the table says."""
        lines: list[list[str]] = []
        for size, taken in self.taken.items():
            found = taken.middle
            lines.append(
                [
                    self.name,
                    f"{size:,} {self.noun}",
                    str(self.connections),
                    f"{found.rate:,.0f}",
                    f"{found.p50_ms:.2f}",
                    f"{found.p99_ms:.2f}",
                    f"{found.cpu_us:.0f}",
                    f"{found.written_kib:.0f}" if found.written_kib >= 1 else "",
                    *([f"{self.ratio:.2f}", f"{self.cpu_ratio:.2f}"] if size == max(self.taken) else ["", ""]),
                ]
            )
        return lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Shapes:
    """What was found."""

    lines: list[Line]
    filled: dict[str, float]
    memory_mib: float

    def section(self) -> str:
        """What the page says."""
        head = (
            "what | in | connections | per second | p50 ms | p99 ms | server CPU µs | KiB written "
            "| time, largest / smallest | CPU"
        )
        return f"""\
## Long threads, large stores

Filled by the server's own functions before it started, with nothing left out but HTTP. `largest / smallest` says how
many times as long a call takes in the largest as in the smallest, the middle one of all rounds, and how many times as
much of the server's CPU. Calls go to 100 threads of the shortest, which grow a little by the appends, to one of the
longest, and to {SAMPLE:,} threads of a store, taken at random.

{table(head, [cells for line in self.lines for cells in line.cells()], words=2)}
{"".join(self._sentences())}"""

    def _sentences(self) -> list[str]:
        worst = max(self.lines, key=lambda line: line.ratio)
        appends = [line for line in self.lines if line.name.startswith("append")]
        worst_append = max(appends, key=lambda line: line.ratio)
        alike = [line for line in appends if line.noun == "threads"][-1]
        verdict = "Size costs little." if worst_append.ratio <= RATIO_MAX else "Size costs something."
        filled = "; ".join(f"{what} in {seconds:.0f} s" for what, seconds in self.filled.items())
        return [
            bullet(
                f"**{verdict}** An append takes at most {worst_append.ratio:.2f} times as long, with "
                f"{max(worst_append.taken):,} {worst_append.noun} and {worst_append.connections} at a time. Of all "
                f"calls `{worst.name}` grows most: {worst.ratio:.2f} times, with {max(worst.taken):,} {worst.noun}. A "
                "thing is found by its key and a page by where it begins; what grows is the depth of the indexes, and "
                "how many of their pages are in memory."
            ),
            bullet(
                "**Appends to many threads share little.** SQLite writes whole pages of 4 KiB: an append touches one "
                "of the messages, one or two of their indexes, and one of the threads' ends, in the log and once more "
                "in the database, and a page that is full becomes two. Appends that are committed together share pages "
                f"where their threads lie side by side: at {alike.connections} at a time each has "
                f"{alike.taken[min(alike.taken)].middle.written_kib:.0f} KiB written in the smallest store and "
                f"{alike.taken[max(alike.taken)].middle.written_kib:.0f} in the largest. That is what an append takes "
                "longer for in a large store."
            ),
            bullet(
                "By default a thread takes 100,000 entries (`thread_entries_max`), as many as the hosted service did; "
                "that limit was lifted here."
            ),
            bullet(f"Filling took {filled}. The server of the largest store holds {self.memory_mib:.0f} MiB."),
        ]


def measure(scale: Scale) -> Shapes:
    """Threads of all lengths in one store; then stores of all sizes, each with its own server, in turn."""
    filled: dict[str, float] = {}
    lines: list[Line] = []
    with tempfile.TemporaryDirectory() as folder, Loader() as loader:
        lengths = asyncio.run(_lengths(Path(folder) / "lengths", scale, filled))
        with clew(f"{folder}/lengths", "--thread-entries-max", "0") as server:
            lines += _lines(dict.fromkeys(lengths, server), lengths, loader, scale, noun="messages")
        stores = {count: asyncio.run(_store(Path(folder) / f"store{count}", count, filled)) for count in scale.stores}
        servers = {count: clew(f"{folder}/store{count}") for count in stores}
        with servers[min(servers)], servers[max(servers)]:
            lines += _lines(servers, stores, loader, scale, noun="threads")
            return Shapes(lines=lines, filled=filled, memory_mib=servers[max(servers)].memory_mib)


def _lines(
    servers: dict[int, Server], shapes: dict[int, Requests], loader: Loader, scale: Scale, *, noun: str
) -> list[Line]:
    lines: list[Line] = []
    for connections, name in product(sorted({scale.connections[0], scale.connections[-1]}), shapes[min(shapes)]):
        asked = {str(size): (servers[size], shapes[size][name]) for size in shapes}
        taken = in_turn(asked, connections, loader, scale)
        lines.append(
            Line(name=name, noun=noun, connections=connections, taken={size: taken[str(size)] for size in shapes})
        )
        for cells in lines[-1].cells():
            print(" | ".join(cells), file=sys.stderr)
    return lines


async def _lengths(folder: Path, scale: Scale, filled: dict[str, float]) -> dict[int, Requests]:
    """Fill threads of each length. What is asked of them, by length."""
    asked: dict[int, Requests] = {}
    async with Filling(folder) as filling:
        for length in scale.lengths:
            started = time.monotonic()
            count = max(1, min(100, ROW_MESSAGES // length))
            made = await filling.threads(count, users=1, messages=1)
            for thread, _ in made:
                await filling.lengthen(thread, length - 1)
            asked[length] = {
                "append a message": [_append(thread.id) for thread, _ in made],
                "last 20 messages": [
                    request("GET", f"/v1/threads/{thread.id}/messages?limit=20") for thread, _ in made
                ],
                "retrieve a message": [_get(thread.id, message_id) for thread, message_id in made],
            }
            filled[f"{count:,} of {length:,} messages"] = time.monotonic() - started
    return asked


async def _store(folder: Path, count: int, filled: dict[str, float]) -> Requests:
    """Fill a store with so many threads of one message. What is asked of it."""
    started = time.monotonic()
    users = max(1, count // THREADS_OF_A_USER)
    async with Filling(folder) as filling:
        made = await filling.threads(count, users=users, messages=1)
    filled[f"{count:,} threads"] = time.monotonic() - started
    dice = random.Random(1)
    some = dice.sample(made, min(SAMPLE, count))
    asked_for = dice.sample(range(users), min(SAMPLE, users))
    return {
        "append a message": [_append(thread.id) for thread, _ in some],
        "retrieve a message": [_get(thread.id, message_id) for thread, message_id in some],
        "list 20 threads": [request("GET", "/v1/threads?limit=20")],
        "list 20 threads by metadata": [filtered(f"user-{user}") for user in asked_for],
    }


def _append(thread_id: str) -> bytes:
    return request("POST", f"/v1/threads/{thread_id}/messages", MESSAGE)


def _last(thread_id: str) -> bytes:
    return request("GET", f"/v1/threads/{thread_id}/messages?limit=20")


def _get(thread_id: str, message_id: str) -> bytes:
    return request("GET", f"/v1/threads/{thread_id}/messages/{message_id}")
