"""The official Literal AI client in its own environment, synchronous and asynchronous, through the table of checks.

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
    from collections.abc import Callable

    from support.server import RunningServer

pytestmark = pytest.mark.clients

SCRIPT = Path(__file__).parent / "literal" / "acceptance.py"
VERSIONS = ("literalai-0.1.300",)
WAYS = {"sync": (), "async": ("--asynchronous",)}


def checks() -> list[str]:
    """The names of the checks, read without the client that the script imports."""
    tree = ast.parse(SCRIPT.read_text())
    return [part.name for part in tree.body if isinstance(part, ast.FunctionDef) and part.decorator_list]


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
            known[version, way] = run(environment, clients["python"][version], busy_server.url, *WAYS[way])
        return known[version, way]

    return found


def run(environment: dict[str, str], python: str, *arguments: str) -> dict[str, str | None]:
    """The problem of each check that was begun, by its name."""
    command = [python, "-I", "-W", "ignore", str(SCRIPT), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=100)
    results = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode != 0:
        pytest.fail(f"the client broke after {len(results)} checks:\n{done.stderr}")
    return {result["check"]: result["problem"] for result in results}


@pytest.mark.parametrize("check", checks())
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("version", VERSIONS)
def test_of_a_client(problems: Callable[[str, str], dict[str, str | None]], version: str, way: str, check: str) -> None:
    problem = problems(version, way)[check]
    assert problem is None, problem
