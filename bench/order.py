"""`just order`: many writers on one thread and on many, others page meanwhile: nothing is lost, doubled or moved.

Every writer knows what it was answered, and when. Of that, and of what the lists and the store then hold:

- each answered append is there once, and nothing else is;
- in a thread, a writer's messages stand in the order in which it sent them, and no message stands before one that was
  answered before it was sent;
- `desc` is `asc` read from the other end, and the store's numbers have no gap;
- a walk by `after` or by `before`, of whatever page size, that began while others wrote sees once what was there at its
  start, and nothing twice.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
import warnings
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import msgspec
import uvloop
from openai import AsyncOpenAI

from bench.processes import Server
from bench.rows import request
from clew.domain.item import Kind
from clew.storage.sqlite import open_store

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator

SIZES = (100, 37, 7, 1)
"""Pages of so many items: the largest, one that never fits, a small one, the smallest."""
SHORT_MAX = 2_000
"""Walks by the two small sizes are for threads no longer than this: each page is a request."""


@dataclass(frozen=True, slots=True)
class Said:
    """One append that was answered."""

    writer: int
    number: int
    id: str
    sent: float
    answered: float


class Wire:
    """One connection that stays open."""

    async def open(self, port: int) -> Self:
        """Connect."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", port)
        return self

    async def ask(self, method: str, path: str, body: Any = None) -> Any:  # noqa: ANN401 (any JSON)
        """The answer's JSON. Raises RuntimeError where it is no 200."""
        self._writer.write(request(method, path, body))
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = head.partition(b"content-length: ")[2].partition(b"\r")[0]
        content = await self._reader.readexactly(int(length))
        if head[9:12] != b"200":
            raise RuntimeError(content.decode())
        return msgspec.json.decode(content)

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


@dataclass
class Scene:
    """One set of threads, who writes into them, and what has been answered so far."""

    port: int
    writers: int
    appends: int
    threads: list[str] = field(default_factory=list[str])
    said: dict[str, list[Said]] = field(default_factory=dict[str, list[Said]])
    begun: int = 0
    walks: int = 0
    pages: int = 0

    @property
    def is_over(self) -> bool:
        """Whether everything has been sent."""
        return self.begun >= self.appends

    def places(self, writer: int) -> Iterator[tuple[int, str]]:
        """What the writer sends next, numbered, and where: to each thread in turn, until all together sent enough."""
        number = 0
        while not self.is_over:
            self.begun += 1
            yield number, self.threads[(writer + number) % len(self.threads)]
            number += 1


async def write(scene: Scene, writer: int, append: Callable[[str, str], Awaitable[str]]) -> None:
    """One writer: a message, its answer, the next message."""
    for number, thread in scene.places(writer):
        sent = time.perf_counter()
        id_ = await append(thread, f"{writer} {number}")
        scene.said[thread].append(Said(writer, number, id_, sent, time.perf_counter()))


async def write_raw(scene: Scene, writer: int) -> None:
    """A writer over one connection of its own."""
    wire = await Wire().open(scene.port)

    async def append(thread: str, text: str) -> str:
        message = await wire.ask("POST", f"/v1/threads/{thread}/messages", {"role": "user", "content": text})
        return str(message["id"])

    await write(scene, writer, append)
    wire.close()


async def write_as_client(scene: Scene, writer: int) -> None:
    """A writer with the official client, as users have it."""
    url = f"http://127.0.0.1:{scene.port}/v1"
    async with AsyncOpenAI(base_url=url, api_key="any", max_retries=0) as client:

        async def append(thread: str, text: str) -> str:
            return (await client.beta.threads.messages.create(thread, role="user", content=text)).id

        await write(scene, writer, append)


