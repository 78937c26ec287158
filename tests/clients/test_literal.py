"""The official Literal AI clients in their own environments, in each form they have, through the tables of checks.

The checks of one form run in one process; each shows here as a test of its own.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from support.server import RunningServer

pytestmark = pytest.mark.clients

HERE = Path(__file__).parent / "literal"
LATE = {"sync": ("acceptance.py",), "async": ("acceptance.py", "--asynchronous")}
EARLY = {"async": ("early.py",)}
CLIENTS = {
    "literalai-0.0.101": EARLY,
    "literalai-0.0.301": EARLY,
    "literalai-0.0.628": LATE,
    "literalai-0.1.300": LATE,
}


def checks(script: str) -> list[str]:
    """The names of the checks, read without the client that the script imports."""
    tree = ast.parse((HERE / script).read_text())
    functions = [part for part in tree.body if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [part.name for part in functions if part.decorator_list]


@pytest.fixture(scope="module")
def problems(
    busy_server: RunningServer, clients: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, str], dict[str, str | None]]:
    """What a client found in each check: asked for many times, run once."""
    known: dict[tuple[str, str], dict[str, str | None]] = {}
    # The client reads all of the machine's certificates for every request, and that takes longer than all else. Here
    # it speaks to nobody who has one.
    nothing = {"SSL_CERT_DIR": str(tmp_path_factory.mktemp("certificates"))}
    environment = {**{name: value for name, value in os.environ.items() if name != "SSL_CERT_FILE"}, **nothing}

    def found(version: str, way: str) -> dict[str, str | None]:
        if (version, way) not in known:
            known[version, way] = run(environment, clients["python"][version], busy_server.url, CLIENTS[version][way])
        return known[version, way]

    return found


def run(environment: dict[str, str], python: str, url: str, words: Sequence[str]) -> dict[str, str | None]:
    """The problem of each check that was begun, by its name."""
    script, *more = words
    command = [python, "-I", "-W", "ignore", str(HERE / script), url, *more]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=100)
    results = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode != 0:
        pytest.fail(f"the client broke after {len(results)} checks:\n{done.stderr}")
    return {result["check"]: result["problem"] for result in results}


TESTS = [
    pytest.param(version, way, check, id=f"{version}: {way}: {check}")
    for version, ways in CLIENTS.items()
    for way, (script, *_) in ways.items()
    for check in checks(script)
]


@pytest.mark.parametrize(("version", "way", "check"), TESTS)
def test_of_a_client(problems: Callable[[str, str], dict[str, str | None]], version: str, way: str, check: str) -> None:
    problem = problems(version, way)[check]
    assert problem is None, problem
