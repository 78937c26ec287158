"""The child's side of the pipe."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from clew import local_model
from clew.local_model import server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from subprocess import Popen

pytestmark = pytest.mark.local


@pytest.fixture
def child() -> Iterator[Popen[bytes]]:
    command = [sys.executable, "-P", server.__file__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        yield child
        child.kill()


def ordered(child: Popen[bytes], **order: Any) -> dict[str, Any]:
    """What the child answers to an order."""
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(json.dumps({"api_key": "key", "parent": os.getpid(), **order}).encode() + b"\n")
    child.stdin.flush()
    answer: dict[str, Any] = json.loads(child.stdout.readline())
    return answer


def test_it_is_ready_in_one_line_and_then_silent(child: Popen[bytes]) -> None:
    answer = ordered(child, gguf=str(local_model.packaged()))
    assert answer["url"].startswith("http://127.0.0.1:")
    assert answer["context_tokens"] == 8192
    assert child.communicate(timeout=10) == (b"", b"")


def test_it_ends_with_its_input(child: Popen[bytes]) -> None:
    ordered(child, gguf=str(local_model.packaged()))
    assert child.stdin is not None
    child.stdin.close()
    assert child.wait(timeout=10) == 0


def test_it_says_that_a_file_is_no_model(child: Popen[bytes]) -> None:
    assert "error" in ordered(child, gguf=__file__)
    assert child.wait(timeout=10) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only there does the kernel tell of a parent's death")
def test_it_does_not_begin_for_a_parent_that_is_gone(child: Popen[bytes]) -> None:
    child.communicate(json.dumps({"gguf": "", "api_key": "", "parent": -1}).encode() + b"\n", timeout=10)
    assert child.returncode == 0
