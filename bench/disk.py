"""Part "disk": the rows that write, over this machine's disk and over one that takes a millisecond more to sync."""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bench.measure import in_turn
from bench.processes import Loader, Server, clew
from bench.rows import Seeds, floor, rows
from bench.text import bullet, table

if TYPE_CHECKING:
    from bench.measure import Taken
    from bench.scale import Scale

DELAYS: Final = {"as it is": None, "+ 0 ms": 0, "+ 1 ms": 1}
"""What is put before each sync, in milliseconds. 0 measures what stands between, None has nothing between."""
AS_IT_IS, NOTHING_ADDED, SLOW = DELAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row at one number of connections over one disk."""

    name: str
    connections: int
    disk: str
    clew: Taken
    bare: Taken

    @property
    def cells(self) -> list[str]:
        """What the table says."""
        ours, floor = self.clew.middle, self.bare.middle
        return [
            self.name,
            self.disk,
            str(self.connections),
            f"{ours.rate:,.0f}",
            f"{ours.p50_ms:.2f}",
            f"{ours.p99_ms:.2f}",
            f"{floor.rate:,.0f}",
            f"{floor.p50_ms:.2f}",
            f"{floor.p99_ms:.2f}",
            f"{self.clew.share_of(self.bare):.2f}",
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """What was found."""

    lines: list[Line]

    def section(self) -> str:
        """What the page says."""
        head = "what | disk | connections | per second | p50 ms | p99 ms | bare floor /s | its p50 | its p99 | of bare"
        return f"""\
## A slower disk

This machine's disk acknowledges a sync sooner than many do. So the same was measured with a wait of 1 ms put before
every sync of the database and its log, in the server's own process (`bench/slow_disk.py`, a VFS of SQLite in Python).
`+ 0 ms` goes through the same VFS without a wait: what that costs by itself.

{table(head, [line.cells for line in self.lines], words=2)}
{self._on_the_wait()}"""

    def _line(self, name: str, connections: int, disk: str) -> Line | None:
        asked = (name, connections, disk)
        return next((line for line in self.lines if (line.name, line.connections, line.disk) == asked), None)

    def _on_the_wait(self) -> str:
        name = self.lines[0].name
        said: list[str] = []
        for connections in sorted({line.connections for line in self.lines}):
            fast, between, slow = (self._line(name, connections, disk) for disk in DELAYS)
            if fast is None or between is None or slow is None:
                continue
            kept, shim = slow.clew.share_of(between.clew), 1 - between.clew.share_of(fast.clew)
            said.append(
                bullet(
                    f"With {connections} writing at a time, 1 ms more leaves {kept:.0%} of the appends a second (of "
                    f"the bare floor's {slow.bare.share_of(between.bare):.0%}), and p99 goes from "
                    f"{between.clew.middle.p99_ms:.1f} to {slow.clew.middle.p99_ms:.1f} ms. The VFS by itself takes "
                    f"{max(0, shim):.0%}."
                )
            )
        return "".join(said)


def measure(scale: Scale) -> Disk:
    """Each row that writes, over each disk, Clew and the bare floor in turn."""
    with tempfile.TemporaryDirectory() as folder, Loader() as loader, ExitStack() as stack:
        servers: dict[str, tuple[Server, Server]] = {}
        for number, (disk, delay) in enumerate(DELAYS.items()):
            over = () if delay is None else ("bench.slow_disk", str(delay))
            ours = stack.enter_context(clew(f"{folder}/clew{number}", over=over))
            bare = stack.enter_context(Server(*over, "bench.floors", "bare", "--data", f"{folder}/clew{number}"))
            servers[disk] = (ours, bare)
        # Threads have ids of their own in each store, so each has its own requests.
        written = {
            disk: [row for row in rows(Seeds(ours, loader, threads=scale.threads, filled={1: 1})) if row.writes]
            for disk, (ours, _) in servers.items()
        }
        lines: list[Line] = []
        for at, row in enumerate(written[AS_IT_IS]):
            for connections in scale.connections:
                asked = {disk + "clew": (ours, written[disk][at].requests) for disk, (ours, _) in servers.items()}
                asked |= {disk + "bare": (bare, floor(row)) for disk, (_, bare) in servers.items()}
                taken = in_turn(asked, connections, loader, scale)
                for disk in servers:
                    found = {"clew": taken[disk + "clew"], "bare": taken[disk + "bare"]}
                    lines.append(Line(name=row.name, connections=connections, disk=disk, **found))
                    print(" | ".join(lines[-1].cells), file=sys.stderr)
        return Disk(lines=lines)
