"""What the pages show of the Yandex clients, run as it is printed but for the address."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from support.server import RunningServer

pytestmark = pytest.mark.clients

ROOT = Path(__file__).resolve().parents[3]
PAGES = ("README.md", "docs/dialects/yandex.md")


BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples() -> list[Any]:
    """Each block that makes an SDK object."""
    return [
        pytest.param(block, id=f"{page} {number}")
        for page in PAGES
        for number, block in enumerate(BLOCK.findall((ROOT / page).read_text()))
        if "YCloudML(" in block
    ]


@pytest.mark.parametrize("example", examples())
def test_an_example_prints_an_answer(busy_server: RunningServer, clients: dict[str, Any], example: str) -> None:
    assert "127.0.0.1:8401" in example
    code = example.replace("127.0.0.1:8401", busy_server.grpc_address)
    command = [clients["python"]["yandex-0.18.0"], "-I", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, "You said: What is a library for?\n"), done.stderr
