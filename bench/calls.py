"""Part "calls": the usual requests, beside two floors that answer as many bytes on the same stack."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.measure import QUIET, in_turn
from bench.processes import Loader, Server, clew
from bench.rows import Row, Seeds, floor, rows
from bench.text import bullet, paragraph, table

if TYPE_CHECKING:
    from bench.measure import Figures
    from bench.scale import Scale


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
        figures = self.clew
        return (
            f"{self.row.name}, {self.connections}: {figures.rate:,.0f}/s, p50 {figures.p50_ms:.2f} ms, "
            f"p99 {figures.p99_ms:.2f} ms, {figures.cpu_us:.0f} µs CPU ({floors}); "
            f"others took {figures.others:.0%} of a core"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """What was found. Memory is the server's, after its start and after all calls."""

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

    def of(self, name: str) -> dict[int, Cell]:
        """The cells of one row, by connections. Empty where it was not measured."""
        return {cell.connections: cell for cell in self.cells if cell.row.name == name}

    def section(self) -> str:
        """What the page says."""
        return f"""\
## Calls

{self._introduction()}

{self._table()}
Memory of the server: {self.empty_mib:.0f} MiB after its start, {self.full_mib:.0f} MiB after all of the above.

- **Server CPU** is what the server process took of all cores for one request, threads and kernel included.
- **Null floor**: a handler on the same HTTP stack (uvicorn, httptools, uvloop) that reads the request and answers at
  once with as many fixed bytes. Nothing in Python on this stack is faster. `of null` is Clew's rate as a share of it.
- **Bare floor**: the same, but each body becomes one row of SQLite, written by a thread that commits whatever waits
  together, synced like Clew's. It checks nothing, knows nothing, and can read nothing back in order. `of bare` is the
  share of that speed which is left when a write is checked, put in order in its thread, and shown to its caller.
- **The ratios are the result.** Rates are those of this machine at that hour; floors were measured in the same minutes
  and rise and fall with it.
{self._on_appends()}{self._on_filters()}{self._on_the_load()}"""

    def _introduction(self) -> str:
        return paragraph(
            "The load comes from another process over connections that stay open, each sending its next request when "
            f"the last is answered. Whatever else ran on the machine took {self.others:.0%} of one core meanwhile"
            + (
                ". **That is much: these figures say little.**"
                if self.others > 2 * QUIET
                else ", which is next to nothing."
            )
        )

    def _table(self) -> str:
        head = (
            "what | connections | per second | p50 ms | p99 ms | server CPU µs | null floor /s | of null "
            "| bare floor /s | of bare"
        )
        return table(
            head,
            [
                [
                    cell.row.name,
                    str(cell.connections),
                    f"{cell.clew.rate:,.0f}",
                    f"{cell.clew.p50_ms:.2f}",
                    f"{cell.clew.p99_ms:.2f}",
                    f"{cell.clew.cpu_us:.0f}",
                    f"{cell.null.rate:,.0f}",
                    f"{cell.of_null:.2f}",
                    f"{cell.bare.rate:,.0f}" if cell.bare else "",
                    f"{cell.of_bare:.2f}" if cell.of_bare else "",
                ]
                for cell in self.cells
            ],
        )

    def _on_appends(self) -> str:
        cells = self.of("append a message")
        if len(cells) <= 1:
            return ""
        few, many = cells[min(cells)], cells[max(cells)]
        return bullet(
            f"**Appends go together.** With {few.connections} at a time Clew takes {few.clew.rate:,.0f} messages a "
            f"second, each on the disk before its answer; with {many.connections} it takes {many.clew.rate:,.0f}, "
            "because those who wait share one commit."
        )

    def _on_filters(self) -> str:
        plain, filtered = self.of("list 20 threads"), self.of("list 20 threads by metadata")
        if not plain or not filtered:
            return ""
        most = max(plain)
        return bullet(
            f"**A filter is an index.** A list filtered by two pairs of metadata takes "
            f"{filtered[most].clew.cpu_us:.0f} µs of CPU, one of all threads {plain[most].clew.cpu_us:.0f} µs."
        )

    def _on_the_load(self) -> str:
        return bullet(
            f"The load shares the machine with the server; its process took at most {self.busy:.0%} of one core. Where "
            "that is near 100 %, the figure is a lower bound."
        )


def measure(scale: Scale, *, only: str = "") -> Calls:
    """Each row that has `only` in its name, at each number of connections, each floor right beside it."""
    with (
        tempfile.TemporaryDirectory() as folder,
        clew(f"{folder}/clew") as server,
        Server("bench.floors", "null") as null,
        Server("bench.floors", "bare", "--data", folder) as bare,
        Loader() as loader,
    ):
        empty_mib = server.settled_mib()
        print("filling …", file=sys.stderr)
        short, long = scale.page_lengths
        seeds = Seeds(
            server, loader, threads=scale.threads, filled={short: 10 * scale.page_threads, long: scale.page_threads}
        )
        cells: list[Cell] = []
        for row in rows(seeds):
            if only not in row.name:
                continue
            for connections in scale.connections:
                cells.append(_cell(row, connections, loader, scale, clew=server, null=null, bare=bare))
                print(cells[-1], file=sys.stderr)
        return Calls(cells=cells, empty_mib=empty_mib, full_mib=server.memory_mib)


def _cell(
    row: Row, connections: int, loader: Loader, scale: Scale, *, clew: Server, null: Server, bare: Server
) -> Cell:
    servers = {"clew": (clew, row.requests), "null": (null, floor(row))}
    if row.writes:
        servers["bare"] = (bare, floor(row))
    taken = in_turn(servers, connections, loader, scale)
    bared = taken.get("bare")
    return Cell(
        row=row,
        connections=connections,
        clew=taken["clew"].middle,
        null=taken["null"].middle,
        bare=bared.middle if bared else None,
        of_null=taken["clew"].share_of(taken["null"]),
        of_bare=taken["clew"].share_of(bared) if bared else None,
    )
