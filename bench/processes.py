"""The processes of a benchmark: servers, whose cost is read from `/proc`, and the one that makes the load."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Self, TypeVar

import msgspec

from bench.load import Outcome, Plan

T = TypeVar("T")
TICKS = os.sysconf("SC_CLK_TCK")
ROOT = Path(__file__).resolve().parent.parent
"""Where `python -m bench.…` finds the benchmark, wherever this is started."""
_SERVING = re.compile(r"serving (?:http|grpc)://127\.0\.0\.1:(\d+)")
_GRPC = re.compile(r"gRPC +127\.0\.0\.1:(\d+)")


class Server:
    """A server in a process of its own, from its first word to the end of the block."""

    def __init__(self, *command: str) -> None:
        self._command = [sys.executable, "-m", *command]
        self.port = 0
        self.grpc_port = 0

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._process = stack.enter_context(
                subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
            )
            stack.callback(self._process.kill)
            for line in self._process.stdout or ():
                if found := _SERVING.search(line):
                    self.port = int(found[1])
                elif found := _GRPC.search(line):
                    self.grpc_port = int(found[1])
                if self.port and (self.grpc_port or "clew" not in self._command):
                    break
            if not self.port:
                raise RuntimeError(f"{self._command} does not serve")
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def id(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def cpu_seconds(self) -> float:
        """What it has had of all cores so far."""
        return cpu_seconds(self.id)

    @property
    def written_bytes(self) -> int:
        """What it has had written to a disk so far."""
        said = Path(f"/proc/{self.id}/io").read_text()
        return int(re.findall(r"^write_bytes: (\d+)", said, re.MULTILINE)[0])

    @property
    def memory_mib(self) -> float:
        """What it holds in memory."""
        return memory_mib(self.id)

    def settled_mib(self) -> float:
        """What it holds once that no longer grows: a server that serves already may be loading the rest."""
        before, now = 0.0, self.memory_mib
        while now > before:
            time.sleep(0.5)
            before, now = now, self.memory_mib
        return now


def cpu_seconds(process: int | str = "self") -> float:
    """What a process has had of all cores so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def machine_seconds() -> float:
    """What all processes have had of all cores so far."""
    user, nice, system, _idle, _waiting, *interrupts = map(
        int, Path("/proc/stat").read_text().split("\n")[0].split()[1:9]
    )
    return (user + nice + system + sum(interrupts)) / TICKS


def memory_mib(process: int) -> float:
    """What a process holds in memory."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024


class Worker:
    """A process that takes a line of JSON, does what it says, and answers with one."""

    def __init__(self, module: str) -> None:
        self._command = [sys.executable, "-m", module]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def ask(self, work: msgspec.Struct, answer: type[T]) -> T:
        """Do this, and say what came of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(work) + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._command[-1]} has ended")
        return msgspec.json.decode(line, type=answer)


class Loader(Worker):
    """The process that makes the load, by HTTP or by what another module speaks."""

    def __init__(self, module: str = "bench.load") -> None:
        super().__init__(module)

    def perform(self, plan: Plan) -> Outcome:
        """Do this, and say what came of it."""
        return self.ask(plan, Outcome)


def clew(data: str, *flags: str, over: tuple[str, ...] = ()) -> Server:
    """Clew as users start it, over a data folder. `over` is a program that runs it."""
    ports = ("--port", "0", "--grpc-port", "0")
    return Server(*over, "clew", "serve", *ports, "--data", data, "--log-level", "error", *flags)
