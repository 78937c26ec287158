"""The figures as a table, and as the page of the docs. Names no host and no path."""

from __future__ import annotations

import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import apsw

if TYPE_CHECKING:
    from bench.measure import Cell, Measured

HEAD = (
    "| what | connections | per second | p50 ms | p99 ms | server CPU µs | null floor /s | of null | bare floor /s "
    "| of bare |\n"
    "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n"
)


def table(measured: Measured) -> str:
    """Every cell as a line of Markdown."""
    return HEAD + "".join(_line(cell) for cell in measured.cells)


def _line(cell: Cell) -> str:
    clew, null, bare = cell.clew, cell.null, cell.bare
    columns = [
        cell.row.name,
        str(cell.connections),
        f"{clew.rate:,.0f}",
        f"{clew.p50_ms:.2f}",
        f"{clew.p99_ms:.2f}",
        f"{clew.cpu_us:.0f}",
        f"{null.rate:,.0f}",
        f"{cell.of_null:.2f}",
        f"{bare.rate:,.0f}" if bare else "",
        f"{cell.of_bare:.2f}" if cell.of_bare else "",
    ]
    return f"| {' | '.join(columns)} |\n"


def machine() -> str:
    """What it was measured on."""
    cpus = Path("/proc/cpuinfo")
    models = re.findall(r"model name\s*: (.*)", cpus.read_text()) if cpus.exists() else []
    release = Path("/etc/os-release")
    names = re.findall(r'PRETTY_NAME="(.*)"', release.read_text()) if release.exists() else []
    return (
        f"{os.cpu_count()} cores ({models[0] if models else platform.machine()}), "
        f"{names[0] if names else platform.system()}, "
        f"{platform.python_implementation()} {platform.python_version()}, SQLite {apsw.sqlite_lib_version()}"
    )


def page(measured: Measured, *, seconds: float, rounds: int) -> str:
    """The page."""
    return f"""\
# Performance

<!-- Made by `uv run just bench --write`. Change bench/page.py, not this file. -->

One process of Clew as it is installed, started with `clew serve` and nothing but a data folder: SQLite, every answered
write synced to the disk (`synchronous=FULL`), no key made, so that any is taken. The load comes from another process on
the same machine, over connections that stay open, each sending its next request when the last is answered.

Measured {datetime.now(UTC):%Y-%m-%d} on {machine()};
the middle of {rounds} rounds of {seconds:g} seconds each, with Clew and its floors in turn. Whatever else ran on the
machine took {measured.others:.0%} of one core meanwhile. To repeat it:

    uv run just bench --write

{table(measured)}
Memory of the server: {measured.empty_mib:.0f} MiB after its start, {measured.full_mib:.0f} MiB after all of the above.

## What the columns say

- **Server CPU** is what the server process took of all cores for one request, threads and kernel included.
- **Null floor**: a handler on the same HTTP stack (uvicorn, httptools, uvloop) that reads the request and answers at
  once with as many fixed bytes. Nothing in Python on this stack is faster. `of null` is Clew's rate as a share of it.
- **Bare floor**: the same, but each body becomes one row of SQLite, written by a thread that commits whatever waits
  together, synced like Clew's. It checks nothing, knows nothing, and can read nothing back in order. `of bare` is the
  share of that speed which is left when a write is checked, put in order in its thread, and shown to its caller.
- **The ratios are the result.** Rates are those of this machine at that hour; floors were measured in the same minutes
  and rise and fall with it.

## What it means

{_words(measured)}
## Where the time goes

Sampled with `py-spy record --gil` at 64 connections: of a retrieve, about a third goes into writing to the socket, a
tenth into finding the message, the rest into HTTP, routing and checking. Of a page of 20, almost a third goes into
making 20 messages of their stored JSON and a sixth into saying them in OpenAI's words. Of an append, a third goes into
the unit of work that the writer runs, and a fifth into the socket. Python runs one thread at a time, so these add up;
what SQLite does for a lane goes on beside them.

## What it does not say

- This disk acknowledges a sync sooner than many do. A slower one makes a lone writer wait longer for its answer, and
  hardly changes what many writers get together: those who wait for the disk are written together.
- The load shares the machine with the server; its process took at most {measured.busy:.0%} of one core. Where that is
  near 100 %, the figure is a lower bound.
- Runs are not in the table: their time is the model's.
"""


def _words(measured: Measured) -> str:
    by_name: dict[str, dict[int, Cell]] = {}
    for cell in measured.cells:
        by_name.setdefault(cell.row.name, {})[cell.connections] = cell
    return "".join(filter(None, (_on_appends(by_name), _on_lengths(by_name))))


def _on_appends(by_name: dict[str, dict[int, Cell]]) -> str:
    cells = by_name.get("append a message", {})
    if not cells:
        return ""
    few, many = cells[min(cells)], cells[max(cells)]
    return (
        f"- **Appends go together.** {few.connections} connection{'s' if few.connections > 1 else ''} gets "
        f"{few.clew.rate:,.0f} messages a second,\n  each on the disk before its answer; {many.connections} get "
        f"{many.clew.rate:,.0f}, because those who wait share one commit.\n"
    )


def _on_lengths(by_name: dict[str, dict[int, Cell]]) -> str:
    pages = [(name, cells) for name, cells in by_name.items() if name.startswith("last 20")]
    if len(pages) < 2:  # noqa: PLR2004
        return ""
    (small, of_small), (large, of_large) = pages[0], pages[-1]
    most = max(of_small)
    return (
        f"- **Length costs nothing.** `{small}` takes {of_small[most].clew.cpu_us:.0f} µs of CPU,\n  `{large}` "
        f"{of_large[most].clew.cpu_us:.0f} µs: a page is found by its key, and nothing before it is read.\n"
    )
