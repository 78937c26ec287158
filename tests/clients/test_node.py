"""The newest Node client through its table of checks. They run in one process; each shows here as a test of its own."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from support.server import RunningServer

pytestmark = pytest.mark.clients

SCRIPT = Path(__file__).parent / "node" / "acceptance.mjs"
CHECKS = re.findall(r'^check\("(.+)", ', SCRIPT.read_text(), flags=re.MULTILINE)


@pytest.fixture(scope="module")
def problems(busy_server: RunningServer, clients: dict[str, Any]) -> dict[str, str | None]:
    """The problem of each check, by its name."""
    command = [clients["node"], str(SCRIPT), busy_server.base_url]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    results = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode != 0:
        pytest.fail(f"the client broke after {len(results)} checks:\n{done.stderr}")
    return {result["check"]: result["problem"] for result in results}


@pytest.mark.parametrize("check", CHECKS)
def test_of_the_client(problems: dict[str, str | None], check: str) -> None:
    problem = problems[check]
    assert problem is None, problem


def test_nothing_but_the_table_is_run(problems: dict[str, str | None]) -> None:
    assert list(problems) == CHECKS
