"""Measuring one row: Clew and its floors in turn, several times, so that a busy hour of the machine strikes all.

What else ran meanwhile is measured too: a moment in which something else took much of a core is measured again.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

from bench.load import Plan
from bench.processes import TICKS
from bench.rows import Row, floor

if TYPE_CHECKING:
    from bench.load import Outcome
    from bench.processes import Loader, Server


QUIET: Final = 0.1
"""The share of a core that others may take."""
ATTEMPTS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one server did with one row at one number of connections.

    `busy` is the share of a core that the load generator took, `others` what took neither it nor the server.
    """

    rate: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    busy: float
    others: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One line of the table. `bare` is there for rows that write.

    `of_null` and `of_bare` are Clew's rate as a share of the floor's in the same round, the middle one of all rounds.
    """

    row: Row
    connections: int
    clew: Figures
    null: Figures
    bare: Figures | None
    of_null: float
    of_bare: float | None

    @property
    def servers(self) -> list[Figures]:
        """The figures of all servers."""
        return [one for one in (self.clew, self.null, self.bare) if one]

    def __str__(self) -> str:
        floors = f"null {self.null.rate:,.0f}" + (f", bare {self.bare.rate:,.0f}" if self.bare else "")
        clew = self.clew
        return (
            f"{self.row.name}, {self.connections}: {clew.rate:,.0f}/s, p50 {clew.p50_ms:.2f} ms, "
            f"p99 {clew.p99_ms:.2f} ms, {clew.cpu_us:.0f} µs CPU ({floors}); others took {clew.others:.0%} of a core"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A whole benchmark."""

    cells: list[Cell]
    empty_mib: float
    full_mib: float

    @property
    def busy(self) -> float:
        """The largest share of a core that the load generator took."""
        return max(one.busy for cell in self.cells for one in cell.servers)

    @property
    def others(self) -> float:
        """The share of a core that whatever else ran took, on the average."""
        shares = [one.others for cell in self.cells for one in cell.servers]
        return sum(shares) / len(shares)


def measure(
    row: Row,
    connections: int,
    loader: Loader,
    *,
    clew: Server,
    null: Server,
    bare: Server,
    seconds: float,
    rounds: int,
) -> Cell:
    """One cell. The first moments of each are not counted."""
    servers = {"clew": (clew, row.requests), "null": (null, floor(row))}
    if row.writes:
        servers["bare"] = (bare, floor(row))
    taken: dict[str, list[Figures]] = {name: [] for name in servers}
    for _ in range(rounds):
        for name, (server, requests) in servers.items():
            warm = Plan(port=server.port, connections=connections, requests=requests, seconds=seconds / 10)
            loader.perform(warm)
            plan = Plan(port=server.port, connections=connections, requests=requests, seconds=seconds)
            taken[name].append(_quietest(server, loader, plan))
    return Cell(
        row=row,
        connections=connections,
        clew=_middle(taken["clew"]),
        null=_middle(taken["null"]),
        bare=_middle(taken["bare"]) if row.writes else None,
        of_null=_share(taken["clew"], taken["null"]),
        of_bare=_share(taken["clew"], taken["bare"]) if row.writes else None,
    )


def _quietest(server: Server, loader: Loader, plan: Plan) -> Figures:
    """The figures of a moment in which nothing else ran, or of the best of some."""
    best: Figures | None = None
    for _ in range(ATTEMPTS):
        ours, everyone = server.cpu_seconds, _machine_seconds()
        outcome = loader.perform(plan)
        ours, everyone = server.cpu_seconds - ours, _machine_seconds() - everyone
        found = _figures(outcome, ours, everyone)
        if best is None or found.others < best.others:
            best = found
        if best.others < QUIET:
            break
    assert best is not None
    return best


def _machine_seconds() -> float:
    """What all processes have had of all cores so far."""
    user, nice, system, _idle, _waiting, *interrupts = map(
        int, Path("/proc/stat").read_text().split("\n")[0].split()[1:9]
    )
    return (user + nice + system + sum(interrupts)) / TICKS


def _figures(outcome: Outcome, cpu_seconds: float, machine_seconds: float) -> Figures:
    times = sorted(outcome.micros)
    count = len(times)
    return Figures(
        rate=count / outcome.seconds,
        p50_ms=times[count // 2] / 1000,
        p99_ms=times[count * 99 // 100] / 1000,
        cpu_us=cpu_seconds / count * 1_000_000,
        busy=outcome.busy,
        others=max(0, (machine_seconds - cpu_seconds) / outcome.seconds - outcome.busy),
    )


def _share(ours: list[Figures], floors: list[Figures]) -> float:
    return median(our.rate / floor.rate for our, floor in zip(ours, floors, strict=True))


def _middle(rounds: list[Figures]) -> Figures:
    """Each figure's middle over the rounds."""
    return Figures(
        **{
            name: median(getattr(one, name) for one in rounds)
            for name in ("rate", "p50_ms", "p99_ms", "cpu_us", "busy", "others")
        }
    )
