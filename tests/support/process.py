"""`clew serve` as users start it: a process of its own, to be stopped, killed and started again on the same folder."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    import socket

    from support.scripted_model import ScriptedModel

_SERVING: Final = re.compile(r"Clew is serving (https?://\S+)")
_GRPC: Final = re.compile(r"gRPC +(\S+)")
_INHERIT: Final = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execv(sys.argv[2], sys.argv[2:])
"""
_END_SECONDS: Final = 20
"""A server that takes longer to end than this never will."""


class ServerProcess:
    """`with ServerProcess(folder, model) as server:` serves from a process until it is told, or made, to end.

    `start` serves the same folder again, on another port, unless one is given, or a socket that is `held` open
    meanwhile, as systemd does. Further `flags` are those of `clew serve`.
    """

    def __init__(
        self,
        folder: Path,
        model: ScriptedModel | None = None,
        *flags: str,
        port: int = 0,
        held: socket.socket | None = None,
    ) -> None:
        self.folder = folder
        self._flags = (
            *flags,
            *(("--model-url", model.base_url) if model else ()),
            "--port",
            str(port),
            "--grpc-port",
            "0",
        )
        self._held = held
        self._process: subprocess.Popen[str] | None = None
        self._errors = folder / "server.err"
        self.url = ""
        self.grpc_address = ""

    @property
    def base_url(self) -> str:
        """What an `openai` client takes as its base URL."""
        return f"{self.url}/v1"

    @property
    def address(self) -> tuple[str, int]:
        """Where its socket is."""
        host, _, port = self.url.removeprefix("http://").rpartition(":")
        return host, int(port)

    @property
    def errors(self) -> str:
        """What it has written to stderr since it was started."""
        return self._errors.read_text()

    @property
    def memory_bytes(self) -> int:
        """What its process holds at the moment."""
        return self._memory("VmRSS")

    @property
    def memory_bytes_max(self) -> int:
        """The most that its process has ever held."""
        return self._memory("VmHWM")

    def _memory(self, name: str) -> int:
        for line in Path(f"/proc/{self._running.pid}/status").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) * 1024
        raise LookupError(name)

    @property
    def is_running(self) -> bool:
        """Whether there is a process."""
        return self._process is not None and self._process.poll() is None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.is_running:
            self.kill()

    def start(self) -> None:
        """Return when it has said where it serves. Raises RuntimeError where it ends before that."""
        self.launch()
        for line in self._running.stdout or ():
            if found := _SERVING.search(line):
                self.url = found[1]
            elif found := _GRPC.search(line):  # it stands below
                self.grpc_address = found[1]
                return
        raise RuntimeError(f"no server: exit code {self.ended()}, {self.errors}")

    def launch(self) -> None:
        """Start it, without waiting for a word; for a server that is not to come up."""
        command = [sys.executable, "-m", "clew", "serve", "--data", str(self.folder / "data"), *self._flags]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CLEW_")}
        passed: tuple[int, ...] = ()
        if self._held is not None:
            passed = (self._held.fileno(),)
            command = [sys.executable, "-c", _INHERIT, str(passed[0]), *command]
        with self._errors.open("w") as errors:
            self._process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                cwd=self.folder,
                env=environment,
                pass_fds=passed,
            )

    @property
    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            raise RuntimeError("not started")
        return self._process

    def tell(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._running.send_signal(number)

    def ended(self) -> int:
        """Wait for its end; the exit code."""
        code = self._running.wait(_END_SECONDS)
        if self._running.stdout:
            self._running.stdout.close()
        return code

    def kill(self) -> None:
        """`kill -9`: it ends in the middle of whatever it does."""
        self.tell(signal.SIGKILL)
        self.ended()

    def kill_and_start(self) -> None:
        """Kill it, and serve the folder again."""
        self.kill()
        self.start()
