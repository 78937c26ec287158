"""Modules of checks, run in the environments of other clients: each prints a line of JSON for a check."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

TESTS = Path(__file__).resolve().parents[1]
SECONDS = 60
"""A table of checks that takes longer hangs."""

NOT_OURS = ("YC_", "GRPC_", "SSL_", "PYTHON")
"""What a client would read from the environment of whoever runs the tests."""


def problems(
    python: str, module: str, *arguments: str, environment: Mapping[str, str] | None = None
) -> dict[str, str | None]:
    """The problem of each check that was begun, by its name; None where it passed.

    A client that hangs or breaks is the problem of all checks that it did not tell of.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(NOT_OURS)}
    command = [python, "-s", "-W", "ignore", "-m", module, *arguments]
    variables = {**inherited, "PYTHONDONTWRITEBYTECODE": "1", **(environment or {})}
    with subprocess.Popen(
        command, cwd=TESTS, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        try:
            said, faults = running.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            running.kill()
            said, faults = running.communicate()
            faults += f"\nhangs for {SECONDS} seconds"
    found = {result["check"]: result["problem"] for result in map(json.loads, said.splitlines())}
    return found if running.returncode == 0 else found | {"?": faults}


def passed(check: str, found: dict[str, str | None]) -> None:
    """Fail with the check's problem, or with what ended the client before it told of the check."""
    problem = found.get(check, found.get("?", "was not run"))
    assert problem is None, problem
