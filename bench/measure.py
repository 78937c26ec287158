"""Measuring servers in turn, several times, so that a busy hour of the machine strikes all of them.

What else ran meanwhile is measured too: a moment in which something else took much of a core is measured again.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from statistics import median
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from bench.load import Plan
from bench.processes import machine_seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.load import Outcome
    from bench.processes import Loader, Server
    from bench.scale import Scale


QUIET: Final = 0.1
"""The share of a core that others may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one server did with one kind of request at one number of connections.

    `written_kib` is what each request had written to the disk. `busy` is the share of a core that the load generator
    took, `others` what took neither it nor the server.
    """

    rate: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    written_kib: float
    busy: float
    others: float


class Taken:
    """The figures of one server, round by round; `middle` is what counts."""

    def __init__(self) -> None:
        self.rounds: list[Figures] = []

    @property
    def middle(self) -> Figures:
        """Each figure's middle over the rounds."""
        names = [field.name for field in fields(Figures)]
        return Figures(**{name: median(getattr(one, name) for one in self.rounds) for name in names})

    def share_of(self, other: Taken) -> float:
        """The rate as a share of another's in the same round, the middle one of all rounds."""
        return median(our.rate / their.rate for our, their in zip(self.rounds, other.rounds, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who is asked what, and by whom. `plan` is complete but for its time."""

    server: Server
    loader: Loader
    plan: Plan


def in_turn(
    asked: Mapping[str, tuple[Server, list[bytes]]],
    connections: int,
    loader: Loader,
    scale: Scale,
    *,
    marked: bool = False,
) -> dict[str, Taken]:
    """What each server does with its requests. The first moments of each round are not counted."""
    return each_in_turn(
        {
            name: Asked(
                server=server,
                loader=loader,
                plan=Plan(port=server.port, connections=connections, requests=requests, marked=marked),
            )
            for name, (server, requests) in asked.items()
        },
        scale,
    )


def each_in_turn(asked: Mapping[str, Asked], scale: Scale) -> dict[str, Taken]:
    """The same where each has its own way of being asked."""
    taken = {name: Taken() for name in asked}
    for _ in range(scale.rounds):
        for name, one in asked.items():
            one.loader.perform(replace(one.plan, seconds=scale.seconds / 10))
            plan = replace(one.plan, seconds=scale.seconds)
            taken[name].rounds.append(_quietest(one.server, one.loader, plan, attempts=scale.attempts))
    return taken


def _quietest(server: Server, loader: Loader, plan: Plan, *, attempts: int) -> Figures:
    """The figures of a moment in which nothing else ran, or of the best of some."""
    tried: list[Figures] = []
    while len(tried) < attempts and not (tried and tried[-1].others < QUIET):
        ours, everyone, written = server.cpu_seconds, machine_seconds(), server.written_bytes
        outcome = loader.perform(plan)
        spent = server.cpu_seconds - ours, machine_seconds() - everyone
        tried.append(_figures(outcome, *spent, written_bytes=server.written_bytes - written))
    return min(tried, key=lambda one: one.others)


def _figures(outcome: Outcome, cpu_seconds: float, machine_seconds: float, *, written_bytes: int) -> Figures:
    times = sorted(outcome.micros)
    count = len(times)
    return Figures(
        rate=count / outcome.seconds,
        p50_ms=times[count // 2] / 1000,
        p99_ms=times[count * 99 // 100] / 1000,
        cpu_us=cpu_seconds / count * 1_000_000,
        written_kib=written_bytes / count / 1024,
        busy=outcome.busy,
        others=max(0, (machine_seconds - cpu_seconds) / outcome.seconds - outcome.busy),
    )
