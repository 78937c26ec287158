"""Each Python client in its own environment, synchronous, asynchronous and strict, through the table of checks.

The checks of one client run in one process; each shows here as a test of its own.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from clients.python import acceptance

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.server import RunningServer

pytestmark = pytest.mark.clients

VERSIONS = ("openai-1.66.0", "openai-1.109.1", "openai-3.52.0")
WAYS = {
    "sync": (),
    "async": ("--asynchronous",),
    "strict": ("--strict",),
    "async-strict": ("--asynchronous", "--strict"),
}


@pytest.fixture(scope="module")
def problems(busy_server: RunningServer, clients: dict[str, Any]) -> Callable[[str, str], dict[str, str | None]]:
    """What a client found in each check: asked for many times, run once."""
    known: dict[tuple[str, str], dict[str, str | None]] = {}

    def found(version: str, way: str) -> dict[str, str | None]:
        if (version, way) not in known:
            python = clients["python"][version]
            known[version, way] = run(python, busy_server.base_url, *WAYS[way])
        return known[version, way]

    return found


def run(python: str, *arguments: str) -> dict[str, str | None]:
    """The problem of each check that was begun, by its name."""
    script = Path(acceptance.__file__)
    command = [python, "-I", "-W", "ignore::DeprecationWarning", str(script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    results = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode != 0:
        pytest.fail(f"the client broke after {len(results)} checks:\n{done.stderr}")
    return {result["check"]: result["problem"] for result in results}


@pytest.mark.parametrize("check", acceptance.CHECKS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("version", VERSIONS)
def test_of_a_client(problems: Callable[[str, str], dict[str, str | None]], version: str, way: str, check: str) -> None:
    problem = problems(version, way)[check]
    assert problem is None, problem


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_but_the_table_is_run(problems: Callable[..., dict[str, str | None]], version: str) -> None:
    assert list(problems(version, "sync")) == list(acceptance.CHECKS)
