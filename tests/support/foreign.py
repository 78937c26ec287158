"""Modules of checks, run in the environments of other clients: each prints a line of JSON for a check."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

TESTS = Path(__file__).resolve().parents[1]
SECONDS = 100
"""A table of checks that takes longer hangs."""

NOT_OURS = ("YC_", "GRPC_", "SSL_", "PYTHON")
"""What a client would read from the environment of whoever runs the tests."""


def problems(
    python: str, module: str, *arguments: str, environment: Mapping[str, str] | None = None
) -> dict[str, str | None]:
    """The problem of each check that was begun, by its name; None where it passed."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(NOT_OURS)}
    done = subprocess.run(
        [python, "-s", "-W", "ignore", "-m", module, *arguments],
        cwd=TESTS,
        env={**inherited, "PYTHONDONTWRITEBYTECODE": "1", **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    results = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode != 0:
        pytest.fail(f"the client broke after {len(results)} checks:\n{done.stderr}")
    return {result["check"]: result["problem"] for result in results}
