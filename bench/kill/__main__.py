"""`just kill`: kill the server many times while many write to it, and say whether anything answered was lost."""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from bench.kill.campaign import Campaign, Violation, a_model, look_again

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOWN_MAX = 30


def main() -> int:
    """Kill as the arguments say. 1 where something was wrong."""
    parser = argparse.ArgumentParser(prog="just kill", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument(
        "--seed", type=int, help="of an earlier campaign, to write the same and to kill at the same moments"
    )
    parser.add_argument(
        "--folder", type=Path, help="where the data and the journal are kept; else they go if all is well"
    )
    parser.add_argument("--warm", action="store_true", help="start servers from a process that has loaded the code")
    parser.add_argument("--again", type=Path, metavar="FOLDER", help="only look once more at a folder that was kept")
    asked = parser.parse_args()
    if asked.again:
        return told(look_again(asked.again.resolve()), asked.again)
    warnings.simplefilter("ignore", DeprecationWarning)  # the official client says it of every call
    seed = random.SystemRandom().randrange(1 << 32) if asked.seed is None else asked.seed
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="clew-kill-"))
    print(f"seed {seed}, in {folder}", flush=True)
    began = time.perf_counter()
    faults: tuple[object, ...] = ()
    with a_model() as model_url, Campaign(folder.resolve(), model_url, seed, is_warm=asked.warm) as campaign:
        try:
            asyncio.run(campaign.perform(asked.kills, progress=lambda line: print(line, file=sys.stderr, flush=True)))
        except Violation as violation:
            faults = violation.args
    print(summary(campaign, time.perf_counter() - began))
    if not faults and asked.folder is None:
        shutil.rmtree(folder)
    return told(faults, folder)


def told(faults: Sequence[object], folder: Path) -> int:
    """Say what was wrong; the exit code."""
    for fault in faults[:SHOWN_MAX]:
        print(f"VIOLATION {fault}")
    print(f"{len(faults)} violations" + (f"; everything is kept in {folder}" if faults else ""))
    return 1 if faults else 0


def summary(campaign: Campaign, seconds: float) -> str:
    """What was done, and what came of it."""
    world = campaign.world
    words = ("answered", "refused", "found", "absent", "unseen")
    rows = [("write", *words)]
    rows += [(kind, *(str(counts[word]) for word in words)) for kind, counts in sorted(world.counts.items())]
    rows.append(("all", *(str(sum(counts[word] for counts in world.counts.values())) for word in words)))
    lines = [f"{row[0]:16}" + "".join(f"{cell:>10}" for cell in row[1:]) for row in rows]
    starts = sorted(campaign.starts)
    ended = ", ".join(f"{count} {status}" for status, count in sorted(world.runs_ended.items()))
    lines.append(f"runs: {ended}; {world.taken_over} turns of lost workers were asked again")
    middle, worst = starts[len(starts) // 2], starts[-1]
    lines.append(f"{campaign.kills} kills in {seconds:.0f} s; a start took {middle:.2f} s, at most {worst:.2f} s")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
