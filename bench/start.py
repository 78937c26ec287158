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

SHOWN: Final = 8
_IMPORT: Final = re.compile(r"import time: +(\d+) \| +\d+ \| +(\w+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What was found: seconds from the making of the process to the first answer, and for a Python that does nothing.

    `imports` has milliseconds by package, those of a package's modules together.
    """

    new: list[float]
    again: list[float]
    python: list[float]
    imports: Counter[str]
    memory_mib: float

    def section(self) -> str:
        """What the page says."""
        times = {
            "on a new data folder": self.new,
            "on a data folder that is there": self.again,
            "Python itself, for comparison": self.python,
        }
        rows = [[what, f"{median(took):.2f}", f"{max(took):.2f}"] for what, took in times.items()]
        packages = ", ".join(f"{name} {took:.0f}" for name, took in self.imports.most_common(SHOWN))
        return f"""\
## Starting

From the making of the process to its first answer, a list of threads.

{table(f"start | middle of {len(self.new)}, s | slowest, s", rows)}
{
            bullet(
                f"Loading the code takes {self.imports.total() / 1000:.2f} s of this (`python -X importtime`, which makes "
                f"it a little longer). The largest packages, in milliseconds: {packages}."
            )
        }{bullet(f"After its first answer the server holds {self.memory_mib:.0f} MiB of memory.")}"""


def measure(scale: Scale) -> Start:
    """Start servers, one after the other."""
    new, again, python, memory = [], [], [], []
    for _ in range(scale.starts):
        with tempfile.TemporaryDirectory() as folder:
            for times in (new, again):
                took, memory_mib = _start(f"{folder}/clew")
                times.append(took)
                memory.append(memory_mib)
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", ""], check=True)
        python.append(time.perf_counter() - started)
    return Start(new=new, again=again, python=python, imports=_imports(), memory_mib=median(memory))


def _start(data: str) -> tuple[float, float]:
    """Seconds to the first answer, and the memory then."""
    started = time.perf_counter()
    with clew(data) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        connection.request("GET", "/v1/threads?limit=1", headers={"Authorization": "Bearer any"})
        status = connection.getresponse().status
        took = time.perf_counter() - started
        connection.close()
        assert status == http.HTTPStatus.OK
        return took, server.memory_mib


def _imports() -> Counter[str]:
    """Milliseconds of loading what `clew serve` loads, by package."""
    command = [sys.executable, "-X", "importtime", "-c", "import clew.app.cli, clew.app.serve"]
    said = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stderr
    found: Counter[str] = Counter()
    for took, package in _IMPORT.findall(said):
        found[package] += int(took) / 1000
    return found
