"""The server that is killed: `clew serve` in a process of its own, started as its users do, or from a warm one.

A warm start forks a process that has loaded the code and done nothing else. The server is the same, and so is its
death; what is saved is a second of loading Python modules, which is most of a short life.
"""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, TextIO

from tests.support.process import ServerProcess

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable
    from pathlib import Path

LETTER_BYTES = 65536


class Forked:
    """A child of the warm process, as far as it is used like a `subprocess.Popen`."""

    def __init__(self, pid: int, stdout: TextIO, ends: socket.socket) -> None:
        self.pid = pid
        self.stdout = stdout
        self._ends = ends
        self._code: int | None = None

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, unless it is known to be over: its number may be another's by then."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def poll(self) -> int | None:
        """Its exit code; None while it lives."""
        if self._code is None and select.select([self._ends], [], [], 0)[0]:
            self._code = int(self._ends.recv(LETTER_BYTES))
        return self._code

    def wait(self, seconds: float) -> int:
        """Its exit code, when it has ended."""
        if self._code is None:
            if not select.select([self._ends], [], [], seconds)[0]:
                raise TimeoutError
            self._code = int(self._ends.recv(LETTER_BYTES))
        return self._code


class WarmServer(ServerProcess):
    """The same as a `ServerProcess`, from a process that has loaded the code already."""

    def __init__(self, folder: Path, *flags: str) -> None:
        super().__init__(folder, None, *flags)
        self._arguments = ["serve", "--data", str(folder / "data"), *flags, "--port", "0", "--grpc-port", "0"]
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CLEW_")}
        self._warm = subprocess.Popen(
            [sys.executable, "-m", "bench.kill.server", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env=environment,
        )
        theirs.close()

    def launch(self) -> None:
        """Start it, without waiting for a word."""
        read, write = os.pipe()
        with self._errors.open("w") as errors:
            letter = json.dumps({"arguments": self._arguments, "folder": str(self.folder)}).encode()
            socket.send_fds(self._ours, [letter], [write, errors.fileno()])
        os.close(write)
        pid = int(self._ours.recv(LETTER_BYTES))
        self._process = Forked(pid, os.fdopen(read), self._ours)  # type: ignore[assignment]

    def close(self) -> None:
        """Let the warm process go."""
        self._ours.close()
        self._warm.wait(20)


def _fork(main: Callable[[list[str]], int], letter: bytes, descriptors: list[int]) -> int:
    """The number of a new process that does what the letter says."""
    if pid := os.fork():
        for descriptor in descriptors:
            os.close(descriptor)
        return pid
    for descriptor, place in zip(descriptors, (sys.stdout.fileno(), sys.stderr.fileno()), strict=True):
        os.dup2(descriptor, place)
        os.close(descriptor)
    asked = json.loads(letter)
    os.chdir(asked["folder"])
    os._exit(main(asked["arguments"]))


def stay_warm(number: int) -> None:
    """Fork a server for each letter, tell its number, and when it is over its exit code; one at a time."""
    from clew.app import cli, serve  # noqa: F401, PLC0415 (loaded here and nowhere else)

    with socket.socket(fileno=number) as letters:
        while True:
            letter, descriptors, _, _ = socket.recv_fds(letters, LETTER_BYTES, 2)
            if not letter:  # nobody will ask again
                return
            pid = _fork(cli.main, letter, descriptors)
            letters.send(str(pid).encode())
            letters.send(str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])).encode())


if __name__ == "__main__":
    stay_warm(int(sys.argv[1]))
