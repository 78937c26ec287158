"""The load: requests made beforehand, sent over connections that stay open, each as soon as the last is answered.

A process of its own. It reads one `Plan` as a line of JSON, does it, answers with one `Outcome`, and so on. It parses
no more of an answer than it must, so that the server and not this is what is measured; `busy` says whether that held.
"""

from __future__ import annotations

import asyncio
import sys
import time
from functools import partial

import msgspec
import uvloop

END = b"\r\n\r\n"
LENGTH = b"content-length: "
MARK = b"0000-a-new-number"
"""What stands for a number in requests that are to be new each time. The number is as long."""


class Plan(msgspec.Struct, kw_only=True):
    """What to send. Each connection begins at another place of `requests` and goes round.

    It ends after `seconds`, or once `count` are answered. `keep` answers are brought back whole. Where `marked`, a
    number that no other request has is put wherever `MARK` stands.
    """

    port: int
    connections: int
    requests: list[bytes]
    seconds: float = 0
    count: int = 0
    keep: bool = False
    marked: bool = False


class Outcome(msgspec.Struct, kw_only=True):
    """What came of it: each answer's time in microseconds, how long all took, and this process's share of a core."""

    micros: list[int]
    seconds: float
    busy: float
    bodies: list[bytes]


class Load:
    """What the connections of one plan share."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.micros: list[int] = []
        self.bodies: list[bytes] = []
        self.over = asyncio.get_running_loop().create_future()
        self.sent = 0
        self.open = plan.connections
        self.until = time.perf_counter() + plan.seconds if plan.seconds else float("inf")
        self._first_number = time.time_ns()  # plans that follow each other begin at different ones

    def more(self) -> bool:
        """Whether another request is to be sent."""
        if self.plan.count:
            return self.sent < self.plan.count
        return self.sent == 0 or time.perf_counter() < self.until  # once at least, however busy the machine is

    def request(self, at: int) -> bytes:
        """The request at this place of the plan, which goes round."""
        one = self.plan.requests[at % len(self.plan.requests)]
        return one.replace(MARK, b"%017x" % (self._first_number + self.sent)) if self.plan.marked else one

    def idle(self) -> None:
        """A connection has nothing left to do."""
        self.open -= 1
        if self.open == 0 and not self.over.done():
            self.over.set_result(None)


class Connection(asyncio.Protocol):
    """One connection: a request, its answer, the next request."""

    def __init__(self, load: Load, first: int) -> None:
        self._load = load
        self._at = first
        self._waiting = b""
        self._needed = 0
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._next()

    def _next(self) -> None:
        load = self._load
        if not load.more():
            self._transport.close()
            load.idle()
            return
        request = load.request(load.sent if load.plan.count else self._at)
        self._at += 1
        load.sent += 1
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._waiting = self._waiting + data if self._waiting else data
        if not self._needed:
            end = self._waiting.find(END)
            if end < 0:
                return
            at = self._waiting.find(LENGTH) + len(LENGTH)
            self._needed = end + len(END) + int(self._waiting[at : self._waiting.find(b"\r", at)])
        if len(self._waiting) < self._needed:
            return
        self._load.micros.append(int((time.perf_counter() - self._sent_at) * 1_000_000))
        if self._waiting[9:12] != b"200":
            self._load.over.set_exception(RuntimeError(self._waiting.decode()))
            self._transport.abort()
            return
        if self._load.plan.keep:
            self._load.bodies.append(self._waiting[self._waiting.find(END) + len(END) :])
        self._waiting, self._needed = b"", 0
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None and not self._load.over.done():
            self._load.over.set_exception(exc)


async def perform(plan: Plan) -> Outcome:
    """Do what the plan says. Raises where an answer is no 200."""
    loop = asyncio.get_running_loop()
    load = Load(plan)
    spent, started = time.process_time(), time.perf_counter()
    step = max(1, len(plan.requests) // plan.connections)
    for number in range(plan.connections):
        await loop.create_connection(partial(Connection, load, number * step), "127.0.0.1", plan.port)
    await load.over
    seconds = time.perf_counter() - started
    busy = (time.process_time() - spent) / seconds
    return Outcome(micros=load.micros, seconds=seconds, busy=busy, bodies=load.bodies)


def main() -> None:
    """Take plans until there are no more."""
    decoder = msgspec.json.Decoder(Plan)
    # Opened anew, because where Python is told to buffer nothing (PYTHONUNBUFFERED) a long write stops half-way.
    with open(sys.stdout.fileno(), "wb", closefd=False) as out:
        for line in sys.stdin.buffer:
            outcome = uvloop.run(perform(decoder.decode(line)))
            out.write(msgspec.json.encode(outcome) + b"\n")
            out.flush()


if __name__ == "__main__":
    main()
