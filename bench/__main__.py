"""`just bench`: measures Clew beside two floors, prints the table, and with `--write` makes `docs/performance.md`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from bench.measure import Cell, Measured, measure
from bench.page import page, table
from bench.processes import Loader, Server
from bench.rows import Seeds, rows

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"


def main() -> None:
    """Measure as the arguments say."""
    parser = argparse.ArgumentParser(prog="just bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few seconds, little data: to see that it works")
    parser.add_argument("--write", action="store_true", help=f"write docs/{PAGE.name}")
    parser.add_argument("--seconds", type=float, help="for each figure, in each round")
    parser.add_argument("--rounds", type=int, help="the middle one counts")
    parser.add_argument("--only", default="", help="rows whose name has this in it")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 8, 64])
    asked = parser.parse_args()
    seconds = asked.seconds or (0.5 if asked.quick else 1.5)
    rounds = asked.rounds or (1 if asked.quick else 3)
    measured = run(seconds=seconds, rounds=rounds, only=asked.only, connections=asked.connections, is_quick=asked.quick)
    print("\n" + table(measured))
    if asked.write:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page(measured, seconds=seconds, rounds=rounds))
        print(f"written to docs/{PAGE.name}")


def run(*, seconds: float, rounds: int, only: str, connections: list[int], is_quick: bool) -> Measured:
    """Start everything, fill it, and measure each row at each number of connections, each floor right beside it."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Server("clew", "serve", "--port", "0", "--data", f"{folder}/clew", "--log-level", "error") as clew,
        Server("bench.floors", "null") as null,
        Server("bench.floors", "bare", "--data", folder) as bare,
        Loader() as loader,
    ):
        empty_mib = clew.memory_mib
        print("filling …", file=sys.stderr)
        seeds = Seeds(clew, loader, threads=1000, small=10 if is_quick else 50, large=1 if is_quick else 3)
        chosen = [row for row in rows(seeds) if only in row.name]
        cells: list[Cell] = []
        for row in chosen:
            for count in connections:
                cell = measure(row, count, loader, clew=clew, null=null, bare=bare, seconds=seconds, rounds=rounds)
                cells.append(cell)
                print(cell, file=sys.stderr)
        return Measured(cells=cells, empty_mib=empty_mib, full_mib=clew.memory_mib)


if __name__ == "__main__":
    main()
