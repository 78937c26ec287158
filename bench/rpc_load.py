"""The load over gRPC: calls made beforehand, so many at a time, each as soon as one is answered.

A process of its own, which takes plans as `bench.load` does. The client is gRPC's own: nothing else in Python speaks it
as fast, and it takes about as much of a core as the server does.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

import grpc
import msgspec
import uvloop

from bench.load import Outcome, Plan

METADATA = (("authorization", "Api-Key any-key-will-do-on-an-open-server"), ("user-agent", "bench"))
CALLS_A_CONNECTION = 16


class RpcPlan(Plan, kw_only=True):
    """A plan whose requests are messages for one method."""

    method: str


class Load:
    """What the callers of one plan share."""

    def __init__(self, plan: RpcPlan) -> None:
        self._plan = plan
        self._started = time.perf_counter()
        self.micros: list[int] = []
        self.bodies: list[bytes] = []
        self._sent = 0

    def _more(self) -> bool:
        if self._plan.count:
            return self._sent < self._plan.count
        return self._sent == 0 or time.perf_counter() - self._started < self._plan.seconds

    async def call(self, method: Any, first: int) -> None:  # noqa: ANN401 (gRPC's)
        """Call again and again."""
        at = first
        while self._more():
            request = self._plan.requests[(self._sent if self._plan.count else at) % len(self._plan.requests)]
            at += 1
            self._sent += 1
            began = time.perf_counter()
            answer = await method(request, metadata=METADATA)
            self.micros.append(int((time.perf_counter() - began) * 1_000_000))
            if self._plan.keep:
                self.bodies.append(answer)


async def perform(plan: RpcPlan) -> Outcome:
    """Do what the plan says. Raises where a call fails."""
    load = Load(plan)
    count = -(-plan.connections // CALLS_A_CONNECTION)
    # Channels to one address share a connection unless they are told otherwise.
    options = [("grpc.use_local_subchannel_pool", 1)]
    channels = [grpc.aio.insecure_channel(f"127.0.0.1:{plan.port}", options=options) for _ in range(count)]
    methods: list[Any] = [channel.unary_unary(plan.method) for channel in channels]
    for channel in channels:
        await channel.channel_ready()
    spent, started = time.process_time(), time.perf_counter()
    step = max(1, len(plan.requests) // plan.connections)
    await asyncio.gather(*(load.call(methods[at % count], at * step) for at in range(plan.connections)))
    seconds = time.perf_counter() - started
    busy = (time.process_time() - spent) / seconds
    for channel in channels:
        await channel.close()
    return Outcome(micros=load.micros, seconds=seconds, busy=busy, bodies=load.bodies)


def main() -> None:
    """Take plans until there are no more."""
    decoder = msgspec.json.Decoder(RpcPlan)
    with open(sys.stdout.fileno(), "wb", closefd=False) as out:
        for line in sys.stdin.buffer:
            outcome = uvloop.run(perform(decoder.decode(line)))
            out.write(msgspec.json.encode(outcome) + b"\n")
            out.flush()


if __name__ == "__main__":
    main()
