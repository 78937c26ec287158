"""The README's example, run as it is printed: against a server with the packaged model, told where by two variables."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.process import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.local, pytest.mark.slow]

README = Path(__file__).resolve().parents[2] / "README.md"
EXPORT = re.compile(r"\s*export (OPENAI_BASE_URL=\S+) (OPENAI_API_KEY=\S+)")


def example() -> str:
    """The block that goes from an assistant to the list of messages."""
    blocks = re.findall(r"^```python\n(.*?)^```$", README.read_text(), flags=re.MULTILINE | re.DOTALL)
    (whole,) = [block for block in blocks if "client.beta.assistants.create" in block and "messages.list" in block]
    return whole


@pytest.fixture
def variables(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The variables that the server tells its user to set."""
    with ServerProcess(tmp_path, None, "--local-model") as server:
        for line in server._running.stdout or ():
            if found := EXPORT.match(line):
                yield dict(variable.split("=", 1) for variable in found.groups())
                return
    pytest.fail("the server did not say what to set")


def test_the_example_is_no_longer_than_a_screen():
    assert 10 < len(example().splitlines()) < 30


def test_the_example_prints_a_question_and_an_answer(tmp_path: Path, variables: dict[str, str]):
    script = tmp_path / "hello.py"
    script.write_text(example())
    elsewhere = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "CLEW_"))}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(script)],
        env=elsewhere | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    question, answer = done.stdout.split("\nassistant: ")
    assert question.startswith("user: ")
    assert answer.strip()
