"""The figures as the page of the docs. Names no host and no path."""

from __future__ import annotations

import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import apsw

from bench.measure import QUIET
from bench.text import paragraph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.scale import Scale


AFTER_PARTS = "## Where the time goes"
"""What follows the parts' sections."""


class Part(Protocol):
    """What one part of the benchmark found."""

    def section(self) -> str:
        """What the page says of it, from its heading on."""
        ...


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


def _measured(scale: Scale) -> str:
    rounds = "one round" if scale.rounds == 1 else f"the middle of {scale.rounds} rounds"
    return paragraph(
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {machine()}. Where nothing else is said, a figure is {rounds} of "
        f"{scale.seconds:g} seconds, with everything that is compared in turn. A round in which other programs took "
        f"more than {QUIET:.0%} of a core is done again, up to {scale.attempts} times in all, and the quietest counts."
    )


def rewritten(old: str, parts: Sequence[Part]) -> str:
    """The page with the sections of these parts made anew, and all others as they were."""
    pieces = re.split(r"(?m)^(?=## )", old)
    for part in parts:
        section = part.section().rstrip() + "\n\n"
        heading = section.partition("\n")[0]
        places = [at for at, piece in enumerate(pieces) if piece.startswith(heading + "\n")]
        if places:
            pieces[places[0]] = section
        else:
            pieces.insert(next(at for at, piece in enumerate(pieces) if piece.startswith(AFTER_PARTS)), section)
    return "".join(pieces)


def page(parts: Sequence[Part], scale: Scale) -> str:
    """The page."""
    sections = "\n".join(part.section() for part in parts)
    return f"""\
# Performance

<!-- Made by `uv run just bench --write`. Change bench/, not this file. -->

One process of Clew as it is installed, started with `clew serve` and nothing but a data folder: SQLite, every answered
write synced to the disk (`synchronous=FULL`), no key made, so that any is taken.

{_measured(scale)} To repeat it:

    uv run just bench --write

{sections}
## Where the time goes

Sampled with `py-spy record --gil`, when this was last looked at. Python runs one thread at a time, so these add up;
what SQLite and the kernel do goes on beside them.

At 64 connections, of a page of 20 a quarter goes into the store, half of that inside SQLite; a fifth into writing the
answer to the socket; a tenth into reading the request; the rest into routing, checking and the event loop. Of an append
a quarter goes into writing to the socket, a fifth into its unit of work, a tenth into reading the request.

Of a token in 100 streams, a third goes into reading it from the model, most of that inside the HTTP client (httpx2 and
what it stands on); a sixth into writing to the reader's socket, an eighth into the writer's units of work, and as much
again into gathering fragments for them and telling readers. With ten readers of each stream the sockets and the waking
of readers are more than half.

## What it does not say

- How fast it is for the first time. A few thousand messages and threads that were read lately are kept as they were
  shown, because people who talk read the same thread again and again. The rows "retrieve any" and "anywhere" go over
  more than is kept; the other reading rows find theirs there.
- How fast a model is. In the streams above a program speaks at a fixed pace; a run's time is otherwise its model's.
- What a network costs: everything here happens on one machine, which the servers share with what asks them.
- What a machine with more cores would do. Python runs one thread at a time in a process, so one process of Clew uses
  one core, and a little of a second for SQLite.
"""
