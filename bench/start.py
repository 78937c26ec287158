"""Part "start": how soon a server answers, what loading its code takes of that, and what it holds when idle."""

from __future__ import annotations

import http.client
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

from bench.processes import ROOT, clew
from bench.text import bullet, table

if TYPE_CHECKING:
    from bench.scale import Scale

SHOWN: Final = 6
_IMPORT: Final = re.compile(r"import time: +(\d+) \| +\d+ \| +(\w+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What was found: seconds from the making of the process to the first answer, and for a Python that does nothing.

    `imports` has milliseconds by package, those of a package's modules together; `later` the same of what is loaded
    while the server serves already.
    """

    new: list[float]
    again: list[float]
    python: list[float]
    imports: Counter[str]
    later: Counter[str]
    memory_mib: float

    def section(self) -> str:
        """What the page says."""
        times = {
            "on a new data folder": self.new,
            "on a data folder that is there": self.again,
            "Python itself, for comparison": self.python,
        }
        rows = [[what, f"{median(took):.2f}", f"{max(took):.2f}"] for what, took in times.items()]
        return f"""\
## Starting

From the making of the process to its first answer, a list of threads.

{table(f"start | middle of {len(self.new)}, s | slowest, s", rows)}
{self._on_imports()}"""

    def _on_imports(self) -> str:
        return bullet(
            f"Loading the code takes {self.imports.total() / 1000:.2f} s of this (`python -X importtime`, which makes "
            f"it a little longer). The largest packages, in milliseconds: {_largest(self.imports)}."
        ) + bullet(
            f"What speaks to models is loaded while the server serves already: {self.later.total() / 1000:.2f} s more "
            f"({_largest(self.later)}). A run that comes sooner waits for it. With all that the server holds "
            f"{self.memory_mib:.0f} MiB of memory when it is idle."
        )


def _largest(imports: Counter[str]) -> str:
    return ", ".join(f"{name} {took:.0f}" for name, took in imports.most_common(SHOWN))


def measure(scale: Scale) -> Start:
    """Start servers, one after the other."""
    new: list[float] = []
    again: list[float] = []
    python: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(scale.starts):
            new.append(_start(f"{folder}/{number}"))
            again.append(_start(f"{folder}/{number}"))
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", ""], check=True)
            python.append(time.perf_counter() - started)
        with clew(f"{folder}/idle") as server:
            memory_mib = server.settled_mib()
    first = _imports("clew.app.cli, clew.app.serve")
    later = _imports("clew.app.cli, clew.app.serve, clew.engine.completions") - first
    return Start(new=new, again=again, python=python, imports=first, later=later, memory_mib=memory_mib)


def _start(data: str) -> float:
    """Seconds to the first answer."""
    started = time.perf_counter()
    with clew(data) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        connection.request("GET", "/v1/threads?limit=1", headers={"Authorization": "Bearer any"})
        status = connection.getresponse().status
        took = time.perf_counter() - started
        connection.close()
    assert status == http.HTTPStatus.OK
    return took


def _imports(modules: str) -> Counter[str]:
    """Milliseconds of loading these, by package."""
    command = [sys.executable, "-X", "importtime", "-c", f"import {modules}"]
    said = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stderr
    found: Counter[str] = Counter()
    for took, package in _IMPORT.findall(said):
        found[package] += int(took) / 1000  # type: ignore[assignment] # a Counter counts whatever can be added
    return found
