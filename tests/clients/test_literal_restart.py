"""Literal AI's background senders while the server is stopped, or killed, and started again.

All releases send at once, into one server. A sender of 0.0.509 or later tries a batch twice, 0.2 seconds apart, and
drops it; an earlier one ends for good with the first batch that fails. So what a client lost is known by what it says;
everything else has to be there, once.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from clew.app.http import bound_socket
from support.graphql import GraphQL
from support.process import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.clients, pytest.mark.slow]

SCRIPT = Path(__file__).parent / "literal" / "telling.py"
EARLY = ("literalai-0.0.101", "literalai-0.0.301")
LATE = ("literalai-0.0.628", "literalai-0.1.300")
STEPS = 300
STEPS_ASKED = "query($id: String!) { it: threadDetail(id: $id) { steps { id } } }"


class Program:
    """A program that tells steps with one release of the client. `answered` and `failed` are the ids of attempts."""

    def __init__(self, python: str, url: str, thread_id: str, environment: dict[str, str]) -> None:
        command = [python, "-I", "-W", "ignore", str(SCRIPT), url, thread_id]
        self.thread_id = thread_id
        self.answered: list[str] = []
        self.failed: list[str] = []
        self._process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def tell(self, count: int) -> None:
        """Have it tell so many steps more."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{count}\n")
        self._process.stdin.flush()

    def heard(self) -> bool:
        """Read what became of one more attempt. Whether there was one before the end."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        attempt: dict[str, list[str]] = json.loads(line) if line else {}
        self.answered += attempt.get("answered", [])
        self.failed += attempt.get("failed", [])
        return bool(line)

    def end(self) -> None:
        """Let it come to its end, and hear the rest."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        while self.heard():
            pass
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process.wait(30)

    def kill(self) -> None:
        """Make sure that it is gone."""
        self._process.kill()
        self._process.wait(30)


@pytest.fixture(params=["held", "not held"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServerProcess]:
    """A server that is started again at the same address, which somebody may hold open meanwhile."""
    with bound_socket("127.0.0.1", 0) as held:
        if request.param == "held":
            with ServerProcess(tmp_path, held=held) as process:
                yield process
            return
        port = held.getsockname()[1]
    with ServerProcess(tmp_path, port=port) as process:
        yield process


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "stopped"])
def test_nothing_that_was_answered_is_lost_and_nothing_is_there_twice(
    server: ServerProcess, clients: dict[str, Any], tmp_path: Path, number: signal.Signals, request: Any
) -> None:
    is_held = "not held" not in request.node.callspec.id
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SSL_", "LITERAL_"))}
    environment = inherited | {"SSL_CERT_DIR": str(tmp_path)}
    with ExitStack() as ending:
        programs = {
            version: Program(clients["python"][version], server.url, version, environment) for version in EARLY + LATE
        }
        for program in programs.values():
            ending.callback(program.kill)
            program.tell(STEPS)
        for program in programs.values():
            while len(program.answered) < 10 and program.heard():
                pass
        server.tell(number)
        server.ended()
        server.start()
        for program in programs.values():
            program.tell(5)
            program.end()
    kept = {version: [step["id"] for step in steps_of(server, version)] for version in programs}
    for version, program in programs.items():
        assert len(set(kept[version])) == len(kept[version]), version
        assert set(program.answered) <= set(kept[version]), version
    for version in LATE:
        program = programs[version]
        everything = {f"{version}-{place}" for place in range(STEPS + 5)}
        given_up = {one for one in program.failed if program.failed.count(one) > 1}
        assert everything - set(kept[version]) <= given_up, version
        assert not (is_held and given_up), version
        assert f"{version}-{STEPS + 4}" in program.answered, version


def steps_of(server: ServerProcess, thread_id: str) -> list[dict[str, str]]:
    """The thread's steps, over the socket."""
    steps: list[dict[str, str]] = GraphQL(server).ask(STEPS_ASKED, id=thread_id)["it"]["steps"]
    return steps
