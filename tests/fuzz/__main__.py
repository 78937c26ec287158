"""`just fuzz`: walks on for as long as one likes, from a seed that is printed, and says what it has seen."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from fuzz.walk import STEPS, Site, Walk

AT_ONCE = 25
"""Walks between two looks at the clock."""


def main() -> None:
    """Walk as the arguments say. Ends with 1 where an answer was wrong."""
    parser = argparse.ArgumentParser(prog="just fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 2**32)
    asked = parser.parse_args()
    print(f"seed {asked.seed}")
    until = time.monotonic() + asked.seconds
    with tempfile.TemporaryDirectory() as folder, Site(Path(folder)) as site:
        number = 0
        while time.monotonic() < until:
            try:
                _walks(site, asked.seed + number)
            except Exception as error:  # noqa: BLE001 (whatever it was, the seed is to be told)
                notes = "\n".join(getattr(error, "__notes__", ()))
                sys.exit(f"{error}\n{notes}\nagain with --seed {asked.seed + number}")
            number += 1
            mib = 2**20
            told = (site.requests, site.server.memory_bytes / mib, site.stored_bytes / mib)
            print("{:7d} answers, the server holds {:.1f} MiB, its store weighs {:.1f} MiB".format(*told), flush=True)
        for name in sorted(site.senders):
            seen = {status: count for (one, status), count in sorted(site.counts.items()) if one == name}
            print(f"  {name:32} {seen}")


def _walks(site: Site, number: int) -> None:
    @seed(number)
    @settings(
        max_examples=AT_ONCE,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def walks(data: st.DataObject) -> None:
        walk = Walk(site, data)
        walk.begin()
        for _ in range(STEPS):
            walk.step()

    walks()


if __name__ == "__main__":
    main()