async def walk(scene: Scene, wire: Wire, thread: str, *, order: str, cursor: str, size: int) -> list[str]:
    """The ids that a walk sees, page by page, in the order in which it sees them.

    With `asc`/`after` and `desc`/`before` it follows the growing end: it is over once a page is the last, or has
    nothing of what was there when it began. The other two go back to the first message.
    """
    path = f"/v1/threads/{thread}/messages"
    there = {one.id for one in scene.said[thread]}
    unseen = set(there)
    grows = (order == "asc") == (cursor == "after")
    seen: list[str] = []
    if cursor == "before":
        # Nothing is nearest to no cursor: this walk begins at the far end of its list, whose message it then has seen.
        [end] = (await wire.ask("GET", f"{path}?limit=1&order={'desc' if order == 'asc' else 'asc'}"))["data"]
        seen.append(end["id"])
    while True:
        at = f"&{cursor}={seen[-1]}" if seen else ""
        found = await wire.ask("GET", f"{path}?limit={size}&order={order}{at}")
        ids = [message["id"] for message in found["data"]]
        seen += ids if cursor == "after" else reversed(ids)
        unseen.difference_update(ids)
        scene.pages += 1
        if not found["has_more"] or (grows and not unseen and there.isdisjoint(ids)):
            break
    scene.walks += 1
    missed = there.difference(seen)
    doubled = [id_ for id_, times in Counter(seen).items() if times > 1]
    assert not missed, f"a walk by {cursor} in {order}, {size} a page, missed {len(missed)} of {len(there)}"
    assert not doubled, f"a walk by {cursor} in {order}, {size} a page, saw {doubled[:3]} twice"
    return seen


