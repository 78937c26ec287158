"""Readers of streams, many in one process: how long each token of `steady_model` was on its way to each of them.

It reads one `Crowd` as a line of JSON, follows what that says, answers with one `Read`, and so on. The first reader of
a stream begins it; where there are to be more, they join once all streams speak, and only what is said after they
have joined counts.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from functools import partial
from typing import Final

import msgspec
import uvloop

from bench.processes import cpu_seconds, machine_seconds, memory_mib
from bench.steady_model import moment

STAMP: Final = re.compile(rb"@(\d{15})")
RUN: Final = re.compile(rb'"id":"(run_\w+)"')
JOIN_SECONDS_MAX: Final = 60


class Crowd(msgspec.Struct, kw_only=True):
    """What to follow: streams that these requests begin, at this port, each with so many readers.

    `join` is the request of the others, with `{run}` where the run's id belongs. `server` and `model` are processes.
    """

    port: int
    server: int
    model: int
    begin: list[bytes]
    join: list[bytes] = msgspec.field(default_factory=list)
    others: int = 0
    settle_seconds: float
    seconds: float


class Read(msgspec.Struct, kw_only=True):
    """What came of it. Delays are microseconds from a token's saying to its reading.

    `medians` has each reader's middle delay. `memory_kib` is what each reader beyond the first took of the server,
    `joined_seconds` how long it took until all of those had caught up. `server_busy`, `busy` and `others` are the
    shares of a core that the server, this process, and everybody but them and the model took.
    """

    tokens: int
    pieces: int
    p50: float
    p99: float
    medians: list[float]
    memory_kib: float
    joined_seconds: float
    server_busy: float
    busy: float
    others: float


class Readers:
    """What the readers share: from when and until when a token counts."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.since = sys.maxsize
        self.until = sys.maxsize
        self.all: list[Reader] = []

    async def open(self, requests: list[bytes]) -> list[Reader]:
        """A reader for each request, once each of them hears something."""
        loop = asyncio.get_running_loop()
        opened: list[Reader] = []
        for request in requests:
            make = partial(Reader, self, request)
            _, reader = await loop.create_connection(make, "127.0.0.1", self.crowd.port)
            opened.append(reader)
        self.all += opened
        async with asyncio.timeout(JOIN_SECONDS_MAX):
            await asyncio.gather(*(reader.hears for reader in opened))
        return opened


class Reader(asyncio.Protocol):
    """One reader, from its request to the end of the stream."""

    def __init__(self, readers: Readers, request: bytes) -> None:
        loop = asyncio.get_running_loop()
        self._readers = readers
        self._request = request
        self._held = b""
        self.hears: asyncio.Future[None] = loop.create_future()
        self.over: asyncio.Future[None] = loop.create_future()
        self.run = b""
        self.delays: list[int] = []
        self.pieces = 0
        self.tokens = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        now = moment()
        *frames, self._held = (self._held + data).split(b"\n\n")
        for frame in frames:
            if b'"delta"' in frame:
                self._take(frame, now)
            elif not self.run and (found := RUN.search(frame)):
                self.run = found[1]

    def _take(self, frame: bytes, now: int) -> None:
        if not self.hears.done():
            self.hears.set_result(None)
        stamps = [int(stamp) for stamp in STAMP.findall(frame)]
        self.tokens += len(stamps)
        counted = [now - stamp for stamp in stamps if self._readers.since <= stamp < self._readers.until]
        self.delays += counted
        self.pieces += bool(counted)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.hears.done():
            self.hears.set_exception(exc or RuntimeError(f"no stream: {self._held.decode()}"))
        self.over.set_result(None)


class Shares:
    """What takes how much of a core, from its making to `end`."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._began = self._seconds()
        self.server = self.ours = self.others = 0.0

    def _seconds(self) -> tuple[float, float, float, float]:
        model, server = cpu_seconds(self._crowd.model), cpu_seconds(self._crowd.server)
        return model, server, cpu_seconds(), machine_seconds()

    def end(self) -> None:
        """Work it out."""
        spent = [now - then for now, then in zip(self._seconds(), self._began, strict=True)]
        model, self.server, self.ours, machine = (seconds / self._crowd.seconds for seconds in spent)
        # Read directly, the model is the server.
        known = self.ours + self.server + (model if self._crowd.model != self._crowd.server else 0)
        self.others = max(0, machine - known)


async def follow(crowd: Crowd) -> Read:
    """Follow it all to the end. Raises where one reader of a stream lacks what another had."""
    readers = Readers(crowd)
    first = await readers.open(crowd.begin)
    before = memory_mib(crowd.server)
    joins = [request.replace(b"{run}", reader.run) for reader, request in zip(first, crowd.join, strict=False)]
    began = moment()
    joined = await readers.open(joins * crowd.others)
    joined_seconds = (moment() - began) / 1_000_000
    await asyncio.sleep(crowd.settle_seconds)
    memory_kib = (memory_mib(crowd.server) - before) * 1024 / len(joined) if joined else 0
    shares = Shares(crowd)
    readers.since = moment()
    await asyncio.sleep(crowd.seconds)
    readers.until = moment()
    shares.end()
    os.kill(crowd.model, signal.SIGUSR1)
    await asyncio.gather(*(reader.over for reader in readers.all))
    streams = len(crowd.begin)
    for stream in range(streams):
        if len(heard := {reader.tokens for reader in readers.all[stream::streams]}) > 1:
            raise RuntimeError(f"readers of one stream heard {heard} tokens")
    delays = sorted(delay for reader in readers.all for delay in reader.delays)
    assert delays
    return Read(
        tokens=len(delays),
        pieces=sum(reader.pieces for reader in readers.all),
        p50=delays[len(delays) // 2],
        p99=delays[len(delays) * 99 // 100],
        medians=[sorted(reader.delays)[len(reader.delays) // 2] for reader in readers.all if reader.delays],
        memory_kib=memory_kib,
        joined_seconds=joined_seconds,
        server_busy=shares.server,
        busy=shares.ours,
        others=shares.others,
    )


def main() -> None:
    """Take crowds until there are no more."""
    decoder = msgspec.json.Decoder(Crowd)
    with open(sys.stdout.fileno(), "wb", closefd=False) as out:
        for line in sys.stdin.buffer:
            out.write(msgspec.json.encode(uvloop.run(follow(decoder.decode(line)))) + b"\n")
            out.flush()


if __name__ == "__main__":
    main()
