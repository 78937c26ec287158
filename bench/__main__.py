"""`just bench`: measures Clew part by part, prints what it found, and with `--write` makes `docs/performance.md`."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench import calls, disk, growth, rpc, shapes, start, steps, streams
from bench.calls import Calls
from bench.page import page, rewritten
from bench.scale import FULL, QUICK

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.page import Part
    from bench.scale import Scale

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
PARTS = ("calls", "rpc", "steps", "disk", "shapes", "streams", "start", "growth")


def main() -> None:
    """Measure as the arguments say."""
    parser = argparse.ArgumentParser(prog="just bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="little data, few rounds: to see that it works")
    parser.add_argument("--write", action="store_true", help=f"write docs/{PAGE.name}, or these parts of it")
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS, help="these parts")
    parser.add_argument("--rows", default="", help="of the calls or lists, those whose name has this in it")
    parser.add_argument("--seconds", type=float, help="for each figure, in each round")
    parser.add_argument("--rounds", type=int, help="the middle one counts")
    parser.add_argument("--connections", type=int, nargs="+", help="at a time")
    asked = parser.parse_args()
    if asked.write and asked.rows:
        parser.error("a part is written whole")
    scale = QUICK if asked.quick else FULL
    given = {"seconds": asked.seconds, "rounds": asked.rounds, "connections": asked.connections}
    scale = replace(scale, **{name: value for name, value in given.items() if value})
    found = run(scale, only=asked.only, rows=asked.rows)
    if asked.write:
        whole = set(asked.only) == set(PARTS)
        PAGE.write_text(page(found, scale) if whole else rewritten(PAGE.read_text(), found))
        print(f"written to docs/{PAGE.name}")


def run(scale: Scale, *, only: tuple[str, ...], rows: str = "") -> list[Part]:
    """Measure these parts, and print each as soon as it is there."""
    found: list[Part] = []
    measures: dict[str, Callable[[], Part]] = {
        "calls": lambda: calls.measure(scale, only=rows),
        "rpc": lambda: rpc.measure(scale),
        "disk": lambda: disk.measure(scale),
        "shapes": lambda: shapes.measure(scale),
        "streams": lambda: streams.measure(scale),
        "start": lambda: start.measure(scale),
        "growth": lambda: growth.measure(scale, next((part for part in found if isinstance(part, Calls)), None)),
        "steps": lambda: steps.measure(scale, only=rows),
    }
    for name in PARTS:
        if name not in only:
            continue
        started = time.monotonic()
        print(f"{name} …", file=sys.stderr)
        found.append(measures[name]())
        print("\n" + found[-1].section(), flush=True)
        print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr)
    return found


if __name__ == "__main__":
    main()