async def read_on(scene: Scene, number: int) -> None:
    """A reader who walks again and again, each time in another way, for as long as others write."""
    wire = await Wire().open(scene.port)
    ways = [(order, cursor) for order in ("asc", "desc") for cursor in ("after", "before")]
    turn = number
    while not scene.is_over:
        thread = scene.threads[turn % len(scene.threads)]
        order, cursor = ways[turn % len(ways)]
        length = len(scene.said[thread])
        sizes = SIZES if length <= SHORT_MAX else SIZES[:2]
        if not length:
            await asyncio.sleep(0)  # the first answers are on their way
            continue
        await walk(scene, wire, thread, order=order, cursor=cursor, size=sizes[turn // len(ways) % len(sizes)])
        turn += 1
    wire.close()


async def read_on_as_client(scene: Scene) -> None:
    """A reader with the official client, which turns the pages by itself."""
    url = f"http://127.0.0.1:{scene.port}/v1"
    async with AsyncOpenAI(base_url=url, api_key="any", max_retries=0) as client:
        while not scene.is_over:
            thread = max(scene.said, key=lambda one: len(scene.said[one]))
            there = {one.id for one in scene.said[thread]}
            seen = [message.id async for message in client.beta.threads.messages.list(thread, limit=100)]
            assert len(seen) == len(set(seen)), "the client saw a message twice"
            assert not there.difference(seen), "the client missed a message"
            scene.walks += 1


async def listed(wire: Wire, thread: str, order: str) -> list[tuple[str, str]]:
    """Every message of a thread that nobody writes to: id and text."""
    path = f"/v1/threads/{thread}/messages?limit=100&order={order}"
    found: list[tuple[str, str]] = []
    more = True
    while more:
        answer = await wire.ask("GET", path + (f"&after={found[-1][0]}" if found else ""))
        found += [(message["id"], message["content"][0]["text"]["value"]) for message in answer["data"]]
        more = answer["has_more"]
    return found


def faults(said: Iterable[Said], rising: list[tuple[str, str]], falling: list[tuple[str, str]]) -> list[str]:
    """What is wrong with a thread's lists, by what its writers were answered. Empty where all is well."""
    found: list[str] = []
    by_id = {one.id: one for one in said}
    expected = Counter((one.id, f"{one.writer} {one.number}") for one in by_id.values())
    if Counter(rising) != expected:
        lost, extra = (expected - Counter(rising)).total(), (Counter(rising) - expected).total()
        found.append(f"{lost} answered messages are missing, {extra} are there that nobody was answered")
    if falling != rising[::-1]:
        found.append("desc is not asc read backwards")
    of_writer: dict[int, list[int]] = {}
    last_sent = 0.0
    for one in (by_id[id_] for id_, _ in rising if id_ in by_id):
        of_writer.setdefault(one.writer, []).append(one.number)
        if one.answered < last_sent:
            found.append(f"message {one.number} of writer {one.writer} stands after one sent when it was answered")
        last_sent = max(last_sent, one.sent)
    for writer, numbers in of_writer.items():
        if any(later <= earlier for earlier, later in pairwise(numbers)):
            found.append(f"the messages of writer {writer} are not in its order")
    return found


async def perform(scene: Scene, *, threads: int, readers: int, clients: int) -> None:
    """Write and walk at the same time; then compare the lists with what was answered. Raises where they differ."""
    wire = await Wire().open(scene.port)
    scene.threads = [(await wire.ask("POST", "/v1/threads", {}))["id"] for _ in range(threads)]
    scene.said = {thread: [] for thread in scene.threads}
    async with asyncio.TaskGroup() as group:
        for writer in range(scene.writers):
            group.create_task((write_as_client if writer < clients else write_raw)(scene, writer))
        for reader in range(readers):
            group.create_task(read_on(scene, reader))
        if clients:
            group.create_task(read_on_as_client(scene))
    for thread, said in scene.said.items():
        found = faults(said, await listed(wire, thread, "asc"), await listed(wire, thread, "desc"))
        assert not found, f"{thread}: {'; '.join(found[:5])}"
    assert sum(map(len, scene.said.values())) == scene.appends
    for size in SIZES[:2] if scene.appends > SHORT_MAX * threads else SIZES:
        for order in ("asc", "desc"):
            for cursor in ("after", "before"):
                seen = await walk(scene, wire, scene.threads[0], order=order, cursor=cursor, size=size)
                assert len(seen) == len(scene.said[scene.threads[0]])
    wire.close()


async def numbers(database: Path, thread: str) -> list[int]:
    """The store's own numbers of a thread's messages, in order. The server has ended."""
    store = open_store(database)
    try:
        items = await store.read(
            lambda tx: tx.items.before("default", thread, seq=None, kinds=[Kind.MESSAGE], limit=1 << 31)
        )
    finally:
        await store.close()
    return [item.seq for item in reversed(items)]


def order(*, appends: int, writers: int = 64, threads: int = 64, readers: int = 3, clients: int = 2) -> list[str]:
    """Half of the appends on one thread, half on many. Returns a line of figures for each. Raises AssertionError."""
    told: list[str] = []
    scenes: list[Scene] = []
    with tempfile.TemporaryDirectory() as folder:
        command = ("clew", "serve", "--port", "0", "--grpc-port", "0", "--data", folder, "--log-level", "error")
        with Server(*command, "--thread-entries-max", "0") as server:
            for count in (1, threads):
                scene = Scene(port=server.port, writers=writers, appends=appends // 2)
                started = time.perf_counter()
                uvloop.run(perform(scene, threads=count, readers=readers, clients=clients))
                told.append(
                    f"{scene.appends:,} appends by {writers} writers on {count} thread{'s'[: count > 1]}, "
                    f"{scene.walks} walks of {scene.pages:,} pages: in order, "
                    f"{time.perf_counter() - started:.0f} s with the checks"
                )
                scenes.append(scene)
        for scene in scenes:
            for thread, said in scene.said.items():
                assert uvloop.run(numbers(Path(folder) / "clew.db", thread)) == list(range(1, len(said) + 1)), thread
    return told


def main() -> None:
    """Check as the arguments say."""
    parser = argparse.ArgumentParser(prog="just order", description=__doc__)
    parser.add_argument("--appends", type=int, default=100_000)
    parser.add_argument("--writers", type=int, default=64)
    asked = parser.parse_args()
    warnings.filterwarnings("ignore", message="The Assistants API is deprecated", category=DeprecationWarning)
    for line in order(appends=asked.appends, writers=asked.writers):
        print(line)


if __name__ == "__main__":
    main()
